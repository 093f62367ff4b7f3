/*
 * smtp_transaction - a message as the pieces that a mail transaction is
 * written in: the commands of RFC 5321, BDAT of RFC 3030
 *
 * Only what stands between the addresses is made; they and the content are
 * handed out as they are.
 *
 * Ownership: a plain value that borrows what its message borrows.
 */
#ifndef DAEMON_SEND_SMTP_TRANSACTION_H
#define DAEMON_SEND_SMTP_TRANSACTION_H

#include <stdbool.h>
#include <sys/uio.h>

#include "daemon/send/smtp_message.h"

enum smtp_command {
	SMTP_CMD_RSET,
	SMTP_CMD_MAIL,
	SMTP_CMD_RCPT,
	SMTP_CMD_DATA,
	SMTP_CMD_CONTENT, /* with the final dot, or with BDAT LAST before it */
};

enum smtp_piece {
	SMTP_PIECE_RSET, /* empty without reset */
	SMTP_PIECE_MAIL,
	SMTP_PIECE_FROM,
	SMTP_PIECE_MAIL_END,
	SMTP_PIECE_RCPT,
	SMTP_PIECE_TO,
	SMTP_PIECE_RCPT_END,
	SMTP_PIECE_DATA, /* or BDAT */
	SMTP_PIECE_CONTENT,
	/* the dot is the last one, empty after BDAT */
};

struct smtp_transaction {
	struct smtp_message msg;
	bool reset; /* begins with RSET; may be changed until it is written */
	bool bdat;

	/* "> SIZE=N CRLF", "RCPT TO:<", "> CRLF", "BDAT N LAST CRLF", N of at
	 * most 20 digits, and where they end */
	char text[80];
	unsigned char mail_end, rcpt, rcpt_end, data;
};

/* size: the server wants to know it with MAIL (RFC 1870). */
void smtp_transaction_init(struct smtp_transaction *t,
    const struct smtp_message *msg, bool reset, bool size, bool bdat);

int smtp_transaction_pieces(const struct smtp_transaction *t);
struct iovec smtp_transaction_piece(const struct smtp_transaction *t, int i);

/* How many pieces it takes to have written a command. */
int
smtp_transaction_end_of(const struct smtp_transaction *t, enum smtp_command c);

/* The stage that the reply to a command belongs to. */
enum smtp_stage smtp_command_stage(enum smtp_command c);

#endif
