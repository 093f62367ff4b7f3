/*
 * web-keys - what a test of the public pages needs to know of the keys
 *
 *	web-keys FILE create
 *	web-keys FILE token PURPOSE SUBSCRIBER MAILING
 *	web-keys FILE mail PURPOSE SUBSCRIBER MAILING
 *	web-keys FILE tokens PURPOSE COUNT
 *	web-keys FILE seal ADDRESS
 *
 * mail is a token for mail addresses; tokens is of subscribers 1 to COUNT,
 * without a mailing; seal prints the hash and the sealed address, in
 * hexadecimal.
 */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/keys.h"

static void
print_hex(const unsigned char *p, size_t n)
{
	for (size_t i = 0; i < n; i++)
		(void)printf("%02x", p[i]);
	(void)printf("\n");
}

static int
seal(const struct keys *k, const char *text, struct err *e)
{
	unsigned char hash[KEYS_HASH_BYTES], sealed[KEYS_SEALED_MAX];
	struct address a;

	if (address_parse(&a, text, strlen(text), e) == -1)
		return -1;
	keys_hash_address(k, hash, &a);
	print_hex(hash, sizeof(hash));
	print_hex(sealed, keys_seal(k, sealed, a.text));
	return 0;
}

static void
print_tokens(const struct keys *k, const char *purpose, uint64_t first,
    uint64_t last, uint32_t mailing, bool mail)
{
	char link[TOKEN_MAIL_CHARS + 1];

	for (uint64_t i = first; i <= last; i++) {
		const struct token t = {
			.purpose = (enum token_purpose)purpose[0],
			.subscriber = i,
			.mailing = mailing,
		};

		(mail ? token_mail : token_link)(k, link, &t);
		(void)printf("%s\n", link);
	}
}

static int
run(int argc, char **argv, struct err *e)
{
	struct keys *k;
	int rc = 0;

	if (argc == 3 && strcmp(argv[2], "create") == 0)
		return keys_create(argv[1], e);
	if (argc < 4)
		return err_set(e, ERR_USAGE, "usage: see web-keys.c");
	if (keys_load(&k, argv[1], e) == -1)
		return -1;
	if (strcmp(argv[2], "seal") == 0)
		rc = seal(k, argv[3], e);
	else if (argc == 5)
		print_tokens(k, argv[3], 1, strtoull(argv[4], NULL, 10), 0,
		    false);
	else if (argc == 6)
		print_tokens(k, argv[3], strtoull(argv[4], NULL, 10),
		    strtoull(argv[4], NULL, 10),
		    (uint32_t)strtoul(argv[5], NULL, 10),
		    strcmp(argv[2], "mail") == 0);
	keys_free(k);
	return rc;
}

int
main(int argc, char **argv)
{
	struct err e;

	if (run(argc, argv, &e) == 0)
		return 0;
	(void)fprintf(stderr, "%s\n", e.text);
	return err_exit_code(&e);
}
