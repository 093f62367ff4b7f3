#include "base/err.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static const char *(*translator)(const char *);

static const struct {
	int exit_code;
	const char *word;
} kinds[] = {
	[ERR_NONE] = { 0, "ok" },
	[ERR_SYS] = { 1, "unexpected" },
	[ERR_USAGE] = { 2, "usage" },
	[ERR_NOT_FOUND] = { 3, "not-found" },
	[ERR_REFUSED] = { 4, "refused" },
	[ERR_CONFLICT] = { 5, "conflict" },
	[ERR_PARTLY] = { 6, "partly-done" },
	[ERR_TEMP] = { 75, "temporary" },
	[ERR_DENIED] = { 77, "no-permission" },
	[ERR_CONFIG] = { 78, "configuration" },
	[ERR_PROTO] = { 1, "protocol" },
	[ERR_LIMIT] = { 1, "limit" },
	[ERR_INPUT] = { 2, "bad-input" },
	[ERR_INTERRUPT] = { 130, "interrupted" },
};

static const char *
translated(const char *fmt)
{
	return translator != NULL ? translator(fmt) : fmt;
}

/* A cut in the middle of a UTF-8 sequence would spoil JSON and terminals. */
static void format(char *, size_t, const char *, va_list)
    __attribute__((format(printf, 3, 0)));

static void
format(char *out, size_t size, const char *fmt, va_list ap)
{
	int n = vsnprintf(out, size, fmt, ap);

	if (n < 0)
		out[0] = '\0';
	if (n < 0 || (size_t)n < size)
		return;
	size_t end = size - 1;
	while (end > 0 && ((unsigned char)out[end - 1] & 0xc0) == 0x80)
		end--;
	if (end > 0 && ((unsigned char)out[end - 1] & 0x80) != 0)
		end--;
	out[end] = '\0';
}

int
err_set(struct err *e, enum err_kind kind, const char *fmt, ...)
{
	va_list ap;

	e->kind = kind;
	e->slug[0] = '\0';
	e->hint[0] = '\0';
	va_start(ap, fmt);
	format(e->text, sizeof(e->text), translated(fmt), ap);
	va_end(ap);
	return -1;
}

int
err_plain(struct err *e, enum err_kind kind, const char *slug,
    const char *msgid)
{
	(void)err_set(e, kind, "%s", translated(msgid));
	return err_slug(e, slug);
}

int
err_sys(struct err *e, int errno_value, const char *fmt, ...)
{
	va_list ap;
	size_t n;

	e->kind = ERR_SYS;
	e->slug[0] = '\0';
	e->hint[0] = '\0';
	va_start(ap, fmt);
	format(e->text, sizeof(e->text), translated(fmt), ap);
	va_end(ap);
	n = strlen(e->text);
	(void)snprintf(e->text + n, sizeof(e->text) - n, ": %s",
	    strerror(errno_value));
	return -1;
}

int
err_hint(struct err *e, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	format(e->hint, sizeof(e->hint), translated(fmt), ap);
	va_end(ap);
	return -1;
}

int
err_slug(struct err *e, const char *slug)
{
	(void)snprintf(e->slug, sizeof(e->slug), "%s", slug);
	return -1;
}

/* snprintf() with the care of format(). */
static void
join(char *, size_t, const char *, ...) __attribute__((format(printf, 3, 4)));

static void
join(char *out, size_t size, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	format(out, size, fmt, ap);
	va_end(ap);
}

int
err_prefix(struct err *e, const char *fmt, ...)
{
	char where[ERR_TEXT_MAX / 2], rest[ERR_TEXT_MAX];
	va_list ap;

	memcpy(rest, e->text, sizeof(rest));
	va_start(ap, fmt);
	format(where, sizeof(where), translated(fmt), ap);
	va_end(ap);
	join(e->text, sizeof(e->text), "%s: %s", where, rest);
	return -1;
}

int
err_exit_code(const struct err *e)
{
	return kinds[e->kind].exit_code;
}

const char *
err_word(const struct err *e)
{
	return e->slug[0] != '\0' ? e->slug : kinds[e->kind].word;
}

void
err_translate_with(const char *(*translate)(const char *msgid))
{
	translator = translate;
}
