/*
 * sink - an SMTP server that takes everything and remembers how often
 *
 * For measuring and for runs with faults; see usage() for what it can do.  On
 * SIGUSR1 and at its end (SIGTERM, SIGINT) it writes what it counted.  Exit
 * status 1: a message was like no template, came again with other bytes, or
 * the client did not wait for a reply it had to wait for.
 */
#include <errno.h>
#include <getopt.h>
#include <pthread.h>
#include <signal.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "tests/sink/faults.h"
#include "tests/sink/server.h"
#include "tests/sink/tally.h"

#define THREADS_MAX 16
#define MS_NS INT64_C(1000000)
#define PATIENCE_MS 5000
#define LOGIN_MAX 512

enum flag {
	OPT_NO_CHUNKING = 256,
	OPT_NO_PIPELINING,
	OPT_CERT,
	OPT_KEY,
	OPT_AUTH,
	OPT_THREADS,
	OPT_RTT,
	OPT_COUNT,
	OPT_LIST,
	OPT_ENVELOPES,
	OPT_TEMPLATE,
	OPT_MAX,
	OPT_FAULTS,
	OPT_AT,
	OPT_SCRIPT,
	OPT_FAULT_LOG,
	OPT_SILENCE,
	OPT_HELP,
};

static const struct option options[] = {
	{ "no-chunking", no_argument, NULL, OPT_NO_CHUNKING },
	{ "no-pipelining", no_argument, NULL, OPT_NO_PIPELINING },
	{ "cert", required_argument, NULL, OPT_CERT },
	{ "key", required_argument, NULL, OPT_KEY },
	{ "auth", required_argument, NULL, OPT_AUTH },
	{ "threads", required_argument, NULL, OPT_THREADS },
	{ "rtt", required_argument, NULL, OPT_RTT },
	{ "count", required_argument, NULL, OPT_COUNT },
	{ "list", required_argument, NULL, OPT_LIST },
	{ "envelopes", required_argument, NULL, OPT_ENVELOPES },
	{ "template", required_argument, NULL, OPT_TEMPLATE },
	{ "max-messages-per-connection", required_argument, NULL, OPT_MAX },
	{ "faults", required_argument, NULL, OPT_FAULTS },
	{ "at", required_argument, NULL, OPT_AT },
	{ "script", required_argument, NULL, OPT_SCRIPT },
	{ "fault-log", required_argument, NULL, OPT_FAULT_LOG },
	{ "silence", required_argument, NULL, OPT_SILENCE },
	{ "help", no_argument, NULL, OPT_HELP },
	{ 0 },
};

struct sink {
	struct server_options server;
	struct server *servers[THREADS_MAX];
	long threads;
	const char *cert, *key;
	const char *count, *list;
	char login[LOGIN_MAX], login_as[LOGIN_MAX];
	struct faults *faults;
};

static void
usage(FILE *out)
{
	(void)fputs(
	    "usage: sink [options] ADDRESS:PORT   (port 0: any)\n"
	    "Says \"ready PORT\" on stdout.  What it offers:\n"
	    "  --no-chunking, --no-pipelining   leave these out of EHLO\n"
	    "  --cert FILE --key FILE           STARTTLS\n"
	    "  --auth USER:PASSWORD             demand AUTH PLAIN\n"
	    "  --max-messages-per-connection N  421 after that\n"
	    "  --rtt MS                         replies leave so much later\n"
	    "  --threads N\n"
	    "What it writes, on SIGUSR1 and at the end:\n"
	    "  --count FILE                     JSON\n"
	    "  --list FILE                      lines: recipient, how often,\n"
	    "                                   hash of what is its own\n"
	    "  --envelopes FILE                 at once, a line for each:\n"
	    "                                   <return path> <recipient>\n"
	    "What it checks:\n"
	    "  --template FILE                  content, by the bytes of a\n"
	    "                                   stored message in FILE and its\n"
	    "                                   slots in FILE.slots; repeatable\n"
	    "What goes wrong on purpose (tests/sink/faults.h):\n"
	    "  --faults SEED:RATE[:KIND,...]    drop 4xx 5xx 421 garbage\n"
	    "                                   silence half cut lost dead\n"
	    "  --at STEP:N|N+|*:KIND|REPLY      CONNECT EHLO STARTTLS AUTH\n"
	    "                                   MAIL RCPT DATA BDAT CONTENT EOD\n"
	    "                                   RSET NOOP QUIT; repeatable\n"
	    "  --script FILE                    such rules, one a line\n"
	    "  --fault-log FILE                 a line for each fault\n"
	    "  --silence MS                     how long silence lasts (5000)\n",
	    out);
}

