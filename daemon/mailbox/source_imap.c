#include <libetpan/libetpan.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/config.h"
#include "base/err.h"
#include "daemon/mailbox/source.h"
#include "daemon/role/stream.h"

#define SLICE 200		      /* mails listed at a time */
#define PIECE ((uint32_t)1024 * 1024) /* bytes fetched at a time */
/* RFC 2177 allows 29 minutes.  Asking every few tells sooner that a connection
 * has died without a word. */
#define IDLE_MS (5 * 60 * 1000)
/* libetpan waits for the wrong line when an IDLE is not answered at once; then
 * the connection is made anew. */
#define IDLE_ANSWER_MS 10000

struct entry {
	uint32_t uid, size_bytes;
};

struct imap {
	struct source source;
	const struct config_mailbox *mailbox;
	struct stream *stream;
	mailimap *session;
	struct entry slice[SLICE];
	size_t n, at;	  /* of slice; the current one is before at */
	uint32_t seen;	  /* messages before the next slice that stay */
	uint32_t removed; /* of this slice */
	struct mailimap_set *doomed;
};

static struct imap *
imap_of(struct source *s)
{
	return (struct imap *)s;
}

/* Why a command failed.  What the server says of it may hold an address. */
static int
failed(const struct imap *m, int r, struct err *e)
{
	const char *host = m->mailbox->host;

	if (r == MAILIMAP_ERROR_STREAM && stream_error(m->stream)->kind != 0) {
		*e = *stream_error(m->stream);
		return -1;
	}
	if (r == MAILIMAP_ERROR_LOGIN)
		return err_set(e, ERR_CONFIG,
		    "The mail server %s does not accept the log-in", host);
	if (r == MAILIMAP_ERROR_SELECT)
		return err_set(e, ERR_CONFIG,
		    "The mail server %s has no folder '%s' for this user", host,
		    m->mailbox->folder);
	if (r == MAILIMAP_ERROR_STARTTLS)
		return err_set(e, ERR_CONFIG,
		    "The mail server %s does not offer STARTTLS", host);
	return err_set(e, ERR_PROTO,
	    "The mail server %s does not do what was asked (%d)", host, r);
}

static void
set_patience(const struct imap *m, int ms)
{
	stream_set_timeout_ms(m->stream, ms);
}

static int
start_tls(struct imap *m, struct err *e)
{
	int r = mailimap_starttls(m->session);
	size_t unread = m->session->imap_stream->read_buffer_len;

	/* Of bytes that came too early libetpan has its own opinion. */
	if (r != MAILIMAP_NO_ERROR && unread == 0)
		return failed(m, r, e);
	return stream_start_tls(m->stream, m->source.setup->trust, unread, e);
}

static int
greet(struct imap *m, struct err *e)
{
	mailstream *ms = mailstream_new(stream_low(m->stream), 65536);
	int r;

	if (ms == NULL)
		abort();
	r = mailimap_connect(m->session, ms);
	if (r == MAILIMAP_NO_ERROR_NON_AUTHENTICATED)
		return 0;
	/* Already logged in, in the clear: nobody would begin TLS any more
	 * (RFC 9051, 11.1). */
	if (r == MAILIMAP_NO_ERROR_AUTHENTICATED)
		return err_set(e, ERR_PROTO,
		    "The mail server %s wants no log-in", m->mailbox->host);
	return failed(m, r, e);
}

static int
select_folder(struct imap *m, struct err *e)
{
	const struct source_setup *setup = m->source.setup;
	struct mailimap_capability_data *capabilities;
	int r;

	r = mailimap_login(m->session, m->mailbox->user, setup->password);
	if (r != MAILIMAP_NO_ERROR)
		return failed(m, r, e);
	/* Those from before it do not count. */
	r = mailimap_capability(m->session, &capabilities);
	if (r != MAILIMAP_NO_ERROR)
		return failed(m, r, e);
	mailimap_capability_data_free(capabilities);
	r = mailimap_select(m->session, m->mailbox->folder);
	return r == MAILIMAP_NO_ERROR ? 0 : failed(m, r, e);
}

static int
log_in(struct imap *m, struct err *e)
{
	if (greet(m, e) == -1 ||
	    (m->mailbox->tls == CONFIG_TLS_STARTTLS && start_tls(m, e) == -1) ||
	    source_check_login(m->stream, m->source.setup, e) == -1)
		return -1;
	return select_folder(m, e);
}

