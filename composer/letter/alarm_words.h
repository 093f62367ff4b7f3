/*
 * alarm_words - an alarm in one line: the subject of its mail, a line of
 *   `tweeluik status`
 *
 * Ownership: nothing is kept.
 * Threads: no state.
 * Source: alarm_conditions() in sql/migrations/0006-alarms.sql has the keys.
 */
#ifndef COMPOSER_LETTER_ALARM_WORDS_H
#define COMPOSER_LETTER_ALARM_WORDS_H

#include <stdint.h>

struct buf;

/* "Nummer 12", "Extra 3"; as a word of a command: 12-2026, extra-3-2026. */
void alarm_write_label(const char *lang, const char *series, int64_t number,
    struct buf *out);
void alarm_write_name(const char *series, int64_t number, int64_t year,
    struct buf *out);

/* label "" where no issue is meant; text is the reason, or "". */
void alarm_write(const char *lang, const char *key, const char *label,
    const char *text, struct buf *out);

/* What a person can do about it: a command. */
void alarm_write_command(const char *key, const char *name, const char *text,
    struct buf *out);

/* A reason of the system itself in the language, others as they stand. */
const char *alarm_reason(const char *lang, const char *reason);

#endif
