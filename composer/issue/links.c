#include "composer/issue/links.h"

#include <arpa/inet.h>
#include <curl/curl.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/catalogue.h"
#include "base/err.h"

#define ACTIVE_MAX 8
#define ACTIVE_HOST_MAX 2
#define BODY_MAX ((size_t)64 * 1024)
#define USER_AGENT "Mozilla/5.0 (compatible; link check)"

struct block {
	uint32_t net;
	int bits;
};

/* IANA IPv4 special-purpose address registry, and multicast. */
static const struct block v4_special[] = {
	{ 0x00000000, 8 },  /* this network */
	{ 0x0a000000, 8 },  /* private */
	{ 0x64400000, 10 }, /* shared, RFC 6598 */
	{ 0x7f000000, 8 },  /* loopback */
	{ 0xa9fe0000, 16 }, /* link-local */
	{ 0xac100000, 12 }, /* private */
	{ 0xc0000000, 24 }, /* protocol assignments */
	{ 0xc0000200, 24 }, /* documentation */
	{ 0xc01fc400, 24 }, /* AS112 */
	{ 0xc034c100, 24 }, /* AMT */
	{ 0xc0586300, 24 }, /* 6to4 relays */
	{ 0xc0a80000, 16 }, /* private */
	{ 0xc0af3000, 24 }, /* AS112 */
	{ 0xc6120000, 15 }, /* benchmarks */
	{ 0xc6336400, 24 }, /* documentation */
	{ 0xcb007100, 24 }, /* documentation */
	{ 0xe0000000, 4 },  /* multicast */
	{ 0xf0000000, 4 },  /* reserved, broadcast */
};

static bool
v4_is_public(uint32_t address)
{
	size_t n = sizeof(v4_special) / sizeof(v4_special[0]);

	for (size_t i = 0; i < n; i++) {
		int shift = 32 - v4_special[i].bits;

		if (address >> shift == v4_special[i].net >> shift)
			return false;
	}
	return true;
}

static bool
v6_is_public(const unsigned char *b)
{
	static const struct {
		unsigned char prefix[6];
		int bytes;
	} special[] = {
		{ { 0x20, 0x02 }, 2 },		   /* 6to4: carries IPv4 */
		{ { 0x20, 0x01, 0x0d, 0xb8 }, 4 }, /* documentation */
		{ { 0x26, 0x20, 0x00, 0x4f, 0x80, 0x00 }, 6 }, /* AS112 */
		{ { 0x3f, 0xff, 0x00 }, 3 }, /* documentation, RFC 9637 */
	};

	/* Everything handed out for unicast lies in 2000::/3; that leaves out
	 * mapped, NAT64, unique local, link-local and multicast. */
	if ((b[0] & 0xe0) != 0x20)
		return false;
	/* 2001::/23: Teredo, ORCHID and other protocol assignments. */
	if (b[0] == 0x20 && b[1] == 0x01 && (b[2] & 0xfe) == 0)
		return false;
	for (size_t i = 0; i < sizeof(special) / sizeof(special[0]); i++)
		if (memcmp(b, special[i].prefix, (size_t)special[i].bytes) == 0)
			return false;
	return true;
}

bool
links_address_is_public(const struct sockaddr *address)
{
	struct sockaddr_in v4;
	struct sockaddr_in6 v6;

	if (address->sa_family == AF_INET) {
		memcpy(&v4, address, sizeof(v4));
		return v4_is_public(ntohl(v4.sin_addr.s_addr));
	}
	if (address->sa_family == AF_INET6) {
		memcpy(&v6, address, sizeof(v6));
		return v6_is_public(v6.sin6_addr.s6_addr);
	}
	return false;
}

static bool
is_web(const char *url)
{
	return strncasecmp(url, "https://", 8) == 0 ||
	    strncasecmp(url, "http://", 7) == 0;
}

/* The host of a web address for curl_free(), or NULL when the address is
 * malformed or carries credentials. */
static char *
host_of(const char *url)
{
	CURLU *u = curl_url();
	char *host = NULL;

	if (u == NULL)
		abort();
	if (curl_url_set(u, CURLUPART_URL, url, CURLU_DISALLOW_USER) !=
		CURLUE_OK ||
	    curl_url_get(u, CURLUPART_HOST, &host, 0) != CURLUE_OK)
		host = NULL;
	curl_url_cleanup(u);
	return host;
}

