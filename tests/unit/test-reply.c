#include "tests/unit/unit.h"

#include "composer/cli/reply.h"

static void
meanings(void **state)
{
	static const struct {
		int code;
		const char *status, *stage, *meaning;
	} rows[] = {
		{ 550, "5.1.1", "rcpt", "the mailbox does not exist" },
		{ 452, "4.2.2", "rcpt", "the mailbox is full" },
		{ 550, "5.1.10", "rcpt", "the domain takes no mail at all" },
		{ 550, "5.1.99", "rcpt",
		    "something is wrong with the address" },
		{ 450, "4.7.1", "rcpt",
		    "the server keeps unknown senders waiting" },
		{ 550, "5.7.1", "end-of-data",
		    "the server's rules do not let this mail through" },
		{ 421, "4.7.28", "rcpt",
		    "the server finds that we send too fast" },
		/* Without a status, with one that says nothing, with none
		 * that is one. */
		{ 552, "", "rcpt", "the mailbox is full" },
		{ 554, "5.0.0", "rcpt",
		    "the server refuses the mail without a clear reason" },
		{ 554, "x.y", "rcpt",
		    "the server refuses the mail without a clear reason" },
		{ 599, "", "data", "the server refuses it" },
		{ 455, "", "data", "the server asks to come back later" },
		/* Without an answer. */
		{ 0, "", "end-of-data",
		    "the connection was lost after the whole mail had been "
		    "handed over" },
		{ 0, "", "connect", "there was no answer" },
		{ 0, "5.1.1", "", "the mailbox does not exist" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		assert_string_equal(reply_meaning(rows[i].code, rows[i].status,
					rows[i].stage),
		    rows[i].meaning);
}

int
main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(meanings) };

	return cmocka_run_group_tests_name("reply", tests, NULL, NULL);
}
