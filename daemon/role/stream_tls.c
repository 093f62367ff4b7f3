#include "daemon/role/stream_tls.h"

#include <poll.h>
#include <stdlib.h>
#include <string.h>

#include <arpa/inet.h>
#include <gnutls/gnutls.h>
#include <gnutls/x509.h>

#include "base/err.h"

struct stream_tls {
	gnutls_session_t session;
	gnutls_certificate_credentials_t trust;
	size_t corked; /* bytes GnuTLS has taken but not yet sent */
	int connected;
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
	if (t->trust != NULL)
		gnutls_certificate_free_credentials(t->trust);
	free(t);
}

static int
load_trust(struct stream_tls *t, const char *ca_file, struct err *e)
{
	int n;

	if (gnutls_certificate_allocate_credentials(&t->trust) < 0)
		abort();
	if (ca_file != NULL)
		n = gnutls_certificate_set_x509_trust_file(t->trust, ca_file,
		    GNUTLS_X509_FMT_PEM);
	else
		n = gnutls_certificate_set_x509_system_trust(t->trust);
	if (n > 0)
		return 0;
	(void)err_set(e, ERR_CONFIG,
	    "There are no usable certificates of authorities in %s",
	    ca_file != NULL ? ca_file : "/etc/ssl/certs");
	return err_slug(e, "tls-no-trust");
}

/* RFC 6066, section 3: the server name extension carries no addresses. */
static int
is_address(const char *host)
{
	unsigned char a[sizeof(struct in6_addr)];

	return inet_pton(AF_INET, host, a) == 1 ||
	    inet_pton(AF_INET6, host, a) == 1;
}

int
stream_tls_new(struct stream_tls **ret_t, int fd, const char *host,
    const char *ca_file, struct err *e)
{
	struct stream_tls *t = calloc(1, sizeof(*t));

	if (t == NULL)
		abort();
	if (load_trust(t, ca_file, e) == -1) {
		stream_tls_free(t);
		return -1;
	}
	if (gnutls_init(&t->session,
		GNUTLS_CLIENT | GNUTLS_NONBLOCK | GNUTLS_NO_SIGNAL) < 0 ||
	    gnutls_set_default_priority_append(t->session,
		"-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2", NULL, 0) < 0 ||
	    gnutls_credentials_set(t->session, GNUTLS_CRD_CERTIFICATE,
		t->trust) < 0 ||
	    (!is_address(host) &&
		gnutls_server_name_set(t->session, GNUTLS_NAME_DNS, host,
		    strlen(host)) < 0)) {
		stream_tls_free(t);
		return err_set(e, ERR_SYS, "TLS cannot be set up for %s", host);
	}
	gnutls_session_set_verify_cert(t->session, host, 0);
	gnutls_transport_set_int(t->session, fd);
	*ret_t = t;
	return 0;
}

/* The gravest reason first: of a stranger the name and date say nothing. */
static int
bad_certificate(const struct stream_tls *t, const char *host, struct err *e)
{
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
stream_tls_handshake(struct stream_tls *t, const char *host, struct err *e)
{
	int r;

	do
		r = gnutls_handshake(t->session);
	while (r < 0 && r != GNUTLS_E_AGAIN && !gnutls_error_is_fatal(r));
	if (r == GNUTLS_E_AGAIN)
		return direction(t);
	if (r == GNUTLS_E_SUCCESS) {
		t->connected = 1;
		return 0;
	}
	if (r == GNUTLS_E_CERTIFICATE_VERIFICATION_ERROR)
		return bad_certificate(t, host, e);
	if (r == GNUTLS_E_PREMATURE_TERMINATION || r == GNUTLS_E_PULL_ERROR ||
	    r == GNUTLS_E_PUSH_ERROR) {
		(void)err_set(e, ERR_TEMP,
		    "The connection to the server %s was lost", host);
		return err_slug(e, "lost");
	}
	(void)err_set(e, ERR_PROTO,
	    "The server %s does not speak TLS as it should: %s", host,
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

ssize_t
stream_tls_read(struct stream_tls *t, void *buf, size_t n, short *ret_events)
{
	ssize_t r;

	do
		r = gnutls_record_recv(t->session, buf, n);
	while (r == GNUTLS_E_INTERRUPTED);
	if (r > 0)
		return r;
	return r == 0 ? -1 : not_now(t, r, ret_events);
}

/* Small pieces are gathered, so that they share records and packets. */
static int
cork(struct stream_tls *t, const struct iovec *iov, int n, size_t max_bytes)
{
	gnutls_record_cork(t->session);
	for (int i = 0; i < n && t->corked < max_bytes; i++) {
		size_t room = max_bytes - t->corked;
		size_t len = iov[i].iov_len < room ? iov[i].iov_len : room;

		if (len == 0)
			continue;
		if (gnutls_record_send(t->session, iov[i].iov_base, len) < 0)
			return -1;
		t->corked += len;
	}
	return 0;
}

ssize_t
stream_tls_write(struct stream_tls *t, const struct iovec *iov, int n,
    size_t max_bytes, short *ret_events)
{
	ssize_t r;

	if (t->corked == 0 && cork(t, iov, n, max_bytes) == -1)
		return -1;
	do
		r = gnutls_record_uncork(t->session, 0);
	while (r == GNUTLS_E_INTERRUPTED);
	if (r < 0)
		return not_now(t, r, ret_events);
	r = (ssize_t)t->corked;
	t->corked = 0;
	return r;
}
