#include "composer/item/item_key.h"

#include <string.h>

#include "base/arena.h"
#include "base/catalogue.h"
#include "base/day.h"
#include "base/err.h"

static const char *const kinds[] = { "news", "event", "organisation",
	"question", "announcement", NULL };
static const char *const visibilities[] = { "public", "mail", "office", NULL };
static const char *const yes_no[] = { "yes", "no", NULL };

struct check {
	struct arena *arena;
	const struct item_form_context *form;
	struct err *e;
};

/*
 * Checks of values.  Each may replace the value by its canonical form.
 */
bool
item_key_in(const char *const *list, const char *v)
{
	for (; *list != NULL; list++)
		if (strcmp(*list, v) == 0)
			return true;
	return false;
}

int
item_key_choose(const char *const *list, const char *v, struct err *e)
{
	char all[120] = "";

	if (item_key_in(list, v))
		return 0;
	for (; *list != NULL; list++) {
		strncat(all, *list, sizeof(all) - strlen(all) - 1);
		if (list[1] != NULL)
			strncat(all, ", ", sizeof(all) - strlen(all) - 1);
	}
	return err_set(e, ERR_INPUT, "'%s' is not one of: %s", v, all);
}

static int
check_kind(const struct check *x, const char **v)
{
	return item_key_choose(kinds, *v, x->e);
}

static int
check_topic(const struct check *x, const char **v)
{
	if (item_key_in(x->form->topics, *v))
		return 0;
	return err_set(x->e, ERR_INPUT, "there is no topic '%s'", *v);
}

static int
check_visibility(const struct check *x, const char **v)
{
	return item_key_choose(visibilities, *v, x->e);
}

static int
check_lang(const struct check *x, const char **v)
{
	return item_key_choose(x->form->langs, *v, x->e);
}

static int
check_yes_no(const struct check *x, const char **v)
{
	return item_key_choose(yes_no, *v, x->e);
}

static int
check_issue(const struct check *x, const char **v)
{
	static const char digits[] = "0123456789";
	const char *p = *v;
	size_t n;

	if (strcmp(p, "") == 0 || strcmp(p, "next") == 0)
		return 0;
	if (strncmp(p, "extra-", 6) == 0)
		p += 6;
	n = strspn(p, digits);
	if (n >= 1 && n <= 4 && p[0] != '0' &&
	    (p[n] == '\0' ||
		(p[n] == '-' && strspn(p + n + 1, digits) == 4 &&
		    p[n + 5] == '\0')))
		return 0;
	return err_set(x->e, ERR_INPUT,
	    "'%s' is no number of an issue and not 'next'", *v);
}

static int
check_link(const struct check *x, const char **v)
{
	size_t scheme = strncmp(*v, "https://", 8) == 0 ? 8
	    : strncmp(*v, "mailto:", 7) == 0		? 7
							: 0;

	if (scheme == 0)
		return err_set(x->e, ERR_INPUT,
		    "this link does not start with https:// or mailto:");
	if ((*v)[scheme] == '\0' || strpbrk(*v, " <>\"\\^`{|}") != NULL)
		return err_set(x->e, ERR_INPUT,
		    "this link is not complete, or has a blank or quote in it");
	return 0;
}

static int
check_day(const struct check *x, const char **v)
{
	char day[DAY_TEXT_SIZE];

	if (!day_parse(day, *v, x->form->today, false))
		return err_set(x->e, ERR_INPUT,
		    "'%s' is no date: write 2027-03-01 or +30d", *v);
	*v = arena_strdup(x->arena, day);
	return 0;
}

static int
check_moment(const struct check *x, const char **v)
{
	char day[DAY_TEXT_SIZE];

	if (!day_parse(day, *v, x->form->today, true))
		return err_set(x->e, ERR_INPUT,
		    "'%s' is no date with a time: write 2027-01-14T10:00 or "
		    "+30d 10:00",
		    *v);
	*v = arena_strdup(x->arena, day);
	return 0;
}

static const struct {
	const char *name;
	const char *kind; /* NULL: every kind */
	int (*check)(const struct check *x, const char **v);
} keys[ITEM_KEYS] = {
	[ITEM_KIND] = { "Kind", NULL, check_kind },
	[ITEM_TOPIC] = { "Topic", "news", check_topic },
	[ITEM_VISIBILITY] = { "Visibility", NULL, check_visibility },
	[ITEM_ISSUE] = { "Issue", NULL, check_issue },
	[ITEM_LINK] = { "Link", NULL, check_link },
	[ITEM_LINK_LANG] = { "Link-language", NULL, check_lang },
	[ITEM_NOT_AFTER] = { "Not-after", NULL, check_day },
	[ITEM_START] = { "Start", "event", check_moment },
	[ITEM_END] = { "End", "event", check_moment },
	[ITEM_PLACE] = { "Place", "event", NULL },
	[ITEM_ONLINE] = { "Online", "event", check_yes_no },
	[ITEM_SIGN_UP] = { "Sign-up", "event", check_link },
	[ITEM_FORWARD] = { "Forward", "event", check_yes_no },
	[ITEM_ORGANISATION] = { "Organisation", "organisation", NULL },
	[ITEM_REGION] = { "Region", "question", NULL },
	[ITEM_ANSWER_BY] = { "Answer-by", "question", check_day },
	[ITEM_NOTE] = { "Note", NULL, NULL },
};

const char *
item_key_name(enum item_key key)
{
	return keys[key].name;
}

bool
item_key_applies(enum item_key key, const char *kind)
{
	return keys[key].kind == NULL || strcmp(keys[key].kind, kind) == 0;
}

const char *
item_key_kind(enum item_key key)
{
	return keys[key].kind;
}

int
item_key_check(enum item_key key, struct arena *a,
    const struct item_form_context *form, const char **v, struct err *e)
{
	const struct check x = { a, form, e };

	return keys[key].check != NULL ? keys[key].check(&x, v) : 0;
}
