/*
 * farewell - the last mail: that it is the last, and how to undo it
 *
 * Only for who left through the page: a forwarded mail may have been in other
 * hands.  Built as every system mail, in the language of the reader.
 */
#ifndef DAEMON_WEB_FAREWELL_H
#define DAEMON_WEB_FAREWELL_H

struct err;
struct reader;

/* Within the transaction in which the reader left. */
int farewell_queue(const struct reader *d, struct err *e);

#endif
