#include "daemon/role/process.h"

#include <errno.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>

#include "base/catalogue.h"
#include "base/err.h"
#include "base/paths.h"

static const char *language = "en";

void
process_harden(void)
{
	const struct rlimit none = { 0, 0 };

	(void)setrlimit(RLIMIT_CORE, &none);
#ifndef __SANITIZE_ADDRESS__ /* which looks for leaks with ptrace */
	(void)prctl(PR_SET_DUMPABLE, 0);
#endif
	(void)signal(SIGPIPE, SIG_IGN);
}

int
process_signals(struct err *e, ...)
{
	sigset_t set;
	va_list ap;
	int fd, sig;

	(void)sigemptyset(&set);
	va_start(ap, e);
	while ((sig = va_arg(ap, int)) != 0)
		(void)sigaddset(&set, sig);
	va_end(ap);
	(void)sigprocmask(SIG_BLOCK, &set, NULL);
	fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	if (fd == -1)
		return err_sys(e, errno, "Signals cannot be received");
	return fd;
}

int
process_pause_ms(unsigned int n, int max_ms)
{
	int ms = 1000;

	while (--n > 0 && ms < max_ms)
		ms *= 2;
	return ms < max_ms ? ms : max_ms;
}

int
process_fail(const char *program, const struct err *e)
{
	(void)fprintf(stderr, "%s%s: %s%s%s\n",
	    getenv("JOURNAL_STREAM") != NULL ? "<3>" : "", program, e->text,
	    e->hint[0] != '\0' ? ". " : "", e->hint);
	return err_exit_code(e);
}

const char *
process_text(const char *msgid)
{
	return catalogue_text(language, msgid);
}

int
process_speak(const char *lang, struct err *e)
{
	char dir[4200];

	(void)snprintf(dir, sizeof(dir), "%s/locale", paths_share());
	if (catalogue_init(dir, e) == -1)
		return -1;
	language = lang;
	err_translate_with(process_text);
	return 0;
}
