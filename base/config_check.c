#include "base/config_check.h"

#include <arpa/inet.h>
#include <confuse.h>
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/address.h"
#include "base/config.h"
#include "base/err.h"

static int
check_one_of(cfg_t *cfg, cfg_opt_t *opt, const char *const *words)
{
	const char *v = cfg_opt_getnstr(opt, 0);

	for (const char *const *w = words; *w != NULL; w++)
		if (strcmp(*w, v) == 0)
			return 0;
	cfg_error(cfg, "'%s' is not a value of '%s'", v, cfg_opt_name(opt));
	return -1;
}

static int
check_language(cfg_t *cfg, cfg_opt_t *opt)
{
	return check_one_of(cfg, opt,
	    (const char *const[]){ "nl", "en", NULL });
}

static int
check_tls(cfg_t *cfg, cfg_opt_t *opt)
{
	return check_one_of(cfg, opt,
	    (const char *const[]){ "starttls", "implicit", "none", NULL });
}

static int
check_uncertain(cfg_t *cfg, cfg_opt_t *opt)
{
	return check_one_of(cfg, opt,
	    (const char *const[]){ "resend", "hold", NULL });
}

static int
check_mailbox_kind(cfg_t *cfg, cfg_opt_t *opt)
{
	return check_one_of(cfg, opt,
	    (const char *const[]){ "imap", "pop3", "maildir", "pipe", NULL });
}

static int
check_mailbox_use(cfg_t *cfg, cfg_opt_t *opt)
{
	return check_one_of(cfg, opt,
	    (const char *const[]){ "return", "items", NULL });
}

static int
check_address(cfg_t *cfg, cfg_opt_t *opt)
{
	const char *v = cfg_opt_getnstr(opt, 0);
	struct address a;
	struct err e;

	if (address_parse(&a, v, strlen(v), &e) == 0)
		return 0;
	cfg_error(cfg, "'%s' is no address: %s", cfg_opt_name(opt), e.text);
	return -1;
}

static int
check_list(cfg_t *cfg, cfg_opt_t *opt, unsigned int max)
{
	struct address a;
	struct err e;

	if (cfg_opt_size(opt) > max) {
		cfg_error(cfg, "'%s' has room for %u addresses",
		    cfg_opt_name(opt), max);
		return -1;
	}
	for (unsigned int i = 0; i < cfg_opt_size(opt); i++) {
		const char *v = cfg_opt_getnstr(opt, i);

		if (address_parse(&a, v, strlen(v), &e) == -1) {
			cfg_error(cfg, "value %u of '%s' is no address: %s",
			    i + 1, cfg_opt_name(opt), e.text);
			return -1;
		}
	}
	return 0;
}

static int
check_addresses(cfg_t *cfg, cfg_opt_t *opt)
{
	return check_list(cfg, opt, CONFIG_NOTIFY_MAX);
}

static int
check_contributors(cfg_t *cfg, cfg_opt_t *opt)
{
	return check_list(cfg, opt, CONFIG_CONTRIBUTORS_MAX);
}

/* It begins with a time of the day, 07:00. */
static bool
is_clock(const char *s)
{
	return s[0] >= '0' && s[0] <= '2' && isdigit((unsigned char)s[1]) &&
	    (s[0] < '2' || s[1] < '4') && s[2] == ':' && s[3] >= '0' &&
	    s[3] <= '5' && isdigit((unsigned char)s[4]);
}

static int
check_limit(cfg_t *cfg, cfg_opt_t *opt)
{
	long n = cfg_opt_getnint(opt, 0);

	if (n >= 0 && n <= 1000000)
		return 0;
	cfg_error(cfg, "'%s' must be from 0 (no limit) to 1000000",
	    cfg_opt_name(opt));
	return -1;
}

static int
check_window(cfg_t *cfg, cfg_opt_t *opt)
{
	long n = cfg_opt_getnint(opt, 0);

	if (n >= 1 && n <= CONFIG_WINDOW_MAX)
		return 0;
	cfg_error(cfg, "'%s' must be from 1 to %d", cfg_opt_name(opt),
	    CONFIG_WINDOW_MAX);
	return -1;
}

static int
check_sync(cfg_t *cfg, cfg_opt_t *opt)
{
	return check_one_of(cfg, opt,
	    (const char *const[]){ "never", "turn", NULL });
}

/* Two of them that differ: 22:00-07:00. */
static int
check_quiet_hours(cfg_t *cfg, cfg_opt_t *opt)
{
	const char *v = cfg_opt_getnstr(opt, 0);

	if (v[0] == '\0' ||
	    (strlen(v) == 11 && is_clock(v) && v[5] == '-' && is_clock(v + 6) &&
		memcmp(v, v + 6, 5) != 0))
		return 0;
	cfg_error(cfg, "'%s' must be written as 22:00-07:00",
	    cfg_opt_name(opt));
	return -1;
}

