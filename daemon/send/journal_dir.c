#include "daemon/send/journal_dir.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <systemd/sd-id128.h>

#include "base/err.h"

static const char hex[] = "0123456789ABCDEF";
static const char safe[] =
    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
    "0123456789_-.";

void
journal_name_write(char out[static JOURNAL_NAME_MAX],
    const struct journal_name *name)
{
	char *p = out;

	for (const char *s = name->worker; *s != '\0'; s++) {
		unsigned char c = (unsigned char)*s;

		/* A leading dot would hide the file. */
		if (strchr(safe, *s) != NULL && (c != '.' || p != out)) {
			*p++ = *s;
			continue;
		}
		*p++ = '%';
		*p++ = hex[c >> 4];
		*p++ = hex[c & 0xf];
	}
	(void)snprintf(p, JOURNAL_NAME_MAX - (size_t)(p - out),
	    ".%" PRId64 ".%" PRIu32 ".journal", name->run, name->number);
}

/* Takes ".DIGITS" off the end of the n bytes. */
static bool
take_number(const char *s, size_t *n, int64_t max, int64_t *ret)
{
	size_t end = *n, i = end;
	int64_t v = 0;

	while (i > 0 && isdigit((unsigned char)s[i - 1]))
		i--;
	if (i == end || i < 2 || s[i - 1] != '.')
		return false;
	*n = i - 1;
	for (; i < end; i++) {
		if (v > (max - (s[i] - '0')) / 10)
			return false;
		v = v * 10 + (s[i] - '0');
	}
	*ret = v;
	return true;
}

/* The two digits of %XX, or -1. */
static int
unescape(const char *s, size_t n)
{
	const char *a = n > 2 ? strchr(hex, s[1]) : NULL;
	const char *b = n > 2 ? strchr(hex, s[2]) : NULL;

	return a != NULL && b != NULL ? (int)((a - hex) << 4 | (b - hex)) : -1;
}

static bool
take_worker(const char *s, size_t n, char out[static JOURNAL_WORKER_MAX])
{
	size_t len = 0;

	for (size_t i = 0; i < n; i++) {
		int c = (unsigned char)s[i];

		if (c == '%') {
			c = unescape(s + i, n - i);
			i += 2;
		}
		if (c <= 0 || len + 1 == JOURNAL_WORKER_MAX)
			return false;
		out[len++] = (char)c;
	}
	out[len] = '\0';
	return len > 0;
}

bool
journal_name_read(const char *file, struct journal_name *ret)
{
	static const char end[] = ".journal";
	struct journal_name name;
	size_t n = strlen(file);
	int64_t number;

	if (n < sizeof(end) - 1 ||
	    strcmp(file + n - (sizeof(end) - 1), end) != 0)
		return false;
	n -= sizeof(end) - 1;
	if (!take_number(file, &n, UINT32_MAX, &number) ||
	    !take_number(file, &n, INT64_MAX, &name.run) ||
	    !take_worker(file, n, name.worker))
		return false;
	name.number = (uint32_t)number;
	*ret = name;
	return true;
}

int
journal_dir_fail(const char *dir, struct err *e)
{
	int cause = errno;

	(void)err_sys(e, cause, "Cannot use the folder of the journal, %s",
	    dir);
	if (cause == ENOENT || cause == ENOTDIR || cause == EACCES ||
	    cause == EPERM || cause == EROFS)
		e->kind = ERR_CONFIG;
	return e->kind != ERR_CONFIG
	    ? -1
	    : err_hint(e,
		  "Make that folder and give it to the user that sends");
}

int
journal_dir_open(const char *dir, struct err *e)
{
	int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	/* A replay that could not remove a file would find it for ever. */
	if (fd != -1 && faccessat(fd, ".", W_OK | X_OK, 0) == 0)
		return fd;
	(void)journal_dir_fail(dir, e);
	if (fd != -1)
		(void)close(fd);
	return -1;
}

void
journal_boot(char out[static JOURNAL_BOOT_MAX])
{
	sd_id128_t id;

	out[0] = '\0';
	if (sd_id128_get_boot(&id) >= 0)
		(void)sd_id128_to_string(id, out);
}
