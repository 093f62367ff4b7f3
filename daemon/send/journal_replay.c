#include "daemon/send/journal_replay.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/err.h"

/* The files of one run, locked, oldest first. */
struct journal_files {
	const char *dir_name;
	int dir;
	struct arena arena; /* what the records point to */
	size_t n;
	struct file {
		const char *name;
		FILE *f;
	} * files;
};

/* Records by key while they are being read. */
struct fold {
	struct journal_replay *r;
	struct arena *arena;
	size_t room;	 /* in r->records */
	uint32_t *slots; /* index + 1 of a record; 2 * room of them */
	char boot[JOURNAL_BOOT_MAX];
	bool known;   /* a file of this kernel or a synced one */
	bool missing; /* something that was written cannot be read */
};

static size_t
slot_of(const struct fold *x, const struct journal_key *k)
{
	uint64_t h = (uint64_t)k->mailing * 0x9e3779b97f4a7c15U;
	size_t mask = 2 * x->room - 1, i;

	h = (h ^ (uint32_t)k->seq) * 0x9e3779b97f4a7c15U;
	h = (h ^ (uint32_t)k->attempt) * 0x9e3779b97f4a7c15U;
	for (i = (h >> 32) & mask; x->slots[i] != 0; i = (i + 1) & mask) {
		const struct journal_key *at =
		    &x->r->records[x->slots[i] - 1].key;

		if (at->mailing == k->mailing && at->seq == k->seq &&
		    at->attempt == k->attempt)
			break;
	}
	return i;
}

static void
grow(struct fold *x)
{
	struct journal_replay *r = x->r;

	x->room = x->room > 0 ? 2 * x->room : 64;
	r->records = reallocarray(r->records, x->room, sizeof(*r->records));
	free(x->slots);
	x->slots = calloc(2 * x->room, sizeof(*x->slots));
	if (r->records == NULL || x->slots == NULL)
		abort();
	for (size_t i = 0; i < r->n; i++)
		x->slots[slot_of(x, &r->records[i].key)] = (uint32_t)i + 1;
}

static struct journal_record *
record_of(struct fold *x, const struct journal_key *k)
{
	size_t slot;

	if (x->r->n == x->room)
		grow(x);
	slot = slot_of(x, k);
	if (x->slots[slot] == 0) {
		x->r->records[x->r->n++] = (struct journal_record){
			.key = *k,
			.state = JOURNAL_UNSENT,
		};
		x->slots[slot] = (uint32_t)x->r->n;
	}
	return &x->r->records[x->slots[slot] - 1];
}

/* The same lines may come again (a flush that failed half-way), so an end
 * stays an end. */
static void
fold_line(struct fold *x, enum journal_line_kind kind,
    const struct journal_line *line)
{
	struct journal_record *at = record_of(x, &line->key);
	const struct journal_result *r = &line->result;

	if (kind == JOURNAL_LINE_RESULT) {
		at->state = JOURNAL_ENDED;
		at->result = (struct journal_result){
			.result = arena_strdup(x->arena, r->result),
			.stage = arena_strdup(x->arena, r->stage),
			.code = r->code,
			.status = arena_strdup(x->arena, r->status),
			.text = arena_strdup(x->arena, r->text),
		};
	} else if (at->state != JOURNAL_ENDED)
		at->state = kind == JOURNAL_LINE_INTENT ? JOURNAL_INTENDED
							: JOURNAL_UNSENT;
}

/* A line and what it says; DAMAGED at the end of the file too. */
static enum journal_line_kind
next_line(FILE *f, char text[static JOURNAL_LINE_MAX + 1],
    struct journal_line *ret)
{
	size_t n;

	if (fgets(text, JOURNAL_LINE_MAX + 1, f) == NULL)
		return JOURNAL_LINE_DAMAGED;
	n = strlen(text);
	if (n == 0 || text[n - 1] != '\n')
		return JOURNAL_LINE_DAMAGED;
	text[n - 1] = '\0';
	return journal_line_read(text, n - 1, ret);
}

static int
read_file(struct fold *x, const struct journal_files *files,
    const struct file *file, struct err *e)
{
	char text[JOURNAL_LINE_MAX + 1];
	struct journal_line line;
	enum journal_line_kind kind = next_line(file->f, text, &line);

	if (kind == JOURNAL_LINE_FOREIGN) {
		(void)err_set(e, ERR_CONFIG,
		    "The journal %s/%s is of another version of this program",
		    files->dir_name, file->name);
		return err_hint(e,
		    "Let that version replay it, or move it to another folder");
	}
	if (kind == JOURNAL_LINE_HEADER) {
		if (line.synced ||
		    (x->boot[0] != '\0' && strcmp(line.boot, x->boot) == 0))
			x->known = true;
		else
			x->missing = true;
		while ((kind = next_line(file->f, text, &line)) >=
		    JOURNAL_LINE_INTENT)
			fold_line(x, kind, &line);
	}
	if (ferror(file->f))
		return err_sys(e, errno, "Cannot read the journal %s/%s",
		    files->dir_name, file->name);
	/* Half a line at the end was never flushed. */
	x->missing |= !feof(file->f);
	return 0;
}

