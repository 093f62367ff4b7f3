#include "tests/unit/unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/err.h"
#include "base/keys.h"

static char dir[] = "/tmp/test-keys-XXXXXX";
static char path[128];

static void
write_file(const char *text, mode_t mode)
{
	FILE *f = fopen(path, "we");

	assert_non_null(f);
	(void)fputs(text, f);
	(void)fclose(f);
	assert_int_equal(chmod(path, mode), 0);
}

#define HEX64(c) c c c c c c c c c c c c c c c c c c c c c c c c c c c c c c c c
#define KEY1 "1 " HEX64("a1") "\n"
#define KEY2 "2 " HEX64("b2") "\n"

static struct keys *
load(const char *text)
{
	struct keys *k;
	struct err e;

	write_file(text, 0600);
	assert_int_equal(keys_load(&k, path, &e), 0);
	return k;
}

static void
file_is_checked(void **state)
{
	static const char *const bad[] = { "", "# only\n", "1 abc\n",
		"0 " HEX64("a1") "\n", "256 " HEX64("a1") "\n", KEY1 KEY1,
		"1" HEX64("a1") "\n", "1 " HEX64("a1") "ff\n" };
	struct keys *k;
	struct err e;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		write_file(bad[i], 0600);
		assert_int_equal(keys_load(&k, path, &e), -1);
		assert_int_equal(e.kind, ERR_CONFIG);
	}
	write_file(KEY1, 0640);
	assert_int_equal(keys_load(&k, path, &e), -1);
	assert_int_equal(e.kind, ERR_DENIED);
	(void)unlink(path);
	assert_int_equal(keys_load(&k, path, &e), -1);
	assert_int_equal(keys_create(path, &e), 0);
	assert_int_equal(keys_create(path, &e), -1);
	assert_int_equal(keys_load(&k, path, &e), 0);
	keys_free(k);
}

static void
seal_opens_and_rotates(void **state)
{
	unsigned char one[KEYS_SEALED_MAX], two[KEYS_SEALED_MAX];
	unsigned char h1[KEYS_HASH_BYTES], h2[KEYS_HASH_BYTES];
	char out[ADDRESS_MAX + 1];
	struct keys *k = load(KEY1);
	struct address a;
	struct err e;
	size_t n = keys_seal(k, one, "info@voorbeeld.example");

	(void)state;
	assert_int_equal(keys_seal(k, two, "info@voorbeeld.example"), n);
	assert_memory_not_equal(one, two, n);
	assert_int_equal(address_parse(&a, "Info@voorbeeld.example", 22, &e),
	    0);
	keys_hash_address(k, h1, &a);
	keys_free(k);

	k = load(KEY2 KEY1);
	assert_int_equal(keys_open(k, out, one, n, &e), 0);
	assert_string_equal(out, "info@voorbeeld.example");
	keys_hash_address(k, h2, &a);
	assert_memory_equal(h1, h2, sizeof(h1));
	for (size_t i = 0; i < n; i++) {
		one[i] ^= 1;
		assert_int_equal(keys_open(k, out, one, n, &e), -1);
		one[i] ^= 1;
		assert_int_equal(keys_open(k, out, one, i, &e), -1);
	}
	/* As the relay itself is no domain (pace_store.c). */
	n = keys_seal(k, one, "");
	assert_int_equal(keys_open(k, out, one, n, &e), 0);
	assert_string_equal(out, "");
	keys_free(k);
}

/* As large as a mail may be, and none at all. */
static void
bytes_are_sealed_like_addresses(void **state)
{
	const size_t sizes[] = { 0, 1, 254, 4096, (size_t)10 << 20 };
	unsigned char h1[KEYS_HASH_BYTES], h2[KEYS_HASH_BYTES];
	struct keys *k = load(KEY1), *other = load(KEY2);
	struct keys *both = load(KEY2 KEY1);
	struct err e;

	(void)state;
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		size_t n = sizes[i], sealed;
		unsigned char *in = malloc(n + 1), *out = malloc(n + 1);
		unsigned char *box = malloc(n + KEYS_SEAL_BYTES);

		for (size_t j = 0; j < n; j++)
			in[j] = (unsigned char)(j * 7 + (j >> 8));
		in[n] = 0;
		sealed = keys_seal_bytes(k, box, in, n);
		assert_int_equal(sealed, n + KEYS_SEAL_BYTES);
		assert_int_equal(keys_open_bytes(both, out, box, sealed, &e),
		    0);
		assert_memory_equal(in, out, n);
		assert_int_equal(keys_open_bytes(other, out, box, sealed, &e),
		    -1);
		assert_int_equal(e.kind, ERR_INPUT);
		assert_int_equal(keys_open_bytes(k, out, box, sealed - 1, &e),
		    -1);
		box[sealed / 2] ^= 1;
		assert_int_equal(keys_open_bytes(k, out, box, sealed, &e), -1);
		keys_hash_bytes(k, h1, in, n);
		keys_hash_bytes(both, h2, in, n);
		assert_memory_equal(h1, h2, sizeof(h1));
		in[0] ^= 1;
		keys_hash_bytes(k, h2, in, n + 1);
		assert_memory_not_equal(h1, h2, sizeof(h1));
		free(box);
		free(out);
		free(in);
	}
	for (size_t n = 0; n < KEYS_SEAL_BYTES; n++)
		assert_int_equal(keys_open_bytes(k, h1,
				     (const unsigned char[KEYS_SEAL_BYTES]){
					 1 },
				     n, &e),
		    -1);
	keys_free(both);
	keys_free(other);
	keys_free(k);
}

