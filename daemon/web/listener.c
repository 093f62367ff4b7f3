#include "daemon/web/listener.h"

#include <errno.h>
#include <netdb.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/err.h"

#define BACKLOG 512

static int
bad_address(const char *address, struct err *e)
{
	return err_set(e, ERR_CONFIG,
	    "This is no address and port to listen on: %s", address);
}

static int
cannot(const char *address, struct err *e)
{
	return err_set(e, ERR_CONFIG, "Cannot listen on %s: %s", address,
	    strerror(errno));
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

/* What a process that was killed left behind is in the way, what somebody
 * listens on is not ours. */
static int
make_room(const struct sockaddr_un *a)
{
	struct stat st;
	int fd, rc;

	if (lstat(a->sun_path, &st) == -1 || !S_ISSOCK(st.st_mode))
		return 0;
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd == -1)
		return -1;
	rc = connect(fd, (const struct sockaddr *)a, sizeof(*a));
	(void)close(fd);
	if (rc == -1)
		return unlink(a->sun_path);
	errno = EADDRINUSE;
	return -1;
}

static int
listen_unix(int *ret_fd, const char *path)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	int fd, saved;

	if (strlen(path) >= sizeof(a.sun_path)) {
		errno = ENAMETOOLONG;
		return -1;
	}
	memcpy(a.sun_path, path, strlen(path) + 1);
	if (make_room(&a) == -1)
		return -1;
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd == -1)
		return -1;
	if (bind(fd, (const struct sockaddr *)&a, sizeof(a)) == -1 ||
	    chmod(path, 0660) == -1 || listen(fd, BACKLOG) == -1) {
		saved = errno;
		(void)close(fd);
		errno = saved;
		return -1;
	}
	*ret_fd = fd;
	return 0;
}

static int
open_network(int *ret_fd, const char *address, struct err *e)
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
	return rc == -1 ? cannot(address, e) : 0;
}

int
listener_open(int *ret_fd, const char *address, struct err *e)
{
	if (strncmp(address, "unix:", 5) != 0)
		return open_network(ret_fd, address, e);
	return listen_unix(ret_fd, address + 5) == -1 ? cannot(address, e) : 0;
}
