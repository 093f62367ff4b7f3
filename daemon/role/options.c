#include "daemon/role/options.h"

#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "base/catalogue.h"
#include "base/err.h"

enum {
	CONFIG = 'c',
	VERSION = 'V',
	HELP = 'h',
	FOREGROUND = 256,
	CHECK,
	ONCE,
	HOLD
};

static const struct option longs[] = {
	{ "config", required_argument, NULL, CONFIG },
	{ "foreground", no_argument, NULL, FOREGROUND },
	{ "check-config", no_argument, NULL, CHECK },
	{ "once", no_argument, NULL, ONCE },
	{ "hold", no_argument, NULL, HOLD },
	{ "version", no_argument, NULL, VERSION },
	{ "help", no_argument, NULL, HELP },
	{ 0 },
};

static void
help(const char *program)
{
	(void)printf("%s [--config FILE] [--foreground] [--check-config] "
		     "[--once] [--hold] [--version] [--help]\n"
		     "tweeluikd(8)\n",
	    program);
}

int
options_parse(struct options *ret, int argc, char **argv, const char *program,
    struct err *e)
{
	struct options o = { .config = NULL };
	int got;

	optind = 0; /* glibc: start anew */
	opterr = 0;
	while ((got = getopt_long(argc, argv, ":c:h", longs, NULL)) != -1) {
		switch (got) {
		case CONFIG:
			o.config = optarg;
			break;
		case FOREGROUND:
			o.foreground = true;
			break;
		case CHECK:
			o.check = true;
			break;
		case ONCE:
			o.once = true;
			break;
		case HOLD:
			o.hold = true;
			break;
		case VERSION:
			(void)printf("%s %s\n", program, TWEELUIK_VERSION);
			return 0;
		case HELP:
			help(program);
			return 0;
		default:
			(void)err_set(e, ERR_USAGE,
			    got == ':' ? N_("%s needs a value")
				       : N_("%s is no option here"),
			    argv[optind - 1]);
			return err_hint(e, N_("Help: %s --help"), program);
		}
	}
	if (optind < argc) {
		(void)err_set(e, ERR_USAGE, "'%s' is too much", argv[optind]);
		return err_hint(e, N_("Help: %s --help"), program);
	}
	*ret = o;
	return 1;
}
