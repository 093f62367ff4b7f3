#include "composer/message/message.h"

#include <assert.h>
#include <sodium.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "composer/message/header.h"
#include "composer/message/qp.h"
#include "composer/message/vet.h"

#define LINE_MAX_BYTES 998 /* RFC 5322 2.1.1, without CRLF */
#define LOCAL_PART_MAX 64

/* No quoted-printable text has "=_" in it, and no token: the boundary cannot
 * occur in a part. */
#define BOUNDARY_PREFIX "=_"
#define BOUNDARY_HASH ((size_t)20)
#define BOUNDARY_SIZE (sizeof(BOUNDARY_PREFIX) + 2 * BOUNDARY_HASH)

typedef int vet_fn(const char *what, const char *value, struct err *e);

static bool
for_list(const struct message_spec *s)
{
	return s->type != MESSAGE_SYSTEM;
}

/* The token and its "+" must leave a valid local part (RFC 5321 4.5.3.1.1),
 * without characters that a mailto URI would have to escape. */
static int
vet_unsubscribe_mailbox(const char *what, const char *value, struct err *e)
{
	size_t max = LOCAL_PART_MAX - 1 - slot_width(SLOT_MAIL_UNSUBSCRIBE);
	size_t name;

	if (vet_address(what, value, e) == -1)
		return -1;
	name = strspn(value, "abcdefghijklmnopqrstuvwxyz0123456789-._");
	if (value[name] == '@' && name <= max)
		return 0;
	(void)err_set(e, ERR_INPUT, "The value of %s is not valid", what);
	return err_hint(e,
	    "Use at most %d small letters, digits and hyphens before the @",
	    (int)max);
}

/* What header_text() and header_phrase() do not vet themselves. */
static int
vet_spec(const struct message_spec *s, struct err *e)
{
	const struct {
		const char *what, *value;
		vet_fn *vet;
		bool required;
	} checks[] = {
		{ "From", s->from_address, vet_address, true },
		{ "Reply-To", s->reply_to, vet_address, false },
		{ "List-Id", s->list_id, vet_host, true },
		{ "base_url", s->base_url, vet_url, for_list(s) },
		{ "List-Unsubscribe", s->unsubscribe_mailbox,
		    vet_unsubscribe_mailbox, for_list(s) },
		{ "List-Archive", s->archive_url, vet_url, false },
		{ "Archived-At", s->archived_at, vet_url, false },
		{ "List-Help", s->help_url, vet_url, false },
		{ "List-Owner", s->owner_address, vet_address, false },
		{ "Content-Language", s->content_language, vet_line, true },
		{ "text", s->text, vet_body, true },
		{ "html", s->html, vet_body, true },
	};

	for (size_t i = 0; i < sizeof(checks) / sizeof(checks[0]); i++)
		if ((checks[i].required || checks[i].value != NULL) &&
		    checks[i].vet(checks[i].what, checks[i].value, e) == -1)
			return -1;
	return 0;
}

static void
boundary_make(const struct message_spec *s, char ret[BOUNDARY_SIZE])
{
	unsigned char hash[BOUNDARY_HASH];
	char hex[2 * BOUNDARY_HASH + 1];
	crypto_generichash_state state;

	crypto_generichash_init(&state, NULL, 0, sizeof(hash));
	/* The NUL between keeps "ab" + "c" from "a" + "bc". */
	crypto_generichash_update(&state, (const unsigned char *)s->text,
	    strlen(s->text) + 1);
	crypto_generichash_update(&state, (const unsigned char *)s->html,
	    strlen(s->html));
	crypto_generichash_final(&state, hash, sizeof(hash));
	(void)sodium_bin2hex(hex, sizeof(hex), hash, sizeof(hash));
	(void)snprintf(ret, BOUNDARY_SIZE, BOUNDARY_PREFIX "%s", hex);
}

/* RFC 6068 2: what a local part may hold but a mailto URI may not. */
static int
mailto_header(struct message *m, const char *name, const char *address,
    struct err *e)
{
	struct buf uri;
	int rc;

	buf_init(&uri, 4096);
	for (const char *p = address; *p != '\0'; p++)
		if (strchr("%#/?&^`{|}=", *p) != NULL)
			(void)buf_addf(&uri, "%%%02X", (unsigned int)*p);
		else
			(void)buf_addc(&uri, *p);
	rc = header_words(m, e, name, "<mailto:%s>", uri.data);
	buf_done(&uri);
	return rc;
}

static int
url_header(struct message *m, const char *name, const char *url, struct err *e)
{
	return url == NULL ? 0 : header_words(m, e, name, "<%s>", url);
}

/* RFC 8058 3.1: one https URI, and the exact words in the second field. */
static int
unsubscribe_headers(struct message *m, const struct message_spec *s,
    struct err *e)
{
	const char *mailbox = s->unsubscribe_mailbox;
	int local = (int)strcspn(mailbox, "@");

