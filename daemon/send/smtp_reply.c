#include "daemon/send/smtp_reply.h"

#include <string.h>

#include "base/err.h"

static int code_digit(struct smtp_reply *, char, struct err *);
static int
text_run(struct smtp_reply *, const char **, const char *, struct err *);
static int text_add(struct smtp_reply *, const char *, size_t, struct err *);

void
smtp_reply_init(struct smtp_reply *r)
{
	r->code = 0;
	r->lines = 0;
	r->len = 0;
	r->text[0] = '\0';
	r->state = SMTP_REPLY_CODE;
	r->digits = 0;
	r->line_code = 0;
	r->last = 0;
}

int
smtp_reply_feed(struct smtp_reply *r, const char **p, const char *end,
    struct err *e)
{
	while (*p < end) {
		char c = **p;

		if (r->state != SMTP_REPLY_TEXT)
			(*p)++;
		switch (r->state) {
		case SMTP_REPLY_CODE:
			if (code_digit(r, c, e) == -1)
				return -1;
			break;
		case SMTP_REPLY_SEP:
			if (c != ' ' && c != '-' && c != '\r')
				return err_set(e, ERR_PROTO,
				    "The mail server sent a reply code without "
				    "a separator");
			r->last = c != '-';
			r->state = c == '\r' ? SMTP_REPLY_LF : SMTP_REPLY_TEXT;
			break;
		case SMTP_REPLY_TEXT:
			if (text_run(r, p, end, e) == -1)
				return -1;
			break;
		case SMTP_REPLY_LF:
			if (c != '\n')
				return err_set(e, ERR_PROTO,
				    "The mail server sent a reply with a bare "
				    "CR");
			if (r->last)
				return 1;
			if (++r->lines >= SMTP_REPLY_LINES)
				return err_set(e, ERR_LIMIT,
				    "The mail server sent a reply of too many "
				    "lines");
			if (text_add(r, "\n", 1, e) == -1)
				return -1;
			r->state = SMTP_REPLY_CODE;
			r->digits = 0;
			r->line_code = 0;
			break;
		}
	}
	return 0;
}

/* The first line fixes the code; later lines must repeat it. */
static int
code_digit(struct smtp_reply *r, char c, struct err *e)
{
	if (c < '0' || c > '9' || (r->digits == 0 && (c < '2' || c > '5')))
		return err_set(e, ERR_PROTO,
		    "The mail server sent something that is not a reply");
	r->line_code = r->line_code * 10 + (c - '0');
	if (++r->digits < 3)
		return 0;
	if (r->code != 0 && r->code != r->line_code)
		return err_set(e, ERR_PROTO,
		    "The mail server changed its reply code from %d to %d",
		    r->code, r->line_code);
	r->code = r->line_code;
	r->state = SMTP_REPLY_SEP;
	return 0;
}

/* Most of a reply is text: all of it that is here at once. */
static int
text_run(struct smtp_reply *r, const char **p, const char *end, struct err *e)
{
	const char *cr = memchr(*p, '\r', (size_t)(end - *p));
	size_t n = (size_t)((cr != NULL ? cr : end) - *p);

	if (memchr(*p, '\0', n) != NULL || memchr(*p, '\n', n) != NULL)
		return err_set(e, ERR_PROTO,
		    "The mail server sent a reply with a NUL or a bare LF");
	if (text_add(r, *p, n, e) == -1)
		return -1;
	*p += n;
	if (cr != NULL) {
		(*p)++;
		r->state = SMTP_REPLY_LF;
	}
	return 0;
}

static int
text_add(struct smtp_reply *r, const char *text, size_t n, struct err *e)
{
	if (n >= sizeof(r->text) - r->len)
		return err_set(e, ERR_LIMIT,
		    "The mail server sent a reply that is too long");
	memcpy(r->text + r->len, text, n);
	r->len += n;
	r->text[r->len] = '\0';
	return 0;
}
