/*
 * decode - what was written, out of what was sent: transfer encodings,
 * character sets, encoded words, HTML
 *
 * Everything comes out as UTF-8; bytes that are none are taken for
 * Windows-1252, as mail programs do.
 *
 * Ownership: results belong to the arena, or are the input itself where
 *   nothing had to change.
 * Limits: never more output than a few times the input; callers cut first.
 * Source: RFC 2045 6, RFC 2047.  Character sets by ICU, which needs no file.
 */
#ifndef BASE_BOUNCE_DECODE_H
#define BASE_BOUNCE_DECODE_H

#include "base/bounce/slice.h"

struct arena;

enum decode_transfer { DECODE_NONE, DECODE_BASE64, DECODE_QUOTED };

enum decode_transfer decode_transfer_of(const char *encoding);

struct slice
decode_transfer(struct slice s, enum decode_transfer t, struct arena *arena);
/* charset "": not said. */
struct slice
decode_charset(struct slice s, const char *charset, struct arena *arena);
const char *decode_words(const char *header, struct arena *arena);

/* The words of a page: no style or script, a line for each block. */
struct slice decode_html(struct slice s, struct arena *arena);

#endif
