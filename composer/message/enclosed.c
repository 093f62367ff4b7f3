#include "composer/message/enclosed.h"

#include <sodium.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "composer/message/header.h"
#include "composer/message/qp.h"
#include "composer/message/vet.h"
#include "composer/message/wire.h"

#define BASE64_LINE ((size_t)57) /* bytes; 76 characters */
#define BOUNDARY_RANDOM ((size_t)16)
#define BOUNDARY_SIZE (2 + 2 * BOUNDARY_RANDOM + 1)
/* Enough for base64, and no more than is sent (daemon/send/work.c). */
#define BYTES_MAX ((size_t)8 * 1024 * 1024)

static int
vet_spec(const struct enclosed_spec *s, struct err *e)
{
	if (s->other_bytes > ENCLOSED_MAX)
		return err_set(e, ERR_LIMIT, "The message is too large");
	if (vet_address("From", s->from_address, e) == -1 ||
	    vet_host("List-Id", s->list_id, e) == -1 ||
	    vet_body("text", s->text, e) == -1)
		return -1;
	return s->reply_to == NULL ? 0
				   : vet_address("Reply-To", s->reply_to, e);
}

/* Line ends are CRLF, which a folder of mail may have lost; and a line of an
 * mbox in front is not part of it. */
static void
mend_lines(const char *s, size_t n, struct buf *out)
{
	const char *end = memchr(s, '\n', n);

	if (end != NULL && strncmp(s, "From ", 5) == 0) {
		n -= (size_t)(end + 1 - s);
		s = end + 1;
	}
	for (size_t i = 0; i < n; i++) {
		if (s[i] == '\n' && (i == 0 || s[i - 1] != '\r'))
			(void)buf_addc(out, '\r');
		(void)buf_addc(out, s[i]);
	}
	if (n == 0 || s[n - 1] != '\n')
		(void)buf_adds(out, "\r\n");
}

static bool
fits_wire(const struct buf *b)
{
	struct wire w;

	wire_init(&w);
	wire_add(&w, b->data, b->len);
	return wire_end(&w) == WIRE_OK;
}

static void
add_base64(struct message *m, const char *s, size_t n)
{
	char line[4 * BASE64_LINE / 3 + 1];

	for (size_t i = 0; i < n; i += BASE64_LINE) {
		size_t part = n - i < BASE64_LINE ? n - i : BASE64_LINE;

		(void)sodium_bin2base64(line, sizeof(line),
		    (const unsigned char *)s + i, part,
		    sodium_base64_VARIANT_ORIGINAL);
		(void)buf_addf(&m->bytes, "%s\r\n", line);
	}
}

static int
add_headers(struct message *m, const struct enclosed_spec *s,
    const char *boundary, struct err *e)
{
	const struct header_letter h = { s->from_name, s->from_address,
		s->reply_to, s->subject, s->list_id };

	if (header_letter(m, &h, e) == -1 ||
	    header_words(m, e, "Auto-Submitted", "auto-forwarded") == -1 ||
	    header_words(m, e, "X-Auto-Response-Suppress", "OOF, AutoReply") ==
		-1 ||
	    header_words(m, e, "MIME-Version", "1.0") == -1)
		return -1;
	return header_words(m, e, "Content-Type",
	    "multipart/mixed; boundary=\"%s\"", boundary);
}

static int
add_text(struct message *m, const struct enclosed_spec *s, const char *boundary,
    struct err *e)
{
	(void)buf_addf(&m->bytes, "\r\n--%s\r\n", boundary);
	if (header_words(m, e, "Content-Type", "text/plain; charset=utf-8") ==
		-1 ||
	    header_words(m, e, "Content-Language", "%s", s->content_language) ==
		-1 ||
	    header_words(m, e, "Content-Transfer-Encoding",
		"quoted-printable") == -1)
		return -1;
	(void)buf_adds(&m->bytes, "\r\n");
	qp_encode(m, s->text);
	return 0;
}

static void
add_other(struct message *m, const struct enclosed_spec *s,
    const char *boundary)
{
	struct buf lines;

	buf_init(&lines, 2 * s->other_bytes + 2);
	mend_lines(s->other, s->other_bytes, &lines);
	(void)buf_addf(&m->bytes, "\r\n--%s\r\n", boundary);
	if (fits_wire(&lines)) {
		(void)buf_adds(&m->bytes,
		    "Content-Type: message/rfc822\r\n"
		    "Content-Disposition: attachment; "
		    "filename=\"message.eml\"\r\n\r\n");
		(void)buf_add(&m->bytes, lines.data, lines.len);
	} else {
		(void)buf_adds(&m->bytes,
		    "Content-Type: application/octet-stream\r\n"
		    "Content-Transfer-Encoding: base64\r\n"
		    "Content-Disposition: attachment; "
		    "filename=\"message.eml\"\r\n\r\n");
		add_base64(m, s->other, s->other_bytes);
	}
	(void)buf_addf(&m->bytes, "\r\n--%s--\r\n", boundary);
	buf_done(&lines);
}

/* Nobody who writes to us can know it, so it is not in what they wrote. */
static void
make_boundary(char ret[BOUNDARY_SIZE])
{
	unsigned char bytes[BOUNDARY_RANDOM];
	char hex[2 * BOUNDARY_RANDOM + 1];

	randombytes_buf(bytes, sizeof(bytes));
	(void)sodium_bin2hex(hex, sizeof(hex), bytes, sizeof(bytes));
	(void)snprintf(ret, BOUNDARY_SIZE, "=_%s", hex);
}

int
enclosed_build(const struct enclosed_spec *s, struct message *ret,
    struct err *e)
{
	char boundary[BOUNDARY_SIZE];
	struct message m;

	if (vet_spec(s, e) == -1)
		return -1;
	make_boundary(boundary);
	message_init(&m, BYTES_MAX);
	if (add_headers(&m, s, boundary, e) == -1 ||
	    add_text(&m, s, boundary, e) == -1) {
		message_done(&m);
		return -1;
	}
	add_other(&m, s, boundary);
	if (buf_full(&m.bytes)) {
		message_done(&m);
		return err_set(e, ERR_LIMIT, "The message is too large");
	}
	*ret = m;
	return 0;
}
