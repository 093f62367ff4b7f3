/*
 * mail_items - reading mails as items, for the tests of it
 *
 * Ownership: what read_mail() gives belongs to the arena, until teardown().
 */
#ifndef TESTS_UNIT_MAIL_ITEMS_H
#define TESTS_UNIT_MAIL_ITEMS_H

#include "tests/unit/unit.h"

#include "base/arena.h"
#include "base/err.h"
#include "composer/inbox/mail_item.h"

#define HEAD "From: Jan Jansen <jan@zorg.example>\nSubject: "
#define HTML "Content-Type: text/html; charset=utf-8\n\n"
#define PLAIN "Content-Type: text/plain; charset=utf-8\n\n"

static struct arena arena;

static int
setup(void **state)
{
	(void)state;
	mail_item_init();
	arena_init(&arena, (size_t)256 * 1024 * 1024);
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	arena_done(&arena);
	return 0;
}

static struct mail_item
read_mail(const char *mail, size_t n)
{
	struct mail_item m;
	struct err e;

	assert_int_equal(mail_item_read(&arena, mail, n, &m, &e), 0);
	return m;
}

#endif
