/*
 * plaintext - an XHTML tree as text/plain that was designed, not stripped
 *
 * 72 columns.  A URL stands on a line of its own, unbroken, without brackets
 * or a full stop; the links of a paragraph follow it, each with its label.
 * The attribute "as" of an element chooses its style:
 *
 *   title      CAPITALS
 *   section    CAPITALS over a line of ===
 *   contents   CAPITALS over a line of ---
 *   item       as it stands (a heading)
 *   bar        === CAPITALS ======== over the whole width
 *   label      [in square brackets], also within a line
 *   line       without a blank line before it; a link keeps its label on the
 *              same line when there is room
 *   signature  the line "-- " goes before it
 *
 * A character from U+E000 to U+F8FF stands for what is put there for each
 * reader and counts as PLAINTEXT_SLOT_COLUMNS.
 *
 * Errors: ERR_CONFIG for an unknown style, ERR_LIMIT when out is full or the
 *   tree too deep.
 * Limits: PLAINTEXT_DEPTH_MAX elements deep, PLAINTEXT_LINKS_MAX links a
 *   paragraph.  Lines end in LF.
 */
#ifndef COMPOSER_TEMPLATE_PLAINTEXT_H
#define COMPOSER_TEMPLATE_PLAINTEXT_H

#include <libxml/tree.h>

#define PLAINTEXT_COLUMNS 72
#define PLAINTEXT_SLOT_COLUMNS 40
#define PLAINTEXT_DEPTH_MAX 100
#define PLAINTEXT_LINKS_MAX 200

struct buf;
struct err;

/* lang: the language to write capitals in where the tree names none. */
int plaintext_write(xmlDocPtr doc, const char *lang, struct buf *out,
    struct err *e);

#endif
