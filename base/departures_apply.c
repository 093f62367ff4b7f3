#include "base/departures_apply.h"

#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/database.h"
#include "base/departures.h"
#include "base/err.h"

#define LINES_MAX ((size_t)2000)

struct journals {
	struct database *db;
	const char *dir;
	struct departures_applied sum;
};

struct lines {
	struct buf text;
	size_t n;
};

static void
take(void *arg, const char *line)
{
	struct lines *l = arg;

	(void)buf_addf(&l->text, "%s%s", l->n++ > 0 ? "\n" : "", line);
}

/* How far it was read, if that part of it is still the same. */
static int
find_position(const struct journals *j, const struct rows *r,
    const struct departures_file *f, uint64_t *ret, struct err *e)
{
	char tail[DEPARTURES_TAIL_MAX];
	uint64_t bytes;
	int i = 0;

	*ret = 0;
	while (i < r->n && strcmp(rows_str(r, i, "identity"), f->identity) != 0)
		i++;
	if (i == r->n)
		return 0;
	bytes = (uint64_t)rows_int(r, i, "bytes");
	if (departures_tail(j->dir, f, bytes, tail, e) == -1)
		return -1;
	if (tail[0] != '\0' && strcmp(tail, rows_str(r, i, "tail")) == 0)
		*ret = bytes;
	return 0;
}

static int
apply_lines(struct journals *j, const struct departures_file *f, uint64_t to,
    const struct lines *l, struct err *e)
{
	struct departures_applied *sum = &j->sum;
	char tail[DEPARTURES_TAIL_MAX];
	struct rows r;

	if (departures_tail(j->dir, f, to, tail, e) == -1)
		return -1;
	if (DATABASE_RUN(j->db, &r, e, "departures_apply",
		param_text(f->identity), param_int((int64_t)to),
		param_text(tail),
		param_text(l->n > 0 ? l->text.data : "")) == -1)
		return -1;
	sum->unsubscribed += rows_int(&r, 0, "unsubscribed");
	sum->erased += rows_int(&r, 0, "erased");
	sum->blocked += rows_int(&r, 0, "blocked");
	sum->returned += rows_int(&r, 0, "returned");
	sum->lines += (long)l->n;
	rows_done(&r);
	return 0;
}

static int
apply_file(struct journals *j, const struct departures_file *f,
    uint64_t position, struct err *e)
{
	int more = 1;

	while (more == 1) {
		uint64_t before = position;
		struct lines l = { .n = 0 };
		int rc = 0;

		buf_init(&l.text, LINES_MAX * DEPARTURE_LINE_MAX);
		more = departures_read(j->dir, f, &position, LINES_MAX, take,
		    &l, e);
		if (more != -1 && position != before)
			rc = apply_lines(j, f, position, &l, e);
		buf_done(&l.text);
		if (rc == -1)
			return -1;
	}
	return more;
}

static int
apply_files(struct journals *j, const struct departures_list *list,
    struct err *e)
{
	struct rows r;
	int rc = 0;

	if (list->n == 0)
		return 0;
	if (database_run(j->db, &r, e, "departures_known", NULL, 0) == -1)
		return -1;
	for (size_t i = 0; i < list->n && rc == 0; i++) {
		const struct departures_file *f = &list->files[i];
		uint64_t position;

		rc = find_position(j, &r, f, &position, e);
		if (rc == 0 && position < f->size)
			rc = apply_file(j, f, position, e);
	}
	rows_done(&r);
	return rc;
}

int
departures_apply(struct database *db, const char *dir,
    struct departures_applied *ret, struct err *e)
{
	struct journals j = { .db = db, .dir = dir };
	struct departures_list list;
	int rc;

	if (departures_list(dir, &list, e) == -1)
		return -1;
	rc = apply_files(&j, &list, e);
	departures_list_done(&list);
	if (rc == 0 && ret != NULL)
		*ret = j.sum;
	return rc;
}
