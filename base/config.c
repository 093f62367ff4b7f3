#include "base/config.h"

#include <confuse.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/address.h"
#include "base/catalogue.h"
#include "base/err.h"

static cfg_opt_t newsletter_opts[] = {
	CFG_STR("name_nl", "Nieuwsbrief", CFGF_NONE),
	CFG_STR("name_en", "Newsletter", CFGF_NONE),
	CFG_STR("sender", NULL, CFGF_NODEFAULT),
	CFG_STR("address", NULL, CFGF_NODEFAULT),
	CFG_STR("reply_to", NULL, CFGF_NODEFAULT),
	CFG_STR("postal_address", NULL, CFGF_NODEFAULT),
	CFG_STR("list_id", NULL, CFGF_NODEFAULT),
	CFG_STR("base_url", NULL, CFGF_NODEFAULT),
	CFG_STR("unsubscribe_address", NULL, CFGF_NODEFAULT),
	CFG_STR("return_domain", NULL, CFGF_NODEFAULT),
	CFG_STR("first_language", "nl", CFGF_NONE),
	CFG_BOOL("neutral_subject", cfg_false, CFGF_NONE),
	CFG_BOOL("archive", cfg_false, CFGF_NONE),
	CFG_END(),
};
static cfg_opt_t relay_opts[] = {
	CFG_STR("host", "localhost", CFGF_NONE),
	CFG_INT("port", 587, CFGF_NONE),
	CFG_STR("tls", "starttls", CFGF_NONE),
	CFG_STR("ca_file", NULL, CFGF_NODEFAULT),
	CFG_STR("user", NULL, CFGF_NODEFAULT),
	CFG_STR("password_file", NULL, CFGF_NODEFAULT),
	CFG_STR("helo", NULL, CFGF_NODEFAULT),
	CFG_INT("connections", 2, CFGF_NONE),
	CFG_INT("window", 32, CFGF_NONE),
	CFG_END(),
};
static char retry_default[] = "{5, 30, 60, 120}";
static cfg_opt_t send_opts[] = {
	CFG_INT_LIST("retry_minutes", retry_default, CFGF_NONE),
	CFG_INT("expire_hours", 120, CFGF_NONE),
	CFG_STR("uncertain", "resend", CFGF_NONE),
	CFG_INT("chunk_size", 500, CFGF_NONE),
	CFG_INT("rate", 0, CFGF_NONE),
	CFG_INT("domain_rate", 0, CFGF_NONE),
	CFG_INT("domain_concurrency", 0, CFGF_NONE),
	CFG_INT("cool_down_minutes", 10, CFGF_NONE),
	CFG_STR("quiet_from", "", CFGF_NONE),
	CFG_STR("quiet_until", "", CFGF_NONE),
	CFG_STR("journal", "/var/lib/tweeluik/send", CFGF_NONE),
	CFG_STR("journal_sync", "never", CFGF_NONE),
	CFG_END(),
};
static cfg_opt_t web_opts[] = {
	CFG_STR("listen", "127.0.0.1:8080", CFGF_NONE),
	CFG_END(),
};
static cfg_opt_t opts[] = {
	CFG_STR("database", "dbname=tweeluik", CFGF_NONE),
	CFG_STR("keys", "/etc/tweeluik/keys", CFGF_NONE),
	CFG_STR("language", "nl", CFGF_NONE),
	CFG_SEC("newsletter", newsletter_opts, CFGF_NONE),
	CFG_SEC("relay", relay_opts, CFGF_NONE),
	CFG_SEC("send", send_opts, CFGF_NONE),
	CFG_SEC("web", web_opts, CFGF_NONE),
	CFG_END(),
};

/* libconfuse hands its errors to a callback without an argument of ours. */
static _Thread_local struct err *parse_err;
static _Thread_local const char *parse_path;

static void on_error(cfg_t *cfg, const char *fmt, va_list ap)
    __attribute__((format(printf, 2, 0)));

static void
on_error(cfg_t *cfg, const char *fmt, va_list ap)
{
	char what[ERR_TEXT_MAX];

	if (parse_err == NULL || parse_err->kind != ERR_NONE)
		return;
	(void)vsnprintf(what, sizeof(what), fmt, ap);
	if (cfg != NULL && cfg->line > 0)
		(void)err_set(parse_err, ERR_CONFIG, "%s, line %d: %s",
		    parse_path, cfg->line, what);
	else
		(void)err_set(parse_err, ERR_CONFIG, "%s: %s", parse_path,
		    what);
}

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

