#include "daemon/web/network.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <string.h>

#define V4_BYTES 3
#define V6_BYTES 6
#define MAPPED_BYTES 12 /* in front of an IPv4 address (RFC 4291, 2.5.5.2) */

static void
put(struct network *ret, unsigned char version, const void *address, size_t n)
{
	*ret = (struct network){ .bytes = { version } };
	memcpy(ret->bytes + 1, address, n);
}

static void
put_v6(struct network *ret, const struct in6_addr *a)
{
	if (IN6_IS_ADDR_V4MAPPED(a))
		put(ret, 4, a->s6_addr + MAPPED_BYTES, V4_BYTES);
	else
		put(ret, 6, a->s6_addr, V6_BYTES);
}

/* The last entry of a list. */
static bool
put_forwarded(struct network *ret, const char *list)
{
	char text[INET6_ADDRSTRLEN];
	const char *comma = strrchr(list, ',');
	struct in_addr four;
	struct in6_addr six;
	size_t n;

	if (comma != NULL)
		list = comma + 1;
	list += strspn(list, " \t");
	n = strcspn(list, " \t");
	if (n >= sizeof(text))
		return false;
	memcpy(text, list, n);
	text[n] = '\0';
	if (inet_pton(AF_INET, text, &four) == 1)
		put(ret, 4, &four, V4_BYTES);
	else if (inet_pton(AF_INET6, text, &six) == 1)
		put_v6(ret, &six);
	else
		return false;
	return true;
}

void
network_of(struct network *ret, const struct sockaddr *peer,
    const char *forwarded)
{
	*ret = (struct network){ .bytes = { 0 } };
	if (forwarded != NULL && put_forwarded(ret, forwarded))
		return;
	if (peer->sa_family == AF_INET) {
		struct sockaddr_in four;

		memcpy(&four, peer, sizeof(four));
		put(ret, 4, &four.sin_addr, V4_BYTES);
	} else if (peer->sa_family == AF_INET6) {
		struct sockaddr_in6 six;

		memcpy(&six, peer, sizeof(six));
		put_v6(ret, &six.sin6_addr);
	}
}
