/*
 * org_field - the fields of an organisation, and what each may hold
 *
 * One set of names for files, forms, the command line and the database.  In a
 * word for a field case does not matter, '-' stands for '_', and Dutch is
 * understood as well: "Postal-address", "postadres".
 *
 * Ownership: a value is replaced by its canonical form, in the arena.
 * Errors: ERR_INPUT, without the place where the value stands.
 * Limits: ORG_VALUE_MAX bytes of one line.
 * Threads: no state.
 */
#ifndef COMPOSER_LIST_ORG_FIELD_H
#define COMPOSER_LIST_ORG_FIELD_H

#include <stddef.h>

struct arena;
struct err;

#define ORG_VALUE_MAX 4000

enum org_field {
	ORG_NAME,
	ORG_PLACE,
	ORG_POSTAL_ADDRESS,
	ORG_REGION,
	ORG_SECRET, /* where it is: place, address and region */
	ORG_CONTACT,
	ORG_CONTACT_AGREED_ON,
	ORG_CONTACT_AGREED_BY,
	ORG_CONTACT_LANGUAGE,
	ORG_PHONE,
	ORG_EMAIL,
	ORG_WEBSITE,
	ORG_AIM_NL,
	ORG_AIM_EN,
	ORG_CAPACITY_NL,
	ORG_CAPACITY_EN,
	ORG_CAPACITY_DATE,
	ORG_TOPICS,
	ORG_LANGUAGES,
	ORG_VISIBILITY, /* "phone=mail place=office" */
	ORG_ANNOUNCE,
	ORG_CHECKED_ON,
	ORG_CONTACT_PUBLIC, /* only in files: agreed, as of now */
	ORG_FIELDS
};

/* NULL: not given, stays as it is; "": cleared. */
struct org_values {
	const char *value[ORG_FIELDS];
};

struct org_rules {
	const char *today;	   /* YYYY-MM-DD */
	const char *const *topics; /* slugs, NULL-terminated */
};

/* "postal_address" */
const char *org_field_name(enum org_field f);
/* A msgid for people: "Postal address" */
const char *org_field_label(enum org_field f);
/* -1: no field has this name. */
int org_field_find(const char *word);

/* n bytes of v, which end in a NUL; nothing is always right. */
int org_field_check(enum org_field f, struct arena *a,
    const struct org_rules *rules, const char **v, size_t n, struct err *e);

/* As organisation_put() reads them; in the arena. */
const char *org_values_json(struct arena *a, const struct org_values *v);

#endif
