#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/catalogue.h"
#include "base/departures_apply.h"
#include "composer/cli/cli.h"
#include "composer/cli/db.h"
#include "composer/cli/pgtool.h"
#include "composer/cli/private_file.h"
#include "composer/cli/progress.h"
#include "composer/cli/system.h"

#define OWNER "tweeluik_owner"
#define LIST_MAX ((size_t)4 * 1024 * 1024)
#define MEGABYTE 1000000.0

/* With --admin as that says. */
static const char *
conninfo_of(struct cli *c, const struct cli_args *a, const char **ret_user)
{
	const char *admin = args_value(a, "admin");

	*ret_user = admin != NULL ? NULL : OWNER;
	return admin != NULL ? admin : c->config.database;
}

struct sink {
	struct private_file file;
	uint64_t bytes;
	bool tell;
};

static int
write_piece(void *arg, const char *p, size_t n, struct err *e)
{
	struct sink *s = arg;
	uint64_t before = s->bytes;

	s->bytes += n;
	if (fwrite(p, 1, n, s->file.f) != n)
		return err_sys(e, errno, "The backup cannot be written");
	if (s->tell && before >> 20 != s->bytes >> 20)
		(void)fprintf(stderr, "\r%8.1f MB ",
		    (double)s->bytes / MEGABYTE);
	return 0;
}

static int
must_be_new(const char *path, struct err *e)
{
	struct stat st;

	if (stat(path, &st) == -1 || !S_ISREG(st.st_mode))
		return 0;
	(void)err_set(e, ERR_REFUSED,
	    "%s is there already, and a backup overwrites nothing", path);
	return err_slug(e, "exists");
}

/* Ctrl-C ends pg_dump, and what there is of the file goes. */
static int
dump(struct cli *c, const struct cli_args *a, struct sink *s, struct err *e)
{
	static const char *const argv[] = { "pg_dump", "--format=custom",
		"--schema=tweeluik", "--role=" OWNER, "--no-password", NULL };
	const char *user, *conninfo = conninfo_of(c, a, &user);
	struct cli_progress progress;
	int rc;

	if (private_file_open(&s->file, c, a->words[0], e) == -1)
		return -1;
	cli_progress_start(&progress, c);
	s->tell = progress.terminal;
	rc = pgtool_run(argv, conninfo, user, -1, write_piece, s, e);
	if (s->tell)
		(void)fprintf(stderr, "\r\033[K");
	cli_progress_end(&progress);
	if (rc == 0)
		return private_file_close(&s->file, e);
	private_file_drop(&s->file);
	return -1;
}

int
cli_db_backup(struct cli *c, const struct cli_args *a, struct err *e)
{
	const char *path = a->words[0];
	struct sink s = { .bytes = 0 };

	if (cli_config(c, e) == -1 || must_be_new(path, e) == -1)
		return -1;
	if (c->dry_run) {
		say(c, "Would write the database to %s", path);
		return 0;
	}
	if (dump(c, a, &s, e) == -1)
		return -1;
	say(c, "Written: %s, %.1f MB", path, (double)s.bytes / MEGABYTE);
	say(c,
	    "Keep it apart from the key file; encrypt it, and throw it away "
	    "after 35 days at the latest. Who left since is in %s: keep that "
	    "folder as well",
	    c->config.departures);
	return 0;
}

static int
keep(void *arg, const char *p, size_t n, struct err *e)
{
	(void)e;
	/* Too long a list is cut; what is looked for stands in front. */
	(void)buf_add(arg, p, n);
	return 0;
}

static int
drop(void *arg, const char *p, size_t n, struct err *e)
{
	(void)arg;
	(void)p;
	(void)n;
	(void)e;
	return 0;
}

/* From its beginning. */
static int
restore_tool(const char *const *argv, const char *conninfo, const char *user,
    int fd, int (*take)(void *arg, const char *p, size_t n, struct err *e),
    void *arg, struct err *e)
{
	if (lseek(fd, 0, SEEK_SET) == -1)
		return err_sys(e, errno, "The backup cannot be read");
	return pgtool_run(argv, conninfo, user, fd, take, arg, e);
}

