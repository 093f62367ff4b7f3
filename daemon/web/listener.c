#include "daemon/web/listener.h"

#include <errno.h>
#include <netdb.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/err.h"

#define BACKLOG 512

static int
bad_address(const char *address, struct err *e)
{
	return err_set(e, ERR_CONFIG, "web.listen is no address and port: %s",
	    address);
}

static int
listen_on(int *ret_fd, const struct addrinfo *a)
{
	int one = 1;
	int fd =
	    socket(a->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (fd == -1)
		return -1;
	if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one)) == -1 ||
	    bind(fd, a->ai_addr, a->ai_addrlen) == -1 ||
	    listen(fd, BACKLOG) == -1) {
		int saved = errno;

		(void)close(fd);
		errno = saved;
		return -1;
	}
	*ret_fd = fd;
	return 0;
}

int
listener_open(int *ret_fd, const char *address, struct err *e)
{
	static const struct addrinfo hints = {
		.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV | AI_PASSIVE,
		.ai_socktype = SOCK_STREAM,
	};
	struct addrinfo *found;
	char host[128];
	const char *colon = strrchr(address, ':');
	size_t n;
	int rc;

	if (colon == NULL || colon == address ||
	    (size_t)(colon - address) >= sizeof(host))
		return bad_address(address, e);
	n = (size_t)(colon - address);
	if (address[0] == '[' && address[n - 1] == ']') {
		address++;
		n -= 2;
	}
	memcpy(host, address, n);
	host[n] = '\0';
	if (getaddrinfo(host, colon + 1, &hints, &found) != 0)
		return bad_address(address, e);
	rc = listen_on(ret_fd, found);
	freeaddrinfo(found);
	if (rc == -1)
		return err_set(e, ERR_CONFIG, "Cannot listen on %s: %s",
		    address, strerror(errno));
	return 0;
}