bool
links_well_formed(const char *url)
{
	char *host;
	bool ok;

	for (const char *p = url; *p != '\0'; p++)
		if ((unsigned char)*p <= ' ' || *p == 0x7f || *p == '<' ||
		    *p == '>' || *p == '"')
			return false;
	if (strncmp(url, "mailto:", 7) == 0)
		return strchr(url, '@') > url + 7;
	if (strncmp(url, "tel:", 4) == 0)
		return url[4 + strspn(url + 4, "+-.()0123456789")] == '\0' &&
		    url[4] != '\0';
	if (!is_web(url) || (host = host_of(url)) == NULL)
		return false;
	ok = strchr(host, '.') != NULL || host[0] == '[';
	curl_free(host);
	return ok;
}

struct checker {
	struct try *tries;
	size_t n, active, done;
	CURLM *multi;
	bool (*may)(const struct sockaddr *);
	links_progress *progress;
	void *arg;
	bool answered; /* some server */
};

/* One link being tried. */
struct
try {
	struct checker *checker;
	struct link *link;
	char *host;
	CURL *easy; /* while active */
	bool started, get, refused;
	size_t received;
};

/* Connections are judged here, where the address is final: a name that
 * resolves differently the second time does not get past this. */
static curl_socket_t
open_socket(void *arg, curlsocktype purpose, struct curl_sockaddr *a)
{
	struct try *t = arg;

	(void)purpose;
	if (!t->checker->may(&a->addr)) {
		t->refused = true;
		return CURL_SOCKET_BAD;
	}
	return socket(a->family, a->socktype | SOCK_CLOEXEC, a->protocol);
}

static size_t
receive(char *data, size_t size, size_t n, void *arg)
{
	struct try *t = arg;

	(void)data;
	t->received += size * n;
	return t->received > BODY_MAX ? 0 : size * n;
}

#define SET(easy, option, value) \
	do { \
		if (curl_easy_setopt((easy), (option), (value)) != CURLE_OK) \
			abort(); \
	} while (0)

/* Where it may go, and with what in its hands. */
static void
confine(CURL *c, struct try *t)
{
	SET(c, CURLOPT_PROTOCOLS_STR, "http,https");
	SET(c, CURLOPT_REDIR_PROTOCOLS_STR, "http,https");
	SET(c, CURLOPT_FOLLOWLOCATION, 1L);
	SET(c, CURLOPT_MAXREDIRS, 3L);
	SET(c, CURLOPT_OPENSOCKETFUNCTION, open_socket);
	SET(c, CURLOPT_OPENSOCKETDATA, t);
	/* A proxy of the environment would connect in our place, unjudged. */
	SET(c, CURLOPT_PROXY, "");
	SET(c, CURLOPT_NETRC, (long)CURL_NETRC_IGNORED);
}

static void
start(struct try *t)
{
	CURL *c = curl_easy_init();

	if (c == NULL)
		abort();
	confine(c, t);
	SET(c, CURLOPT_URL, t->link->url);
	SET(c, CURLOPT_PRIVATE, t);
	SET(c, CURLOPT_NOSIGNAL, 1L);
	SET(c, CURLOPT_CONNECTTIMEOUT_MS, 5000L);
	SET(c, CURLOPT_TIMEOUT_MS, 15000L);
	SET(c, CURLOPT_USERAGENT, USER_AGENT);
	SET(c, CURLOPT_WRITEFUNCTION, receive);
	SET(c, CURLOPT_WRITEDATA, t);
	if (t->get)
		SET(c, CURLOPT_RANGE, "0-0");
	else
		SET(c, CURLOPT_NOBODY, 1L);
	t->easy = c;
	t->started = true;
	t->received = 0;
	t->checker->active++;
	if (curl_multi_add_handle(t->checker->multi, c) != CURLM_OK)
		abort();
}

static bool
off_network(CURLcode code)
{
	return code == CURLE_COULDNT_RESOLVE_HOST ||
	    code == CURLE_COULDNT_CONNECT || code == CURLE_OPERATION_TIMEDOUT;
}

static const char *
reason(const struct try *t, CURLcode code)
{
	if (t->refused)
		return N_("leads to an address that is not public");
	switch (code) {
	case CURLE_COULDNT_RESOLVE_HOST:
		return N_("the server does not exist");
	case CURLE_COULDNT_CONNECT:
		return N_("the server cannot be reached");
	case CURLE_OPERATION_TIMEDOUT:
		return N_("the server does not answer");
	case CURLE_TOO_MANY_REDIRECTS:
		return N_("redirects more than three times");
	case CURLE_PEER_FAILED_VERIFICATION:
		return N_("the certificate of the server is not valid");
	case CURLE_UNSUPPORTED_PROTOCOL:
		return N_("redirects to something that is no web address");
	default:
		return N_("the server does not answer as it should");
	}
}