/* The whole file is read once before anything is touched. */
static int
check_file(const char *path, int fd, struct err *e)
{
	static const char *const list[] = { "pg_restore", "--list", NULL };
	static const char *const read_all[] = { "pg_restore", "--file=-",
		NULL };
	struct buf found;
	bool ours;
	int rc;

	buf_init(&found, LIST_MAX);
	rc = restore_tool(list, NULL, NULL, fd, keep, &found, e);
	ours = strstr(found.data, "TABLE DATA tweeluik schema_version") != NULL;
	buf_done(&found);
	if (rc == 0)
		rc = restore_tool(read_all, NULL, NULL, fd, drop, NULL, e);
	if (rc == -1 && e->kind == ERR_SYS) {
		e->kind = ERR_INPUT;
		return err_prefix(e, "%s", path);
	}
	if (rc == 0 && !ours)
		return err_set(e, ERR_INPUT, "%s is no backup of Tweeluik",
		    path);
	return rc;
}

/* What was on its way then may have arrived since, and nobody here knows. */
static int
warn_of_running(struct cli *c, struct database *d, struct err *e)
{
	struct rows r;
	int64_t n;

	if (database_run(d, &r, e, "restore_running", NULL, 0) == -1)
		return -1;
	n = rows_int(&r, 0, "n");
	rows_done(&r);
	if (n > 0)
		say(c,
		    "Warning: an issue was being sent when this backup was "
		    "made. If it was sent since, stop it before you let go: "
		    "tweeluik issue stop");
	return 0;
}

/* Nobody but the owner may use the schema until its grants are given, and by
 * then all sending is held. */
static int
take_over(struct cli *c, struct database *d, struct departures_applied *applied,
    struct err *e)
{
	struct rows r;
	int found;

	if (database_run(d, &r, e, "schema_version", NULL, 0) == -1)
		return -1;
	found = (int)rows_int(&r, 0, "version");
	rows_done(&r);
	if (found > database_schema_expected()) {
		(void)err_set(e, ERR_CONFIG,
		    "The backup has schema %d, this program expects %d", found,
		    database_schema_expected());
		return err_hint(e, N_("Install the newer version of Tweeluik"));
	}
	if (db_migrate(c, d, false, e) == -1 ||
	    DATABASE_DO(d, e, "restore_hold", param_text(c->actor)) == -1 ||
	    warn_of_running(c, d, e) == -1)
		return -1;
	return departures_apply(d, c->config.departures, applied, e);
}

/* Connections of before do not know the new schema. */
static int
reopen(struct cli *c, const struct cli_args *a, struct database **d,
    struct err *e)
{
	database_close(*d);
	*d = NULL;
	return db_open(c, a, d, true, e);
}

/* The roles find either what was there or all of the new one. */
static int
let_in(struct cli *c, struct database *d, struct err *e)
{
	if (database_begin(d, e) == -1)
		return -1;
	if (db_run_file(c, d, "grants.sql", e) == 0 &&
	    db_run_file(c, d, "restore/finish.sql", e) == 0 &&
	    database_commit(d, e) == 0)
		return 0;
	database_rollback(d);
	return -1;
}

static int
restore(struct cli *c, const struct cli_args *a, int fd, struct database **d,
    const char *name, struct departures_applied *applied, struct err *e)
{
	const char *target = arena_printf(&c->arena, "--dbname=%s", name);
	const char *const argv[] = { "pg_restore", "--no-owner", "--no-acl",
		"--role=" OWNER, "--single-transaction", "--exit-on-error",
		"--no-password", target, NULL };
	const char *user, *conninfo = conninfo_of(c, a, &user);
	struct err ignored;

	if (db_run_file(c, *d, "restore/set-aside.sql", e) == -1)
		return -1;
	if (restore_tool(argv, conninfo, user, fd, drop, NULL, e) == 0 &&
	    reopen(c, a, d, e) == 0 && take_over(c, *d, applied, e) == 0 &&
	    let_in(c, *d, e) == 0)
		return 0;
	if (*d != NULL || db_open(c, a, d, true, &ignored) == 0)
		(void)db_run_file(c, *d, "restore/put-back.sql", &ignored);
	return -1;
}