	if (header_words(m, e, "List-Unsubscribe",
		"<%s/u/%s>, <mailto:%.*s+%s%s>", s->base_url,
		slot_placeholder(SLOT_UNSUBSCRIBE), local, mailbox,
		slot_placeholder(SLOT_MAIL_UNSUBSCRIBE), mailbox + local) == -1)
		return -1;
	return header_words(m, e, "List-Unsubscribe-Post",
	    "List-Unsubscribe=One-Click");
}

static int
address_headers(struct message *m, const struct message_spec *s, struct err *e)
{
	const struct header_letter h = { s->from_name, s->from_address,
		s->reply_to, s->subject, s->list_id };

	return header_letter(m, &h, e);
}

static int
list_headers(struct message *m, const struct message_spec *s, struct err *e)
{
	if (header_phrase(m, "List-Id", s->list_name, s->list_id, e) == -1)
		return -1;
	if (for_list(s) &&
	    (unsubscribe_headers(m, s, e) == -1 ||
		header_words(m, e, "List-Post", "NO") == -1 ||
		header_words(m, e, "Precedence", "list") == -1))
		return -1;
	if (s->owner_address != NULL &&
	    mailto_header(m, "List-Owner", s->owner_address, e) == -1)
		return -1;
	if (url_header(m, "List-Help", s->help_url, e) == -1 ||
	    url_header(m, "List-Archive", s->archive_url, e) == -1)
		return -1;
	return url_header(m, "Archived-At", s->archived_at, e);
}

/* Bits of MS-OXCMAIL 2.1.3.2.20; "All" would suppress bounces as well. */
static int
automation_headers(struct message *m, const struct message_spec *s,
    struct err *e)
{
	if (!for_list(s) &&
	    header_words(m, e, "Auto-Submitted", "auto-generated") == -1)
		return -1;
	return header_words(m, e, "X-Auto-Response-Suppress", "OOF, AutoReply");
}

static int
mime_headers(struct message *m, const struct message_spec *s,
    const char *boundary, struct err *e)
{
	if (header_words(m, e, "MIME-Version", "1.0") == -1 ||
	    header_words(m, e, "Content-Language", "%s", s->content_language) ==
		-1)
		return -1;
	return header_words(m, e, "Content-Type",
	    "multipart/alternative; boundary=\"%s\"", boundary);
}

static int
add_part(struct message *m, const struct message_spec *s, const char *boundary,
    const char *subtype, const char *body, struct err *e)
{
	(void)buf_addf(&m->bytes, "\r\n--%s\r\n", boundary);
	if (header_words(m, e, "Content-Type", "text/%s; charset=utf-8",
		subtype) == -1 ||
	    header_words(m, e, "Content-Language", "%s", s->content_language) ==
		-1 ||
	    header_words(m, e, "Content-Transfer-Encoding",
		"quoted-printable") == -1)
		return -1;
	(void)buf_adds(&m->bytes, "\r\n");
	qp_encode(m, body);
	return 0;
}

static int
add_all(struct message *m, const struct message_spec *s, struct err *e)
{
	char boundary[BOUNDARY_SIZE];

	boundary_make(s, boundary);
	if (address_headers(m, s, e) == -1 || list_headers(m, s, e) == -1 ||
	    automation_headers(m, s, e) == -1 ||
	    mime_headers(m, s, boundary, e) == -1 ||
	    add_part(m, s, boundary, "plain", s->text, e) == -1 ||
	    add_part(m, s, boundary, "html", s->html, e) == -1)
		return -1;
	(void)buf_addf(&m->bytes, "\r\n--%s--\r\n", boundary);
	if (buf_full(&m->bytes))
		return err_set(e, ERR_LIMIT, "The message is too large");
	return 0;
}

static bool
slot_is_at(const struct message *m, const struct slot *slot, const char *p)
{
	return slot < m->slots + m->nslots &&
	    slot->offset == (size_t)(p - m->bytes.data);
}

/* What the send role builds on without looking: how the lines will be with
 * the values in place. */
static bool
fits_wire(const struct message *m)
{
	const char *end = m->bytes.data + m->bytes.len;
	const struct slot *slot = m->slots;
	size_t width = 0;

	for (const char *p = m->bytes.data; p < end; p++) {
		for (; slot_is_at(m, slot, p); slot++)
			width += slot_width(slot->kind);
		if (width > LINE_MAX_BYTES || (width == 0 && *p == '.'))
			return false;
		if (p[0] == '\r' && p[1] == '\n') {
			width = 0;
			p++;
		} else if (*p == '\t' || (*p >= ' ' && *p <= '~')) {
			width++;
		} else {
			return false;
		}
	}
	return slot == m->slots + m->nslots && width == 0;
}

int
message_build(const struct message_spec *spec, struct message *ret,
    struct err *e)
{
	struct message m;

	if (vet_spec(spec, e) == -1)
		return -1;
	message_init(&m, MESSAGE_MAX);
	if (add_all(&m, spec, e) == -1) {
		message_done(&m);
		return -1;
	}
	assert(fits_wire(&m));
	*ret = m;
	return 0;
}
