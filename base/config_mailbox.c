#include "base/config_mailbox.h"

#include <string.h>

#include "base/catalogue.h"
#include "base/err.h"

cfg_opt_t config_mailbox_opts[] = {
	CFG_STR("kind", "imap", CFGF_NONE),
	CFG_STR("use", "return", CFGF_NONE),
	CFG_STR("host", NULL, CFGF_NODEFAULT),
	CFG_INT("port", 0, CFGF_NONE),
	CFG_STR("tls", "implicit", CFGF_NONE),
	CFG_STR("ca_file", NULL, CFGF_NODEFAULT),
	CFG_STR("user", NULL, CFGF_NODEFAULT),
	CFG_STR("password_file", NULL, CFGF_NODEFAULT),
	CFG_STR("folder", "INBOX", CFGF_NONE),
	CFG_STR("path", NULL, CFGF_NODEFAULT),
	CFG_END(),
};

enum config_tls
config_tls_of(const char *word)
{
	return word[0] == 's' ? CONFIG_TLS_STARTTLS
	    : word[0] == 'i'  ? CONFIG_TLS_IMPLICIT
			      : CONFIG_TLS_NONE;
}

/* RFC 8314, 3.2 and 3.3; without TLS from the first byte RFC 9051 and 1939. */
static int
usual_port(const struct config_mailbox *m)
{
	if (m->kind == CONFIG_MAILBOX_IMAP)
		return m->tls == CONFIG_TLS_IMPLICIT ? 993 : 143;
	return m->tls == CONFIG_TLS_IMPLICIT ? 995 : 110;
}

static int
require(const struct config *c, const struct config_mailbox *m,
    const char *value, const char *setting, struct err *e)
{
	if (value != NULL && value[0] != '\0')
		return 0;
	(void)err_set(e, ERR_CONFIG,
	    "%s: the setting '%s' of mailbox '%s' is missing", c->path, setting,
	    m->name);
	return err_hint(e, N_("See tweeluik.conf(5)"));
}

static int
check_name(const struct config *c, const char *name, struct err *e)
{
	size_t n = strlen(name);

	if (n >= 1 && n <= CONFIG_MAILBOX_NAME_MAX &&
	    strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789-") == n)
		return 0;
	return err_set(e, ERR_CONFIG,
	    "%s: '%s' is no name of a mailbox: at most %d small letters, "
	    "digits and hyphens",
	    c->path, name, CONFIG_MAILBOX_NAME_MAX);
}

static enum config_mailbox_kind
kind_of(const char *word)
{
	return strcmp(word, "imap") == 0   ? CONFIG_MAILBOX_IMAP
	    : strcmp(word, "pop3") == 0	   ? CONFIG_MAILBOX_POP3
	    : strcmp(word, "maildir") == 0 ? CONFIG_MAILBOX_MAILDIR
					   : CONFIG_MAILBOX_PIPE;
}

static bool
is_remote(const struct config_mailbox *m)
{
	return m->kind == CONFIG_MAILBOX_IMAP || m->kind == CONFIG_MAILBOX_POP3;
}

static int
fill_one(const struct config *c, struct config_mailbox *m, cfg_t *s,
    struct err *e)
{
	m->name = cfg_title(s);
	m->kind = kind_of(cfg_getstr(s, "kind"));
	m->use = cfg_getstr(s, "use")[0] == 'i' ? CONFIG_MAILBOX_ITEMS
						: CONFIG_MAILBOX_RETURN;
	m->host = cfg_getstr(s, "host");
	m->tls = config_tls_of(cfg_getstr(s, "tls"));
	if (is_remote(m) && cfg_getint(s, "port") == 0) {
		(void)cfg_setint(s, "port", usual_port(m));
		/* A default nonetheless. */
		cfg_getopt(s, "port")->flags &= ~CFGF_MODIFIED;
	}
	m->port = (int)cfg_getint(s, "port");
	m->ca_file = cfg_getstr(s, "ca_file");
	m->user = cfg_getstr(s, "user");
	m->password_file = cfg_getstr(s, "password_file");
	m->folder = cfg_getstr(s, "folder");
	m->path = cfg_getstr(s, "path");
	if (check_name(c, m->name, e) == -1)
		return -1;
	if (m->kind == CONFIG_MAILBOX_MAILDIR)
		return require(c, m, m->path, "path", e);
	if (!is_remote(m))
		return 0;
	if (require(c, m, m->host, "host", e) == -1 ||
	    require(c, m, m->user, "user", e) == -1)
		return -1;
	return require(c, m, m->password_file, "password_file", e);
}

int
config_mailbox_fill(struct config *c, struct err *e)
{
	unsigned int n = cfg_size(c->cfg, "mailbox");

	if (n > CONFIG_MAILBOXES_MAX)
		return err_set(e, ERR_CONFIG, "%s has more than %d mailboxes",
		    c->path, CONFIG_MAILBOXES_MAX);
	for (unsigned int i = 0; i < n; i++)
		if (fill_one(c, &c->mailboxes[i],
			cfg_getnsec(c->cfg, "mailbox", i), e) == -1)
			return -1;
	c->nmailboxes = n;
	return 0;
}
