/*
 * hello - what libmicrohttpd answers when there is nothing to do
 *
 *	hello PORT BYTES
 *
 * The same threads as the web role; a page of BYTES to a GET, a line to a
 * POST, whose body is read and forgotten.
 */
#include <microhttpd.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define THREADS 12U
#define CONNECTIONS_MAX 800U

struct page {
	char *text;
	size_t n;
};

static enum MHD_Result
on_request(void *arg, struct MHD_Connection *c, const char *url,
    const char *method, const char *version, const char *body, size_t *n,
    void **context)
{
	static char begun[1], line[] = "unsubscribed\n";
	const struct page *page = arg;
	bool is_get = strcmp(method, "GET") == 0;
	struct MHD_Response *m;
	enum MHD_Result rc;

	(void)url;
	(void)version;
	(void)body;
	if (*context == NULL) {
		*context = begun;
		return MHD_YES;
	}
	if (*n > 0) {
		*n = 0;
		return MHD_YES;
	}
	m = MHD_create_response_from_buffer(is_get ? page->n : strlen(line),
	    is_get ? page->text : line, MHD_RESPMEM_PERSISTENT);
	if (m == NULL)
		return MHD_NO;
	rc = MHD_queue_response(c, MHD_HTTP_OK, m);
	MHD_destroy_response(m);
	return rc;
}

int
main(int argc, char **argv)
{
	struct MHD_Daemon *daemon;
	struct page page;
	sigset_t stop;
	int number;

	if (argc != 3) {
		(void)fprintf(stderr, "usage: hello PORT BYTES\n");
		return 2;
	}
	page.n = strtoul(argv[2], NULL, 10);
	page.text = malloc(page.n + 1);
	if (page.text == NULL)
		return 1;
	memset(page.text, 'h', page.n);
	(void)sigemptyset(&stop);
	(void)sigaddset(&stop, SIGTERM);
	(void)sigprocmask(SIG_BLOCK, &stop, NULL);
	daemon = MHD_start_daemon(MHD_USE_EPOLL_INTERNAL_THREAD,
	    (uint16_t)strtoul(argv[1], NULL, 10), NULL, NULL, on_request, &page,
	    MHD_OPTION_THREAD_POOL_SIZE, THREADS, MHD_OPTION_CONNECTION_LIMIT,
	    CONNECTIONS_MAX, MHD_OPTION_END);
	if (daemon == NULL)
		return 1;
	(void)sigwait(&stop, &number);
	MHD_stop_daemon(daemon);
	free(page.text);
	return 0;
}
