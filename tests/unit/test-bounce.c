#include "tests/unit/unit.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/bounce/bounce.h"
#include "base/buf.h"
#include "base/err.h"

#define SHAPES_FILE "tests/corpus/bounces/shapes.txt"
#define ARENA_BYTES ((size_t)64 * 1024 * 1024)

struct shape {
	char *system, *expect, *head, *body;
};

static struct shape shapes[100];
static size_t nshapes, nwrong;
static char shapes_text[128 * 1024];

/* "=== system: expect", header, an empty line, body. */
static int
load_shapes(void **state)
{
	FILE *f = fopen(SHAPES_FILE, "re");
	char *p;

	(void)state;
	if (f == NULL)
		return -1;
	shapes_text[fread(shapes_text, 1, sizeof(shapes_text) - 1, f)] = '\0';
	(void)fclose(f);
	for (p = strstr(shapes_text, "\n=== "); p != NULL;
	     p = strstr(p, "\n=== ")) {
		struct shape *s = &shapes[nshapes++];

		*p = '\0';
		s->system = p + 5;
		s->expect = strstr(s->system, ": ");
		*s->expect = '\0';
		s->expect += 2;
		s->head = strchr(s->expect, '\n');
		*s->head++ = '\0';
		s->body = strstr(s->head, "\n\n") + 1;
		*s->body++ = '\0';
		p = s->body;
	}
	bounce_init();
	return 0;
}

/* "report a@x ~b@y", "-" for what is no report. */
static void
summary(const struct bounce *b, struct buf *ret)
{
	buf_clear(ret);
	(void)buf_adds(ret, b->kind == BOUNCE_REPORT ? "report" : "-");
	for (size_t i = 0; i < b->nrecipients; i++)
		(void)buf_addf(ret, " %s%s",
		    b->recipients[i].class == BOUNCE_DELAYED	     ? "~"
			: b->recipients[i].class == BOUNCE_DELIVERED ? "+"
								     : "",
		    b->recipients[i].address);
}

/* Says what is wrong and goes on, so that one run shows all of it. */
static void
expect(const char *what, const char *mail, size_t n, const char *expected)
{
	struct arena arena;
	struct bounce b;
	struct buf seen;
	struct err e;

	arena_init(&arena, ARENA_BYTES);
	buf_init(&seen, 64 * 1024);
	assert_int_equal(bounce_read(mail, n, &arena, &b, &e), 0);
	summary(&b, &seen);
	if (strcmp(seen.data, expected) != 0)
		print_error("%s: \"%s\" instead of \"%s\"\n", what, seen.data,
		    expected);
	nwrong += strcmp(seen.data, expected) != 0;
	buf_done(&seen);
	arena_done(&arena);
}

static void
add_with_line_ends(struct buf *b, const char *text, const char *end)
{
	for (const char *p = text; *p != '\0'; p++)
		(void)(*p == '\n' ? buf_adds(b, end) : buf_addc(b, *p));
}

static void
test_shapes(void **state)
{
	static const char *const ends[] = { "\n", "\r\n", "\r" };
	struct buf b;

	(void)state;
	assert_true(nshapes > 40);
	buf_init(&b, 64 * 1024);
	for (size_t i = 0; i < nshapes; i++)
		for (size_t k = 0; k < 3; k++) {
			buf_clear(&b);
			add_with_line_ends(&b, shapes[i].head, ends[k]);
			(void)buf_adds(&b, ends[k]);
			add_with_line_ends(&b, shapes[i].body, ends[k]);
			expect(shapes[i].system, b.data, b.len,
			    shapes[i].expect);
		}
	buf_done(&b);
	assert_int_equal(nwrong, 0);
}

static void
add_base64(struct buf *b, const char *text)
{
	size_t n = strlen(text);
	char line[80];

	for (size_t i = 0; i < n; i += 57) {
		(void)sodium_bin2base64(line, sizeof(line),
		    (const unsigned char *)text + i, n - i < 57 ? n - i : 57,
		    sodium_base64_VARIANT_ORIGINAL);
		(void)buf_addf(b, "%s\n", line);
	}
}

