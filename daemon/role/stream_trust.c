#include "daemon/role/stream_trust.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <gnutls/gnutls.h>

#include "base/clock.h"
#include "base/err.h"

/* Where gnutls_certificate_set_x509_system_trust() reads on Debian. */
#define SYSTEM_FILE "/etc/ssl/certs/ca-certificates.crt"

struct stream_trusted {
	unsigned int users; /* the trust itself is one */
	gnutls_certificate_credentials_t credentials;
};

struct stream_trust {
	char *ca_file;
	pthread_mutex_t mutex; /* for all below */
	struct stat file;      /* as it was read */
	struct stream_trusted *trusted;
	char *host;
	gnutls_datum_t ticket;
	int64_t verified_ms;
};

static void
unuse(struct stream_trusted *trusted)
{
	if (trusted == NULL || --trusted->users > 0)
		return;
	gnutls_certificate_free_credentials(trusted->credentials);
	free(trusted);
}

static void
forget(struct stream_trust *trust)
{
	gnutls_free(trust->ticket.data);
	trust->ticket = (gnutls_datum_t){ 0 };
	free(trust->host);
	trust->host = NULL;
}

struct stream_trust *
stream_trust_new(const char *ca_file)
{
	struct stream_trust *trust = calloc(1, sizeof(*trust));

	if (trust == NULL || pthread_mutex_init(&trust->mutex, NULL) != 0)
		abort();
	if (ca_file != NULL && (trust->ca_file = strdup(ca_file)) == NULL)
		abort();
	return trust;
}

void
stream_trust_free(struct stream_trust *trust)
{
	if (trust == NULL)
		return;
	forget(trust);
	unuse(trust->trusted);
	(void)pthread_mutex_destroy(&trust->mutex);
	free(trust->ca_file);
	free(trust);
}

static bool
is_same_file(const struct stat *a, const struct stat *b)
{
	return a->st_dev == b->st_dev && a->st_ino == b->st_ino &&
	    a->st_size == b->st_size &&
	    a->st_mtim.tv_sec == b->st_mtim.tv_sec &&
	    a->st_mtim.tv_nsec == b->st_mtim.tv_nsec;
}

static struct stream_trusted *
load(const char *ca_file)
{
	struct stream_trusted *t = calloc(1, sizeof(*t));
	int n;

	if (t == NULL ||
	    gnutls_certificate_allocate_credentials(&t->credentials) < 0)
		abort();
	t->users = 1;
	if (ca_file != NULL)
		n = gnutls_certificate_set_x509_trust_file(t->credentials,
		    ca_file, GNUTLS_X509_FMT_PEM);
	else
		n = gnutls_certificate_set_x509_system_trust(t->credentials);
	if (n > 0)
		return t;
	unuse(t);
	return NULL;
}

static void
refresh(struct stream_trust *trust)
{
	struct stat now = { 0 };
	struct stream_trusted *fresh;

	(void)stat(trust->ca_file != NULL ? trust->ca_file : SYSTEM_FILE, &now);
	if (trust->trusted != NULL && is_same_file(&now, &trust->file))
		return;
	fresh = load(trust->ca_file);
	if (fresh == NULL)
		return;
	unuse(trust->trusted);
	trust->trusted = fresh;
	trust->file = now;
	forget(trust);
}

struct stream_trusted *
stream_trust_use(struct stream_trust *trust, gnutls_session_t session,
    struct err *e)
{
	struct stream_trusted *t;

	(void)pthread_mutex_lock(&trust->mutex);
	refresh(trust);
	t = trust->trusted;
	if (t != NULL)
		t->users++;
	(void)pthread_mutex_unlock(&trust->mutex);
	if (t == NULL) {
		(void)err_set(e, ERR_CONFIG,
		    "There are no usable certificates of authorities in %s",
		    trust->ca_file != NULL ? trust->ca_file : "/etc/ssl/certs");
		(void)err_slug(e, "tls-no-trust");
		return NULL;
	}
	if (gnutls_credentials_set(session, GNUTLS_CRD_CERTIFICATE,
		t->credentials) < 0)
		abort();
	return t;
}

void
stream_trust_unuse(struct stream_trust *trust, struct stream_trusted *trusted)
{
	(void)pthread_mutex_lock(&trust->mutex);
	unuse(trusted);
	(void)pthread_mutex_unlock(&trust->mutex);
}

int64_t
stream_trust_offer(struct stream_trust *trust,
    const struct stream_trusted *trusted, const char *host,
    gnutls_session_t session)
{
	int64_t verified_ms = 0;

	(void)pthread_mutex_lock(&trust->mutex);
	if (trust->host != NULL && trusted == trust->trusted &&
	    strcmp(trust->host, host) == 0 &&
	    clock_now_ms() - trust->verified_ms < STREAM_TRUST_VERIFIED_MS &&
	    gnutls_session_set_data(session, trust->ticket.data,
		trust->ticket.size) == 0)
		verified_ms = trust->verified_ms;
	(void)pthread_mutex_unlock(&trust->mutex);
	return verified_ms;
}

void
stream_trust_keep(struct stream_trust *trust,
    const struct stream_trusted *trusted, const char *host,
    gnutls_session_t session, int64_t verified_ms)
{
	gnutls_datum_t ticket;

	if (gnutls_session_get_data2(session, &ticket) < 0)
		return;
	(void)pthread_mutex_lock(&trust->mutex);
	if (trusted == trust->trusted) {
		forget(trust);
		trust->host = strdup(host);
		if (trust->host == NULL)
			abort();
		trust->ticket = ticket;
		trust->verified_ms = verified_ms;
		ticket.data = NULL;
	}
	(void)pthread_mutex_unlock(&trust->mutex);
	gnutls_free(ticket.data);
}

void
stream_trust_forget(struct stream_trust *trust)
{
	(void)pthread_mutex_lock(&trust->mutex);
	forget(trust);
	(void)pthread_mutex_unlock(&trust->mutex);
}
