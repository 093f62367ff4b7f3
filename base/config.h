/*
 * config - the configuration file (tweeluik.conf(5)), read by libconfuse
 *
 * One table gives syntax, defaults, checks and `tweeluik config show`.
 *
 * Ownership: struct config owns its strings; config_done() frees them.
 * Errors: ERR_CONFIG with file and line for anything wrong, ERR_DENIED when the
 *   file may not be read, ERR_NOT_FOUND when there is none.
 */
#ifndef BASE_CONFIG_H
#define BASE_CONFIG_H

#include <stdbool.h>
#include <stddef.h>

struct cfg_t;
struct err;

enum config_tls {
	CONFIG_TLS_STARTTLS,
	CONFIG_TLS_IMPLICIT,
	CONFIG_TLS_NONE,
};

enum config_mailbox_kind {
	CONFIG_MAILBOX_IMAP,
	CONFIG_MAILBOX_POP3,
	CONFIG_MAILBOX_MAILDIR,
	CONFIG_MAILBOX_PIPE, /* a mail server runs tweeluik-mailbox --stdin */
};

enum config_mailbox_use {
	CONFIG_MAILBOX_RETURN, /* what comes back of mails that were sent */
	CONFIG_MAILBOX_ITEMS,  /* contributions */
};

/* A mailbox that is read. */
struct config_mailbox {
	const char *name; /* a word: [a-z0-9-] */
	enum config_mailbox_kind kind;
	enum config_mailbox_use use;
	const char *host;
	int port;
	enum config_tls tls;
	const char *ca_file; /* NULL: the system's */
	const char *user;
	const char *password_file;
	const char *folder; /* of IMAP */
	const char *path;   /* of a Maildir */
};

#define CONFIG_RETRIES_MAX 16
#define CONFIG_WINDOW_MAX 128
#define CONFIG_NOTIFY_MAX 16 /* people of each kind */
#define CONFIG_CONTRIBUTORS_MAX 64
#define CONFIG_MAILBOXES_MAX 32
#define CONFIG_MAILBOX_NAME_MAX 32

struct config {
	const char *path;
	const char *database; /* conninfo without a user */
	const char *keys;     /* file of base/keys.h */
	const char *language; /* of messages, "nl" or "en" */
	/* Folder of base/departures.h; not set: beside the journal. */
	const char *departures;

	/* who is told by mail, as they stand in the file */
	const char *editors[CONFIG_NOTIFY_MAX];
	size_t neditors;
	const char *administrators[CONFIG_NOTIFY_MAX];
	size_t nadministrators;

	/* newsletter: who we are, as readers see it */
	const char *name_nl, *name_en; /* "Nieuwsbrief", "Newsletter" */
	const char *sender;	       /* display name of From */
	const char *address;	       /* From */
	const char *reply_to;
	const char *postal_address;
	const char *list_id;  /* nieuws.voorbeeld.example, stable for ever */
	const char *base_url; /* https://..., no slash at the end */
	const char *unsubscribe_address;
	const char *return_domain; /* of the envelope sender */
	const char *first_language;
	bool neutral_subject;
	bool archive;

	/* relay: where mail is handed over */
	const char *relay_host;
	int relay_port;
	enum config_tls relay_tls;
	const char *relay_ca_file; /* NULL: the system's */
	const char *relay_user;	   /* NULL: no AUTH */
	const char *relay_password_file;
	const char *relay_helo; /* NULL: list_id */
	int relay_connections;
	int relay_window; /* messages in flight on a connection (CHUNKING) */

	/* send */
	int retry_minutes[CONFIG_RETRIES_MAX]; /* the last one repeats */
	size_t nretry;
	int expire_hours;
	bool hold_uncertain;
	int chunk_size;
	int rate;	 /* messages a second to the relay; 0: no limit */
	int domain_rate; /* the same to one destination */
	int domain_concurrency; /* in flight to one destination; 0: no limit */
	int cool_down_minutes;
	const char *journal;	 /* folder of the send role */
	bool journal_sync;	 /* to the disk in every turn */
	const char *quiet_hours; /* "22:00-07:00", "" for none */

	/* web */
	const char *web_listen;	 /* address:port on loopback */
	const char *web_metrics; /* that or unix:/path, "" for nowhere */
	bool web_proxy;		 /* X-Forwarded-For says who asks */
	int signups_per_network; /* an hour; 0: no limit */
	int signup_letters;	 /* to them, an hour; 0: no limit */

	/* items: who contributes by mail */
	const char *contributions; /* its address; NULL: not said */
	const char *contributors[CONFIG_CONTRIBUTORS_MAX];
	size_t ncontributors;
	const char *authserv_id; /* NULL: no server vouches for anybody */

	struct config_mailbox mailboxes[CONFIG_MAILBOXES_MAX];
	size_t nmailboxes;

	struct cfg_t *cfg;
};

/* override_path NULL: $TWEELUIK_CONFIG, else the built-in path. */
int config_load(struct config *c, const char *override_path, struct err *e);
void config_done(struct config *c);

/* Calls visit for each setting with its value as text and whether the file
 * (true) or the default (false) gave it. */
void config_each(const struct config *c,
    void (
	*visit)(void *arg, const char *name, const char *value, bool from_file),
    void *arg);

/* The path config_load() would use, never NULL. */
const char *config_path(const char *override_path);

#endif