static void
add_quoted(struct buf *b, const char *text)
{
	size_t column = 0;

	for (const char *p = text; *p != '\0'; p++) {
		if (column > 70 && *p != '\n') {
			(void)buf_adds(b, "=\n");
			column = 0;
		}
		if (*p == '\n') {
			(void)buf_addc(b, '\n');
			column = 0;
		} else if (*p == '=' || *p == '@' || (*p & 0x80) != 0) {
			(void)buf_addf(b, "=%02X", (unsigned char)*p);
			column += 3;
		} else {
			(void)buf_addc(b, *p);
			column++;
		}
	}
}

static void
add_html(struct buf *b, const char *text)
{
	(void)buf_adds(b,
	    "<html><head><style>p { color: x@y.example }</style>"
	    "</head><body>");
	for (const char *p = text; *p != '\0'; p++)
		switch (*p) {
		case '<':
			(void)buf_adds(b, "&lt;");
			break;
		case '>':
			(void)buf_adds(b, "&gt;");
			break;
		case '&':
			(void)buf_adds(b, "&amp;");
			break;
		case '\n':
			(void)buf_adds(b, "<br>\n");
			break;
		default:
			(void)buf_addc(b, *p);
		}
	(void)buf_adds(b, "</body></html>\n");
}

/* The same words in other clothes mean the same. */
static void
test_encodings(void **state)
{
	static const struct {
		const char *fields;
		void (*add)(struct buf *b, const char *text);
	} clothes[] = {
		{ "Content-Transfer-Encoding: base64\n", add_base64 },
		{ "Content-Transfer-Encoding: quoted-printable\n", add_quoted },
		{ "Content-Type: text/html\n", add_html },
	};
	struct buf b;

	(void)state;
	nwrong = 0;
	buf_init(&b, 64 * 1024);
	for (size_t i = 0; i < nshapes; i++)
		for (size_t k = 0; k < 3; k++) {
			buf_clear(&b);
			(void)buf_addf(&b, "%s%s\n", shapes[i].head,
			    clothes[k].fields);
			clothes[k].add(&b, shapes[i].body);
			expect(shapes[i].system, b.data, b.len,
			    shapes[i].expect);
			/* As the first part of several. */
			buf_clear(&b);
			(void)buf_addf(&b,
			    "%sContent-Type: multipart/mixed;\n boundary=xyz\n"
			    "\n--xyz\n%s\n",
			    shapes[i].head, clothes[k].fields);
			clothes[k].add(&b, shapes[i].body);
			(void)buf_adds(&b, "\n--xyz--\n");
			expect(shapes[i].system, b.data, b.len,
			    shapes[i].expect);
		}
	buf_done(&b);
	assert_int_equal(nwrong, 0);
}

/* Cut anywhere it is read without a fault, and names nobody else. */
static void
test_truncated(void **state)
{
	struct arena arena;
	struct err e;

	(void)state;
	arena_init(&arena, ARENA_BYTES);
	for (size_t i = 0; i < nshapes; i += 5) {
		char *mail = arena_printf(&arena, "%s\n%s", shapes[i].head,
		    shapes[i].body);

		for (size_t n = strlen(mail); n > 0; n--) {
			struct bounce b;
			/* Its own block, so that ASan sees the end. */
			char *copy = malloc(n);
			struct arena a;

			assert_non_null(copy);
			memcpy(copy, mail, n);
			arena_init(&a, ARENA_BYTES);
			assert_int_equal(bounce_read(copy, n, &a, &b, &e), 0);
			free(copy);
			arena_done(&a);
		}
	}
	arena_done(&arena);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_shapes),
		cmocka_unit_test(test_encodings),
		cmocka_unit_test(test_truncated),
	};

	return cmocka_run_group_tests(tests, load_shapes, NULL);
}
