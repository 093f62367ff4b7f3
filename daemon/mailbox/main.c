/* tweeluik-mailbox - back: reads what returns of the mails that were sent, and
 * contributions; or, with --stdin, one mail that a mail server hands over */
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/keys.h"
#include "daemon/mailbox/intake.h"
#include "daemon/mailbox/pipe.h"
#include "daemon/mailbox/reader.h"
#include "daemon/role/process.h"
#include "daemon/role/role.h"

#define WATCH_MS 5000
#define ONCE_MS 200

struct work {
	struct reading *reading;
	struct keys *keys;
	struct reader *readers[CONFIG_MAILBOXES_MAX];
	size_t nreaders;
	bool listed; /* in the table mailbox */
};

static int
start_readers(struct work *w, struct role *r, struct err *e)
{
	const struct reader_setup setup = { .config = &r->config,
		.keys = w->keys,
		.reading = w->reading,
		.stop_fd = r->wake_fd,
		.once = r->options.once,
		.check = r->options.check };

	for (size_t i = 0; i < r->config.nmailboxes; i++) {
		const struct config_mailbox *m = &r->config.mailboxes[i];

		if (m->kind == CONFIG_MAILBOX_PIPE)
			continue;
		if (reader_start(&w->readers[w->nreaders], &setup, m, e) == -1)
			return -1;
		w->nreaders++;
	}
	return 0;
}

static int
list_mailboxes(struct work *w, struct role *r, struct err *e)
{
	struct buf names; /* an array of PostgreSQL */
	int rc;

	buf_init(&names, 1024);
	(void)buf_addc(&names, '{');
	for (size_t i = 0; i < w->nreaders; i++)
		(void)buf_addf(&names, "%s%s", i > 0 ? "," : "",
		    reader_name(w->readers[i]));
	(void)buf_addc(&names, '}');
	rc = DATABASE_DO(r->db, e, "mailbox_listed", param_text(names.data));
	buf_done(&names);
	w->listed = rc == 0;
	return rc;
}

/* What is wrong with the first that fails, or how many are read. */
static void
tell_status(struct work *w, struct role *r)
{
	struct err why;
	int read = 0;

	for (size_t i = 0; i < w->nreaders; i++) {
		enum reader_state state = reader_state(w->readers[i], &why);

		if (state == READER_FAILS) {
			role_status(r, process_text("Mailbox '%s': %s"),
			    reader_name(w->readers[i]), why.text);
			return;
		}
		read += state == READER_READS;
	}
	if (w->nreaders == 0)
		role_status(r, "%s",
		    process_text("There is no mailbox to read"));
	else
		role_status(r, process_text("Mailboxes that are read: %d"),
		    read);
}

/* The readers do the work; this passes on what they found to be for people, and
 * says how it goes. */
static int
watch(struct role *r, void *arg, struct err *e)
{
	struct work *w = arg;
	struct intake in = { .config = &r->config,
		.keys = w->keys,
		.db = r->db };
	bool at_work = false;

	if (!w->listed && list_mailboxes(w, r, e) == -1)
		return -1;
	for (size_t i = 0; i < w->nreaders; i++) {
		struct err why;
		enum reader_state state = reader_state(w->readers[i], &why);

		if (state == READER_BROKEN) {
			*e = why;
			return -1;
		}
		at_work |= state != READER_ENDED;
	}
	if (intake_pass_on(&in, e) == -1)
		return -1;
	tell_status(w, r);
	if (!r->options.once || !at_work)
		return 0;
	return role_wait(r, ONCE_MS, e) == -1 ? -1 : 1;
}

static int
run(struct work *w, int argc, char **argv)
{
	struct role r;
	struct err e;
	int rc = role_start(&r, argc, argv, "mailbox", &e);

	if (rc == 1) {
		rc = keys_load(&w->keys, r.config.keys, &e);
		if (rc == 0)
			rc = start_readers(w, &r, &e);
		if (rc == 0)
			rc = role_loop(&r, watch, w, WATCH_MS, &e);
		/* After an error nobody has told the readers yet. */
		if (!role_stopping(&r))
			(void)kill(getpid(), SIGTERM);
		for (size_t i = 0; i < w->nreaders; i++)
			reader_join(w->readers[i]);
		keys_free(w->keys);
	}
	return role_end(&r, rc, &e);
}

int
main(int argc, char **argv)
{
	struct work w = { .keys = NULL };
	struct err e;
	int code;

	process_harden();
	/* Before there is anything that a stranger's mail must not see. */
	if (reading_start(&w.reading, intake_prepare, &e) == -1)
		return process_fail("tweeluik-mailbox", &e);
	code = pipe_wanted(argc, argv) ? pipe_run(w.reading, argc, argv)
				       : run(&w, argc, argv);
	reading_stop(w.reading);
	return code;
}
