#include "base/bounce/notice.h"

#include <jansson.h>
#include <string.h>

#include "base/arena.h"

/* How a kind of notice is built. */
static const struct form {
	const char *type, *body, *recipients, *action;
	enum bounce_kind kind;
} forms[] = {
	{ "Bounce", "bounce", "bouncedRecipients", "failed", BOUNCE_REPORT },
	{ "Complaint", "complaint", "complainedRecipients", "delivered",
	    BOUNCE_COMPLAINT },
	{ "Delivery", "delivery", "recipients", "delivered", BOUNCE_REPORT },
	{ "DeliveryDelay", "deliveryDelay", "delayedRecipients", "delayed",
	    BOUNCE_REPORT },
};

static const char *
copy_of(const json_t *o, const char *key, struct arena *arena)
{
	const char *s = json_string_value(json_object_get(o, key));

	return s != NULL ? arena_strdup(arena, s) : NULL;
}

static void
take(const struct form *form, const json_t *one, bool is_final,
    struct arena *arena, struct delivery *ret)
{
	const char *name = json_is_string(one)
	    ? arena_strdup(arena, json_string_value(one))
	    : copy_of(one, "emailAddress", arena);

	*ret = (struct delivery){
		.address = name,
		.action = form->action,
		.status = copy_of(one, "status", arena),
		.diagnostic = copy_of(one, "diagnosticCode", arena),
	};
	if (ret->status == NULL && form->kind == BOUNCE_REPORT &&
	    strcmp(form->action, "failed") == 0)
		ret->status = is_final ? "5.0.0" : "4.0.0";
}

static bool
read_form(const struct form *form, const json_t *o, struct arena *arena,
    struct notice *ret)
{
	const json_t *body = json_object_get(o, form->body);
	const json_t *list = json_object_get(body, form->recipients), *one;
	const char *sort =
	    json_string_value(json_object_get(body, "bounceType"));
	size_t i, max = json_array_size(list);

	if (max > BOUNCE_RECIPIENTS_MAX)
		max = BOUNCE_RECIPIENTS_MAX;
	ret->kind = form->kind;
	ret->v = arena_alloc(arena, (max + 1) * sizeof(*ret->v));
	for (i = 0; i < max && (one = json_array_get(list, i)) != NULL; i++)
		take(form, one, sort == NULL || strcmp(sort, "Transient") != 0,
		    arena, &ret->v[ret->n++]);
	return ret->n > 0;
}

static json_t *
load(const char *p, size_t n)
{
	return json_loadb(p, n, JSON_DISABLE_EOF_CHECK, NULL);
}

bool
notice_read(struct slice text, struct arena *arena, struct notice *ret)
{
	struct slice s = slice_trim(text);
	struct notice n = { 0 };
	json_t *o, *inner;
	const char *type, *message;
	bool found = false;

	if (s.n == 0 || s.p[0] != '{' || (o = load(s.p, s.n)) == NULL)
		return false;
	message = json_string_value(json_object_get(o, "Message"));
	inner = message != NULL ? load(message, strlen(message)) : NULL;
	if (inner != NULL) {
		json_decref(o);
		o = inner;
	}
	type = json_string_value(json_object_get(o, "notificationType"));
	if (type == NULL)
		type = json_string_value(json_object_get(o, "eventType"));
	for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++)
		if (type != NULL && strcmp(type, forms[i].type) == 0)
			found = read_form(&forms[i], o, arena, &n);
	json_decref(o);
	if (found)
		*ret = n;
	return found;
}
