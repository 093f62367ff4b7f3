#include "composer/inbox/mail_part.h"

#include <string.h>
#include <strings.h>

#include "base/arena.h"
#include "base/buf.h"
#include "composer/item/item_form.h"
#include "composer/inbox/mail_html.h"
#include "composer/inbox/mail_quote.h"
#include "composer/inbox/mail_text.h"

/* One text, in one or both of its forms. */
struct text {
	struct buf plain, html;
	bool links; /* the HTML has what the plain text cannot have */
};

static void read_into(struct mail_part_reader *r, GMimeObject *part,
    struct text *t, int depth);

const char *
mail_part_line(struct arena *a, const char *s, size_t max)
{
	struct buf clean;
	const char *ret;
	size_t n = 0;

	if (s == NULL)
		return "";
	buf_init(&clean, strlen(s) * 3 + 1);
	mail_text_clean(&clean, s, strlen(s));
	for (size_t i = 0; i < clean.len; i++) {
		char c = clean.data[i] == '\n' ? ' ' : clean.data[i];

		if (c != ' ' || (n > 0 && clean.data[n - 1] != ' '))
			clean.data[n++] = c;
	}
	while (n > 0 && clean.data[n - 1] == ' ')
		n--;
	if (n <= max) {
		ret = arena_memdup(a, clean.data, n);
	} else {
		n = max - strlen("...");
		while (n > 0 && ((unsigned char)clean.data[n] & 0xc0) == 0x80)
			n--;
		ret = arena_printf(a, "%.*s...", (int)n, clean.data);
	}
	buf_done(&clean);
	return ret;
}

/*
 * What is left out
 */
static size_t
size_of(GMimeObject *part)
{
	GMimeDataWrapper *content = GMIME_IS_PART(part)
	    ? g_mime_part_get_content(GMIME_PART(part))
	    : NULL;
	GMimeStream *nothing;
	ssize_t n;

	if (content == NULL)
		return 0;
	nothing = g_mime_stream_null_new();
	n = g_mime_data_wrapper_write_to_stream(content, nothing);
	g_object_unref(nothing);
	return n > 0 ? (size_t)n : 0;
}

static void
leave_out(struct mail_part_reader *r, GMimeObject *part)
{
	struct mail_item *m = r->item;
	struct mail_item_left_out *out = &m->left_out[m->nleft_out];
	const char *name = NULL, *slash;

	if (m->nleft_out == MAIL_ITEM_LEFT_OUT_MAX) {
		m->nmore++;
		return;
	}
	if (GMIME_IS_PART(part))
		name = g_mime_part_get_filename(GMIME_PART(part));
	else if (GMIME_IS_MESSAGE_PART(part))
		name = g_mime_message_get_subject(
		    g_mime_message_part_get_message(GMIME_MESSAGE_PART(part)));
	slash = name != NULL ? strpbrk(name, "/\\") : NULL;
	for (; slash != NULL; slash = strpbrk(name, "/\\"))
		name = slash + 1;
	out->name = mail_part_line(r->arena, name, MAIL_ITEM_NAME_MAX);
	out->bytes = size_of(part);
	m->nleft_out++;
}

/*
 * Text
 */

/* The bytes, in UTF-8 where they say what they are.  Programs say less than
 * they write: of the rest mail_text_clean() makes the best. */
static void
get_text(GMimeTextPart *part, struct buf *ret)
{
	const char *charset = g_mime_text_part_get_charset(part);
	GMimeDataWrapper *content = g_mime_part_get_content(GMIME_PART(part));
	GMimeStream *memory, *stream;
	GMimeFilter *filter = NULL;
	GByteArray *bytes;

	if (content == NULL)
		return;
	if (charset != NULL && strcasecmp(charset, "iso-8859-1") == 0)
		charset = "windows-1252";
	if (charset != NULL && strcasecmp(charset, "us-ascii") != 0 &&
	    strcasecmp(charset, "utf-8") != 0)
		filter = g_mime_filter_charset_new(charset, "utf-8");
	memory = g_mime_stream_mem_new();
	stream = g_mime_stream_filter_new(memory);
	if (filter != NULL) {
		(void)g_mime_stream_filter_add(GMIME_STREAM_FILTER(stream),
		    filter);
		g_object_unref(filter);
	}
	(void)g_mime_data_wrapper_write_to_stream(content, stream);
	(void)g_mime_stream_flush(stream);
	bytes = g_mime_stream_mem_get_byte_array(GMIME_STREAM_MEM(memory));
	(void)buf_add(ret, bytes->data, bytes->len);
	g_object_unref(stream);
	g_object_unref(memory);
}

static bool
is_parameter(GMimeObject *part, const char *name, const char *value)
{
	const char *v = g_mime_object_get_content_type_parameter(part, name);

	return v != NULL && strcasecmp(v, value) == 0;
}

static void
append(struct buf *b, const char *text)
{
	if (*text == '\0')
		return;
	if (b->len > 0)
		(void)buf_adds(b, "\n\n");
	(void)buf_adds(b, text);
}

static void
add_plain(struct mail_part_reader *r, GMimeObject *part, const struct buf *text,
    struct text *t)
{
	bool flowed = is_parameter(part, "format", "flowed");
	struct buf clean, lines, markdown;
	const char *own;

