#include "tests/unit/unit.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/err.h"
#include "composer/issue/links.h"

/* Spellings that the resolver turns into an address; nothing is asked of the
 * network. */
static const struct {
	const char *spelling;
	bool public;
} addresses[] = {
	{ "127.0.0.1", false },
	{ "127.1", false },
	{ "2130706433", false },
	{ "0x7f.1", false },
	{ "0x7f000001", false },
	{ "017700000001", false },
	{ "0", false },
	{ "0.0.0.0", false },
	{ "10.1.2.3", false },
	{ "100.64.0.1", false },
	{ "100.128.0.1", true },
	{ "169.254.169.254", false },
	{ "172.15.255.255", true },
	{ "172.16.0.1", false },
	{ "172.31.255.255", false },
	{ "172.32.0.1", true },
	{ "192.0.0.8", false },
	{ "192.0.2.1", false },
	{ "192.168.0.1", false },
	{ "192.88.99.1", false },
	{ "198.18.0.1", false },
	{ "198.19.255.255", false },
	{ "198.20.0.1", true },
	{ "198.51.100.1", false },
	{ "203.0.113.9", false },
	{ "224.0.0.1", false },
	{ "240.0.0.1", false },
	{ "255.255.255.255", false },
	{ "8.8.8.8", true },
	{ "::", false },
	{ "::1", false },
	{ "::ffff:127.0.0.1", false },
	{ "::ffff:8.8.8.8", false },
	{ "::127.0.0.1", false },
	{ "64:ff9b::7f00:1", false },
	{ "64:ff9b:1::1", false },
	{ "100::1", false },
	{ "fc00::1", false },
	{ "fd00::1", false },
	{ "fe80::1", false },
	{ "ff02::1", false },
	{ "2001::1", false },
	{ "2001:2::1", false },
	{ "2001:20::1", false },
	{ "2001:db8::1", false },
	{ "2002:7f00:1::1", false },
	{ "2002:808:808::1", false },
	{ "2620:4f:8000::1", false },
	{ "3fff::1", false },
	{ "4000::1", false },
	{ "2001:4860:4860::8888", true },
	{ "2a00:1450:4001::1", true },
};

static void
public_addresses(void **state)
{
	struct addrinfo hints = { .ai_socktype = SOCK_STREAM,
		.ai_flags = AI_NUMERICHOST };

	(void)state;
	for (size_t i = 0; i < sizeof(addresses) / sizeof(addresses[0]); i++) {
		struct addrinfo *list;

		assert_int_equal(getaddrinfo(addresses[i].spelling, "80",
				     &hints, &list),
		    0);
		if (links_address_is_public(list->ai_addr) !=
		    addresses[i].public)
			fail_msg("%s", addresses[i].spelling);
		freeaddrinfo(list);
	}
}

static void
other_families(void **state)
{
	struct sockaddr_storage s = { .ss_family = AF_UNIX };

	(void)state;
	assert_false(links_address_is_public((struct sockaddr *)&s));
}

