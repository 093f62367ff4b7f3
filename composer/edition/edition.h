/*
 * edition - an issue in one edition: subject, HTML, text and the message
 *
 * HTML, text and message have slots where a reader's own values go
 * (base/slot.h).  The same issue gives the same bytes, whenever and wherever
 * it is built.
 *
 * Ownership: edition_done() frees what edition_build() made.
 * Errors: of content_load() and message_build(); ERR_INPUT for an unknown
 *   edition; ERR_CONFIG for a template; ERR_LIMIT for an edition that is too
 *   large.
 * Limits: EDITION_MAX bytes of HTML or text.
 * Threads: no state; as composer/template/template.h.
 */
#ifndef COMPOSER_EDITION_EDITION_H
#define COMPOSER_EDITION_EDITION_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/splice.h"
#include "composer/edition/content.h"

#define EDITION_MAX ((size_t)2 << 20)

enum edition_format { EDITION_HTML, EDITION_TEXT, EDITION_EML };

struct edition {
	const char *name; /* "nl", "en", "both" */
	const char *kind; /* of the message: "issue", "test" */
	struct buf subject, html, plain;
	bool headline_cut; /* a headline was too long for the subject */
	struct message message;
	char mail_date[40];
	size_t nlangs;
	enum content_lang langs[CONTENT_LANGS];
	struct content_counts counts[CONTENT_LANGS]; /* by language */
};

int edition_build(struct database *d, const struct config *cfg, int64_t issue,
    const char *name, struct edition *ret, struct err *e);

/* The same of what was loaded. */
int edition_make(const struct content *c, const struct config *cfg,
    const char *name, struct edition *ret, struct err *e);
void edition_done(struct edition *ed);

/* Make it a test: "[PROEF 14.32] ..."; time as the clock on the wall shows it,
 * "14.32". */
int edition_to_test(struct edition *ed, const struct config *cfg,
    const char *time, struct err *e);

/* Store the message; *ret_id is its number. */
int edition_store_message(struct database *d, const struct edition *ed,
    int64_t *ret_id, struct err *e);

/* Store it as what the issue will be sent as. */
int edition_store(struct database *d, int64_t issue, const struct edition *ed,
    struct err *e);

/* What approval stored, as it will be sent or was; without counts.
 * ERR_NOT_FOUND when nothing is stored. */
int edition_load(struct database *d, int64_t issue, const char *name,
    struct edition *ret, struct err *e);

/* What a reader would get, with values that lead nowhere. */
int edition_preview(const struct edition *ed, enum edition_format format,
    struct buf *out, struct err *e);
/* The same, addressed to somebody. */
int edition_preview_to(const struct edition *ed, enum edition_format format,
    const char *address, struct buf *out, struct err *e);

/* text with its slots filled. */
void edition_fill(const char *text, const char *const values[SLOT_KINDS],
    struct buf *out);

#endif
