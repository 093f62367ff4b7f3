/*
 * links - whether the links of an issue lead somewhere
 *
 * Only when a person asks for it: trying a link tells its server that somebody
 * looked.  HEAD first, GET of one byte where HEAD is refused.  No cookies, no
 * proxy, no credentials, a name that says nothing about us.
 *
 * A link comes from outside, so what it resolves to is judged for every
 * connection, after DNS and after every redirect: only addresses on the public
 * internet, or whatever `may` allows instead.
 *
 * Ownership: the links are the caller's; why points to a constant.
 * Errors: a broken link is a result, never an error.
 * Limits: LINKS_MAX links, 2 connections a host, 8 in all, 3 redirects, 64 KiB
 *   of answer, 15 seconds a link.
 * Threads: one call at a time; links_address_is_public() is pure.
 * Source: STANDARDS Z7; RFC 6890 and the IANA special-purpose registries.
 */
#ifndef COMPOSER_ISSUE_LINKS_H
#define COMPOSER_ISSUE_LINKS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct err;
struct sockaddr;

#define LINKS_MAX 1000

enum link_state { LINK_UNTRIED, LINK_OK, LINK_BROKEN };

struct link {
	const char *url;
	int64_t item; /* for the caller */
	enum link_state state;
	long status;	 /* of HTTP, 0 for none */
	const char *why; /* msgid, when broken without a status */
};

/* Unicast on the public internet: not loopback, private, link-local, shared,
 * documentation, multicast, or a way of writing one of those in IPv6. */
bool links_address_is_public(const struct sockaddr *address);

/* https, http, mailto or tel, complete, without blanks or credentials. */
bool links_well_formed(const char *url);

/* Called after each link that was tried. */
typedef void links_progress(void *arg, size_t done, size_t total);

/*
 * Try every link with http or https that is still LINK_UNTRIED; the others are
 * left as they are.  *ret_network is false when no server answered at all: then
 * we are off the network and every link is LINK_UNTRIED again.
 */
int
links_check(struct link *links, size_t n, bool (*may)(const struct sockaddr *),
    links_progress *progress, void *arg, bool *ret_network, struct err *e);

#endif
