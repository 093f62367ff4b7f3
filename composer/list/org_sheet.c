#include "composer/list/org_sheet.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <unicode/uloc.h>
#include <unicode/ustring.h>

#include "base/buf.h"
#include "base/err.h"
#include "composer/list/org_field.h"

#define NAMES_MAX ((size_t)4096)
#define NAME_CHARS 128

/* In the order of the page; what the office decides is not among them. */
static const struct {
	enum org_field field;
	const char *lang; /* of what stands in it */
} shown[] = { { ORG_NAME, NULL }, { ORG_PLACE, NULL },
	{ ORG_POSTAL_ADDRESS, NULL }, { ORG_REGION, NULL },
	{ ORG_CONTACT, NULL }, { ORG_PHONE, NULL }, { ORG_EMAIL, NULL },
	{ ORG_WEBSITE, NULL }, { ORG_AIM_NL, "nl" }, { ORG_AIM_EN, "en" },
	{ ORG_CAPACITY_NL, "nl" }, { ORG_CAPACITY_EN, "en" } };

static const char *const langs[] = { "nl", "en" };

static void
set(xmlNodePtr x, const char *name, const char *value)
{
	if (value != NULL &&
	    xmlNewProp(x, (const xmlChar *)name, (const xmlChar *)value) ==
		NULL)
		abort();
}

static xmlNodePtr
add(xmlNodePtr dst, const char *name)
{
	xmlNodePtr x = xmlNewChild(dst, NULL, (const xmlChar *)name, NULL);

	if (x == NULL)
		abort();
	return x;
}

static const char *
get(const json_t *o, const char *key)
{
	return json_string_value(json_object_get(o, key));
}

/* "nl fr" to "Dutch, French"; a code that has no name stays. */
static void
write_languages(const char *codes, const char *lang, struct buf *out)
{
	while (*codes != '\0') {
		char code[16] = "", name[4 * NAME_CHARS] = "";
		UChar wide[NAME_CHARS];
		UErrorCode status = U_ZERO_ERROR;
		size_t n = strcspn(codes, " ");

		memcpy(code, codes, n < sizeof(code) ? n : sizeof(code) - 1);
		(void)uloc_getDisplayLanguage(code, lang, wide, NAME_CHARS,
		    &status);
		(void)u_strToUTF8(name, sizeof(name), NULL, wide, -1, &status);
		(void)buf_addf(out, "%s%s", out->len > 0 ? ", " : "",
		    U_SUCCESS(status) ? name : code);
		codes += n;
		codes += strspn(codes, " ");
	}
}

static void
set_in_languages(xmlNodePtr x, const json_t *o)
{
	const char *codes = get(o, "languages");

	for (size_t i = 0; i < 2; i++) {
		char key[32];
		struct buf names;

		(void)snprintf(key, sizeof(key), "topics_%s", langs[i]);
		const char *topics = get(o, key);
		(void)snprintf(key, sizeof(key), "topics-%s", langs[i]);
		set(x, key, topics);
		if (codes == NULL)
			continue;
		buf_init(&names, NAMES_MAX);
		write_languages(codes, langs[i], &names);
		(void)snprintf(key, sizeof(key), "languages-%s", langs[i]);
		set(x, key, names.data);
		buf_done(&names);
	}
}

static void
add_fields(xmlNodePtr x, const json_t *o, bool secret)
{
	for (size_t i = 0; i < sizeof(shown) / sizeof(shown[0]); i++) {
		enum org_field f = shown[i].field;
		const char *value = get(o, org_field_name(f));
		xmlNodePtr field;

		if (secret &&
		    (f == ORG_PLACE || f == ORG_POSTAL_ADDRESS ||
			f == ORG_REGION))
			continue;
		field = add(x, "field");
		set(field, "name", org_field_name(f));
		set(field, "label", org_field_label(f));
		set(field, "value", value != NULL ? value : "");
		set(field, "lang", shown[i].lang);
	}
}

int
org_sheet_add(xmlNodePtr root, const char *json, xmlNodePtr *ret, struct err *e)
{
	json_t *o = json_loads(json, 0, NULL);
	xmlNodePtr x;
	bool secret;

	if (get(o, "name") == NULL) {
		json_decref(o);
		return err_set(e, ERR_SYS,
		    "The database gave no sheet of an organisation");
	}
	secret =
	    get(o, "secret") == NULL || strcmp(get(o, "secret"), "no") != 0;
	x = add(root, "organisation");
	set(x, "name", get(o, "name"));
	set(x, "secret", secret ? "yes" : NULL);
	set(x, "capacity-date", get(o, "capacity_date"));
	set_in_languages(x, o);
	add_fields(x, o, secret);
	json_decref(o);
	if (ret != NULL)
		*ret = x;
	return 0;
}

xmlNodePtr
org_sheet_field(xmlNodePtr sheet, const char *name)
{
	for (xmlNodePtr x = sheet->children; x != NULL; x = x->next) {
		xmlChar *is = xmlGetProp(x, (const xmlChar *)"name");
		bool same = is != NULL && strcmp((const char *)is, name) == 0;

		xmlFree(is);
		if (same)
			return x;
	}
	return NULL;
}
