#include "tests/unit/unit.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/err.h"
#include "composer/item/item_form.h"
#include "composer/inbox/mail_item.h"
#include "daemon/mailbox/contribution.h"

#define MAIL \
	"From: jan@zorg.example\nSubject: Opvang\nMessage-ID: <1@zorg.example>\n" \
	"Authentication-Results: mx.example; none\n" \
	"Content-Type: multipart/mixed; boundary=b\n\n--b\n\nDe tekst van de " \
	"opvang.\n--b\nContent-Type: image/png; name=a.png\n\nabc\n--b--\n"

static int
setup(void **state)
{
	(void)state;
	bounce_init();
	contribution_prepare();
	return 0;
}

static json_t *
said_of(const char *mail)
{
	json_t *said;
	struct err e;

	assert_int_equal(contribution_work(mail, strlen(mail), &said, &e), 0);
	return said;
}

static void
what_the_child_says_is_read(void **state)
{
	json_t *said = said_of(MAIL);
	struct contribution c;
	struct arena a;
	struct err e;

	(void)state;
	arena_init(&a, 1 << 20);
	assert_int_equal(contribution_read(said, &a, &c, &e), 0);
	assert_false(c.is_automatic);
	assert_string_equal(c.item->title, "Opvang");
	assert_string_equal(c.item->body, "De tekst van de opvang.");
	assert_string_equal(c.item->lang, "nl");
	assert_string_equal(c.item->from, "jan@zorg.example");
	assert_string_equal(c.item->message_id, "1@zorg.example");
	assert_int_equal(c.item->fault, MAIL_ITEM_FINE);
	assert_int_equal(c.item->nleft_out, 1);
	assert_string_equal(c.item->left_out[0].name, "a.png");
	assert_int_equal(c.item->left_out[0].bytes, 3);
	assert_int_equal(c.item->nresults, 1);
	arena_done(&a);
	json_decref(said);
}

/* A child that was taken over may say anything. */
static void
what_it_may_not_say_is_refused(void **state)
{
	static const struct {
		const char *key;
		const char *value; /* JSON; NULL: the key is missing */
	} lies[] = {
		{ "title", NULL },
		{ "title", "1" },
		{ "title", "\"a\\nb\"" },
		{ "body", NULL },
		{ "body", "\"a\\u0001b\"" },
		{ "body", "\"\\ue000\"" },
		{ "from", "[]" },
		{ "message_id", "null" },
		{ "fault", "3" },
		{ "fault", "-1" },
		{ "more", "-1" },
		{ "left_out", "[1]" },
		{ "left_out", "[{\"name\": \"a\\tb\", \"bytes\": 1}]" },
		{ "left_out", "[{\"name\": \"a\", \"bytes\": -1}]" },
		{ "left_out", "[{\"name\": \"a\", \"bytes\": 99999999999}]" },
		{ "results", "[1]" },
		{ "results", "[1,2,3,4,5,6,7,8,9]" },
	};
	struct contribution c;
	struct arena a;
	struct err e;

	(void)state;
	arena_init(&a, 1 << 20);
	for (size_t i = 0; i < sizeof(lies) / sizeof(lies[0]); i++) {
		json_t *said = said_of(MAIL);
		json_t *item = json_object_get(said, "item");

		if (lies[i].value == NULL)
			(void)json_object_del(item, lies[i].key);
		else
			(void)json_object_set_new(item, lies[i].key,
			    json_loads(lies[i].value, JSON_DECODE_ANY, NULL));
		assert_int_equal(contribution_read(said, &a, &c, &e), -1);
		assert_string_equal(e.slug, "unreadable");
		json_decref(said);
	}
	assert_int_equal(contribution_read(NULL, &a, &c, &e), -1);
	arena_done(&a);
}

static void
too_much_is_refused(void **state)
{
	json_t *said = said_of(MAIL);
	char *body = calloc(1, ITEM_BODY_MAX + 2);
	struct contribution c;
	struct arena a;
	struct err e;

	(void)state;
	assert_non_null(body);
	arena_init(&a, 1 << 20);
	memset(body, 'x', ITEM_BODY_MAX + 1);
	(void)json_object_set_new(json_object_get(said, "item"), "body",
	    json_string(body));
	assert_int_equal(contribution_read(said, &a, &c, &e), -1);
	arena_done(&a);
	free(body);
	json_decref(said);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_the_child_says_is_read),
		cmocka_unit_test(what_it_may_not_say_is_refused),
		cmocka_unit_test(too_much_is_refused),
	};

	return cmocka_run_group_tests(tests, setup, NULL);
}
