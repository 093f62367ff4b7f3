/*
 * header - the one writer of header fields: checks, encodes, folds
 *
 * Lines keep to 78 characters, 76 with encoded-words, as far as the words of
 * the field allow; to 998 in any case.  Encoded-words (Q, UTF-8) never split
 * a character; text is encoded as a whole, and only if it has to be.
 *
 * Ownership: out owns what is added to it.
 * Errors: ERR_INPUT, naming the field, for a value that does not belong in a
 *   header (vet.h); out then has part of a field in it at most.
 * Limits: VET_LINE_MAX bytes a value.
 * Threads: no state.
 * Source: RFC 5322 2.2.3, 3.2 and 3.4; RFC 2047 2, 4.2 and 5.
 */
#ifndef COMPOSER_MESSAGE_HEADER_H
#define COMPOSER_MESSAGE_HEADER_H

struct message;
struct err;

/* Who writes to one recipient, and about what.  reply_to may be NULL. */
struct header_letter {
	const char *from_name, *from_address, *reply_to;
	const char *subject;
	const char *list_id; /* names us in the Message-ID */
};

/* Unstructured: any text. */
int header_text(struct message *out, const char *name, const char *text,
    struct err *e);

/* "phrase <inner>"; phrase may be NULL or empty.  inner is an address or a
 * list label that passed vet_address() or vet_host(). */
int header_phrase(struct message *out, const char *name, const char *phrase,
    const char *inner, struct err *e);

/* Structured: ASCII words with single spaces and slots, folded at spaces. */
int header_words(struct message *out, struct err *e, const char *name,
    const char *fmt, ...) __attribute__((format(printf, 4, 5)));

/* Date, From, To, Reply-To, Subject and Message-ID; what differs for each
 * recipient is a slot. */
int header_letter(struct message *out, const struct header_letter *h,
    struct err *e);

#endif
