/*
 * log - one event per line, key=value, on standard error
 *
 * Under systemd the line carries a <priority> prefix; elsewhere a time stamp.
 * Values are quoted when they need it.  Addresses never go into a log line:
 * recipients are numbers there (mailing and sequence number).
 *
 * Libraries do not log; the caller that decides does, once.
 * Threads: lines are written whole.
 */
#ifndef BASE_LOG_H
#define BASE_LOG_H

enum log_level {
	LOG_LEVEL_ERROR = 3,
	LOG_LEVEL_WARNING = 4,
	LOG_LEVEL_INFO = 6,
	LOG_LEVEL_DEBUG = 7,
};

/* program is shown in each line; lines above max_level are dropped. */
void log_init(const char *program, enum log_level max_level);

/*
 * Write event and pairs of key and value, closed by NULL:
 *	log_event(LOG_LEVEL_INFO, "mailing-done", "mailing", "12", NULL);
 */
void log_event(enum log_level level, const char *event, ...)
    __attribute__((sentinel));

#endif
