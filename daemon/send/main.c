/* tweeluik-send - out: leases chunks and hands their messages to the relay */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/catalogue.h"
#include "base/keys.h"
#include "base/log.h"
#include "daemon/role/process.h"
#include "daemon/role/role.h"
#include "daemon/send/worker.h"

#define RENEW_MS 5000
#define ONCE_MS 200
#define WORKERS_MAX 64
#define PASSWORD_MAX 512

struct send {
	struct keys *keys;
	char password[PASSWORD_MAX];
	char process[96];
	struct worker *workers[WORKERS_MAX];
	int n;
};

/* The first line of the file, or of the credential of systemd. */
static int
read_password(struct send *s, const char *path, struct err *e)
{
	const char *dir = getenv("CREDENTIALS_DIRECTORY");
	char credential[512];
	FILE *f;

	if (path == NULL)
		return 0;
	if (dir != NULL) {
		(void)snprintf(credential, sizeof(credential),
		    "%s/relay-password", dir);
		if (access(credential, R_OK) == 0)
			path = credential;
	}
	f = fopen(path, "re");
	if (f == NULL || fgets(s->password, sizeof(s->password), f) == NULL) {
		int why = f == NULL ? errno : EINVAL;

		if (f != NULL)
			(void)fclose(f);
		(void)err_sys(e, why,
		    "The password file of the relay, %s, cannot be read", path);
		e->kind = ERR_CONFIG;
		return -1;
	}
	(void)fclose(f);
	s->password[strcspn(s->password, "\r\n")] = '\0';
	return 0;
}

/* A lease is named host:pid:worker.  What a process of this host held when it
 * was killed need not wait until the lease runs out. */
static int
release_dead(struct role *r, struct err *e)
{
	size_t n = strlen(r->host);
	struct rows rows;
	int rc = 0;

	if (database_run(r->db, &rows, e, "send_leases", NULL, 0) == -1)
		return -1;
	for (int i = 0; i < rows.n && rc == 0; i++) {
		const char *name = rows_str(&rows, i, "leased_by");
		long pid;

		if (strncmp(name, r->host, n) != 0 || name[n] != ':')
			continue;
		pid = strtol(name + n + 1, NULL, 10);
		if (pid > 0 && kill((pid_t)pid, 0) == -1 && errno == ESRCH)
			rc = DATABASE_DO(r->db, e, "send_release",
			    param_text(name));
	}
	rows_done(&rows);
	return rc;
}

static int
start(struct send *s, struct role *r, struct err *e)
{
	struct worker_setup setup = { .config = &r->config,
		.process = s->process,
		.stop_fd = r->wake_fd,
		.once = r->options.once };

	if (keys_load(&s->keys, r->config.keys, e) == -1 ||
	    read_password(s, r->config.relay_password_file, e) == -1)
		return -1;
	if (r->options.check || r->options.hold)
		return 0;
	if (release_dead(r, e) == -1)
		return -1;
	(void)snprintf(s->process, sizeof(s->process), "%s:%d", r->host,
	    (int)getpid());
	setup.keys = s->keys;
	setup.password = s->password[0] != '\0' ? s->password : NULL;
	while (s->n < r->config.relay_connections && s->n < WORKERS_MAX) {
		setup.number = s->n;
		if (worker_start(&s->workers[s->n], &setup, e) == -1)
			return -1;
		s->n++;
	}
	return 0;
}

/* Workers do the work; this keeps their leases alive and says how it goes. */
static int
watch(struct role *r, void *arg, struct err *e)
{
	struct send *s = arg;
	long accepted = 0;
	bool away = false, busy = false;

	if (DATABASE_DO(r->db, e, "send_renew", param_text(s->process),
		param_int(WORKER_LEASE_SECONDS)) == -1)
		return -1;
	for (int i = 0; i < s->n; i++) {
		accepted += worker_accepted(s->workers[i]);
		away = away || worker_relay_is_away(s->workers[i]);
		busy = busy || worker_is_running(s->workers[i]);
	}
	if (away)
		role_status(r, "%s",
		    process_text("The mail server does not answer; nothing is "
				 "lost, it is tried again"));
	else
		role_status(r,
		    process_text("%ld messages accepted since the start"),
		    accepted);
	if (!r->options.once || !busy)
		return 0;
	return role_wait(r, ONCE_MS, e) == -1 ? -1 : 1;
}

int
main(int argc, char **argv)
{
	struct send s = { .n = 0 };
	struct role r;
	struct err e;
	int rc = role_start(&r, argc, argv, "send", &e);

	if (rc == 1) {
		rc = start(&s, &r, &e);
		if (rc == 0)
			rc = role_loop(&r, watch, &s, RENEW_MS, &e);
		/* After an error nobody has told the workers yet; each sees
		 * its message through. */
		if (!role_stopping(&r))
			(void)kill(getpid(), SIGTERM);
		for (int i = 0; i < s.n; i++)
			worker_join(s.workers[i]);
		if (s.keys != NULL)
			keys_free(s.keys);
		explicit_bzero(s.password, sizeof(s.password));
	}
	return role_end(&r, rc, &e);
}
