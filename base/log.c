#include "base/log.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/buf.h"

#define LINE_MAX_BYTES ((size_t)4096)

static const char *name = "tweeluik";
static enum log_level max = LOG_LEVEL_INFO;
static bool journal;

void
log_init(const char *program, enum log_level max_level)
{
	name = program;
	max = max_level;
	journal = getenv("JOURNAL_STREAM") != NULL;
}

/* Quotes and escapes keep one event on one line whatever the value holds. */
static void
add_value(struct buf *b, const char *v)
{
	if (v[0] != '\0' && strpbrk(v, " \"\\=\n\r\t") == NULL) {
		(void)buf_adds(b, v);
		return;
	}
	(void)buf_addc(b, '"');
	for (; *v != '\0'; v++) {
		if ((unsigned char)*v < 0x20 || *v == 0x7f)
			(void)buf_addf(b, "\\x%02x", (unsigned char)*v);
		else {
			if (*v == '"' || *v == '\\')
				(void)buf_addc(b, '\\');
			(void)buf_addc(b, *v);
		}
	}
	(void)buf_addc(b, '"');
}

void
log_event(enum log_level level, const char *event, ...)
{
	struct buf b;
	va_list ap;
	const char *key;

	if (level > max)
		return;
	buf_init(&b, LINE_MAX_BYTES);
	if (journal) {
		(void)buf_addf(&b, "<%d>", (int)level);
	} else {
		char stamp[32];
		time_t now = time(NULL);
		struct tm tm;

		(void)gmtime_r(&now, &tm);
		(void)strftime(stamp, sizeof(stamp), "%Y-%m-%dT%H:%M:%SZ", &tm);
		(void)buf_addf(&b, "%s %s ", stamp, name);
	}
	(void)buf_adds(&b, event);
	va_start(ap, event);
	while ((key = va_arg(ap, const char *)) != NULL) {
		(void)buf_addf(&b, " %s=", key);
		add_value(&b, va_arg(ap, const char *));
	}
	va_end(ap);
	b.max++; /* the newline always fits */
	b.full = false;
	(void)buf_addc(&b, '\n');
	if (write(STDERR_FILENO, b.data, b.len) == -1) {
		/* nowhere left to say it */
	}
	buf_done(&b);
}