static void
finish(struct try *t, CURLcode code)
{
	struct checker *k = t->checker;
	struct link *l = t->link;
	long status = 0;

	(void)curl_easy_getinfo(t->easy, CURLINFO_RESPONSE_CODE, &status);
	(void)curl_multi_remove_handle(k->multi, t->easy);
	curl_easy_cleanup(t->easy);
	t->easy = NULL;
	k->active--;
	if (status != 0 || t->refused || !off_network(code))
		k->answered = true;
	if (!t->get && code == CURLE_OK &&
	    (status == 403 || status == 405 || status == 501)) {
		t->get = true;
		start(t);
		return;
	}
	/* More than we want to see of it is there all the same. */
	if (code == CURLE_WRITE_ERROR && t->received > BODY_MAX)
		code = CURLE_OK;
	l->status = code == CURLE_OK ? status : 0;
	l->state = code == CURLE_OK && status < 400 ? LINK_OK : LINK_BROKEN;
	if (code != CURLE_OK)
		l->why = reason(t, code);
	k->done++;
	if (k->progress != NULL)
		k->progress(k->arg, k->done, k->n);
}

/* Time waiting in curl's own queue counts against a transfer, so what may not
 * begin yet waits here. */
static void
start_some(struct checker *k)
{
	for (size_t i = 0; i < k->n && k->active < ACTIVE_MAX; i++) {
		struct try *t = &k->tries[i];
		size_t same = 0;

		if (t->started)
			continue;
		for (size_t j = 0; j < k->n; j++)
			same += k->tries[j].easy != NULL &&
			    strcmp(k->tries[j].host, t->host) == 0;
		if (same < ACTIVE_HOST_MAX)
			start(t);
	}
}

static int
run(struct checker *k, struct err *e)
{
	while (k->done < k->n) {
		CURLMsg *m;
		CURLMcode rc;
		int left;

		start_some(k);
		rc = curl_multi_perform(k->multi, &left);
		if (rc == CURLM_OK)
			rc = curl_multi_poll(k->multi, NULL, 0, 200, NULL);
		if (rc != CURLM_OK)
			return err_set(e, ERR_SYS, "Trying links failed: %s",
			    curl_multi_strerror(rc));
		while ((m = curl_multi_info_read(k->multi, &left)) != NULL) {
			CURLcode code = m->data.result;
			char *t = NULL;

			(void)curl_easy_getinfo(m->easy_handle,
			    CURLINFO_PRIVATE, &t);
			finish((struct try *)(void *)t, code);
		}
	}
	return 0;
}

static void
collect(struct checker *k, struct link *links, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		struct try *t = &k->tries[k->n];

		if (links[i].state != LINK_UNTRIED || !is_web(links[i].url))
			continue;
		t->host = host_of(links[i].url);
		if (t->host == NULL) {
			links[i].state = LINK_BROKEN;
			links[i].why = N_("is not a complete web address");
			continue;
		}
		t->checker = k;
		t->link = &links[i];
		k->n++;
	}
}

int
links_check(struct link *links, size_t n, bool (*may)(const struct sockaddr *),
    links_progress *progress, void *arg, bool *ret_network, struct err *e)
{
	struct checker k = { .may = may, .progress = progress, .arg = arg };
	int rc;

	if (n > LINKS_MAX)
		return err_set(e, ERR_LIMIT, "More than %d links to try",
		    LINKS_MAX);
	if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
		return err_set(e, ERR_SYS, "Trying links failed: %s",
		    "libcurl");
	k.tries = calloc(n + 1, sizeof(*k.tries));
	k.multi = curl_multi_init();
	if (k.tries == NULL || k.multi == NULL)
		abort();
	collect(&k, links, n);
	/* Redirects may end at a host that others are waiting for. */
	(void)curl_multi_setopt(k.multi, CURLMOPT_MAX_HOST_CONNECTIONS,
	    (long)ACTIVE_HOST_MAX);
	rc = run(&k, e);
	for (size_t i = 0; i < k.n; i++) {
		struct try *t = &k.tries[i];

		if (t->easy != NULL) {
			(void)curl_multi_remove_handle(k.multi, t->easy);
			curl_easy_cleanup(t->easy);
		}
		if (!k.answered)
			*t->link = (struct link){ .url = t->link->url,
				.item = t->link->item };
		curl_free(t->host);
	}
	(void)curl_multi_cleanup(k.multi);
	curl_global_cleanup();
	free(k.tries);
	if (rc == 0)
		*ret_network = k.answered || k.n == 0;
	return rc;
}
