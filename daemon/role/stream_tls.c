#include "daemon/role/stream_tls.h"

#include <poll.h>
#include <stdlib.h>
#include <string.h>

#include <arpa/inet.h>
#include <gnutls/gnutls.h>
#include <gnutls/x509.h>

#include "base/clock.h"
#include "base/err.h"
#include "daemon/role/stream.h"
#include "daemon/role/stream_trust.h"

/* The ciphers of the library, in the order of RFC 9325, 4.2: AES-128-GCM
 * protects as long as anybody can tell, for a quarter less. */
static const char priority[] =
    "-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2:-CIPHER-ALL:+AES-128-GCM:"
    "+AES-256-GCM:+CHACHA20-POLY1305:+AES-128-CCM:+AES-256-CCM:"
    "+AES-128-CBC:+AES-256-CBC";

struct stream_tls {
	gnutls_session_t session;
	const char *host;
	struct stream_trust *trust;
	struct stream_trusted *trusted;
	int64_t verified_ms; /* of the certificate; 0 before that */
	bool connected, offered;
	bool kept;   /* the ticket */
	size_t held; /* of out: gathered, not sent yet */
	char out[STREAM_UNSURE];
};

void
stream_tls_free(struct stream_tls *t)
{
	if (t == NULL)
		return;
	if (t->session != NULL) {
		if (t->connected)
			(void)gnutls_bye(t->session, GNUTLS_SHUT_WR);
		gnutls_deinit(t->session);
	}
	if (t->trusted != NULL)
		stream_trust_unuse(t->trust, t->trusted);
	free(t);
}

/* RFC 6066, section 3: the server name extension carries no addresses. */
static int
is_address(const char *host)
{
	unsigned char a[sizeof(struct in6_addr)];

	return inet_pton(AF_INET, host, a) == 1 ||
	    inet_pton(AF_INET6, host, a) == 1;
}

static int
set_up(struct stream_tls *t, int fd)
{
	if (gnutls_init(&t->session,
		GNUTLS_CLIENT | GNUTLS_NONBLOCK | GNUTLS_NO_SIGNAL) < 0 ||
	    gnutls_set_default_priority_append(t->session, priority, NULL, 0) <
		0 ||
	    (!is_address(t->host) &&
		gnutls_server_name_set(t->session, GNUTLS_NAME_DNS, t->host,
		    strlen(t->host)) < 0))
		return -1;
	gnutls_session_set_verify_cert(t->session, t->host, 0);
	gnutls_transport_set_int(t->session, fd);
	return 0;
}

int
stream_tls_new(struct stream_tls **ret_t, int fd, const char *host,
    struct stream_trust *trust, struct err *e)
{
	struct stream_tls *t = calloc(1, sizeof(*t));

	if (t == NULL)
		abort();
	t->host = host;
	t->trust = trust;
	if (set_up(t, fd) == -1) {
		stream_tls_free(t);
		return err_set(e, ERR_SYS, "TLS cannot be set up for %s", host);
	}
	t->trusted = stream_trust_use(trust, t->session, e);
	if (t->trusted == NULL) {
		stream_tls_free(t);
		return -1;
	}
	t->verified_ms =
	    stream_trust_offer(trust, t->trusted, host, t->session);
	t->offered = t->verified_ms != 0;
	*ret_t = t;
	return 0;
}

bool
stream_tls_is_resumed(const struct stream_tls *t)
{
	return t->connected && gnutls_session_is_resumed(t->session);
}

bool
stream_tls_has_offered(const struct stream_tls *t)
{
	return t->offered;
}

/* The gravest reason first: of a stranger the name and date say nothing. */
static int
bad_certificate(const struct stream_tls *t, struct err *e)
{
	const char *host = t->host;
	unsigned int status = gnutls_session_get_verify_cert_status(t->session);
	gnutls_datum_t why = { 0 };

	if (status & GNUTLS_CERT_SIGNER_NOT_FOUND) {
		(void)err_set(e, ERR_CONFIG,
		    "The certificate of the server %s is signed by an unknown "
		    "authority",
		    host);
		return err_slug(e, "tls-unknown-issuer");
	}
	if (status & (GNUTLS_CERT_EXPIRED | GNUTLS_CERT_NOT_ACTIVATED)) {
		(void)err_set(e, ERR_CONFIG,
		    "The certificate of the server %s is not valid at this "
		    "date",
		    host);
		return err_slug(e, "tls-expired");
	}
	if (status & GNUTLS_CERT_UNEXPECTED_OWNER) {
		(void)err_set(e, ERR_CONFIG,
		    "The certificate of the server is not for the name %s",
		    host);
		return err_slug(e, "tls-wrong-name");
	}
	(void)gnutls_certificate_verification_status_print(status,
	    GNUTLS_CRT_X509, &why, 0);
	(void)err_set(e, ERR_CONFIG,
	    "The certificate of the server %s is not acceptable: %s", host,
	    why.data != NULL ? (const char *)why.data : "");
	gnutls_free(why.data);
	return err_slug(e, "tls-bad");
}