static void
tokens_open_only_whole_and_for_their_purpose(void **state)
{
	struct keys *k = load(KEY1);
	struct token t = { TOKEN_UNSUBSCRIBE, 0x0123456789abcdefULL, 77 }, u;
	char link[TOKEN_LINK_CHARS + 1], again[TOKEN_LINK_CHARS + 1];
	char mail[TOKEN_MAIL_CHARS + 1];
	struct err e;

	(void)state;
	token_link(k, link, &t);
	token_link(k, again, &t);
	assert_string_equal(link, again);
	assert_int_equal(strlen(link), TOKEN_LINK_CHARS);
	assert_int_equal(strspn(link,
			     "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrst"
			     "uvwxyz0123456789-_"),
	    TOKEN_LINK_CHARS);
	assert_int_equal(token_open_link(k, &u, TOKEN_UNSUBSCRIBE, link,
			     TOKEN_LINK_CHARS, &e),
	    0);
	assert_true(u.subscriber == t.subscriber);
	assert_int_equal(u.mailing, 77);
	assert_int_equal(token_open_link(k, &u, TOKEN_LANGUAGE, link,
			     TOKEN_LINK_CHARS, &e),
	    -1);
	for (size_t i = 0; i < TOKEN_LINK_CHARS; i++) {
		char was = link[i];

		link[i] = was == 'A' ? 'B' : 'A';
		assert_int_equal(token_open_link(k, &u, TOKEN_UNSUBSCRIBE, link,
				     TOKEN_LINK_CHARS, &e),
		    -1);
		link[i] = was;
		assert_int_equal(token_open_link(k, &u, TOKEN_UNSUBSCRIBE, link,
				     i, &e),
		    -1);
	}
	t.purpose = TOKEN_RETURN_PATH;
	token_mail(k, mail, &t);
	assert_int_equal(strlen(mail), TOKEN_MAIL_CHARS);
	for (size_t i = 0; mail[i] != '\0'; i += 2)
		if (mail[i] >= 'a')
			mail[i] = (char)(mail[i] - 32);
	assert_int_equal(token_open_mail(k, &u, TOKEN_RETURN_PATH, mail,
			     TOKEN_MAIL_CHARS, &e),
	    0);
	assert_true(u.subscriber == t.subscriber);
	mail[5] = mail[5] == '2' ? '3' : '2';
	assert_int_equal(token_open_mail(k, &u, TOKEN_RETURN_PATH, mail,
			     TOKEN_MAIL_CHARS, &e),
	    -1);
	keys_free(k);
}

static void
tokens_differ_and_survive_rotation(void **state)
{
	struct keys *k = load(KEY1);
	struct token t = { TOKEN_UNSUBSCRIBE, 1, 1 }, u;
	char first[TOKEN_LINK_CHARS + 1], link[TOKEN_LINK_CHARS + 1];
	struct err e;

	(void)state;
	token_link(k, first, &t);
	for (t.subscriber = 2; t.subscriber < 2000; t.subscriber++) {
		token_link(k, link, &t);
		/* Neighbours share nothing but the two bytes in front. */
		assert_memory_not_equal(link + 3, first + 3, 6);
	}
	keys_free(k);
	k = load(KEY2 KEY1);
	assert_int_equal(token_open_link(k, &u, TOKEN_UNSUBSCRIBE, first,
			     TOKEN_LINK_CHARS, &e),
	    0);
	keys_free(k);
	k = load(KEY2);
	assert_int_equal(token_open_link(k, &u, TOKEN_UNSUBSCRIBE, first,
			     TOKEN_LINK_CHARS, &e),
	    -1);
	keys_free(k);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(file_is_checked),
		cmocka_unit_test(seal_opens_and_rotates),
		cmocka_unit_test(bytes_are_sealed_like_addresses),
		cmocka_unit_test(tokens_open_only_whole_and_for_their_purpose),
		cmocka_unit_test(tokens_differ_and_survive_rotation),
	};
	int failed;

	if (mkdtemp(dir) == NULL)
		return 1;
	(void)snprintf(path, sizeof(path), "%s/keys", dir);
	failed = cmocka_run_group_tests_name("keys", tests, NULL, NULL);
	(void)unlink(path);
	(void)rmdir(dir);
	return failed;
}
