/*
 * subject - the subject line of an edition
 *
 *	regular     Nieuwsbrief 12: kop | headline
 *	invitation  Uitnodiging: kop | Invitation: headline
 *	report      Verslag kop | Report of headline
 *	urgent      Spoed: kop | Urgent: headline
 *	correction  Rectificatie nieuwsbrief 12 | Correction newsletter 12
 *
 * With two languages each headline is cut behind a word.  Neutral, and without
 * headlines, it says nothing of the contents: "Nieuwsbrief 12, 2026".
 *
 * Ownership, threads: nothing is kept.
 */
#ifndef COMPOSER_EDITION_SUBJECT_H
#define COMPOSER_EDITION_SUBJECT_H

#include <stdbool.h>
#include <stddef.h>

#include "composer/edition/content.h"

#define SUBJECT_HEADLINE_MAX 40 /* characters, of each headline of two */

/* True when a headline was cut. */
bool subject_write(const struct content *c, const struct config *cfg,
    const enum content_lang *langs, size_t nlangs, struct buf *ret);

#endif
