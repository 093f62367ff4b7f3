/*
 * vet - is this value fit to go into a message
 *
 * What editors and configuration supply passes here before it reaches a header
 * or a body: a line break in a header is a header of somebody else's choice, a
 * private-use character a slot (base/slot.h) of somebody else's choice.
 *
 * Ownership: nothing is kept.
 * Errors: ERR_INPUT, naming the value by what and never quoting it.
 * Limits: VET_LINE_MAX bytes for anything in a header.
 * Threads: no state.
 * Source: RFC 5322 3.2.3 (atext), RFC 1123 2.1 (hosts).
 */
#ifndef COMPOSER_MESSAGE_VET_H
#define COMPOSER_MESSAGE_VET_H

struct err;

#define VET_LINE_MAX 900

/* UTF-8 without controls or private-use characters. */
int vet_line(const char *what, const char *value, struct err *e);

/* The same with TAB and line breaks of any kind, and with every slot that is
 * as wide for one recipient as for the other. */
int vet_body(const char *what, const char *value, struct err *e);

/* ASCII: dot-atom@host. */
int vet_address(const char *what, const char *value, struct err *e);

/* At least two labels of letters, digits and hyphens. */
int vet_host(const char *what, const char *value, struct err *e);

/* https and no character that a header field or mail program would end the
 * address at. */
int vet_url(const char *what, const char *value, struct err *e);

#endif
