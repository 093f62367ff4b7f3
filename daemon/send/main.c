/* tweeluik-send - out: leases chunks and hands their messages to the relay */
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/catalogue.h"
#include "base/keys.h"
#include "base/log.h"
#include "daemon/role/process.h"
#include "daemon/role/role.h"
#include "daemon/role/secret.h"
#include "daemon/role/stream_trust.h"
#include "daemon/send/worker.h"

#define WATCH_MS 5000
#define ONCE_MS 200

struct send {
	struct keys *keys;
	char password[SECRET_MAX];
	struct stream_trust *trust;
	struct worker *worker;
};

/* The folder of the journal; the last part of it may have to be made. */
static int
make_journal(const char *path, struct err *e)
{
	if (mkdir(path, 0700) == 0 || errno == EEXIST)
		return 0;
	(void)err_sys(e, errno, "The folder of the journal, %s, cannot be made",
	    path);
	e->kind = ERR_CONFIG;
	return err_hint(e, N_("See 'journal' in tweeluik.conf(5)"));
}

static int
start(struct send *s, struct role *r, struct err *e)
{
	struct worker_setup setup = { .config = &r->config,
		.host = r->host,
		.db = r->db,
		.stop_fd = r->wake_fd,
		.once = r->options.once };

	if (keys_load(&s->keys, r->config.keys, e) == -1 ||
	    (r->config.relay_password_file != NULL &&
		secret_read(s->password, r->config.relay_password_file,
		    "relay-password", e) == -1))
		return -1;
	if (r->options.check || r->options.hold)
		return 0;
	if (make_journal(r->config.journal, e) == -1)
		return -1;
	setup.keys = s->keys;
	setup.password = s->password[0] != '\0' ? s->password : NULL;
	if (r->config.relay_tls != CONFIG_TLS_NONE)
		s->trust = stream_trust_new(r->config.relay_ca_file);
	setup.trust = s->trust;
	return worker_start(&s->worker, &setup, e);
}

/* The worker does the work; this says how it goes. */
static int
watch(struct role *r, void *arg, struct err *e)
{
	struct send *s = arg;

	if (s->worker == NULL)
		return 0;
	if (worker_relay_is_away(s->worker))
		role_status(r, "%s",
		    process_text("The mail server does not answer; nothing is "
				 "lost, it is tried again"));
	else
		role_status(r,
		    process_text("%ld messages accepted since the start"),
		    worker_accepted(s->worker));
	if (!r->options.once || !worker_is_running(s->worker))
		return 0;
	return role_wait(r, ONCE_MS, e) == -1 ? -1 : 1;
}

int
main(int argc, char **argv)
{
	struct send s = { .worker = NULL };
	struct role r;
	struct err e;
	int rc = role_start(&r, argc, argv, "send", &e);

	if (rc == 1) {
		rc = start(&s, &r, &e);
		if (rc == 0)
			rc = role_loop(&r, watch, &s, WATCH_MS, &e);
		/* After an error nobody has told the worker yet; it sees its
		 * messages through. */
		if (!role_stopping(&r))
			(void)kill(getpid(), SIGTERM);
		if (s.worker != NULL)
			worker_join(s.worker);
		stream_trust_free(s.trust);
		keys_free(s.keys);
		explicit_bzero(s.password, sizeof(s.password));
	}
	return role_end(&r, rc, &e);
}