static void
well_formed(void **state)
{
	static const struct {
		const char *url;
		bool ok;
	} t[] = {
		{ "https://www.voorbeeld.example/pagina?a=b#c", true },
		{ "http://voorbeeld.example", true },
		{ "https://[2001:4860::1]/", true },
		{ "mailto:loket@voorbeeld.example", true },
		{ "tel:+31201234567", true },
		{ "", false },
		{ "https://", false },
		{ "https://voorbeeld", false },
		{ "https://voor beeld.example/", false },
		{ "https://voorbeeld.example/\"", false },
		{ "https://jan:geheim@voorbeeld.example/", false },
		{ "www.voorbeeld.example", false },
		{ "javascript:alert(1)", false },
		{ "file:///etc/passwd", false },
		{ "ftp://voorbeeld.example/", false },
		{ "mailto:", false },
		{ "mailto:@voorbeeld.example", false },
		{ "tel:", false },
		{ "tel:nul-twintig", false },
		{ "https://voorbeeld.example:99999/", false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++)
		if (links_well_formed(t[i].url) != t[i].ok)
			fail_msg("%s", t[i].url);
}

/* A web server that answers by path, one connection at a time. */
static struct {
	int fd, port, heads, gets;
} server;

static void
answer(int fd, const char *request)
{
	static const char big[4096];
	char location[64];
	const char *status = "404 Not Found", *more = "";
	bool head = strncmp(request, "HEAD ", 5) == 0;
	char path[32] = "";

	server.heads += head;
	server.gets += !head;
	(void)sscanf(request, "%*s %31s", path);
	if (strcmp(path, "/ok") == 0) {
		status = "200 OK";
	} else if (strcmp(path, "/no-head") == 0) {
		status = head ? "405 No" : "206 Partial Content";
	} else if (strcmp(path, "/big") == 0) {
		status = head ? "501 No" : "200 OK";
	} else if (strncmp(path, "/hop", 4) == 0) {
		int left = path[4] - '0';

		(void)snprintf(location, sizeof(location),
		    left > 1 ? "Location: /hop%d\r\n" : "Location: /ok\r\n",
		    left - 1);
		status = "302 Found";
		more = location;
	} else if (strcmp(path, "/file") == 0) {
		status = "302 Found";
		more = "Location: file:///etc/passwd\r\n";
	} else if (strcmp(path, "/inside") == 0) {
		status = "302 Found";
		more = "Location: http://127.0.0.2/\r\n";
	}
	(void)dprintf(fd, "HTTP/1.1 %s\r\n%sConnection: close\r\n\r\n", status,
	    more);
	if (!head && strcmp(path, "/big") == 0)
		for (int i = 0; i < 1024; i++)
			if (send(fd, big, sizeof(big), MSG_NOSIGNAL) == -1)
				break;
}

static void *
serve(void *arg)
{
	char request[4096];
	int fd;

	while ((fd = accept(server.fd, NULL, NULL)) != -1) {
		ssize_t n = recv(fd, request, sizeof(request) - 1, 0);

		if (n > 0) {
			request[n] = '\0';
			answer(fd, request);
		}
		(void)shutdown(fd, SHUT_WR);
		(void)close(fd);
	}
	return arg;
}

static bool
only_ours(const struct sockaddr *a)
{
	struct sockaddr_in in;

	memcpy(&in, a, sizeof(in));
	return in.sin_family == AF_INET &&
	    in.sin_addr.s_addr == htonl(INADDR_LOOPBACK);
}

static size_t reported;

static void
count(void *arg, size_t done, size_t total)
{
	(void)arg;
	reported = done;
	assert_true(done <= total);
}

static void
tried(void **state)
{
	static const struct {
		const char *path;
		enum link_state state;
		long status;
		const char *why;
	} t[] = {
		{ "/ok", LINK_OK, 200, NULL },
		{ "/no-head", LINK_OK, 206, NULL },
		{ "/big", LINK_OK, 200, NULL },
		{ "/hop3", LINK_OK, 200, NULL },
		{ "/hop4", LINK_BROKEN, 0, "redirects more than three times" },
		{ "/gone", LINK_BROKEN, 404, NULL },
		{ "/file", LINK_BROKEN, 0,
		    "redirects to something that is no web address" },
		{ "/inside", LINK_BROKEN, 0,
		    "leads to an address that is not public" },
	};
	enum { N = sizeof(t) / sizeof(t[0]) };
	struct link links[N + 1] = { 0 };
	char url[N][64];
	bool network = false;
	struct err e;

	(void)state;
	/* Not used: it would go round the judge of addresses. */
	(void)setenv("http_proxy", "http://192.0.2.1:9/", 1);
	for (size_t i = 0; i < N; i++) {
		(void)snprintf(url[i], sizeof(url[i]), "http://127.0.0.1:%d%s",
		    server.port, t[i].path);
		links[i].url = url[i];
	}
	links[N].url = "mailto:loket@voorbeeld.example";
	assert_int_equal(links_check(links, N + 1, only_ours, count, NULL,
			     &network, &e),
	    0);
	assert_true(network);
	assert_int_equal(reported, N);
	for (size_t i = 0; i < N; i++) {
		if (links[i].state != t[i].state ||
		    links[i].status != t[i].status)
			fail_msg("%s: %d, %ld, %s", t[i].path, links[i].state,
			    links[i].status, links[i].why);
		if (t[i].why != NULL)
			assert_string_equal(links[i].why, t[i].why);
	}
	assert_int_equal(links[N].state, LINK_UNTRIED);
	assert_int_equal(server.gets, 2);
}

static void
guarded(void **state)
{
	struct link l[3] = { 0 };
	char url[3][64];
	bool network;
	struct err e;

	(void)state;
	(void)snprintf(url[0], 64, "http://127.0.0.1:%d/ok", server.port);
	(void)snprintf(url[1], 64, "http://2130706433:%d/ok", server.port);
	(void)snprintf(url[2], 64, "http://[::ffff:127.0.0.1]:%d/ok",
	    server.port);
	for (int i = 0; i < 3; i++)
		l[i].url = url[i];
	server.heads = 0;
	assert_int_equal(links_check(l, 3, links_address_is_public, NULL, NULL,
			     &network, &e),
	    0);
	for (int i = 0; i < 3; i++) {
		assert_int_equal(l[i].state, LINK_BROKEN);
		assert_string_equal(l[i].why,
		    "leads to an address that is not public");
	}
	assert_int_equal(server.heads, 0);
}

static void
off_network(void **state)
{
	struct link l = { .url = "http://127.0.0.1:1/", .item = 7 };
	bool network = true;
	struct err e;

	(void)state;
	assert_int_equal(links_check(&l, 1, only_ours, NULL, NULL, &network,
			     &e),
	    0);
	assert_false(network);
	assert_int_equal(l.state, LINK_UNTRIED);
	assert_null(l.why);
	assert_int_equal(l.item, 7);
}

static int
start_server(void **state)
{
	struct sockaddr_in a = { .sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t size = sizeof(a);
	pthread_t thread;

	(void)state;
	server.fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (server.fd == -1 ||
	    bind(server.fd, (struct sockaddr *)&a, size) == -1 ||
	    listen(server.fd, 16) == -1 ||
	    getsockname(server.fd, (struct sockaddr *)&a, &size) == -1)
		return -1;
	server.port = ntohs(a.sin_port);
	return pthread_create(&thread, NULL, serve, NULL) == 0 &&
		pthread_detach(thread) == 0
	    ? 0
	    : -1;
}

static int
stop_server(void **state)
{
	(void)state;
	return shutdown(server.fd, SHUT_RDWR) == 0 && close(server.fd) == 0
	    ? 0
	    : -1;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(public_addresses),
		cmocka_unit_test(other_families),
		cmocka_unit_test(well_formed),
		cmocka_unit_test(tried),
		cmocka_unit_test(guarded),
		cmocka_unit_test(off_network),
	};

	return cmocka_run_group_tests(tests, start_server, stop_server);
}