static void
imap_close(struct source *s)
{
	struct imap *m = imap_of(s);
	mailstream *ms = m->session->imap_stream;

	if (ms != NULL) {
		/* Else mailimap_free() would wait for an answer. */
		m->session->imap_stream = NULL;
		(void)mailstream_close(ms);
	}
	mailimap_free(m->session);
	if (m->doomed != NULL)
		mailimap_set_free(m->doomed);
	stream_free(m->stream);
	free(m);
}

static int
imap_open(struct source **ret, const struct source_setup *setup, struct err *e)
{
	struct imap *m = calloc(1, sizeof(*m));

	if (m == NULL || (m->session = mailimap_new(0, NULL)) == NULL)
		abort();
	m->source.setup = setup;
	m->mailbox = setup->mailbox;
	if (source_connect(&m->stream, setup, e) == -1 || log_in(m, e) == -1) {
		imap_close(&m->source);
		return -1;
	}
	*ret = &m->source;
	return 0;
}

static const struct mailimap_msg_att_static *
item_of(const clistiter *i)
{
	const struct mailimap_msg_att_item *item = i->data;

	return item->att_type == MAILIMAP_MSG_ATT_ITEM_STATIC
	    ? item->att_data.att_static
	    : NULL;
}

/* One line of the list, if it has what was asked for. */
static void
add_entry(struct imap *m, const struct mailimap_msg_att *att)
{
	struct entry entry = { 0, 0 };

	for (clistiter *i = clist_begin(att->att_list); i != NULL;
	     i = i->next) {
		const struct mailimap_msg_att_static *item = item_of(i);

		if (item != NULL && item->att_type == MAILIMAP_MSG_ATT_UID)
			entry.uid = item->att_data.att_uid;
		if (item != NULL &&
		    item->att_type == MAILIMAP_MSG_ATT_RFC822_SIZE)
			entry.size_bytes = item->att_data.att_rfc822_size;
	}
	if (entry.uid != 0 && m->n < SLICE)
		m->slice[m->n++] = entry;
}

/* By number, which are dense, where UIDs may be far apart. */
static int
list_slice(struct imap *m, struct err *e)
{
	uint32_t exists = m->session->imap_selection_info->sel_exists;
	uint32_t first = m->seen + 1, last = m->seen + SLICE;
	struct mailimap_fetch_type *what =
	    mailimap_fetch_type_new_fetch_att_list_empty();
	struct mailimap_set *set =
	    mailimap_set_new_interval(first, last < exists ? last : exists);
	clist *found;
	int r;

	(void)mailimap_fetch_type_new_fetch_att_list_add(what,
	    mailimap_fetch_att_new_uid());
	(void)mailimap_fetch_type_new_fetch_att_list_add(what,
	    mailimap_fetch_att_new_rfc822_size());
	set_patience(m, SOURCE_ANSWER_MS);
	r = mailimap_fetch(m->session, set, what, &found);
	mailimap_fetch_type_free(what);
	mailimap_set_free(set);
	if (r != MAILIMAP_NO_ERROR)
		return failed(m, r, e);
	m->n = m->at = m->removed = 0;
	for (clistiter *i = clist_begin(found); i != NULL; i = i->next)
		add_entry(m, i->data);
	mailimap_fetch_list_free(found);
	return 0;
}

/* What was removed of this slice, at once. */
static int
expunge(struct imap *m, struct err *e)
{
	struct mailimap_flag_list *flags = mailimap_flag_list_new_empty();
	struct mailimap_store_att_flags *change;
	int r;

	(void)mailimap_flag_list_add(flags, mailimap_flag_new_deleted());
	change = mailimap_store_att_flags_new_add_flags_silent(flags);
	set_patience(m, SOURCE_ANSWER_MS);
	r = mailimap_uid_store(m->session, m->doomed, change);
	if (r == MAILIMAP_NO_ERROR)
		r = mailimap_has_uidplus(m->session)
		    ? mailimap_uid_expunge(m->session, m->doomed)
		    : mailimap_expunge(m->session);
	mailimap_store_att_flags_free(change);
	mailimap_set_free(m->doomed);
	m->doomed = NULL;
	return r == MAILIMAP_NO_ERROR ? 0 : failed(m, r, e);
}