/* A time of the day, or empty. */
static int
check_clock(cfg_t *cfg, cfg_opt_t *opt)
{
	const char *v = cfg_opt_getnstr(opt, 0);

	if (v[0] == '\0' ||
	    (strlen(v) == 5 && v[0] >= '0' && v[0] <= '2' && v[1] >= '0' &&
		v[1] <= (v[0] == '2' ? '3' : '9') && v[2] == ':' &&
		v[3] >= '0' && v[3] <= '5' && v[4] >= '0' && v[4] <= '9'))
		return 0;
	cfg_error(cfg, "'%s' must be a time of the day such as 22:00",
	    cfg_opt_name(opt));
	return -1;
}

static int
check_sync(cfg_t *cfg, cfg_opt_t *opt)
{
	return check_one_of(cfg, opt,
	    (const char *const[]){ "never", "turn", NULL });
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

static void
set_checks(cfg_t *cfg)
{
	static const struct {
		const char *name;
		cfg_validate_callback_t check;
	} checks[] = {
		{ "language", check_language },
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
		{ "send|quiet_from", check_clock },
		{ "send|quiet_until", check_clock },
		{ "send|journal_sync", check_sync },
	};

	for (size_t i = 0; i < sizeof(checks) / sizeof(checks[0]); i++)
		(void)cfg_set_validate_func(cfg, checks[i].name,
		    checks[i].check);
}

static int
fill(struct config *c, struct err *e)
{
	static const char *const required[] = { "newsletter|sender",
		"newsletter|address", "newsletter|reply_to",
		"newsletter|postal_address", "newsletter|list_id",
		"newsletter|base_url", "newsletter|unsubscribe_address",
		"newsletter|return_domain" };
	cfg_t *g = c->cfg;
	const char *tls;

	for (size_t i = 0; i < sizeof(required) / sizeof(required[0]); i++) {
		const char *v = cfg_getstr(g, required[i]);

		if (v == NULL || v[0] == '\0') {
			(void)err_set(e, ERR_CONFIG,
			    "%s: the setting '%s' of section 'newsletter' is "
			    "missing",
			    c->path, strchr(required[i], '|') + 1);
			return err_hint(e, N_("See tweeluik.conf(5)"));
		}
	}
	c->database = cfg_getstr(g, "database");
	c->keys = cfg_getstr(g, "keys");
	c->language = cfg_getstr(g, "language");
	c->name_nl = cfg_getstr(g, "newsletter|name_nl");
	c->name_en = cfg_getstr(g, "newsletter|name_en");
	c->sender = cfg_getstr(g, "newsletter|sender");
	c->address = cfg_getstr(g, "newsletter|address");
	c->reply_to = cfg_getstr(g, "newsletter|reply_to");
	c->postal_address = cfg_getstr(g, "newsletter|postal_address");
	c->list_id = cfg_getstr(g, "newsletter|list_id");
	c->base_url = cfg_getstr(g, "newsletter|base_url");
	c->unsubscribe_address =
	    cfg_getstr(g, "newsletter|unsubscribe_address");
	c->return_domain = cfg_getstr(g, "newsletter|return_domain");
	c->first_language = cfg_getstr(g, "newsletter|first_language");
	c->neutral_subject = cfg_getbool(g, "newsletter|neutral_subject");
	c->archive = cfg_getbool(g, "newsletter|archive");
	c->relay_host = cfg_getstr(g, "relay|host");
	c->relay_port = (int)cfg_getint(g, "relay|port");
	tls = cfg_getstr(g, "relay|tls");
	c->relay_tls = tls[0] == 's' ? CONFIG_TLS_STARTTLS
	    : tls[0] == 'i'	     ? CONFIG_TLS_IMPLICIT
				     : CONFIG_TLS_NONE;
	c->relay_ca_file = cfg_getstr(g, "relay|ca_file");
	c->relay_user = cfg_getstr(g, "relay|user");
	c->relay_password_file = cfg_getstr(g, "relay|password_file");
	c->relay_helo = cfg_getstr(g, "relay|helo");
	c->relay_connections = (int)cfg_getint(g, "relay|connections");
	c->nretry = cfg_size(g, "send|retry_minutes");
	if (c->nretry == 0 || c->nretry > CONFIG_RETRIES_MAX)
		return err_set(e, ERR_CONFIG,
		    "%s: 'retry_minutes' needs 1 to %d numbers", c->path,
		    CONFIG_RETRIES_MAX);
	for (unsigned int i = 0; i < c->nretry; i++)
		c->retry_minutes[i] =
		    (int)cfg_getnint(g, "send|retry_minutes", i);
	c->expire_hours = (int)cfg_getint(g, "send|expire_hours");
	c->hold_uncertain =
	    strcmp(cfg_getstr(g, "send|uncertain"), "hold") == 0;
	c->chunk_size = (int)cfg_getint(g, "send|chunk_size");
	c->relay_window = (int)cfg_getint(g, "relay|window");
	c->rate = (int)cfg_getint(g, "send|rate");
	c->domain_rate = (int)cfg_getint(g, "send|domain_rate");
	c->domain_concurrency = (int)cfg_getint(g, "send|domain_concurrency");
	c->cool_down_minutes = (int)cfg_getint(g, "send|cool_down_minutes");
	c->quiet_from = cfg_getstr(g, "send|quiet_from");
	c->quiet_until = cfg_getstr(g, "send|quiet_until");
	c->journal = cfg_getstr(g, "send|journal");
	c->journal_sync = strcmp(cfg_getstr(g, "send|journal_sync"), "turn") == 0;
	c->web_listen = cfg_getstr(g, "web|listen");
	return 0;
}

const char *
config_path(const char *override_path)
{
	const char *path = override_path;

	if (path == NULL)
		path = getenv("TWEELUIK_CONFIG");
	return path != NULL ? path : TWEELUIK_CONFIG_PATH;
}

int
config_load(struct config *c, const char *override_path, struct err *e)
{
	FILE *f;
	int rc;

	memset(c, 0, sizeof(*c));
	c->path = config_path(override_path);
	f = fopen(c->path, "re");
	if (f == NULL) {
		int why = errno;

		(void)err_sys(e, why, "The configuration %s cannot be read",
		    c->path);
		e->kind = why == EACCES ? ERR_DENIED : ERR_CONFIG;
		return err_hint(e,
		    N_("Name another file with --config, or see "
		       "tweeluik.conf(5)"));
	}
	c->cfg = cfg_init(opts, CFGF_NONE);
	if (c->cfg == NULL)
		abort();
	(void)cfg_set_error_function(c->cfg, on_error);
	set_checks(c->cfg);
	e->kind = ERR_NONE;
	parse_err = e;
	parse_path = c->path;
	rc = cfg_parse_fp(c->cfg, f);
	(void)fclose(f);
	parse_err = NULL;
	if (rc != CFG_SUCCESS) {
		if (e->kind == ERR_NONE)
			(void)err_set(e, ERR_CONFIG, "%s cannot be parsed",
			    c->path);
		config_done(c);
		return -1;
	}
	if (fill(c, e) == -1) {
		config_done(c);
		return -1;
	}
	return 0;
}

void
config_done(struct config *c)
{
	if (c->cfg != NULL)
		(void)cfg_free(c->cfg);
	memset(c, 0, sizeof(*c));
}

static void
visit_option(cfg_opt_t *o, const char *section,
    void (*visit)(void *, const char *, const char *, bool), void *arg)
{
	char name[64], value[512];
	size_t n = 0;

	(void)snprintf(name, sizeof(name), "%s%s%s", section,
	    section[0] != '\0' ? "." : "", cfg_opt_name(o));
	value[0] = '\0';
	for (unsigned int i = 0; i < cfg_opt_size(o); i++) {
		char one[400];

		if (o->type == CFGT_INT)
			(void)snprintf(one, sizeof(one), "%ld",
			    cfg_opt_getnint(o, i));
		else if (o->type == CFGT_BOOL)
			(void)snprintf(one, sizeof(one), "%s",
			    cfg_opt_getnbool(o, i) ? "true" : "false");
		else
			(void)snprintf(one, sizeof(one), "%s",
			    cfg_opt_getnstr(o, i) != NULL
				? cfg_opt_getnstr(o, i)
				: "");
		n += (size_t)snprintf(value + n, sizeof(value) - n, "%s%s",
		    i > 0 ? ", " : "", one);
		if (n >= sizeof(value))
			break;
	}
	visit(arg, name, value, (o->flags & CFGF_MODIFIED) != 0);
}

void
config_each(const struct config *c,
    void (
	*visit)(void *arg, const char *name, const char *value, bool from_file),
    void *arg)
{
	for (unsigned int i = 0; i < cfg_num(c->cfg); i++) {
		cfg_opt_t *o = cfg_getnopt(c->cfg, i);

		if (o->type != CFGT_SEC) {
			visit_option(o, "", visit, arg);
			continue;
		}
		cfg_t *sec = cfg_opt_getnsec(o, 0);
		for (unsigned int k = 0; k < cfg_num(sec); k++)
			visit_option(cfg_getnopt(sec, k), cfg_opt_name(o),
			    visit, arg);
	}
}
