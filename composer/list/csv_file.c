#include "composer/list/csv_file.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/err.h"

#define PIECE ((size_t)64 * 1024)

static int
unreadable(const struct csv_file *f, int why, struct err *e)
{
	(void)err_sys(e, why, "The file %s cannot be read", f->path);
	e->kind = why == ENOENT ? ERR_NOT_FOUND
	    : why == EACCES	? ERR_DENIED
				: ERR_SYS;
	return -1;
}

/* Gives every piece of fd to piece(), up to the end. */
static int
each_piece(struct csv_file *f, int fd, size_t total,
    int (*piece)(void *x, const char *bytes, size_t n, struct err *e), void *x,
    struct err *e)
{
	char bytes[PIECE];
	size_t done = 0;
	ssize_t n;

	do {
		n = read(fd, bytes, sizeof(bytes));
		if (n == -1 && errno != EINTR)
			return unreadable(f, errno, e);
		if (n > 0) {
			done += (size_t)n;
			if (piece(x, bytes, (size_t)n, e) == -1)
				return -1;
		}
		if (f->progress(f->arg, done, total > done ? total : done, e) ==
		    -1)
			return -1;
	} while (n != 0);
	return 0;
}

struct scan {
	struct csv_scan scan;
	FILE *spool;
};

static int
scan_piece(void *x, const char *bytes, size_t n, struct err *e)
{
	struct scan *s = x;

	if (csv_scan_feed(&s->scan, bytes, n, e) == -1)
		return -1;
	if (s->spool != NULL && fwrite(bytes, 1, n, s->spool) != n)
		return err_sys(e, errno,
		    "There is no room for a temporary copy of the file");
	return 0;
}

int
csv_file_open(struct csv_file *f, const char *path, struct err *e)
{
	struct scan s = { .spool = NULL };
	struct stat st;
	int fd = STDIN_FILENO;

	f->path = path;
	f->spool = NULL;
	f->fd = -1;
	if (strcmp(path, "-") != 0) {
		fd = f->fd = open(path, O_RDONLY | O_CLOEXEC);
		if (fd == -1)
			return unreadable(f, errno, e);
	}
	if (fstat(fd, &st) == -1)
		return unreadable(f, errno, e);
	if (fd == STDIN_FILENO || !S_ISREG(st.st_mode)) {
		f->spool = s.spool = tmpfile();
		if (s.spool == NULL)
			return err_sys(e, errno,
			    "There is no room for a temporary copy of the file");
	}
	csv_scan_init(&s.scan);
	if (each_piece(f, fd, (size_t)st.st_size, scan_piece, &s, e) == -1)
		return -1;
	if (f->spool != NULL && fflush(f->spool) != 0)
		return err_sys(e, errno,
		    "There is no room for a temporary copy of the file");
	return csv_scan_end(&s.scan, &f->form, e);
}

static int
stream_piece(void *x, const char *bytes, size_t n, struct err *e)
{
	return csv_stream_feed(x, bytes, n, e);
}

int
csv_file_read(struct csv_file *f,
    int (*row)(void *arg, const struct csv_row *r, struct err *e),
    struct err *e)
{
	int fd = f->spool != NULL ? fileno(f->spool) : f->fd, rc;
	struct csv_stream *s;

	if (lseek(fd, 0, SEEK_SET) == -1)
		return unreadable(f, errno, e);
	s = csv_stream_new(&f->form, row, f->arg);
	rc = each_piece(f, fd, f->form.bytes, stream_piece, s, e);
	if (rc == 0)
		rc = csv_stream_end(s, e);
	csv_stream_free(s);
	return rc;
}

void
csv_file_close(struct csv_file *f)
{
	if (f->spool != NULL)
		(void)fclose(f->spool);
	if (f->fd != -1)
		(void)close(f->fd);
}