static short
direction(const struct stream_tls *t)
{
	return gnutls_record_get_direction(t->session) ? POLLOUT : POLLIN;
}

int
stream_tls_handshake(struct stream_tls *t, struct err *e)
{
	int r;

	do
		r = gnutls_handshake(t->session);
	while (r < 0 && r != GNUTLS_E_AGAIN && !gnutls_error_is_fatal(r));
	if (r == GNUTLS_E_AGAIN)
		return direction(t);
	if (r == GNUTLS_E_SUCCESS) {
		t->connected = true;
		if (!stream_tls_is_resumed(t))
			t->verified_ms = clock_now_ms();
		return 0;
	}
	/* Whatever went wrong, it may have been the ticket. */
	if (t->offered)
		stream_trust_forget(t->trust);
	if (r == GNUTLS_E_CERTIFICATE_VERIFICATION_ERROR)
		return bad_certificate(t, e);
	if (r == GNUTLS_E_PREMATURE_TERMINATION || r == GNUTLS_E_PULL_ERROR ||
	    r == GNUTLS_E_PUSH_ERROR) {
		(void)err_set(e, ERR_TEMP,
		    "The connection to the server %s was lost", t->host);
		return err_slug(e, "lost");
	}
	(void)err_set(e, ERR_PROTO,
	    "The server %s does not speak TLS as it should: %s", t->host,
	    gnutls_strerror(r));
	return err_slug(e, "tls-bad");
}

/* What a negative result of GnuTLS means to the caller. */
static ssize_t
not_now(const struct stream_tls *t, ssize_t r, short *ret_events)
{
	if (gnutls_error_is_fatal((int)r))
		return -1;
	*ret_events = direction(t);
	return 0;
}

/* With TLS 1.3 tickets come after the handshake. */
static void
keep_ticket(struct stream_tls *t)
{
	t->kept = (gnutls_session_get_flags(t->session) &
		      GNUTLS_SFLAGS_SESSION_TICKET) != 0;
	if (t->kept)
		stream_trust_keep(t->trust, t->trusted, t->host, t->session,
		    t->verified_ms);
}

ssize_t
stream_tls_read(struct stream_tls *t, void *buf, size_t n, short *ret_events)
{
	ssize_t r;

	do
		r = gnutls_record_recv(t->session, buf, n);
	while (r == GNUTLS_E_INTERRUPTED);
	if (r > 0) {
		if (!t->kept)
			keep_ticket(t);
		return r;
	}
	return r == 0 ? -1 : not_now(t, r, ret_events);
}

/* Small pieces share a record.  Gathering them here is as fast as corking,
 * and memory stays bounded. */
static size_t
gather(struct stream_tls *t, const struct iovec *iov, int n, size_t skip)
{
	size_t len = 0;

	for (int i = 0; i < n && len < sizeof(t->out); i++) {
		size_t left, room = sizeof(t->out) - len;

		if (skip >= iov[i].iov_len) {
			skip -= iov[i].iov_len;
			continue;
		}
		left = iov[i].iov_len - skip;
		if (left > room)
			left = room;
		memcpy(t->out + len, (const char *)iov[i].iov_base + skip,
		    left);
		len += left;
		skip = 0;
	}
	return len;
}

ssize_t
stream_tls_write(struct stream_tls *t, const struct iovec *iov, int n,
    short *ret_events)
{
	ssize_t done = 0;

	for (;;) {
		ssize_t r;

		if (t->held == 0)
			t->held = gather(t, iov, n, (size_t)done);
		if (t->held == 0)
			return done;
		do
			r = gnutls_record_send(t->session, t->out, t->held);
		while (r == GNUTLS_E_INTERRUPTED);
		if (r < 0)
			return done > 0 ? done : not_now(t, r, ret_events);
		/* The peer may want smaller records (RFC 8449); the rest is
		 * gathered again. */
		t->held = 0;
		done += r;
	}
}
