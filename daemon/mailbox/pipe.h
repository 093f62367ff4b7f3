/*
 * pipe - one mail on standard input, as a mail server hands it over
 *
 *	tweeluik-mailbox --stdin [--config FILE] [--mailbox NAME]
 *		[--recipient ADDRESS]
 *
 * Ends with an exit code of sysexits.h: 0 once what the mail means is
 * committed, or was before; 75 when it has to be handed over again; 65 for no
 * mail or one that is too large; 64 for wrong use, 77 and 78 for rights and
 * configuration.  Without a name it is a mail that came back.
 */
#ifndef DAEMON_MAILBOX_PIPE_H
#define DAEMON_MAILBOX_PIPE_H

#include <stdbool.h>

struct reading;

bool pipe_wanted(int argc, char **argv);
int pipe_run(struct reading *reading, int argc, char **argv);

#endif
