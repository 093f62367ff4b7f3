#include "composer/inbox/mail_look.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define STYLE_MAX 1024 /* bytes of an attribute that are looked at */

/* A rule: the attribute holds the text (all lower case, no blanks). */
struct rule {
	const char *attribute, *text;
	enum mail_look look;
};

static const struct rule rules[] = {
	{ "style", "display:none", MAIL_LOOK_HIDDEN },
	{ "style", "visibility:hidden", MAIL_LOOK_HIDDEN },
	{ "style", "mso-hide:all", MAIL_LOOK_HIDDEN },
	{ "style", "mso-list:ignore", MAIL_LOOK_HIDDEN },
	{ "style", "font-size:0;", MAIL_LOOK_HIDDEN },
	{ "style", "font-size:0p", MAIL_LOOK_HIDDEN },
	{ "style", "max-height:0;", MAIL_LOOK_HIDDEN },
	{ "style", "max-height:0p", MAIL_LOOK_HIDDEN },
	{ "style", ";opacity:0;", MAIL_LOOK_HIDDEN },
	{ "class", "gmail_signature", MAIL_LOOK_SIGNATURE },
	{ "class", "moz-signature", MAIL_LOOK_SIGNATURE },
	{ "class", "protonmail_signature_block", MAIL_LOOK_SIGNATURE },
	{ "id", "applemailsignature", MAIL_LOOK_SIGNATURE },
	{ "id", "ms-outlook-mobile-signature", MAIL_LOOK_SIGNATURE },
	{ "class", "gmail_quote", MAIL_LOOK_QUOTE },
	{ "class", "protonmail_quote", MAIL_LOOK_QUOTE },
	{ "class", "yahoo_quoted", MAIL_LOOK_QUOTE },
	{ "type", "cite", MAIL_LOOK_QUOTE },
	{ "class", "msolistparagraph", MAIL_LOOK_ITEM },
	{ "style", "font-weight:normal", MAIL_LOOK_NOT_BOLD },
};

/* Lower case and without blanks, between two semicolons; "" for none. */
static void
read_attribute(xmlNodePtr x, const char *name, char ret[STYLE_MAX])
{
	xmlChar *v = xmlGetProp(x, (const xmlChar *)name);
	size_t n = 0;

	ret[0] = '\0';
	if (v == NULL)
		return;
	ret[n++] = ';';
	for (const xmlChar *p = v; *p != '\0' && n < STYLE_MAX - 2; p++)
		if (!isspace(*p))
			ret[n++] = (char)tolower(*p);
	ret[n++] = ';';
	ret[n] = '\0';
	xmlFree(v);
}

static bool
is_nothing(const char *name)
{
	static const char *const names[] = { "script", "style", "head", "title",
		"meta", "link", "base", "noscript", "template", "iframe",
		"frame", "object", "embed", "applet", "svg", "math", "textarea",
		"select", "option", "button", "input", "img", "audio", "video",
		"canvas", "xml", "map", "area", "noframes", "xmp" };

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (strcmp(names[i], name) == 0)
			return true;
	return false;
}

enum mail_look
mail_look_of(xmlNodePtr x)
{
	static const char *const attributes[] = { "style", "class", "id",
		"type" };
	char value[STYLE_MAX];

	if (is_nothing((const char *)x->name) ||
	    xmlHasProp(x, (const xmlChar *)"hidden") != NULL)
		return MAIL_LOOK_HIDDEN;
	if (x->properties == NULL)
		return MAIL_LOOK_PLAIN;
	for (size_t a = 0; a < sizeof(attributes) / sizeof(*attributes); a++) {
		read_attribute(x, attributes[a], value);
		for (size_t i = 0;
		     value[0] != '\0' && i < sizeof(rules) / sizeof(rules[0]);
		     i++)
			if (strcmp(rules[i].attribute, attributes[a]) == 0 &&
			    strstr(value, rules[i].text) != NULL)
				return rules[i].look;
	}
	return MAIL_LOOK_PLAIN;
}

int
mail_look_number(xmlNodePtr parent)
{
	for (xmlNodePtr x = parent->children; x != NULL; x = x->next) {
		char style[STYLE_MAX];
		xmlChar *words;
		int no;

		if (x->type != XML_ELEMENT_NODE)
			continue;
		read_attribute(x, "style", style);
		if (strstr(style, "mso-list:ignore") == NULL) {
			no = mail_look_number(x);
			if (no > 0)
				return no;
			continue;
		}
		words = xmlNodeGetContent(x);
		no = words == NULL ? 0
				   : (int)strtol((const char *)words, NULL, 10);
		xmlFree(words);
		return no > 0 && no < 1000 ? no : 0;
	}
	return 0;
}
