/*
 * journal_line - a line of a journal and what it says, without any I/O
 *
 *	tweeluik-journal 1 BOOT-ID SYNC CRC	the first line of a file
 *	i MAILING SEQ ATTEMPT CRC		about to be sent
 *	u MAILING SEQ ATTEMPT CRC		not sent after all
 *	r MAILING SEQ ATTEMPT RESULT STAGE CODE STATUS TEXT CRC
 *
 * SYNC is "turn" or "never".  An empty word is written as "-"; TEXT is all that
 * stands between its two spaces.  The CRC is that of the line before the space
 * in front of it: CRC-32C (RFC 3720, appendix B.4), eight hexadecimal digits.
 *
 * Ownership: a line that was read borrows the bytes it was read from.
 * Errors: a damaged line is an answer, not an error.
 * Limits: words are cut at JOURNAL_WORD_MAX, the text at JOURNAL_TEXT_MAX, at
 *   a UTF-8 boundary; control characters become '?', as do blanks in a word.
 * Threads: no state.
 */
#ifndef DAEMON_SEND_JOURNAL_LINE_H
#define DAEMON_SEND_JOURNAL_LINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define JOURNAL_TEXT_MAX 400
#define JOURNAL_WORD_MAX 40
/* Of any line, with its end. */
#define JOURNAL_LINE_MAX ((size_t)640)

/* None of them is negative. */
struct journal_key {
	int64_t mailing;
	int32_t seq;
	int32_t attempt;
};

/* How an attempt ended, in the words of the table outcome.  Borrowed. */
struct journal_result {
	const char *result; /* "accepted", "deferred", ... */
	const char *stage;
	int code; /* 0: none */
	const char *status;
	const char *text; /* holds no address */
};

enum journal_line_kind {
	JOURNAL_LINE_DAMAGED,
	JOURNAL_LINE_FOREIGN, /* the first one of another version */
	JOURNAL_LINE_HEADER,
	JOURNAL_LINE_INTENT,
	JOURNAL_LINE_UNSENT,
	JOURNAL_LINE_RESULT,
};

struct journal_line {
	struct journal_key key;
	struct journal_result result; /* of RESULT */
	const char *boot;	      /* of HEADER */
	bool synced;		      /* of HEADER */
};

/* Each writes at most JOURNAL_LINE_MAX bytes to out and returns how many. */
size_t journal_line_header(char *out, const char *boot, bool synced);
size_t journal_line_intent(char *out, const struct journal_key *k);
size_t journal_line_unsent(char *out, const struct journal_key *k);
size_t journal_line_result(char *out, const struct journal_key *k,
    const struct journal_result *r);

/* The n bytes of a line without its end, followed by a NUL; they are changed,
 * and *ret points into them. */
enum journal_line_kind
journal_line_read(char *line, size_t n, struct journal_line *ret);

#endif
