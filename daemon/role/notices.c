#include "daemon/role/notices.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "base/err.h"

int
notices_open(struct notices *n, struct err *e)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	socklen_t size = sizeof(a);
	const int on = 1;

	n->fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (n->fd == -1 ||
	    setsockopt(n->fd, SOL_SOCKET, SO_PASSCRED, &on, sizeof(on)) == -1 ||
	    bind(n->fd, (struct sockaddr *)&a, sizeof(a.sun_family)) == -1 ||
	    getsockname(n->fd, (struct sockaddr *)&a, &size) == -1)
		return err_sys(e, errno, "The roles cannot be heard");
	/* unix(7): a NUL and five hexadecimal digits */
	(void)snprintf(n->address, sizeof(n->address), "@%.*s",
	    (int)(size - sizeof(a.sun_family)) - 1, a.sun_path + 1);
	return 0;
}

int
notices_read(struct notices *n, struct notice *ret)
{
	char control[CMSG_SPACE(sizeof(struct ucred))];
	struct iovec iov = { ret->text, sizeof(ret->text) - 1 };
	struct msghdr m = { .msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = control,
		.msg_controllen = sizeof(control) };
	ssize_t size = recvmsg(n->fd, &m, MSG_CMSG_CLOEXEC);
	struct cmsghdr *h;
	struct ucred who = { .pid = 0 };

	if (size < 0)
		return 0;
	h = CMSG_FIRSTHDR(&m);
	if (h != NULL && h->cmsg_level == SOL_SOCKET &&
	    h->cmsg_type == SCM_CREDENTIALS)
		memcpy(&who, CMSG_DATA(h), sizeof(who));
	ret->text[size] = '\0';
	ret->pid = who.pid;
	ret->ready = strstr(ret->text, "READY=1") != NULL;
	ret->status = strstr(ret->text, "STATUS=");
	if (ret->status != NULL) {
		ret->status += strlen("STATUS=");
		ret->text[(size_t)(ret->status - ret->text) +
		    strcspn(ret->status, "\n")] = '\0';
	}
	return 1;
}