static int
imap_next(struct source *s, struct source_mail *ret, struct err *e)
{
	struct imap *m = imap_of(s);
	const struct entry *entry;

	while (m->at == m->n) {
		if (m->doomed != NULL && expunge(m, e) == -1)
			return -1;
		m->seen += (uint32_t)m->n - m->removed;
		m->n = m->at = m->removed = 0;
		if (m->seen >= m->session->imap_selection_info->sel_exists) {
			m->seen = 0;
			return 0;
		}
		if (list_slice(m, e) == -1)
			return -1;
		if (m->n == 0) {
			m->seen = 0;
			return 0;
		}
	}
	entry = &m->slice[m->at++];
	(void)snprintf(ret->key, sizeof(ret->key), "%u.%u",
	    m->session->imap_selection_info->sel_uidvalidity, entry->uid);
	ret->size_bytes = entry->size_bytes;
	return 1;
}

/* 1: what was found has a body, which is added now; 0: it has none. */
static int
add_body(clist *found, struct buf *ret)
{
	int has = 0;

	for (clistiter *i = clist_begin(found); i != NULL; i = i->next) {
		const struct mailimap_msg_att *att = i->data;

		for (clistiter *k = clist_begin(att->att_list); k != NULL;
		     k = k->next) {
			const struct mailimap_msg_att_static *item = item_of(k);
			const struct mailimap_msg_att_body_section *body;

			if (item == NULL ||
			    item->att_type != MAILIMAP_MSG_ATT_BODY_SECTION)
				continue;
			has = 1;
			body = item->att_data.att_body_section;
			if (body != NULL && body->sec_body_part != NULL)
				(void)buf_add(ret, body->sec_body_part,
				    body->sec_length);
		}
	}
	return has;
}

/* As source_fetch(), of a part. */
static int
fetch_piece(struct imap *m, uint32_t uid, uint32_t from, uint32_t size,
    struct buf *ret, struct err *e)
{
	struct mailimap_set *set = mailimap_set_new_single(uid);
	struct mailimap_fetch_type *what = mailimap_fetch_type_new_fetch_att(
	    mailimap_fetch_att_new_body_peek_section_partial(
		mailimap_section_new(NULL), from, size));
	clist *found;
	int r, has;

	set_patience(m, SOURCE_ANSWER_MS);
	r = mailimap_uid_fetch(m->session, set, what, &found);
	mailimap_fetch_type_free(what);
	mailimap_set_free(set);
	if (r != MAILIMAP_NO_ERROR)
		return failed(m, r, e);
	has = add_body(found, ret);
	mailimap_fetch_list_free(found);
	return has;
}

static int
imap_fetch(struct source *s, size_t max, struct buf *ret, struct err *e)
{
	struct imap *m = imap_of(s);
	uint32_t uid = m->slice[m->at - 1].uid;
	size_t before, room;
	int rc;

	do {
		before = ret->len;
		room = max - ret->len;
		rc = fetch_piece(m, uid, (uint32_t)ret->len,
		    room < PIECE ? (uint32_t)room : PIECE, ret, e);
	} while (rc == 1 && ret->len == before + PIECE && ret->len < max);
	return rc;
}

static int
imap_remove(struct source *s, struct err *e)
{
	struct imap *m = imap_of(s);

	(void)e;
	if (m->doomed == NULL)
		m->doomed = mailimap_set_new_empty();
	if (m->doomed == NULL ||
	    mailimap_set_add_single(m->doomed, m->slice[m->at - 1].uid) !=
		MAILIMAP_NO_ERROR)
		abort();
	m->removed++;
	return 0;
}

static int
idle(struct imap *m, struct err *e)
{
	int r;

	set_patience(m, IDLE_ANSWER_MS);
	r = mailimap_idle(m->session);
	if (r != MAILIMAP_NO_ERROR)
		return failed(m, r, e);
	if (m->session->imap_stream->read_buffer_len == 0 &&
	    source_pause(&m->source, stream_fd(m->stream), IDLE_MS, e) == -1)
		return -1;
	set_patience(m, SOURCE_ANSWER_MS);
	r = mailimap_idle_done(m->session);
	return r == MAILIMAP_NO_ERROR ? 0 : failed(m, r, e);
}

static int
imap_wait(struct source *s, struct err *e)
{
	struct imap *m = imap_of(s);
	int r;

	if (mailimap_has_idle(m->session))
		return idle(m, e);
	if (source_pause(s, -1, SOURCE_POLL_MS, e) == -1)
		return -1;
	set_patience(m, SOURCE_ANSWER_MS);
	r = mailimap_noop(m->session);
	return r == MAILIMAP_NO_ERROR ? 0 : failed(m, r, e);
}

const struct source_driver source_imap = {
	.open = imap_open,
	.close = imap_close,
	.next = imap_next,
	.fetch = imap_fetch,
	.remove = imap_remove,
	.wait = imap_wait,
};