static int
parse_number(const char *text, long min, long max, long *ret, struct err *e)
{
	char *end;
	long n = strtol(text, &end, 10);

	if (end == text || *end != '\0' || n < min || n > max)
		return err_set(e, ERR_USAGE,
		    "A number from %ld to %ld expected: %s", min, max, text);
	*ret = n;
	return 0;
}

static int
parse_ms(const char *text, int64_t *ret_ns, struct err *e)
{
	long ms = 0;
	int rc = parse_number(text, 0, 86400000, &ms, e);

	*ret_ns = ms * MS_NS;
	return rc;
}

/* As it comes over the wire (RFC 4616), without and with the identity to act
 * as. */
static int
set_login(struct sink *s, const char *text, struct err *e)
{
	unsigned char plain[LOGIN_MAX / 2];
	size_t user = strcspn(text, ":"), n = strlen(text);

	if (text[user] == '\0' || user + 1 + n > sizeof(plain))
		return err_set(e, ERR_USAGE, "USER:PASSWORD expected");
	(void)memcpy(plain, text, user);
	plain[user] = '\0';
	(void)memcpy(plain + user + 1, text, n);
	plain[user + 1 + user] = '\0';
	(void)sodium_bin2base64(s->login, sizeof(s->login), plain + user, n + 1,
	    sodium_base64_VARIANT_ORIGINAL);
	(void)sodium_bin2base64(s->login_as, sizeof(s->login_as), plain,
	    user + 1 + n, sodium_base64_VARIANT_ORIGINAL);
	s->server.session.login = s->login;
	s->server.session.login_as = s->login_as;
	return 0;
}

static int
open_envelopes(struct sink *s, const char *path, struct err *e)
{
	FILE *f = fopen(path, "ae");

	if (f == NULL)
		return err_sys(e, errno, "%s", path);
	(void)setvbuf(f, NULL, _IOLBF, 0);
	s->server.session.envelopes = f;
	return 0;
}

static struct faults *
faults_of(struct sink *s)
{
	if (s->faults == NULL)
		s->faults = faults_new();
	return s->faults;
}

static int
set_option(struct sink *s, int option, struct err *e)
{
	struct session_options *o = &s->server.session;

	switch (option) {
	case OPT_NO_CHUNKING:
		o->chunking = false;
		return 0;
	case OPT_NO_PIPELINING:
		o->pipelining = false;
		return 0;
	case OPT_CERT:
		s->cert = optarg;
		o->starttls = true;
		return 0;
	case OPT_KEY:
		s->key = optarg;
		return 0;
	case OPT_AUTH:
		return set_login(s, optarg, e);
	case OPT_THREADS:
		return parse_number(optarg, 1, THREADS_MAX, &s->threads, e);
	case OPT_RTT:
		return parse_ms(optarg, &s->server.delay_ns, e);
	case OPT_COUNT:
		s->count = optarg;
		return 0;
	case OPT_LIST:
		s->list = optarg;
		return 0;
	case OPT_ENVELOPES:
		return open_envelopes(s, optarg, e);
	case OPT_TEMPLATE:
		return templates_load(&o->templates, optarg, e);
	case OPT_MAX:
		return parse_number(optarg, 1, 1000000, &o->messages_max, e);
	case OPT_FAULTS:
		return faults_set_rate(faults_of(s), optarg, e);
	case OPT_AT:
		return faults_add_rule(faults_of(s), optarg, e);
	case OPT_SCRIPT:
		return faults_read_script(faults_of(s), optarg, e);
	case OPT_FAULT_LOG:
		return faults_set_log(faults_of(s), optarg, e);
	case OPT_SILENCE:
		return parse_ms(optarg, &s->server.patience_ns, e);
	default:
		return err_set(e, ERR_USAGE, "Try --help");
	}
}