/* 127.0.0.1:9469, [::1]:9469 */
static bool
on_loopback(const char *v)
{
	char host[64], *end;
	const char *colon = strrchr(v, ':');
	size_t n = colon != NULL ? (size_t)(colon - v) : 0;
	struct in_addr four;
	struct in6_addr six;
	long port;

	if (n == 0 || n >= sizeof(host))
		return false;
	port = strtol(colon + 1, &end, 10);
	if (colon[1] < '0' || colon[1] > '9' || *end != '\0' || port < 1 ||
	    port > 65535)
		return false;
	memcpy(host, v, n);
	host[n] = '\0';
	if (inet_pton(AF_INET, host, &four) == 1)
		return ntohl(four.s_addr) >> 24 == 127;
	if (host[0] != '[' || host[n - 1] != ']')
		return false;
	host[n - 1] = '\0';
	return inet_pton(AF_INET6, host + 1, &six) == 1 &&
	    IN6_IS_ADDR_LOOPBACK(&six);
}

#define SOCKET_PATH_MAX 107 /* unix(7) */

static int
check_metrics(cfg_t *cfg, cfg_opt_t *opt)
{
	const char *v = cfg_opt_getnstr(opt, 0);

	if (v[0] == '\0' || on_loopback(v) ||
	    (strncmp(v, "unix:/", 6) == 0 && strlen(v + 5) <= SOCKET_PATH_MAX))
		return 0;
	cfg_error(cfg,
	    "'%s' must be an address and port of the loopback interface, or "
	    "unix: and a path",
	    cfg_opt_name(opt));
	return -1;
}

static int
check_base_url(cfg_t *cfg, cfg_opt_t *opt)
{
	const char *v = cfg_opt_getnstr(opt, 0);
	size_t n = strlen(v);

	if (strncmp(v, "https://", 8) == 0 && n > 8 && n < 200 &&
	    v[n - 1] != '/' && strpbrk(v, " <>\"'\r\n") == NULL)
		return 0;
	cfg_error(cfg, "'%s' must begin with https:// and not end with /",
	    cfg_opt_name(opt));
	return -1;
}

static int
check_domain(cfg_t *cfg, cfg_opt_t *opt)
{
	const char *v = cfg_opt_getnstr(opt, 0);

	if (address_domain_ok(v, strlen(v)))
		return 0;
	cfg_error(cfg, "'%s' must be a domain in ASCII", cfg_opt_name(opt));
	return -1;
}

static int
check_number(cfg_t *cfg, cfg_opt_t *opt)
{
	for (unsigned int i = 0; i < cfg_opt_size(opt); i++) {
		long n = cfg_opt_getnint(opt, i);

		if (n < 1 || n > 65535) {
			cfg_error(cfg, "'%s' must be from 1 to 65535",
			    cfg_opt_name(opt));
			return -1;
		}
	}
	return 0;
}

static int
check_one_line(cfg_t *cfg, cfg_opt_t *opt)
{
	const char *v = cfg_opt_getnstr(opt, 0);

	for (; *v != '\0'; v++)
		if ((unsigned char)*v < 0x20 || *v == 0x7f) {
			cfg_error(cfg, "'%s' has a control character",
			    cfg_opt_name(opt));
			return -1;
		}
	return 0;
}

void
config_check_values(struct cfg_t *cfg)
{
	static const struct {
		const char *name;
		cfg_validate_callback_t check;
	} checks[] = {
		{ "language", check_language },
		{ "editors", check_addresses },
		{ "administrators", check_addresses },
		{ "newsletter|first_language", check_language },
		{ "newsletter|name_nl", check_one_line },
		{ "newsletter|name_en", check_one_line },
		{ "newsletter|sender", check_one_line },
		{ "newsletter|postal_address", check_one_line },
		{ "newsletter|address", check_address },
		{ "newsletter|reply_to", check_address },
		{ "newsletter|unsubscribe_address", check_address },
		{ "newsletter|list_id", check_domain },
		{ "newsletter|return_domain", check_domain },
		{ "newsletter|base_url", check_base_url },
		{ "relay|tls", check_tls },
		{ "relay|port", check_number },
		{ "relay|connections", check_number },
		{ "relay|helo", check_domain },
		{ "send|uncertain", check_uncertain },
		{ "send|retry_minutes", check_number },
		{ "send|expire_hours", check_number },
		{ "send|chunk_size", check_number },
		{ "relay|window", check_window },
		{ "send|rate", check_limit },
		{ "send|domain_rate", check_limit },
		{ "send|domain_concurrency", check_limit },
		{ "send|cool_down_minutes", check_number },
		{ "send|journal_sync", check_sync },
		{ "send|quiet_hours", check_quiet_hours },
		{ "web|metrics", check_metrics },
		{ "web|signups_per_network", check_limit },
		{ "web|signup_letters", check_limit },
		{ "items|address", check_address },
		{ "items|contributors", check_contributors },
		{ "items|authserv_id", check_one_line },
		{ "mailbox|kind", check_mailbox_kind },
		{ "mailbox|use", check_mailbox_use },
		{ "mailbox|port", check_number },
		{ "mailbox|tls", check_tls },
		{ "mailbox|user", check_one_line },
		{ "mailbox|folder", check_one_line },
	};

	for (size_t i = 0; i < sizeof(checks) / sizeof(checks[0]); i++)
		(void)cfg_set_validate_func(cfg, checks[i].name,
		    checks[i].check);
}
