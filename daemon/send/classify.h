/*
 * classify - what the end of an attempt means for the reader, the issue and
 * the relay
 *
 * The stage decides before the code does: a 5xx before RCPT says that we or
 * the relay are broken and nothing about a reader (RFC 5321, 4.2.1 and 6.1;
 * codes RFC 3463, RFC 5248, RFC 7372, RFC 7505).
 *
 * Pure: a table, no state.
 */
#ifndef DAEMON_SEND_CLASSIFY_H
#define DAEMON_SEND_CLASSIFY_H

struct smtp_result;

enum verdict {
	VERDICT_ACCEPTED,
	VERDICT_DEFERRED,	   /* try this recipient again later */
	VERDICT_RECIPIENT_DEAD,	   /* the address does not exist */
	VERDICT_RECIPIENT_REFUSED, /* final for this message, not for good */
	VERDICT_UNCERTAIN,	   /* taken or not, nobody knows (RFC 1047) */
	VERDICT_RELAY_BROKEN,	   /* pause, tell a person */
	VERDICT_RELAY_AWAY,	   /* pause, try again by itself */
	VERDICT_POLICY,		   /* about us; three in a row pause */
	VERDICT_CONTENT,	   /* stop the issue */
};

const char *verdict_name(enum verdict verdict);

enum verdict classify(const struct smtp_result *result);

#endif