/* Ctrl-C puts back what was there. */
static int
restore_all(struct cli *c, const struct cli_args *a, int fd,
    struct database **d, const char *name, struct departures_applied *applied,
    struct err *e)
{
	struct cli_progress progress;
	int rc;

	cli_progress_start(&progress, c);
	rc = restore(c, a, fd, d, name, applied, e);
	cli_progress_end(&progress);
	return rc;
}

/* A folder that is not there has nobody in it, and perhaps should have. */
static int
check_folder(const char *dir, struct err *e)
{
	if (access(dir, R_OK | X_OK) == 0)
		return 0;
	(void)err_sys(e, errno, "The folder of departures, %s, cannot be read",
	    dir);
	e->kind = ERR_CONFIG;
	return -1;
}

static void
tell_applied(struct cli *c, const char *dir, const struct departures_applied *n)
{
	if (n->lines == 0)
		say(c, "%s holds no departures that the database does not know",
		    dir);
	else
		say(c,
		    "Departures read: %ld; unsubscribed %ld, erased %ld, "
		    "blocked %ld, came back %ld",
		    n->lines, n->unsubscribed, n->erased, n->blocked,
		    n->returned);
}

static json_t *
json_of_applied(const struct departures_applied *n)
{
	return json_pack("{s:I,s:I,s:I,s:I,s:I}", "lines", (json_int_t)n->lines,
	    "unsubscribed", (json_int_t)n->unsubscribed, "erased",
	    (json_int_t)n->erased, "blocked", (json_int_t)n->blocked,
	    "returned", (json_int_t)n->returned);
}

static int
restore_file(struct cli *c, const struct cli_args *a, int fd, struct err *e)
{
	struct departures_applied applied = { .lines = 0 };
	struct database *d;
	struct err missing;
	const char *name;
	struct rows r;
	int rc;

	if (check_file(a->words[0], fd, e) == -1 ||
	    db_open(c, a, &d, true, e) == -1)
		return -1;
	rc = database_run(d, &r, e, "database_facts", NULL, 0);
	if (rc == 0) {
		name = arena_strdup(&c->arena, rows_str(&r, 0, "database"));
		rows_done(&r);
		rc = cli_ask_name(c,
		    tr("What stands in the database is replaced by the "
		       "backup."),
		    name, args_value(a, "confirm"), e);
		if (rc == 0 && !c->dry_run)
			rc = restore_all(c, a, fd, &d, name, &applied, e);
	}
	database_close(d);
	if (rc == -1)
		return -1;
	if (c->dry_run) {
		say(c, "The backup is in order; nothing was changed");
		return 0;
	}
	tell_applied(c, c->config.departures, &applied);
	if (check_folder(c->config.departures, &missing) == -1)
		say(c, "Warning: %s", missing.text);
	say(c,
	    "Restored. All sending is held until you let it go: tweeluik "
	    "schedule resume");
	if (c->output != CLI_TEXT)
		(void)out_object(c, "tweeluik.restore/1",
		    json_of_applied(&applied));
	return 0;
}

int
cli_db_restore(struct cli *c, const struct cli_args *a, struct err *e)
{
	int fd, rc;

	if (cli_config(c, e) == -1)
		return -1;
	fd = open(a->words[0], O_RDONLY | O_CLOEXEC);
	if (fd == -1) {
		(void)err_sys(e, errno, "%s cannot be read", a->words[0]);
		e->kind = ERR_INPUT;
		return -1;
	}
	rc = restore_file(c, a, fd, e);
	(void)close(fd);
	return rc;
}

int
cli_db_reconcile(struct cli *c, const struct cli_args *a, struct err *e)
{
	const char *dir = args_value(a, "departures");
	struct departures_applied n;

	if (cli_database(c, e) == -1)
		return -1;
	if (dir == NULL)
		dir = c->config.departures;
	if (check_folder(dir, e) == -1)
		return -1;
	if (c->dry_run) {
		say(c, "Would apply the departures in %s", dir);
		return 0;
	}
	if (departures_apply(c->db, dir, &n, e) == -1)
		return -1;
	if (!out_object(c, "tweeluik.reconcile/1", json_of_applied(&n)))
		tell_applied(c, dir, &n);
	return 0;
}
