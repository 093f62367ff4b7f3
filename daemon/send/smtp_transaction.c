#include "daemon/send/smtp_transaction.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

static const char rset_mail[] = "RSET\r\nMAIL FROM:<";
#define RSET_LEN 6
static const char dot[] = ".\r\n";

static size_t
put(char *out, size_t at, const char *text)
{
	while (*text != '\0')
		out[at++] = *text++;
	return at;
}

static size_t
put_number(char *out, size_t at, uint64_t v)
{
	char digits[20];
	size_t n = sizeof(digits);

	do
		digits[--n] = (char)('0' + v % 10);
	while ((v /= 10) > 0);
	memcpy(out + at, digits + n, sizeof(digits) - n);
	return at + sizeof(digits) - n;
}

void
smtp_transaction_init(struct smtp_transaction *t,
    const struct smtp_message *msg, bool reset, bool size, bool bdat)
{
	size_t n = put(t->text, 0, ">");

	t->msg = *msg;
	t->reset = reset;
	t->bdat = bdat;
	if (size)
		n = put_number(t->text, put(t->text, n, " SIZE="),
		    msg->size_bytes);
	t->mail_end = (unsigned char)(n = put(t->text, n, "\r\n"));
	t->rcpt = (unsigned char)(n = put(t->text, n, "RCPT TO:<"));
	t->rcpt_end = (unsigned char)(n = put(t->text, n, ">\r\n"));
	if (bdat)
		n = put(t->text,
		    put_number(t->text, put(t->text, n, "BDAT "),
			msg->size_bytes),
		    " LAST\r\n");
	else
		n = put(t->text, n, "DATA\r\n");
	t->data = (unsigned char)n;
}

int
smtp_transaction_pieces(const struct smtp_transaction *t)
{
	return SMTP_PIECE_CONTENT + t->msg.iov_len + 1;
}

static struct iovec
slice(const char *text, size_t from, size_t to)
{
	union {
		const char *in;
		char *out;
	} p = { text + from };

	return (struct iovec){ p.out, to - from };
}

struct iovec
smtp_transaction_piece(const struct smtp_transaction *t, int i)
{
	switch (i) {
	case SMTP_PIECE_RSET:
		return slice(rset_mail, 0, t->reset ? RSET_LEN : 0);
	case SMTP_PIECE_MAIL:
		return slice(rset_mail, RSET_LEN, sizeof(rset_mail) - 1);
	case SMTP_PIECE_FROM:
		return slice(t->msg.from, 0, strlen(t->msg.from));
	case SMTP_PIECE_MAIL_END:
		return slice(t->text, 0, t->mail_end);
	case SMTP_PIECE_RCPT:
		return slice(t->text, t->mail_end, t->rcpt);
	case SMTP_PIECE_TO:
		return slice(t->msg.to, 0, strlen(t->msg.to));
	case SMTP_PIECE_RCPT_END:
		return slice(t->text, t->rcpt, t->rcpt_end);
	case SMTP_PIECE_DATA:
		return slice(t->text, t->rcpt_end, t->data);
	default:
		if (i - SMTP_PIECE_CONTENT < t->msg.iov_len)
			return t->msg.iov[i - SMTP_PIECE_CONTENT];
		return slice(dot, 0, t->bdat ? 0 : sizeof(dot) - 1);
	}
}

int
smtp_transaction_end_of(const struct smtp_transaction *t, enum smtp_command c)
{
	switch (c) {
	case SMTP_CMD_RSET:
		return SMTP_PIECE_RSET + 1;
	case SMTP_CMD_MAIL:
		return SMTP_PIECE_MAIL_END + 1;
	case SMTP_CMD_RCPT:
		return SMTP_PIECE_RCPT_END + 1;
	case SMTP_CMD_DATA:
		return SMTP_PIECE_DATA + 1;
	case SMTP_CMD_CONTENT:
		return smtp_transaction_pieces(t);
	}
	abort();
}

enum smtp_stage
smtp_command_stage(enum smtp_command c)
{
	static const enum smtp_stage stages[] = {
		[SMTP_CMD_RSET] = SMTP_MAIL, /* it only makes room for MAIL */
		[SMTP_CMD_MAIL] = SMTP_MAIL,
		[SMTP_CMD_RCPT] = SMTP_RCPT,
		[SMTP_CMD_DATA] = SMTP_DATA,
		[SMTP_CMD_CONTENT] = SMTP_END_OF_DATA,
	};

	return stages[c];
}