/* All of them; on failure *ret holds nothing. */
static int
read_files(struct journal_replay *ret, struct err *e)
{
	struct journal_files *files = ret->files;
	struct fold x = { .r = ret, .arena = &files->arena };
	size_t n = 0;
	int rc = 0;

	journal_boot(x.boot);
	for (size_t i = 0; i < files->n && rc == 0; i++)
		rc = read_file(&x, files, &files->files[i], e);
	free(x.slots);
	ret->complete = x.known && !x.missing;
	for (size_t i = 0; i < ret->n; i++)
		if (ret->records[i].state != JOURNAL_UNSENT)
			ret->records[n++] = ret->records[i];
	ret->n = n;
	return rc;
}

/* 1 locked, 0 somebody has it or it is gone. */
static int
lock_file(const struct journal_files *files, struct file *file, struct err *e)
{
	struct stat st;
	int fd = openat(files->dir, file->name, O_RDONLY | O_CLOEXEC);

	if (fd == -1 && errno == ENOENT)
		return 0;
	if (fd == -1)
		return err_sys(e, errno, "Cannot read the journal %s/%s",
		    files->dir_name, file->name);
	if (flock(fd, LOCK_EX | LOCK_NB) == -1 || fstat(fd, &st) == -1 ||
	    st.st_nlink == 0) {
		(void)close(fd);
		return 0;
	}
	file->f = fdopen(fd, "r");
	if (file->f == NULL)
		abort();
	return 1;
}

/* As journal_replay(), for the files with these names. */
static int
replay_run(const char *dir, struct dirent **names, size_t n,
    struct journal_replay *ret, struct err *e)
{
	struct journal_files *files = calloc(1, sizeof(*files));
	struct journal_replay r = { .files = files };
	struct journal_name name;
	int rc = 1;

	if (files == NULL)
		abort();
	arena_init(&files->arena, SIZE_MAX / 2);
	files->dir_name = arena_strdup(&files->arena, dir);
	files->files = arena_alloc(&files->arena, n * sizeof(*files->files));
	files->dir = journal_dir_open(dir, e);
	if (files->dir == -1)
		rc = -1;
	for (size_t i = 0; i < n && rc == 1; i++) {
		struct file *file = &files->files[files->n];

		file->name = arena_strdup(&files->arena, names[i]->d_name);
		rc = lock_file(files, file, e);
		files->n += rc == 1;
	}
	if (rc == 1 && read_files(&r, e) == -1)
		rc = -1;
	if (rc != 1) {
		journal_replayed(&r, false);
		return rc;
	}
	(void)journal_name_read(names[0]->d_name, &name);
	memcpy(r.worker, name.worker, sizeof(r.worker));
	*ret = r;
	return 1;
}

static int
is_journal(const struct dirent *d)
{
	struct journal_name name;

	return journal_name_read(d->d_name, &name);
}

static int
compare_run(const struct journal_name *a, const struct journal_name *b)
{
	int rc = strcmp(a->worker, b->worker);

	return rc != 0 ? rc : (a->run > b->run) - (a->run < b->run);
}

static int
compare(const struct dirent **a, const struct dirent **b)
{
	struct journal_name x, y;
	int rc;

	(void)journal_name_read((*a)->d_name, &x);
	(void)journal_name_read((*b)->d_name, &y);
	rc = compare_run(&x, &y);
	return rc != 0 ? rc : (x.number > y.number) - (x.number < y.number);
}

/* How many of the names, from the first on, are of the same run. */
static size_t
run_length(struct dirent **names, size_t n)
{
	struct journal_name first, other;
	size_t i = 1;

	(void)journal_name_read(names[0]->d_name, &first);
	for (; i < n; i++) {
		(void)journal_name_read(names[i]->d_name, &other);
		if (compare_run(&first, &other) != 0)
			break;
	}
	return i;
}

int
journal_replay(const char *dir, struct journal_replay *ret, struct err *e)
{
	struct dirent **names;
	struct err failure;
	int fd = journal_dir_open(dir, e), n, rc = 0;
	bool failed = false;

	if (fd == -1)
		return -1;
	n = scandirat(fd, ".", &names, is_journal, compare);
	(void)close(fd);
	if (n == -1)
		return journal_dir_fail(dir, e);
	for (size_t i = 0, len; i < (size_t)n && rc != 1; i += len) {
		len = run_length(names + i, (size_t)n - i);
		rc = replay_run(dir, names + i, len, ret, &failure);
		if (rc == -1 && !failed) {
			failed = true;
			*e = failure;
		}
	}
	for (int i = 0; i < n; i++)
		free(names[i]);
	free(names);
	return rc == 1 ? 1 : failed ? -1 : 0;
}

void
journal_replayed(struct journal_replay *r, bool done)
{
	struct journal_files *files = r->files;

	/* Oldest first: results must not go before their intents. */
	for (size_t i = 0; i < files->n; i++) {
		if (done)
			(void)unlinkat(files->dir, files->files[i].name, 0);
		(void)fclose(files->files[i].f);
	}
	if (files->dir != -1)
		(void)close(files->dir);
	arena_done(&files->arena);
	free(files);
	free(r->records);
	memset(r, 0, sizeof(*r));
}
