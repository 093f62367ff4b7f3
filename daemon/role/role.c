#include "daemon/role/role.h"

#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <systemd/sd-daemon.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "daemon/role/process.h"

#define BEAT_MS 5000
#define PAUSE_MAX_MS 30000

static int
connect_database(struct role *r, struct err *e)
{
	const char *const files[] = { "role", "departures", r->name, NULL };
	char name[64];

	(void)snprintf(name, sizeof(name), "tweeluik_%s", r->name);
	if (r->db == NULL &&
	    database_open(&r->db, r->config.database, name, files, e) == -1)
		return -1;
	if (database_check_schema(r->db, e) == -1)
		return -1;
	return database_listen(r->db, name, e);
}

int
role_begin(struct role *r, int argc, char **argv, const char *name,
    struct err *e)
{
	int go;

	memset(r, 0, sizeof(*r));
	r->name = name;
	r->wake_fd = -1;
	(void)snprintf(r->program, sizeof(r->program), "tweeluik-%s", name);
	process_harden();
	(void)gethostname(r->host, sizeof(r->host) - 1);
	go = options_parse(&r->options, argc, argv, r->program, e);
	if (go != 1)
		return go;
	log_init(r->program, LOG_LEVEL_INFO);
	r->wake_fd = process_signals(e, SIGTERM, SIGINT, SIGHUP, 0);
	if (r->wake_fd == -1 ||
	    config_load(&r->config, r->options.config, e) == -1 ||
	    process_speak(r->config.language, e) == -1)
		return -1;
	return 1;
}

int
role_start(struct role *r, int argc, char **argv, const char *name,
    struct err *e)
{
	int go = role_begin(r, argc, argv, name, e);

	return go == 1 && connect_database(r, e) == -1 ? -1 : go;
}

int
role_end(struct role *r, int rc, const struct err *e)
{
	int code = rc == -1 ? process_fail(r->program, e) : 0;

	if (r->running) {
		(void)sd_notify(0, "STOPPING=1");
		log_event(LOG_LEVEL_INFO, "stopped", NULL);
	}
	database_close(r->db);
	config_done(&r->config);
	if (r->wake_fd != -1)
		(void)close(r->wake_fd);
	return code;
}

/* Nobody reads the signal, so it stays pending and the descriptor readable
 * for every thread that polls it. */
bool
role_stopping(const struct role *r)
{
	struct pollfd p = { .fd = r->wake_fd, .events = POLLIN };

	return poll(&p, 1, 0) == 1;
}

void
role_status(struct role *r, const char *fmt, ...)
{
	char text[sizeof(r->status)];
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	if (strcmp(text, r->status) == 0)
		return;
	(void)snprintf(r->status, sizeof(r->status), "%s", text);
	r->beat_at_ms = 0;
}

int
role_beat(struct role *r, struct err *e)
{
	int64_t now = clock_now_ms();

	if (now < r->beat_at_ms)
		return 0;
	if (DATABASE_DO(r->db, e, "role_seen", param_text(r->name),
		param_text(r->host), param_int(getpid()),
		param_text(r->status)) == -1)
		return -1;
	(void)sd_notifyf(0, "READY=1\nWATCHDOG=1\nSTATUS=%s", r->status);
	r->beat_at_ms = now + BEAT_MS;
	return 0;
}

int
role_wait(struct role *r, int timeout_ms, struct err *e)
{
	int64_t until = clock_now_ms() + timeout_ms, left;
	int got = 0;

	do {
		if (role_beat(r, e) == -1)
			return -1;
		left = until - clock_now_ms();
		if (left > BEAT_MS)
			left = BEAT_MS;
		got = database_wait(r->db, left > 0 ? (int)left : 0, r->wake_fd,
		    e);
	} while (got == 0 && clock_now_ms() < until && !role_stopping(r));
	return got;
}

/* Returns 0 as well when the role must stop meanwhile. */
static int
reconnect(struct role *r, struct err *e)
{
	struct pollfd p = { .fd = r->wake_fd, .events = POLLIN };

	log_event(LOG_LEVEL_WARNING, "database-lost", "reason", e->text, NULL);
	for (unsigned int n = 1;; n++) {
		(void)sd_notifyf(0, "READY=1\nWATCHDOG=1\nSTATUS=%s", e->text);
		if (poll(&p, 1, process_pause_ms(n, PAUSE_MAX_MS)) == 1)
			return 0;
		if ((r->db == NULL || database_reset(r->db, e) == 0) &&
		    connect_database(r, e) == 0)
			break;
		if (e->kind != ERR_TEMP)
			return -1;
	}
	log_event(LOG_LEVEL_INFO, "database-back", NULL);
	r->beat_at_ms = 0;
	return 0;
}

int
role_loop(struct role *r, role_step *step, void *arg, int pause_ms,
    struct err *e)
{
	int did;

	/* Begun without a database: now it is wanted. */
	if (r->db == NULL && connect_database(r, e) == -1 &&
	    (e->kind != ERR_TEMP || r->options.once || r->options.check ||
		reconnect(r, e) == -1))
		return -1;
	if (r->options.check)
		return 0;
	r->running = true;
	log_event(LOG_LEVEL_INFO, "started", "version", TWEELUIK_VERSION, NULL);
	while (!role_stopping(r)) {
		did = step(r, arg, e);
		if (did == 0 && r->options.once)
			break;
		if (did != -1)
			did = role_wait(r, did == 1 ? 0 : pause_ms, e);
		if (did == -1 &&
		    (e->kind != ERR_TEMP || r->options.once ||
			reconnect(r, e) == -1))
			return -1;
	}
	return 0;
}
