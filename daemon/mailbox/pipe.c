#include "daemon/mailbox/pipe.h"

#include <getopt.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/catalogue.h"
#include "base/database.h"
#include "base/err.h"
#include "base/keys.h"
#include "base/log.h"
#include "daemon/mailbox/intake.h"
#include "daemon/role/process.h"

#define PROGRAM "tweeluik-mailbox"

struct words {
	const char *config, *mailbox, *recipient; /* NULL: not said */
};

bool
pipe_wanted(int argc, char **argv)
{
	for (int i = 1; i < argc; i++)
		if (strcmp(argv[i], "--stdin") == 0)
			return true;
	return false;
}

static int
parse(struct words *ret, int argc, char **argv, struct err *e)
{
	static const struct option longs[] = {
		{ "stdin", no_argument, NULL, 's' },
		{ "config", required_argument, NULL, 'c' },
		{ "mailbox", required_argument, NULL, 'm' },
		{ "recipient", required_argument, NULL, 'r' },
		{ 0 },
	};
	int got;

	optind = 0; /* glibc: start anew */
	opterr = 0;
	while ((got = getopt_long(argc, argv, ":", longs, NULL)) != -1) {
		if (got == 'c')
			ret->config = optarg;
		else if (got == 'm')
			ret->mailbox = optarg;
		else if (got == 'r')
			ret->recipient = optarg;
		else if (got != 's')
			return err_set(e, ERR_USAGE,
			    got == ':' ? N_("%s needs a value")
				       : N_("%s is no option here"),
			    argv[optind - 1]);
	}
	if (optind < argc)
		return err_set(e, ERR_USAGE, "'%s' is too much", argv[optind]);
	return 0;
}

static int
find_mailbox(struct intake *in, const struct config *c, const char *name,
    struct err *e)
{
	in->mailbox = "stdin";
	in->use = CONFIG_MAILBOX_RETURN;
	if (name == NULL)
		return 0;
	for (size_t i = 0; i < c->nmailboxes; i++)
		if (strcmp(c->mailboxes[i].name, name) == 0) {
			in->mailbox = c->mailboxes[i].name;
			in->use = c->mailboxes[i].use;
			return 0;
		}
	return err_set(e, ERR_CONFIG, "%s has no mailbox '%s'", c->path, name);
}

static int
read_mail(struct buf *ret, struct err *e)
{
	char piece[65536];
	ssize_t n;

	while ((n = read(STDIN_FILENO, piece, sizeof(piece))) > 0)
		if (buf_add(ret, piece, (size_t)n) == -1)
			return err_set(e, ERR_INPUT,
			    "The message is larger than %d MB",
			    (int)(INTAKE_MAX / 1024 / 1024));
	if (n == -1)
		return err_plain(e, ERR_TEMP, "temporary",
		    "The message cannot be read from standard input");
	if (ret->len == 0)
		return err_plain(e, ERR_INPUT, "no-mail",
		    "There is no message on standard input");
	return 0;
}

/* Handed over again it is the same mail. */
static void
name_mail(char ret[2 * crypto_generichash_BYTES + 1], const struct buf *bytes)
{
	unsigned char hash[crypto_generichash_BYTES];

	(void)crypto_generichash(hash, sizeof(hash),
	    (const unsigned char *)bytes->data, bytes->len, NULL, 0);
	(void)sodium_bin2hex(ret, 2 * sizeof(hash) + 1, hash, sizeof(hash));
}

static int
take(struct intake *in, const struct words *words, struct err *e)
{
	char key[2 * crypto_generichash_BYTES + 1];
	struct returned_mail mail = { .mailbox = in->mailbox,
		.key = key,
		.envelope_to = words->recipient };
	struct buf bytes;
	int rc;

	buf_init(&bytes, INTAKE_MAX);
	rc = read_mail(&bytes, e);
	if (rc == 0) {
		name_mail(key, &bytes);
		mail.bytes = bytes.data;
		mail.n = bytes.len;
		rc = intake_take(in, &mail, e);
	}
	/* The mail itself is on record, so this may as well be done later. */
	if (rc == 0) {
		struct err ignored;

		(void)intake_pass_on(in, &ignored);
	}
	buf_done(&bytes);
	return rc;
}

static int
run(struct intake *in, struct config *c, const struct words *words,
    struct err *e)
{
	struct keys *keys = NULL;
	int rc = -1;

	if (process_speak(c->language, e) == -1 ||
	    find_mailbox(in, c, words->mailbox, e) == -1 ||
	    keys_load(&keys, c->keys, e) == -1)
		return -1;
	in->config = c;
	in->keys = keys;
	if (database_open(&in->db, c->database, "tweeluik_mailbox",
		intake_queries, e) == 0 &&
	    database_check_schema(in->db, e) == 0)
		rc = take(in, words, e);
	database_close(in->db);
	keys_free(keys);
	return rc;
}

/* A mail server that hears anything else than 75 gives the mail back to who
 * sent it, so what may pass is a reason to wait. */
static int
exit_code(const struct err *e)
{
	switch (e->kind) {
	case ERR_USAGE:
		return EX_USAGE;
	case ERR_INPUT:
	case ERR_LIMIT:
		return EX_DATAERR;
	case ERR_DENIED:
		return EX_NOPERM;
	case ERR_CONFIG:
	case ERR_NOT_FOUND:
		return EX_CONFIG;
	default:
		return EX_TEMPFAIL;
	}
}

int
pipe_run(struct reading *reading, int argc, char **argv)
{
	struct words words = { .config = NULL };
	struct intake in = { .reading = reading };
	struct config c;
	struct err e;
	int rc;

	log_init(PROGRAM, LOG_LEVEL_INFO);
	rc = parse(&words, argc, argv, &e);
	if (rc == 0)
		rc = config_load(&c, words.config, &e);
	if (rc == 0) {
		rc = run(&in, &c, &words, &e);
		config_done(&c);
	}
	if (rc == 0)
		return EX_OK;
	(void)process_fail(PROGRAM, &e);
	return exit_code(&e);
}
