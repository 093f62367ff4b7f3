/*
 * smtp_ehlo - what a server offers, from its reply to EHLO (RFC 5321, 4.1.1.1)
 *
 * Keywords that are not used here are skipped.  What an earlier EHLO offered
 * counts for nothing after STARTTLS (RFC 3207, section 4.2).
 *
 * Ownership: a plain value.
 */
#ifndef DAEMON_SEND_SMTP_EHLO_H
#define DAEMON_SEND_SMTP_EHLO_H

#include <stdbool.h>
#include <stdint.h>

/* Ways to log in that we know, best first. */
enum smtp_mechanism {
	SMTP_SCRAM_SHA_256,
	SMTP_SCRAM_SHA_1,
	SMTP_PLAIN,
	SMTP_LOGIN,
	SMTP_MECHANISMS
};

struct smtp_ehlo {
	bool starttls;
	bool pipelining;
	bool chunking; /* BDAT, RFC 3030 */
	bool size;
	uint64_t size_max_bytes; /* 0 for unknown */
	bool mechanisms[SMTP_MECHANISMS];
};

/* text is that of the whole reply, lines joined by '\n'. */
void smtp_ehlo_parse(struct smtp_ehlo *ret, const char *text);

/* The name of the best mechanism offered, or NULL. */
const char *smtp_ehlo_best_mechanism(const struct smtp_ehlo *ehlo);

#endif
