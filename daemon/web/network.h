/*
 * network - the network that somebody asks from
 *
 * No more of an address is kept than says which network it is in: 24 bits of
 * IPv4, 48 of IPv6, which is what one customer commonly has (RFC 6177).
 *
 * Threads: no state.
 */
#ifndef DAEMON_WEB_NETWORK_H
#define DAEMON_WEB_NETWORK_H

struct sockaddr;

#define NETWORK_BYTES 7 /* 4 or 6, and what it is called by */

struct network {
	unsigned char bytes[NETWORK_BYTES]; /* all zero: unknown */
};

/*
 * forwarded is X-Forwarded-For: its last entry is what the web server in front
 * wrote itself, the others are what anybody sent to it.  NULL, or what is no
 * address, leaves the peer.
 */
void network_of(struct network *ret, const struct sockaddr *peer,
    const char *forwarded);

#endif
