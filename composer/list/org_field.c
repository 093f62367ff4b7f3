#include "composer/list/org_field.h"

#include <ctype.h>
#include <jansson.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/address.h"
#include "base/arena.h"
#include "base/catalogue.h"
#include "base/day.h"
#include "base/err.h"
#include "base/text.h"

struct check {
	struct arena *arena;
	const struct org_rules *rules;
	struct err *e;
};

static int
check_yes_no(const struct check *x, const char **v)
{
	static const char *const words[][2] = { { "yes", "yes" },
		{ "ja", "yes" }, { "no", "no" }, { "nee", "no" } };

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (strcasecmp(*v, words[i][0]) == 0) {
			*v = words[i][1];
			return 0;
		}
	return err_set(x->e, ERR_INPUT, "'%s' is not yes and not no", *v);
}

static int
check_email(const struct check *x, const char **v)
{
	struct address address;

	if (address_parse(&address, *v, strlen(*v), x->e) == -1)
		return -1;
	*v = arena_strdup(x->arena, address.text);
	return 0;
}

static int
check_website(const struct check *x, const char **v)
{
	if (strncmp(*v, "https://", 8) == 0 || strncmp(*v, "http://", 7) == 0)
		return 0;
	return err_set(x->e, ERR_INPUT,
	    "a website starts with https:// or http://");
}

static int
check_date(const struct check *x, const char **v)
{
	char day[DAY_TEXT_SIZE];

	if (!day_parse(day, *v, x->rules->today, false))
		return err_set(x->e, ERR_INPUT,
		    "'%s' is no date: write 2027-03-01 or +30d", *v);
	*v = arena_strdup(x->arena, day);
	return 0;
}

static int
check_contact_language(const struct check *x, const char **v)
{
	if (strcmp(*v, "nl") == 0 || strcmp(*v, "en") == 0 ||
	    strcmp(*v, "both") == 0)
		return 0;
	return err_set(x->e, ERR_INPUT,
	    "'%s' is no language: choose nl, en or both", *v);
}

/* Calls check for each word, which may replace it; blanks between words become
 * one. */
static int
each_word(const struct check *x, const char **v,
    int (*check)(const struct check *x, const char **word))
{
	char *save = NULL, *copy = arena_strdup(x->arena, *v), *w;
	const char *all = "";

	for (w = strtok_r(copy, " ", &save); w != NULL;
	     w = strtok_r(NULL, " ", &save)) {
		const char *word = w;

		if (check(x, &word) == -1)
			return -1;
		all = arena_printf(x->arena, "%s%s%s", all,
		    all[0] != '\0' ? " " : "", word);
	}
	*v = all;
	return 0;
}

static int
check_topic(const struct check *x, const char **word)
{
	for (const char *const *t = x->rules->topics; *t != NULL; t++)
		if (strcmp(*t, *word) == 0)
			return 0;
	return err_set(x->e, ERR_INPUT, "there is no topic '%s'", *word);
}

static int
check_topics(const struct check *x, const char **v)
{
	return each_word(x, v, check_topic);
}

/* ISO 639: two or three letters. */
static int
check_language(const struct check *x, const char **word)
{
	size_t n = strlen(*word);

	if ((n == 2 || n == 3) &&
	    strspn(*word, "abcdefghijklmnopqrstuvwxyz") == n)
		return 0;
	return err_set(x->e, ERR_INPUT, "'%s' is no code of a language", *word);
}

static int
check_languages(const struct check *x, const char **v)
{
	return each_word(x, v, check_language);
}

static bool
has_visibility(int field)
{
	switch (field) {
	case ORG_PLACE:
	case ORG_POSTAL_ADDRESS:
	case ORG_REGION:
	case ORG_CONTACT:
	case ORG_PHONE:
	case ORG_EMAIL:
	case ORG_WEBSITE:
		return true;
	default:
		return false;
	}
}

/* "phone=mail" */
static int
check_level(const struct check *x, const char **word)
{
	static const char *const levels[][2] = { { "public", "public" },
		{ "openbaar", "public" }, { "mail", "mail" },
		{ "office", "office" }, { "kantoor", "office" } };
	const char *equals = strchr(*word, '=');
	int field = equals == NULL ? -1
				   : org_field_find(arena_memdup(x->arena,
					 *word, (size_t)(equals - *word)));

	if (!has_visibility(field))
		return err_set(x->e, ERR_INPUT,
		    "'%s' does not say who may see which field: write "
		    "phone=mail",
		    *word);
	for (size_t i = 0; i < sizeof(levels) / sizeof(levels[0]); i++)
		if (strcasecmp(equals + 1, levels[i][0]) == 0) {
			*word = arena_printf(x->arena, "%s=%s",
			    org_field_name((enum org_field)field),
			    levels[i][1]);
			return 0;
		}
	return err_set(x->e, ERR_INPUT, "'%s' is not public, mail or office",
	    equals + 1);
}

static int
check_visibility(const struct check *x, const char **v)
{
	return each_word(x, v, check_level);
}

