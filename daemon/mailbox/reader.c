#include "daemon/mailbox/reader.h"

#include <poll.h>
#include <pthread.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/database.h"
#include "base/err.h"
#include "base/log.h"
#include "daemon/mailbox/intake.h"
#include "daemon/mailbox/source.h"
#include "daemon/role/process.h"
#include "daemon/role/secret.h"
#include "daemon/role/stream_trust.h"

#define PAUSE_MAX_MS (5 * 60 * 1000)
#define CALM_MS 1000

struct reader {
	struct reader_setup setup;
	const struct config_mailbox *mailbox;
	struct source_setup source_setup;
	char password[SECRET_MAX];
	struct intake intake;
	struct source *source; /* NULL: to be opened */
	unsigned int failures; /* in a row */
	pthread_t thread;
	bool runs;

	pthread_mutex_t lock;
	enum reader_state state;
	struct err error;
};

static void
set_state(struct reader *r, enum reader_state state, const struct err *why)
{
	(void)pthread_mutex_lock(&r->lock);
	r->state = state;
	if (why != NULL)
		r->error = *why;
	(void)pthread_mutex_unlock(&r->lock);
}

enum reader_state
reader_state(struct reader *r, struct err *ret_error)
{
	enum reader_state state;

	(void)pthread_mutex_lock(&r->lock);
	state = r->state;
	*ret_error = r->error;
	(void)pthread_mutex_unlock(&r->lock);
	return state;
}

const char *
reader_name(const struct reader *r)
{
	return r->mailbox->name;
}

static bool
stopping(const struct reader *r, int timeout_ms)
{
	struct pollfd p = { .fd = r->setup.stop_fd, .events = POLLIN };

	return poll(&p, 1, timeout_ms) == 1;
}

static void
close_database(struct reader *r)
{
	database_close(r->intake.db);
	r->intake.db = NULL;
}

static int
open_database(struct reader *r, struct err *e)
{
	if (r->intake.db != NULL)
		return 0;
	if (database_open(&r->intake.db, r->setup.config->database,
		"tweeluik_mailbox", intake_queries, e) == -1)
		return -1;
	if (database_check_schema(r->intake.db, e) == 0)
		return 0;
	close_database(r);
	return -1;
}

/* why "": it was read. */
static int
tell_database(struct reader *r, const char *why, struct err *e)
{
	return DATABASE_DO(r->intake.db, e, "mailbox_seen",
	    param_text(r->mailbox->name), param_text(why));
}

static int
read_all(struct reader *r, struct err *e)
{
	if (open_database(r, e) == -1)
		return -1;
	if (r->source == NULL &&
	    source_open(&r->source, &r->source_setup, e) == -1)
		return -1;
	if (intake_round(&r->intake, r->source, e) == -1)
		return -1;
	return tell_database(r, "", e);
}

static void
succeeded(struct reader *r)
{
	if (r->failures > 0)
		log_event(LOG_LEVEL_INFO, "mailbox-back", "mailbox",
		    r->mailbox->name, NULL);
	r->failures = 0;
	set_state(r, READER_READS, NULL);
}

/* A connection that fails, in whatever way, is not used any more.  A reason
 * that lasts is logged once. */
static void
failed(struct reader *r, const struct err *e)
{
	struct err other;

	source_close(r->source);
	r->source = NULL;
	if (r->intake.db != NULL && tell_database(r, e->text, &other) == -1)
		close_database(r);
	if (r->failures++ == 0 || strcmp(r->error.text, e->text) != 0)
		log_event(LOG_LEVEL_WARNING, "mailbox-failed", "mailbox",
		    r->mailbox->name, "reason", e->text, NULL);
	set_state(r, READER_FAILS, e);
}

/* With some chance in it, so that those who failed together do not come back
 * together. */
static int
pause_ms(const struct reader *r)
{
	int ms = process_pause_ms(r->failures, PAUSE_MAX_MS);

	return ms - (int)randombytes_uniform((uint32_t)ms / 2);
}

/* A server that always has news and never mail does not keep us busy. */
static int
wait_for_mail(struct reader *r, bool had_mail, struct err *e)
{
	int64_t began = clock_now_ms();

	if (source_wait(r->source, e) == -1)
		return -1;
	if (!had_mail && clock_now_ms() - began < CALM_MS)
		(void)stopping(r, CALM_MS);
	return 0;
}

static void
run(struct reader *r)
{
	struct err e;

	while (!stopping(r, 0)) {
		long before = r->intake.handled;
		int rc = read_all(r, &e);

		if (rc == 0) {
			succeeded(r);
			if (r->setup.once)
				return;
			rc = wait_for_mail(r, r->intake.handled > before, &e);
		}
		if (rc == 0 || e.kind == ERR_INTERRUPT)
			continue;
		if (r->setup.once || strcmp(e.slug, "reading-gone") == 0) {
			set_state(r, READER_BROKEN, &e);
			return;
		}
		failed(r, &e);
		if (stopping(r, pause_ms(r)))
			return;
	}
}

static void *
reader_thread(void *arg)
{
	struct reader *r = arg;

	run(r);
	source_close(r->source);
	close_database(r);
	(void)pthread_mutex_lock(&r->lock);
	if (r->state != READER_BROKEN)
		r->state = READER_ENDED;
	(void)pthread_mutex_unlock(&r->lock);
	return NULL;
}

static void
reader_free(struct reader *r)
{
	stream_trust_free(r->source_setup.trust);
	explicit_bzero(r->password, sizeof(r->password));
	(void)pthread_mutex_destroy(&r->lock);
	free(r);
}

static int
prepare(struct reader *r, struct err *e)
{
	const struct config_mailbox *m = r->mailbox;
	char credential[CONFIG_MAILBOX_NAME_MAX + 16];

	r->source_setup.mailbox = m;
	r->source_setup.stop_fd = r->setup.stop_fd;
	r->source_setup.trust = stream_trust_new(m->ca_file);
	r->intake = (struct intake){ .config = r->setup.config,
		.keys = r->setup.keys,
		.reading = r->setup.reading,
		.mailbox = m->name,
		.use = m->use };
	if (m->password_file == NULL)
		return 0;
	/* As systemd names a file in a folder of credentials. */
	(void)snprintf(credential, sizeof(credential), "mailbox_%s", m->name);
	r->source_setup.password = r->password;
	return secret_read(r->password, m->password_file, credential, e);
}

int
reader_start(struct reader **ret, const struct reader_setup *setup,
    const struct config_mailbox *mailbox, struct err *e)
{
	struct reader *r = calloc(1, sizeof(*r));
	int why = 0;

	if (r == NULL)
		abort();
	r->setup = *setup;
	r->mailbox = mailbox;
	(void)pthread_mutex_init(&r->lock, NULL);
	if (prepare(r, e) == -1) {
		reader_free(r);
		return -1;
	}
	if (!setup->check)
		why = pthread_create(&r->thread, NULL, reader_thread, r);
	if (why != 0) {
		reader_free(r);
		return err_sys(e, why, "A mailbox cannot be read");
	}
	r->runs = !setup->check;
	*ret = r;
	return 0;
}

void
reader_join(struct reader *r)
{
	if (r->runs)
		(void)pthread_join(r->thread, NULL);
	reader_free(r);
}
