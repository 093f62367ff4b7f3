#include "composer/inbox/mail_item.h"

#include <ctype.h>
#include <gmime/gmime.h>
#include <libxml/parser.h>
#include <string.h>
#include <strings.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "composer/item/item_form.h"
#include "composer/inbox/mail_auth.h"
#include "composer/inbox/mail_lang.h"
#include "composer/inbox/mail_part.h"

#define ADDRESSES_MAX ((size_t)32 * 1024) /* of one field */
#define FIELDS_MAX 5000
#define BOUNDARIES_MAX 2000
#define SUBJECT_MAX ((size_t)2000)

/*
 * Before the parser sees it
 */

/* GMime reads a list of addresses by calling itself for each group, so a long
 * one would use up the stack (in any part that is a message). */
static bool
is_address_field(const char *line, size_t n)
{
	static const char *const names[] = { "from", "to", "cc", "bcc",
		"sender", "reply-to", "resent-" };

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		size_t k = strlen(names[i]);

		if (n > k && strncasecmp(line, names[i], k) == 0)
			return true;
	}
	return false;
}

static int
check_limits(const char *bytes, size_t n, struct err *e)
{
	const char *end = bytes + n, *field = NULL;
	size_t boundaries = 0, fields = 0;
	bool head = true;

	if (n > MAIL_ITEM_BYTES_MAX)
		return err_set(e, ERR_LIMIT, "The mail is too large");
	for (const char *p = bytes; p < end;) {
		const char *nl = memchr(p, '\n', (size_t)(end - p));
		const char *next = nl != NULL ? nl + 1 : end;

		if (*p != ' ' && *p != '\t')
			field =
			    is_address_field(p, (size_t)(next - p)) ? p : NULL;
		head = head && *p != '\n' && *p != '\r';
		fields += head;
		boundaries += next - p > 2 && p[0] == '-' && p[1] == '-';
		if (field != NULL && (size_t)(next - field) > ADDRESSES_MAX)
			return err_set(e, ERR_LIMIT,
			    "A field with addresses is too long");
		if (fields > FIELDS_MAX)
			return err_set(e, ERR_LIMIT,
			    "The mail has too many fields in its head");
		if (boundaries > BOUNDARIES_MAX)
			return err_set(e, ERR_LIMIT,
			    "The mail has too many parts");
		p = next;
	}
	return 0;
}

/* mbox, and some who deliver through a pipe, begin with "From ". */
static void
skip_from_line(const char **bytes, size_t *n)
{
	const char *nl = memchr(*bytes, '\n', *n);

	if (*n < 5 || memcmp(*bytes, "From ", 5) != 0 || nl == NULL)
		return;
	*n -= (size_t)(nl + 1 - *bytes);
	*bytes = nl + 1;
}

static GMimeMessage *
parse(const char *bytes, size_t n)
{
	GMimeStream *stream = g_mime_stream_mem_new_with_buffer(bytes, n);
	GMimeParser *parser = g_mime_parser_new_with_stream(stream);
	GMimeMessage *m = g_mime_parser_construct_message(parser, NULL);

	g_object_unref(parser);
	g_object_unref(stream);
	return m;
}

/*
 * The head
 */

/* "Re: ", "FW: ", "[EXTERN] " and what else programs put there.  *forwarded
 * when one of them says so. */
static const char *
without_prefixes(const char *s, bool *forwarded)
{
	static const struct {
		const char *text;
		bool forward;
	} prefixes[] = { { "re:", false }, { "antw:", false },
		{ "antw.:", false }, { "betr:", false }, { "betreft:", false },
		{ "aw:", false }, { "sv:", false }, { "fw:", true },
		{ "fwd:", true }, { "doorst:", true }, { "doorst.:", true },
		{ "doorgestuurd:", true }, { "wg:", true }, { "tr:", true },
		{ "[extern]", false }, { "[external]", false },
		{ "[ext]", false } };

	for (size_t i = 0; i < sizeof(prefixes) / sizeof(prefixes[0]);) {
		size_t n = strlen(prefixes[i].text);

		if (strncasecmp(s, prefixes[i].text, n) != 0) {
			i++;
			continue;
		}
		*forwarded |= prefixes[i].forward;
		s += n;
		s += strspn(s, " ");
		i = 0;
	}
	return s;
}

static int
count_of(GMimeHeaderList *headers, const char *name)
{
	int n = 0;

	for (int i = 0; i < g_mime_header_list_get_count(headers); i++)
		n += strcasecmp(g_mime_header_get_name(
				    g_mime_header_list_get_header_at(headers,
					i)),
			 name) == 0;
	return n;
}

