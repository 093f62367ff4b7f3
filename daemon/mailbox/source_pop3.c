#include <libetpan/libetpan.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/config.h"
#include "base/err.h"
#include "daemon/mailbox/source.h"
#include "daemon/role/stream.h"

/* libetpan writes a command into POP3_STRING_SIZE bytes. */
#define WORD_MAX 400

/* A session has its mailbox to itself and sees it as it was at the beginning,
 * so each round has one of its own (RFC 1939, 3); what was removed goes with
 * QUIT. */
struct pop3 {
	struct source source;
	struct stream *stream; /* NULL: between two rounds */
	mailpop3 *session;
	carray *list; /* of the session */
	unsigned int at;
	const struct mailpop3_msg_info *current;
};

static struct pop3 *
pop3_of(struct source *s)
{
	return (struct pop3 *)s;
}

static int
failed(const struct pop3 *p, int r, struct err *e)
{
	const char *host = p->source.setup->mailbox->host;

	if (r == MAILPOP3_ERROR_STREAM && stream_error(p->stream)->kind != 0) {
		*e = *stream_error(p->stream);
		return -1;
	}
	if (r == MAILPOP3_ERROR_BAD_USER || r == MAILPOP3_ERROR_BAD_PASSWORD ||
	    r == MAILPOP3_ERROR_DENIED)
		return err_set(e, ERR_CONFIG,
		    "The mail server %s does not accept the log-in", host);
	if (r == MAILPOP3_ERROR_STLS_NOT_SUPPORTED)
		return err_set(e, ERR_CONFIG,
		    "The mail server %s does not offer STARTTLS", host);
	return err_set(e, ERR_PROTO,
	    "The mail server %s does not do what was asked (%d)", host, r);
}

static int
start_tls(struct pop3 *p, struct err *e)
{
	int r = mailpop3_stls(p->session);
	size_t unread = p->session->pop3_stream->read_buffer_len;

	/* Of bytes that came too early libetpan has its own opinion. */
	if (r != MAILPOP3_NO_ERROR && unread == 0)
		return failed(p, r, e);
	return stream_start_tls(p->stream, p->source.setup->trust, unread, e);
}

static int
log_in(struct pop3 *p, struct err *e)
{
	const struct source_setup *setup = p->source.setup;
	const char *user = setup->mailbox->user;
	int r;

	if (strlen(user) > WORD_MAX || strlen(setup->password) > WORD_MAX)
		return err_set(e, ERR_CONFIG,
		    "The user name or the password of the mailbox '%s' is too "
		    "long",
		    setup->mailbox->name);
	r = mailpop3_user(p->session, user);
	if (r == MAILPOP3_NO_ERROR)
		r = mailpop3_pass(p->session, setup->password);
	if (r == MAILPOP3_NO_ERROR)
		r = mailpop3_list(p->session, &p->list);
	return r == MAILPOP3_NO_ERROR ? 0 : failed(p, r, e);
}

static int
begin(struct pop3 *p, struct err *e)
{
	const struct source_setup *setup = p->source.setup;
	mailstream *ms;
	int r;

	if (source_connect(&p->stream, setup, e) == -1)
		return -1;
	p->session = mailpop3_new(0, NULL);
	ms = mailstream_new(stream_low(p->stream), 65536);
	if (p->session == NULL || ms == NULL)
		abort();
	p->at = 0;
	stream_set_timeout_ms(p->stream, SOURCE_ANSWER_MS);
	r = mailpop3_connect(p->session, ms);
	if (r != MAILPOP3_NO_ERROR)
		return failed(p, r, e);
	if ((setup->mailbox->tls == CONFIG_TLS_STARTTLS &&
		start_tls(p, e) == -1) ||
	    source_check_login(p->stream, setup, e) == -1)
		return -1;
	return log_in(p, e);
}

static void
end(struct pop3 *p)
{
	mailstream *ms = p->session != NULL ? p->session->pop3_stream : NULL;

	if (ms != NULL) {
		/* Else mailpop3_free() would say QUIT and wait. */
		p->session->pop3_stream = NULL;
		(void)mailstream_close(ms);
	}
	if (p->session != NULL)
		mailpop3_free(p->session);
	stream_free(p->stream);
	p->session = NULL;
	p->stream = NULL;
}

static void
pop3_close(struct source *s)
{
	end(pop3_of(s));
	free(s);
}

static int
pop3_open(struct source **ret, const struct source_setup *setup, struct err *e)
{
	struct pop3 *p = calloc(1, sizeof(*p));

	if (p == NULL)
		abort();
	p->source.setup = setup;
	if (begin(p, e) == -1) {
		pop3_close(&p->source);
		return -1;
	}
	*ret = &p->source;
	return 0;
}

static int
quit(struct pop3 *p, struct err *e)
{
	int r;

	stream_set_timeout_ms(p->stream, SOURCE_ANSWER_MS);
	r = mailpop3_quit(p->session);
	if (r != MAILPOP3_NO_ERROR)
		return failed(p, r, e);
	end(p);
	return 0;
}

static int
pop3_next(struct source *s, struct source_mail *ret, struct err *e)
{
	struct pop3 *p = pop3_of(s);

	if (p->stream == NULL && begin(p, e) == -1)
		return -1;
	do {
		if (p->at == carray_count(p->list))
			return quit(p, e);
		p->current = carray_get(p->list, p->at++);
	} while (p->current == NULL);
	/* libetpan keeps it to itself when UIDL fails. */
	if (p->current->msg_uidl == NULL && stream_error(p->stream)->kind != 0)
		return failed(p, MAILPOP3_ERROR_STREAM, e);
	if (p->current->msg_uidl == NULL)
		return err_set(e, ERR_CONFIG,
		    "The mail server %s cannot tell one mail from another "
		    "(UIDL)",
		    s->setup->mailbox->host);
	source_key(ret->key, p->current->msg_uidl);
	ret->size_bytes = p->current->msg_size;
	return 1;
}

static int
pop3_fetch(struct source *s, size_t max, struct buf *ret, struct err *e)
{
	struct pop3 *p = pop3_of(s);
	size_t n;
	char *bytes;
	int r;

	stream_set_timeout_ms(p->stream, SOURCE_ANSWER_MS);
	/* The whole, or only what is above the text. */
	r = p->current->msg_size <= max
	    ? mailpop3_retr(p->session, p->current->msg_index, &bytes, &n)
	    : mailpop3_top(p->session, p->current->msg_index, 0, &bytes, &n);
	if (r != MAILPOP3_NO_ERROR)
		return failed(p, r, e);
	(void)buf_add(ret, bytes, n < max ? n : max);
	mailpop3_retr_free(bytes);
	return 1;
}

static int
pop3_remove(struct source *s, struct err *e)
{
	struct pop3 *p = pop3_of(s);
	int r;

	stream_set_timeout_ms(p->stream, SOURCE_ANSWER_MS);
	r = mailpop3_dele(p->session, p->current->msg_index);
	return r == MAILPOP3_NO_ERROR ? 0 : failed(p, r, e);
}

static int
pop3_wait(struct source *s, struct err *e)
{
	return source_pause(s, -1, SOURCE_POLL_MS, e);
}

const struct source_driver source_pop3 = {
	.open = pop3_open,
	.close = pop3_close,
	.next = pop3_next,
	.fetch = pop3_fetch,
	.remove = pop3_remove,
	.wait = pop3_wait,
};
