#include "base/departures_apply.h"

#include <string.h>

#include "base/buf.h"
#include "base/database.h"
#include "base/departures.h"
#include "base/err.h"

#define LINES_MAX ((size_t)2000)

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

static uint64_t
known(const struct rows *r, const char *identity)
{
	for (int i = 0; i < r->n; i++)
		if (strcmp(rows_str(r, i, "identity"), identity) == 0)
			return (uint64_t)rows_int(r, i, "bytes");
	return 0;
}

static int
apply_lines(struct database *db, const struct departures_file *f, uint64_t to,
    const struct lines *l, struct departures_applied *sum, struct err *e)
{
	struct rows r;

	if (DATABASE_RUN(db, &r, e, "departures_apply", param_text(f->identity),
		param_int((int64_t)to),
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
apply_file(struct database *db, const char *dir,
    const struct departures_file *f, uint64_t position,
    struct departures_applied *sum, struct err *e)
{
	int more = 1;

	while (more == 1) {
		uint64_t before = position;
		struct lines l = { .n = 0 };
		int rc = 0;

		buf_init(&l.text, LINES_MAX * DEPARTURE_LINE_MAX);
		more =
		    departures_read(dir, f, &position, LINES_MAX, take, &l, e);
		if (more != -1 && position != before)
			rc = apply_lines(db, f, position, &l, sum, e);
		buf_done(&l.text);
		if (rc == -1)
			return -1;
	}
	return more;
}

static int
apply_files(struct database *db, const char *dir,
    const struct departures_list *list, struct departures_applied *sum,
    struct err *e)
{
	struct rows r;
	int rc = 0;

	if (list->n == 0)
		return 0;
	if (database_run(db, &r, e, "departures_known", NULL, 0) == -1)
		return -1;
	for (size_t i = 0; i < list->n && rc == 0; i++) {
		const struct departures_file *f = &list->files[i];
		uint64_t position = known(&r, f->identity);

		if (position < f->size)
			rc = apply_file(db, dir, f, position, sum, e);
	}
	rows_done(&r);
	return rc;
}

int
departures_apply(struct database *db, const char *dir, uint64_t *seen,
    struct departures_applied *ret, struct err *e)
{
	struct departures_applied sum = { .lines = 0 };
	struct departures_list list;
	/* Before they are read: what is added meanwhile is seen next time. */
	uint64_t signature = departures_signature(dir);
	int rc;

	if (*seen == 0 || signature != *seen) {
		if (departures_list(dir, &list, e) == -1)
			return -1;
		rc = apply_files(db, dir, &list, &sum, e);
		departures_list_done(&list);
		if (rc == -1)
			return -1;
	}
	*seen = signature;
	if (ret != NULL)
		*ret = sum;
	return 0;
}