/* The one address it is from. */
static const char *
read_from(struct arena *a, GMimeMessage *m)
{
	InternetAddressList *list = g_mime_message_get_from(m);
	InternetAddress *one;
	const char *address = NULL;

	if (list == NULL || internet_address_list_length(list) != 1 ||
	    count_of(g_mime_object_get_header_list(GMIME_OBJECT(m)), "From") !=
		1)
		return "";
	one = internet_address_list_get_address(list, 0);
	if (INTERNET_ADDRESS_IS_MAILBOX(one))
		address = internet_address_mailbox_get_addr(
		    INTERNET_ADDRESS_MAILBOX(one));
	return mail_part_line(a, address, MAIL_ITEM_RESULT_MAX);
}

static void
read_results(struct arena *a, GMimeMessage *m, struct mail_item *ret)
{
	GMimeHeaderList *headers =
	    g_mime_object_get_header_list(GMIME_OBJECT(m));
	int n = g_mime_header_list_get_count(headers);

	for (int i = 0; i < n && ret->nresults < MAIL_ITEM_RESULTS_MAX; i++) {
		GMimeHeader *h = g_mime_header_list_get_header_at(headers, i);
		const char *raw = g_mime_header_get_raw_value(h);

		if (strcasecmp(g_mime_header_get_name(h),
			"Authentication-Results") != 0 ||
		    raw == NULL)
			continue;
		/* One that is cut could say something else. */
		ret->results[ret->nresults++] =
		    strlen(raw) <= MAIL_ITEM_RESULT_MAX
		    ? mail_part_line(a, raw, MAIL_ITEM_RESULT_MAX)
		    : "";
	}
}

bool
mail_item_verified(const struct mail_item *m, const char *authserv_id)
{
	const char *at = strrchr(m->from, '@');

	for (size_t i = 0; at != NULL && i < m->nresults; i++) {
		enum mail_auth found =
		    mail_auth_read(m->results[i], authserv_id, at + 1);

		if (found != MAIL_AUTH_NONE)
			return found == MAIL_AUTH_PASS;
	}
	return false;
}

/*
 * The whole
 */

/* Where the subject says nothing, the first line does. */
static const char *
title_of_body(struct arena *a, const char *body)
{
	const char *line = body + strspn(body, "*#>- \\");

	return mail_part_line(a, arena_memdup(a, line, strcspn(line, "\n\\*")),
	    ITEM_TITLE_READY);
}

static void
read_text(struct arena *a, GMimeMessage *m, bool forwarded,
    struct mail_item *ret)
{
	struct buf body;
	struct mail_part_reader r = { .arena = a,
		.body = &body,
		.item = ret,
		.forwarded = forwarded };

	buf_init(&body, ITEM_BODY_MAX);
	mail_part_read(&r, g_mime_message_get_mime_part(m));
	if (body.len == 0 && !r.too_long && r.attached != NULL) {
		ret->nleft_out = ret->nmore = 0;
		mail_part_read(&r, g_mime_message_get_mime_part(r.attached));
	}
	if (r.too_long || buf_full(&body))
		ret->fault = MAIL_ITEM_TOO_LONG;
	else
		ret->body = arena_memdup(a, body.data, body.len);
	buf_done(&body);
}

void
mail_item_init(void)
{
	g_mime_init();
	xmlInitParser();
}

int
mail_item_read(struct arena *a, const char *bytes, size_t n,
    struct mail_item *ret, struct err *e)
{
	struct mail_item m = { .body = "" };
	bool forwarded = false;
	GMimeMessage *mail;

	if (check_limits(bytes, n, e) == -1)
		return -1;
	skip_from_line(&bytes, &n);
	mail = parse(bytes, n);
	if (mail == NULL)
		return err_set(e, ERR_INPUT, "The mail cannot be read");
	m.title =
	    without_prefixes(mail_part_line(a, g_mime_message_get_subject(mail),
				 SUBJECT_MAX),
		&forwarded);
	m.title = mail_part_line(a, m.title, ITEM_TITLE_MAX);
	m.from = read_from(a, mail);
	m.message_id = mail_part_line(a, g_mime_message_get_message_id(mail),
	    MAIL_ITEM_RESULT_MAX);
	read_results(a, mail, &m);
	read_text(a, mail, forwarded, &m);
	g_object_unref(mail);
	if (m.title[0] == '\0')
		m.title = title_of_body(a, m.body);
	if (m.fault == MAIL_ITEM_FINE && m.title[0] == '\0') {
		m.fault = MAIL_ITEM_EMPTY;
		m.body = "";
	}
	m.lang = mail_lang_guess(m.title, m.body);
	*ret = m;
	return 0;
}
