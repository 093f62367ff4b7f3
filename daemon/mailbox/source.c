#include "daemon/mailbox/source.h"

#include <poll.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>

#include "base/config.h"
#include "base/err.h"
#include "daemon/role/stream.h"

static const struct source_driver *
driver_of(const struct config_mailbox *m)
{
	return m->kind == CONFIG_MAILBOX_IMAP ? &source_imap
	    : m->kind == CONFIG_MAILBOX_POP3  ? &source_pop3
					      : &source_maildir;
}

int
source_open(struct source **ret, const struct source_setup *setup,
    struct err *e)
{
	const struct source_driver *driver = driver_of(setup->mailbox);

	if (driver->open(ret, setup, e) == -1)
		return -1;
	(*ret)->driver = driver;
	(*ret)->setup = setup;
	return 0;
}

void
source_close(struct source *s)
{
	if (s != NULL)
		s->driver->close(s);
}

int
source_next(struct source *s, struct source_mail *ret, struct err *e)
{
	/* Between two mails there is always time to stop. */
	if (source_pause(s, -1, 0, e) == -1)
		return -1;
	return s->driver->next(s, ret, e);
}

int
source_fetch(struct source *s, size_t max, struct buf *ret, struct err *e)
{
	return s->driver->fetch(s, max, ret, e);
}

int
source_remove(struct source *s, struct err *e)
{
	return s->driver->remove(s, e);
}

int
source_wait(struct source *s, struct err *e)
{
	return s->driver->wait(s, e);
}

int
source_connect(struct stream **ret, const struct source_setup *setup,
    struct err *e)
{
	const struct config_mailbox *m = setup->mailbox;
	struct stream *stream;
	char port[8];

	(void)snprintf(port, sizeof(port), "%d", m->port);
	if (stream_connect(&stream, m->host, port, SOURCE_ANSWER_MS,
		setup->stop_fd, e) == -1)
		return -1;
	if (m->tls == CONFIG_TLS_IMPLICIT &&
	    stream_start_tls(stream, setup->trust, 0, e) == -1) {
		stream_free(stream);
		return -1;
	}
	*ret = stream;
	return 0;
}

int
source_check_login(const struct stream *stream,
    const struct source_setup *setup, struct err *e)
{
	if (stream_is_tls(stream) || stream_is_loopback(stream))
		return 0;
	return err_set(e, ERR_CONFIG,
	    "Logging in to the mail server %s without TLS is not allowed",
	    setup->mailbox->host);
}

int
source_pause(const struct source *s, int fd, int timeout_ms, struct err *e)
{
	struct pollfd p[] = { { s->setup->stop_fd, POLLIN, 0 },
		{ fd, POLLIN, 0 } };

	(void)poll(p, 2, timeout_ms);
	if (p[0].revents == 0)
		return 0;
	return err_set(e, ERR_INTERRUPT, "The program was asked to stop");
}

void
source_key(char ret[SOURCE_KEY_MAX + 1], const char *name)
{
	unsigned char hash[crypto_generichash_BYTES];
	size_t n = strlen(name), i = 0;

	while (i < n && name[i] > ' ' && name[i] <= '~')
		i++;
	if (i == n && n <= SOURCE_KEY_MAX) {
		memcpy(ret, name, n + 1);
		return;
	}
	(void)crypto_generichash(hash, sizeof(hash),
	    (const unsigned char *)name, n, NULL, 0);
	(void)sodium_bin2hex(ret, SOURCE_KEY_MAX + 1, hash, sizeof(hash));
}
