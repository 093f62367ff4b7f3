#include "base/config.h"

#include <confuse.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/catalogue.h"
#include "base/config_check.h"
#include "base/config_mailbox.h"
#include "base/err.h"

#define CONFIG_BYTES_MAX ((size_t)256 * 1024)

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
	CFG_BOOL("archive", cfg_true, CFGF_NONE),
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
	CFG_STR("journal", "/var/lib/tweeluik/send", CFGF_NONE),
	CFG_STR("journal_sync", "never", CFGF_NONE),
	CFG_STR("quiet_hours", "", CFGF_NONE),
	CFG_END(),
};
static cfg_opt_t web_opts[] = {
	CFG_STR("listen", "127.0.0.1:8080", CFGF_NONE),
	CFG_STR("metrics", "", CFGF_NONE),
	CFG_BOOL("proxy", cfg_true, CFGF_NONE),
	CFG_INT("signups_per_network", 30, CFGF_NONE),
	CFG_INT("signup_letters", 200, CFGF_NONE),
	CFG_END(),
};
static char nobody[] = "{}";
static cfg_opt_t items_opts[] = {
	CFG_STR("address", NULL, CFGF_NODEFAULT),
	CFG_STR_LIST("contributors", nobody, CFGF_NONE),
	CFG_STR("authserv_id", NULL, CFGF_NODEFAULT),
	CFG_END(),
};
static cfg_opt_t opts[] = {
	CFG_STR("database", "dbname=tweeluik", CFGF_NONE),
	CFG_STR("keys", "/etc/tweeluik/keys", CFGF_NONE),
	CFG_STR("language", "nl", CFGF_NONE),
	CFG_STR("departures", "", CFGF_NONE),
	CFG_STR_LIST("editors", nobody, CFGF_NONE),
	CFG_STR_LIST("administrators", nobody, CFGF_NONE),
	CFG_SEC("newsletter", newsletter_opts, CFGF_NONE),
	CFG_SEC("relay", relay_opts, CFGF_NONE),
	CFG_SEC("send", send_opts, CFGF_NONE),
	CFG_SEC("web", web_opts, CFGF_NONE),
	CFG_SEC("items", items_opts, CFGF_NONE),
	CFG_SEC("mailbox", config_mailbox_opts,
	    CFGF_MULTI | CFGF_TITLE | CFGF_NO_TITLE_DUPES),
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

static size_t
fill_list(const char **ret, cfg_t *g, const char *name)
{
	size_t n = cfg_size(g, name);

	for (unsigned int i = 0; i < n; i++)
		ret[i] = cfg_getnstr(g, name, i);
	return n;
}

/* A neighbour of the journal of the send role. */
static void
place_departures(cfg_t *g)
{
	const char *journal = cfg_getstr(g, "send|journal");
	const char *slash = strrchr(journal, '/');
	char path[4096];

	if (cfg_getstr(g, "departures")[0] != '\0')
		return;
	(void)snprintf(path, sizeof(path), "%.*sdepartures",
	    slash != NULL ? (int)(slash - journal) + 1 : 0, journal);
	(void)cfg_setstr(g, "departures", path);
	/* A default nonetheless. */
	cfg_getopt(g, "departures")->flags &= ~CFGF_MODIFIED;
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
	place_departures(g);
	c->departures = cfg_getstr(g, "departures");
	c->neditors = fill_list(c->editors, g, "editors");
	c->nadministrators = fill_list(c->administrators, g, "administrators");
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
	c->relay_tls = config_tls_of(cfg_getstr(g, "relay|tls"));
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
	c->journal = cfg_getstr(g, "send|journal");
	c->journal_sync =
	    strcmp(cfg_getstr(g, "send|journal_sync"), "turn") == 0;
	c->quiet_hours = cfg_getstr(g, "send|quiet_hours");
	c->web_listen = cfg_getstr(g, "web|listen");
	c->web_metrics = cfg_getstr(g, "web|metrics");
	c->web_proxy = cfg_getbool(g, "web|proxy");
	c->signups_per_network = (int)cfg_getint(g, "web|signups_per_network");
	c->signup_letters = (int)cfg_getint(g, "web|signup_letters");
	c->contributions = cfg_getstr(g, "items|address");
	c->ncontributors = fill_list(c->contributors, g, "items|contributors");
	c->authserv_id = cfg_getstr(g, "items|authserv_id");
	return config_mailbox_fill(c, e);
}

/* libconfuse 3.3 counts the line of a comment three times and takes none inside
 * a list (its issue 150), so it gets to see none.  The ends of lines stay. */
static void
blank_comments(char *s)
{
	char quote = '\0', before = '\n';

	for (; *s != '\0'; before = *s++) {
		if (quote != '\0') {
			if (*s == '\\' && s[1] != '\0')
				s++;
			else if (*s == quote)
				quote = '\0';
		} else if (*s == '"' || *s == '\'') {
			quote = *s;
		} else if (*s == '#' && strchr(" \t\n={},", before) != NULL) {
			for (; *s != '\0' && *s != '\n'; s++)
				*s = ' ';
			s--;
		}
	}
}

static int
read_text(struct buf *text, const char *path, struct err *e)
{
	char piece[4096];
	size_t n;
	FILE *f = fopen(path, "re");

	if (f == NULL) {
		int why = errno;

		(void)err_sys(e, why, "The configuration %s cannot be read",
		    path);
		e->kind = why == EACCES ? ERR_DENIED : ERR_CONFIG;
		return err_hint(e,
		    N_("Name another file with --config, or see "
		       "tweeluik.conf(5)"));
	}
	while ((n = fread(piece, 1, sizeof(piece), f)) > 0)
		(void)buf_add(text, piece, n);
	(void)fclose(f);
	if (buf_full(text))
		return err_set(e, ERR_CONFIG, "%s is too large", path);
	blank_comments(text->data);
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
	struct buf text;
	int rc;

	memset(c, 0, sizeof(*c));
	c->path = config_path(override_path);
	buf_init(&text, CONFIG_BYTES_MAX);
	if (read_text(&text, c->path, e) == -1) {
		buf_done(&text);
		return -1;
	}
	c->cfg = cfg_init(opts, CFGF_NONE);
	if (c->cfg == NULL)
		abort();
	(void)cfg_set_error_function(c->cfg, on_error);
	config_check_values(c->cfg);
	e->kind = ERR_NONE;
	parse_err = e;
	parse_path = c->path;
	rc = cfg_parse_buf(c->cfg, text.data);
	buf_done(&text);
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
	char name[128], value[512];
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

static void
visit_section(cfg_t *section,
    void (*visit)(void *, const char *, const char *, bool), void *arg)
{
	const char *title = cfg_title(section);
	char name[64];

	(void)snprintf(name, sizeof(name), "%s%s%s", cfg_name(section),
	    title != NULL ? "." : "", title != NULL ? title : "");
	for (unsigned int i = 0; i < cfg_num(section); i++)
		visit_option(cfg_getnopt(section, i), name, visit, arg);
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
		for (unsigned int k = 0; k < cfg_opt_size(o); k++)
			visit_section(cfg_opt_getnsec(o, k), visit, arg);
	}
}