static const struct {
	const char *name, *dutch, *label;
	int (*check)(const struct check *x, const char **v);
} fields[ORG_FIELDS] = {
	[ORG_NAME] = { "name", "naam", N_("Name"), NULL },
	[ORG_PLACE] = { "place", "plaats", N_("Place"), NULL },
	[ORG_POSTAL_ADDRESS] = { "postal_address", "postadres",
	    N_("Postal address"), NULL },
	[ORG_REGION] = { "region", "regio", N_("Region"), NULL },
	[ORG_SECRET] = { "secret", "geheim", N_("Secret address"),
	    check_yes_no },
	[ORG_CONTACT] = { "contact", "contactpersoon", N_("Contact"), NULL },
	[ORG_CONTACT_AGREED_ON] = { "contact_agreed_on", "toestemming_op",
	    N_("Agreed on"), check_date },
	[ORG_CONTACT_AGREED_BY] = { "contact_agreed_by", "toestemming_door",
	    N_("Agreed by"), NULL },
	[ORG_CONTACT_LANGUAGE] = { "contact_language", "contacttaal",
	    N_("Mail in"), check_contact_language },
	[ORG_PHONE] = { "phone", "telefoon", N_("Telephone"), NULL },
	[ORG_EMAIL] = { "email", "e_mail", N_("E-mail"), check_email },
	[ORG_WEBSITE] = { "website", "site", N_("Website"), check_website },
	[ORG_AIM_NL] = { "aim_nl", "doel_nl", N_("Aim (Dutch)"), NULL },
	[ORG_AIM_EN] = { "aim_en", "doel_en", N_("Aim (English)"), NULL },
	[ORG_CAPACITY_NL] = { "capacity_nl", "capaciteit_nl",
	    N_("Capacity (Dutch)"), NULL },
	[ORG_CAPACITY_EN] = { "capacity_en", "capaciteit_en",
	    N_("Capacity (English)"), NULL },
	[ORG_CAPACITY_DATE] = { "capacity_date", "capaciteit_datum",
	    N_("Capacity on"), check_date },
	[ORG_TOPICS] = { "topics", "onderwerpen", N_("Topics"), check_topics },
	[ORG_LANGUAGES] = { "languages", "talen", N_("Languages"),
	    check_languages },
	[ORG_VISIBILITY] = { "visibility", "zichtbaarheid", N_("Who sees it"),
	    check_visibility },
	[ORG_ANNOUNCE] = { "announce", "aankondigen", N_("Announce"),
	    check_yes_no },
	[ORG_CHECKED_ON] = { "checked_on", "nagekeken_op", N_("Checked on"),
	    check_date },
	[ORG_CONTACT_PUBLIC] = { "contact_public", "contact_openbaar",
	    N_("Contact may be named"), check_yes_no },
};

const char *
org_field_name(enum org_field f)
{
	return fields[f].name;
}

const char *
org_field_label(enum org_field f)
{
	return fields[f].label;
}

static bool
same_word(const char *name, const char *word)
{
	for (; *name != '\0' && *word != '\0'; name++, word++)
		if (*name !=
		    (*word == '-' ? '_' : tolower((unsigned char)*word)))
			return false;
	return *name == *word;
}

int
org_field_find(const char *word)
{
	for (int f = 0; f < ORG_FIELDS; f++)
		if (same_word(fields[f].name, word) ||
		    same_word(fields[f].dutch, word))
			return f;
	return -1;
}

int
org_field_check(enum org_field f, struct arena *a,
    const struct org_rules *rules, const char **v, size_t n, struct err *e)
{
	const struct check x = { a, rules, e };
	size_t at;

	if (n > ORG_VALUE_MAX)
		return err_set(e, ERR_INPUT,
		    "this is %zu bytes, at most %d are accepted", n,
		    ORG_VALUE_MAX);
	switch (text_check(*v, n, false, &at)) {
	case TEXT_OK:
		break;
	case TEXT_NOT_UTF8:
		return err_set(e, ERR_INPUT, "this is not UTF-8");
	case TEXT_CONTROL:
		return err_set(e, ERR_INPUT,
		    "there is a line break or a control character in it");
	case TEXT_PRIVATE:
		return err_set(e, ERR_INPUT,
		    "there is a private-use character in it, which cannot be "
		    "sent");
	}
	if (n == 0 && f == ORG_NAME)
		return err_set(e, ERR_INPUT, "a name is missing");
	return n == 0 || fields[f].check == NULL ? 0 : fields[f].check(&x, v);
}

const char *
org_values_json(struct arena *a, const struct org_values *v)
{
	json_t *o = json_object();
	const char *copy;
	char *text;

	for (int f = 0; f < ORG_FIELDS; f++) {
		const char *s = v->value[f];

		/* Neither yes nor no changes nothing. */
		if (s == NULL ||
		    (s[0] == '\0' && fields[f].check == check_yes_no))
			continue;
		if (json_object_set_new(o, fields[f].name, json_string(s)) ==
		    -1)
			abort();
	}
	text = json_dumps(o, JSON_COMPACT);
	if (text == NULL)
		abort();
	copy = arena_strdup(a, text);
	free(text);
	json_decref(o);
	return copy;
}