	buf_init(&clean, MAIL_ITEM_TEXT_MAX * 3);
	buf_init(&lines, MAIL_ITEM_TEXT_MAX * 4);
	buf_init(&markdown, MAIL_ITEM_TEXT_MAX * 8);
	mail_text_clean(&clean, text->data, text->len);
	if (flowed)
		mail_text_unflow(&lines, clean.data,
		    is_parameter(part, "delsp", "yes"));
	own = mail_quote_cut(r->arena, flowed ? lines.data : clean.data,
	    r->forwarded);
	mail_text_markdown(&markdown, own, flowed);
	while (markdown.len > 0 && markdown.data[markdown.len - 1] == '\n')
		markdown.data[--markdown.len] = '\0';
	append(&t->plain, markdown.data);
	buf_done(&markdown);
	buf_done(&lines);
	buf_done(&clean);
}

static void
add_html(struct mail_part_reader *r, const struct buf *text, struct text *t)
{
	struct buf clean, markdown;
	bool links;

	buf_init(&clean, MAIL_ITEM_HTML_MAX * 3);
	buf_init(&markdown, MAIL_ITEM_HTML_MAX * 3);
	mail_text_clean(&clean, text->data, text->len);
	mail_html_markdown(&markdown, clean.data, clean.len, &links);
	append(&t->html, mail_quote_cut(r->arena, markdown.data, r->forwarded));
	t->links |= links;
	buf_done(&markdown);
	buf_done(&clean);
}

static void
add_text(struct mail_part_reader *r, GMimeObject *part, struct text *t)
{
	bool html =
	    g_mime_content_type_is_type(g_mime_object_get_content_type(part),
		"text", "html");
	struct buf text;

	buf_init(&text, html ? MAIL_ITEM_HTML_MAX : MAIL_ITEM_TEXT_MAX);
	get_text(GMIME_TEXT_PART(part), &text);
	if (buf_full(&text))
		r->too_long = true;
	else if (html)
		add_html(r, &text, t);
	else
		add_plain(r, part, &text, t);
	buf_done(&text);
}

static void
text_init(struct text *t)
{
	buf_init(&t->plain, MAIL_ITEM_HTML_MAX);
	buf_init(&t->html, MAIL_ITEM_HTML_MAX);
	t->links = false;
}

/* The form that says more; a plain part may be no more than a hint to see the
 * other one. */
static void
text_end(struct mail_part_reader *r, struct text *t)
{
	bool html =
	    t->html.len > 0 && (t->links || t->plain.len * 3 < t->html.len);

	r->too_long |= buf_full(&t->plain) || buf_full(&t->html);
	append(r->body, html ? t->html.data : t->plain.data);
	buf_done(&t->plain);
	buf_done(&t->html);
}

/*
 * Parts
 */
static bool
is_text(GMimeObject *part)
{
	GMimeContentType *type = g_mime_object_get_content_type(part);
	const char *disposition = g_mime_object_get_disposition(part);

	return GMIME_IS_TEXT_PART(part) &&
	    (g_mime_content_type_is_type(type, "text", "plain") ||
		g_mime_content_type_is_type(type, "text", "html")) &&
	    (disposition == NULL || strcasecmp(disposition, "inline") == 0) &&
	    g_mime_part_get_filename(GMIME_PART(part)) == NULL;
}

/* Each child is a text of its own, unless they are forms of the same one. */
static void
read_multipart(struct mail_part_reader *r, GMimeMultipart *parts,
    struct text *t, int depth)
{
	bool forms = g_mime_content_type_is_type(g_mime_object_get_content_type(
						     GMIME_OBJECT(parts)),
	    "multipart", "alternative");
	int n = g_mime_multipart_get_count(parts);
	struct text own;

	if (t == NULL && forms) {
		text_init(&own);
		read_multipart(r, parts, &own, depth);
		text_end(r, &own);
		return;
	}
	for (int i = 0; i < n && !buf_full(r->body); i++)
		read_into(r, g_mime_multipart_get_part(parts, i), t, depth + 1);
}

static void
read_into(struct mail_part_reader *r, GMimeObject *part, struct text *t,
    int depth)
{
	struct text own;

	if (part == NULL)
		return;
	if (GMIME_IS_MULTIPART(part) && depth < MAIL_PART_DEPTH) {
		read_multipart(r, GMIME_MULTIPART(part), t, depth);
	} else if (!is_text(part)) {
		if (GMIME_IS_MESSAGE_PART(part) && r->attached == NULL)
			r->attached = g_mime_message_part_get_message(
			    GMIME_MESSAGE_PART(part));
		/* That a mail is signed is nothing that anybody attached. */
		if (!g_mime_content_type_is_type(g_mime_object_get_content_type(
						     part),
			"application", "pgp-signature") &&
		    !g_mime_content_type_is_type(g_mime_object_get_content_type(
						     part),
			"application", "pkcs7-signature"))
			leave_out(r, part);
	} else if (t != NULL) {
		add_text(r, part, t);
	} else {
		text_init(&own);
		add_text(r, part, &own);
		text_end(r, &own);
	}
}

void
mail_part_read(struct mail_part_reader *r, GMimeObject *part)
{
	read_into(r, part, NULL, 0);
}