static int
load_identity(struct sink *s, struct err *e)
{
	struct link_identity *id = &s->server.identity;
	int rc;

	if (!s->server.session.starttls)
		return 0;
	if (s->key == NULL)
		return err_set(e, ERR_USAGE, "--cert needs --key");
	if (gnutls_certificate_allocate_credentials(&id->credentials) != 0 ||
	    gnutls_session_ticket_key_generate(&id->ticket_key) != 0)
		abort();
	rc = gnutls_certificate_set_x509_key_file(id->credentials, s->cert,
	    s->key, GNUTLS_X509_FMT_PEM);
	if (rc < 0)
		return err_set(e, ERR_CONFIG, "%s: %s", s->cert,
		    gnutls_strerror(rc));
	return 0;
}

static int
start(struct sink *s, const char *where, struct err *e)
{
	const char *colon = strrchr(where, ':');
	char host[256], port[16];
	int got, n;

	if (colon == NULL || colon == where)
		return err_set(e, ERR_USAGE, "ADDRESS:PORT expected: %s",
		    where);
	(void)snprintf(host, sizeof(host), "%.*s", (int)(colon - where), where);
	(void)snprintf(port, sizeof(port), "%s", colon + 1);
	for (n = 0; n < s->threads; n++) {
		if (server_start(&s->servers[n], &s->server, host, port, &got,
			e) == -1)
			break;
		(void)snprintf(port, sizeof(port), "%d", got);
	}
	if (n == s->threads) {
		(void)printf("ready %s\n", port);
		(void)fflush(stdout);
		return 0;
	}
	while (n > 0)
		server_stop(s->servers[--n]);
	return -1;
}

static int
write_counts(const struct sink *s, struct err *e)
{
	struct tally *t = s->server.session.tally;

	if (s->list != NULL && tally_write_list(t, s->list, e) == -1)
		return -1;
	if (s->count != NULL &&
	    tally_write_json(t, s->faults, s->count, e) == -1)
		return -1;
	return 0;
}

/* Until a signal ends it. */
static int
run(struct sink *s, const char *where, const sigset_t *signals, struct err *e)
{
	int rc = 0, sig;

	s->server.session.faults = s->faults;
	s->server.session.tally = tally_new(s->list != NULL);
	if (load_identity(s, e) == -1 || start(s, where, e) == -1) {
		rc = -1;
	} else {
		while (sigwait(signals, &sig) == 0 && sig == SIGUSR1 &&
		    (rc = write_counts(s, e)) == 0)
			;
		for (long i = 0; i < s->threads; i++)
			server_stop(s->servers[i]);
		if (rc == 0)
			rc = write_counts(s, e);
	}
	if (rc == 0)
		rc = tally_is_clean(s->server.session.tally) ? 0 : 1;
	if (s->server.identity.credentials != NULL) {
		gnutls_certificate_free_credentials(
		    s->server.identity.credentials);
		gnutls_free(s->server.identity.ticket_key.data);
	}
	tally_free(s->server.session.tally);
	return rc;
}

int
main(int argc, char **argv)
{
	struct sink s = { .threads = 1,
		.server = { .patience_ns = PATIENCE_MS * MS_NS,
		    .session = { .chunking = true, .pipelining = true } } };
	struct err e;
	sigset_t signals;
	int option, rc = 0;

	(void)sigemptyset(&signals);
	(void)sigaddset(&signals, SIGUSR1);
	(void)sigaddset(&signals, SIGTERM);
	(void)sigaddset(&signals, SIGINT);
	(void)pthread_sigmask(SIG_BLOCK, &signals, NULL);
	if (sodium_init() == -1)
		abort();
	while (rc == 0 &&
	    (option = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (option == OPT_HELP) {
			usage(stdout);
			return 0;
		}
		rc = set_option(&s, option, &e);
	}
	if (rc == 0 && optind + 1 != argc)
		rc = err_set(&e, ERR_USAGE, "One ADDRESS:PORT expected");
	if (rc == 0)
		rc = run(&s, argv[optind], &signals, &e);
	if (rc == -1) {
		(void)fprintf(stderr, "sink: %s\n", e.text);
		rc = err_exit_code(&e);
	}
	if (s.server.session.envelopes != NULL)
		(void)fclose(s.server.session.envelopes);
	templates_done(&s.server.session.templates);
	if (s.faults != NULL)
		faults_free(s.faults);
	return rc;
}
