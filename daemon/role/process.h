/*
 * process - how a daemon of ours behaves as a process
 *
 * Ownership: process_signals() hands out a descriptor for the caller to keep.
 * Threads: call these before the first thread, which inherits the blocked
 *   signals.
 */
#ifndef DAEMON_ROLE_PROCESS_H
#define DAEMON_ROLE_PROCESS_H

struct err;

/* No core dumps, in which keys and addresses could be; no SIGPIPE. */
void process_harden(void);

/* Block the signals (closed by 0) and return a descriptor that is readable
 * when one is pending. */
int process_signals(struct err *e, ...);

/* A pause before attempt n (1, 2, ...): one second, doubled each time. */
int process_pause_ms(unsigned int n, int max_ms);

/* Say on standard error, in one line, why program does not go on; returns its
 * exit code. */
int process_fail(const char *program, const struct err *e);

/* From now on err.h speaks this language. */
int process_speak(const char *lang, struct err *e);

/* A sentence in that language. */
const char *process_text(const char *msgid) __attribute__((format_arg(1)));

#endif
