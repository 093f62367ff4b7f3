/*
 * content - what is in an issue, and what of it an edition shows
 *
 * content_load() reads an issue as it stands; content_document() makes the XML
 * document that templates/mail/issue.xhtml runs over (doc comment there), with
 * the rules for what a language lacks:
 *
 *   title missing       the other one, marked
 *   text missing        the item stays, labelled; its text stands in the other
 *                       language, or in an edition of both a reference to it
 *   ... and useful only to speakers of the other language: left out, counted
 *   aim missing         the organisation stays, labelled
 *
 * Ownership: a struct content borrows from the arena it was loaded into; the
 *   document goes to xmlFreeDoc().
 * Errors: ERR_NOT_FOUND no such issue; ERR_LIMIT for too many items or a text
 *   that is too long.
 * Limits: CONTENT_ITEMS_MAX items.  Private-use characters are replaced: none
 *   that comes from the database becomes a slot.
 * Threads: no state.
 */
#ifndef COMPOSER_EDITION_CONTENT_H
#define COMPOSER_EDITION_CONTENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <libxml/tree.h>

#include "composer/edition/special.h"

struct arena;
struct buf;
struct config;
struct database;
struct err;

#define CONTENT_ITEMS_MAX ((size_t)500)

enum content_lang { CONTENT_NL, CONTENT_EN, CONTENT_LANGS };
extern const char *const content_langs[CONTENT_LANGS];

/* Strings of these are NULL or "" for what is not there. */
struct content_side {
	const char *topic; /* name of the section, of news */
	const char *title;
	const char *body; /* Markdown */
	const char *absence;
	bool ready; /* title and body may be sent */
	const char *aim, *capacity;
};

struct content_organisation {
	const char *place, *address, *contact, *phone, *email, *website;
	const char *capacity_date;
};

struct content_item {
	int64_t id;
	const char *kind, *section;
	const char *link, *link_lang;
	const char *starts, *ends, *place, *sign_up;
	bool online, may_forward;
	bool public; /* anybody may read it */
	const char *region, *answer_by, *reference;
	const struct content_organisation *organisation;
	struct content_side sides[CONTENT_LANGS];
};

struct content_text {
	const char *headline, *preheader, *opening;
};

/* "regular" or "extra"; number 0: none yet. */
struct content_name {
	const char *series;
	int number, year;
};

struct content {
	struct content_name name;
	enum special kind;
	struct content_name wrong; /* what a correction corrects */
	const char *planned;	   /* local time */
	const char *mail_date;	   /* the same as in a Date field */
	struct content_text texts[CONTENT_LANGS];
	struct content_item *items;
	size_t nitems;
};

int content_load(struct database *d, struct arena *a, int64_t issue,
    struct content *ret, struct err *e);

/* Of one language of an edition. */
struct content_counts {
	int items;     /* shown */
	int texts;     /* items that have a text in any language */
	int fallbacks; /* shown without a text in this language */
	int left_out;
};

/* "nl", "en", "both" */
bool content_edition_valid(const char *name);

/* The languages of an edition in their order; returns how many. */
size_t content_edition_langs(const char *name, const struct config *cfg,
    enum content_lang ret[CONTENT_LANGS]);

void content_count(const struct content *c, enum content_lang lang,
    struct content_counts *ret);

/* "Nieuwsbrief 12", with the year "Nieuwsbrief 12, 2026"; no number before an
 * issue has one. */
void content_label(const struct content_name *name, const struct config *cfg,
    enum content_lang lang, bool year, struct buf *ret);

/* What a special edition is: "Spoed", "Rectificatie nieuwsbrief 12". */
void content_heading(const struct content *c, const struct config *cfg,
    enum content_lang lang, struct buf *ret);

/* edition and subject are shown as they are. */
int content_document(const struct content *c, const struct config *cfg,
    const char *edition, const char *subject, xmlDocPtr *ret_doc,
    struct err *e);

#endif
