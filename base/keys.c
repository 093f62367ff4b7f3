#include "base/keys.h"

#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/catalogue.h"
#include "base/err.h"

#define KEYS_MAX 16
#define FILE_MAX 4096
#define MAC_BYTES 16
#define SEAL_HEAD (1 + crypto_aead_xchacha20poly1305_ietf_NPUBBYTES)
#define PRF_BYTES crypto_core_hchacha20_OUTPUTBYTES
#define IDS_BYTES 12 /* subscriber 8, mailing 4 */
#define TOKEN_BYTES (2 + MAC_BYTES + IDS_BYTES)

_Static_assert(KEYS_SEAL_BYTES ==
	SEAL_HEAD + crypto_aead_xchacha20poly1305_ietf_ABYTES,
    "key id, nonce, tag");
_Static_assert(TOKEN_BYTES * 4 == TOKEN_LINK_CHARS * 3, "base64 has no tail");
_Static_assert(TOKEN_BYTES * 8 == TOKEN_MAIL_CHARS * 5, "base32 has no tail");

struct key {
	unsigned char id;
	unsigned char seal[crypto_aead_xchacha20poly1305_ietf_KEYBYTES];
	unsigned char hash[crypto_generichash_KEYBYTES];
	unsigned char mac[crypto_core_hchacha20_KEYBYTES];
	unsigned char stream[crypto_core_hchacha20_KEYBYTES];
};

struct keys {
	size_t n;
	struct key key[KEYS_MAX];
};

enum { KDF_SEAL = 1, KDF_HASH, KDF_MAC, KDF_STREAM };
static const char kdf_context[crypto_kdf_CONTEXTBYTES + 1] = "tweeluik";

static const struct key *
key_by_id(const struct keys *k, unsigned char id)
{
	for (size_t i = 0; i < k->n; i++)
		if (k->key[i].id == id)
			return &k->key[i];
	return NULL;
}

static void
derive(struct key *key, unsigned char id,
    const unsigned char master[crypto_kdf_KEYBYTES])
{
	key->id = id;
	(void)crypto_kdf_derive_from_key(key->seal, sizeof(key->seal), KDF_SEAL,
	    kdf_context, master);
	(void)crypto_kdf_derive_from_key(key->hash, sizeof(key->hash), KDF_HASH,
	    kdf_context, master);
	(void)crypto_kdf_derive_from_key(key->mac, sizeof(key->mac), KDF_MAC,
	    kdf_context, master);
	(void)crypto_kdf_derive_from_key(key->stream, sizeof(key->stream),
	    KDF_STREAM, kdf_context, master);
}

static int
parse_line(struct keys *k, const char *line, const char *path, int number,
    struct err *e)
{
	unsigned char master[crypto_kdf_KEYBYTES];
	char *hex;
	size_t got;
	long id = strtol(line, &hex, 10);

	if (id < 1 || id > 255 || *hex != ' ' ||
	    sodium_hex2bin(master, sizeof(master), hex + 1, strlen(hex + 1),
		NULL, &got, NULL) != 0 ||
	    got != sizeof(master) || strlen(hex + 1) != 2 * sizeof(master))
		return err_set(e, ERR_CONFIG,
		    "%s, line %d: a key is a number from 1 to 255, a space and "
		    "64 hexadecimal digits",
		    path, number);
	if (k->n == KEYS_MAX || key_by_id(k, (unsigned char)id) != NULL)
		return err_set(e, ERR_CONFIG,
		    "%s, line %d: the key number is used twice, or there are "
		    "too many keys",
		    path, number);
	derive(&k->key[k->n++], (unsigned char)id, master);
	sodium_memzero(master, sizeof(master));
	return 0;
}

static int
read_file(char buf[FILE_MAX], const char *path, int credential, struct err *e)
{
	struct stat st;
	ssize_t n;
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd == -1 || fstat(fd, &st) == -1) {
		int why = errno;

		if (fd != -1)
			(void)close(fd);
		(void)err_sys(e, why, "The key file %s cannot be read", path);
		e->kind = why == EACCES ? ERR_DENIED : ERR_CONFIG;
		return err_hint(e, N_("`tweeluik db init` makes one"));
	}
	/* systemd guards a credential with an access list instead. */
	if (!credential && (st.st_mode & 077) != 0) {
		(void)close(fd);
		(void)err_set(e, ERR_DENIED,
		    "Others than its owner may read the key file %s", path);
		return err_hint(e, N_("Run: chmod 600 %s"), path);
	}
	n = read(fd, buf, FILE_MAX - 1);
	(void)close(fd);
	if (n < 0)
		return err_sys(e, errno, "The key file %s cannot be read",
		    path);
	buf[n] = '\0';
	return 0;
}

int
keys_load(struct keys **ret, const char *path, struct err *e)
{
	char buf[FILE_MAX], credential[512], *line, *save = NULL;
	const char *dir = getenv("CREDENTIALS_DIRECTORY");
	struct keys *k;
	int number = 0, rc = 0, is_credential = 0;

	if (sodium_init() == -1)
		return err_set(e, ERR_SYS, "libsodium cannot start");
	if (dir != NULL) {
		(void)snprintf(credential, sizeof(credential), "%s/keys", dir);
		if (access(credential, R_OK) == 0)
			is_credential = 1;
		if (is_credential)
			path = credential;
	}
	if (read_file(buf, path, is_credential, e) == -1)
		return -1;
	k = sodium_malloc(sizeof(*k));
	if (k == NULL)
		abort();
	k->n = 0;
	for (line = strtok_r(buf, "\n", &save); line != NULL && rc == 0;
	     line = strtok_r(NULL, "\n", &save)) {
		number++;
		if (line[0] != '#')
			rc = parse_line(k, line, path, number, e);
	}
	sodium_memzero(buf, sizeof(buf));
	if (rc == 0 && k->n == 0)
		rc = err_set(e, ERR_CONFIG, "There is no key in %s", path);
	if (rc == -1) {
		sodium_free(k);
		return -1;
	}
	(void)sodium_mprotect_readonly(k);
	*ret = k;
	return 0;
}

void
keys_free(struct keys *k)
{
	sodium_free(k);
}

int
keys_create(const char *path, struct err *e)
{
	unsigned char master[crypto_kdf_KEYBYTES];
	char hex[2 * sizeof(master) + 1], text[256];
	int fd, n;

	if (sodium_init() == -1)
		return err_set(e, ERR_SYS, "libsodium cannot start");
	fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd == -1)
		return err_sys(e, errno, "The key file %s cannot be made",
		    path);
	crypto_kdf_keygen(master);
	(void)sodium_bin2hex(hex, sizeof(hex), master, sizeof(master));
	n = snprintf(text, sizeof(text),
	    "# Keys of Tweeluik, newest first. Keep a copy apart from the "
	    "database backups.\n1 %s\n",
	    hex);
	if (write(fd, text, (size_t)n) != n || fsync(fd) == -1) {
		int why = errno;

		(void)close(fd);
		(void)unlink(path);
		return err_sys(e, why, "The key file %s cannot be written",
		    path);
	}
	sodium_memzero(master, sizeof(master));
	sodium_memzero(hex, sizeof(hex));
	sodium_memzero(text, sizeof(text));
	(void)close(fd);
	return 0;
}

void
keys_hash_address(const struct keys *k, unsigned char ret_hash[KEYS_HASH_BYTES],
    const struct address *a)
{
	(void)crypto_generichash(ret_hash, KEYS_HASH_BYTES,
	    (const unsigned char *)a->compare, strlen(a->compare),
	    k->key[k->n - 1].hash, sizeof(k->key[0].hash));
}

void
keys_hash_bytes(const struct keys *k, unsigned char ret_hash[KEYS_HASH_BYTES],
    const void *p, size_t n)
{
	(void)crypto_generichash(ret_hash, KEYS_HASH_BYTES, p, n,
	    k->key[k->n - 1].hash, sizeof(k->key[0].hash));
}

size_t
keys_seal_bytes(const struct keys *k, unsigned char *ret_sealed, const void *p,
    size_t n)
{
	unsigned long long size;

	ret_sealed[0] = k->key[0].id;
	randombytes_buf(ret_sealed + 1, SEAL_HEAD - 1);
	(void)crypto_aead_xchacha20poly1305_ietf_encrypt(ret_sealed + SEAL_HEAD,
	    &size, p, n, ret_sealed, 1, NULL, ret_sealed + 1, k->key[0].seal);
	return SEAL_HEAD + (size_t)size;
}

/* Whether it opens; ret_plain is as large as it says. */
static bool
unseal(const struct keys *k, unsigned char *ret_plain,
    const unsigned char *sealed, size_t n)
{
	const struct key *key;

	return n >= KEYS_SEAL_BYTES &&
	    (key = key_by_id(k, sealed[0])) != NULL &&
	    crypto_aead_xchacha20poly1305_ietf_decrypt(ret_plain, NULL, NULL,
		sealed + SEAL_HEAD, n - SEAL_HEAD, sealed, 1, sealed + 1,
		key->seal) == 0;
}

int
keys_open_bytes(const struct keys *k, unsigned char *ret_plain,
    const unsigned char *sealed, size_t n, struct err *e)
{
	if (unseal(k, ret_plain, sealed, n))
		return 0;
	(void)err_set(e, ERR_INPUT,
	    "What is stored sealed does not open with the keys at hand");
	return err_hint(e,
	    N_("Is this the key file that belongs to the database?"));
}

size_t
keys_seal(const struct keys *k, unsigned char ret_sealed[KEYS_SEALED_MAX],
    const char *address)
{
	return keys_seal_bytes(k, ret_sealed, address, strlen(address));
}

int
keys_open(const struct keys *k, char ret_address[ADDRESS_MAX + 1],
    const unsigned char *sealed, size_t n, struct err *e)
{
	unsigned char plain[ADDRESS_MAX];
	size_t len = n - KEYS_SEAL_BYTES;

	if (n < KEYS_SEAL_BYTES || len > sizeof(plain) ||
	    !unseal(k, plain, sealed, n)) {
		(void)err_set(e, ERR_INPUT,
		    "A stored address does not open with the keys at hand");
		return err_hint(e,
		    N_("Is this the key file that belongs to the database?"));
	}
	memcpy(ret_address, plain, len);
	ret_address[len] = '\0';
	return 0;
}

/* A pseudorandom function of 16 bytes. */
static void
prf(unsigned char out[PRF_BYTES], const unsigned char in[MAC_BYTES],
    const unsigned char key[crypto_core_hchacha20_KEYBYTES])
{
	(void)crypto_core_hchacha20(out, in, key, NULL);
}

/* MAC over purpose and numbers; then a stream from the MAC hides the numbers */
static void
token_mac(const struct key *key, unsigned char mac[MAC_BYTES],
    unsigned char purpose, const unsigned char ids[IDS_BYTES])
{
	unsigned char in[MAC_BYTES] = { purpose }, out[PRF_BYTES];

	memcpy(in + 1, ids, IDS_BYTES);
	prf(out, in, key->mac);
	memcpy(mac, out, MAC_BYTES);
}

static void
token_stream(const struct key *key, unsigned char ids[IDS_BYTES],
    const unsigned char mac[MAC_BYTES])
{
	unsigned char pad[PRF_BYTES];

	prf(pad, mac, key->stream);
	for (size_t i = 0; i < IDS_BYTES; i++)
		ids[i] ^= pad[i];
}

static void
token_make(const struct keys *k, unsigned char out[TOKEN_BYTES],
    const struct token *t)
{
	const struct key *key = &k->key[0];
	unsigned char *mac = out + 2, *ids = out + 2 + MAC_BYTES;

	out[0] = key->id;
	out[1] = (unsigned char)t->purpose;
	for (int i = 0; i < 8; i++)
		ids[i] = (unsigned char)(t->subscriber >> (56 - 8 * i));
	for (int i = 0; i < 4; i++)
		ids[8 + i] = (unsigned char)(t->mailing >> (24 - 8 * i));
	token_mac(key, mac, out[1], ids);
	token_stream(key, ids, mac);
}

static int
token_read(const struct keys *k, struct token *ret, enum token_purpose purpose,
    unsigned char in[TOKEN_BYTES], int wellformed, struct err *e)
{
	unsigned char mac[MAC_BYTES], *ids = in + 2 + MAC_BYTES;
	const struct key *key = key_by_id(k, in[0]);
	int ok = wellformed && key != NULL && in[1] == (unsigned char)purpose;

	if (key == NULL)
		key = &k->key[0];
	token_stream(key, ids, in + 2);
	token_mac(key, mac, (unsigned char)purpose, ids);
	if ((sodium_memcmp(mac, in + 2, MAC_BYTES) != 0) | !ok)
		return err_set(e, ERR_INPUT, "The token is not one of ours");
	ret->purpose = purpose;
	ret->subscriber = 0;
	ret->mailing = 0;
	for (int i = 0; i < 8; i++)
		ret->subscriber = ret->subscriber << 8 | ids[i];
	for (int i = 0; i < 4; i++)
		ret->mailing = ret->mailing << 8 | ids[8 + i];
	return 0;
}

void
token_link(const struct keys *k, char ret[TOKEN_LINK_CHARS + 1],
    const struct token *t)
{
	unsigned char raw[TOKEN_BYTES];

	token_make(k, raw, t);
	(void)sodium_bin2base64(ret, TOKEN_LINK_CHARS + 1, raw, sizeof(raw),
	    sodium_base64_VARIANT_URLSAFE_NO_PADDING);
}

int
token_open_link(const struct keys *k, struct token *ret,
    enum token_purpose purpose, const char *s, size_t n, struct err *e)
{
	unsigned char raw[TOKEN_BYTES] = { 0 };
	size_t got = 0;
	int wellformed = n == TOKEN_LINK_CHARS &&
	    sodium_base642bin(raw, sizeof(raw), s, n, NULL, &got, NULL,
		sodium_base64_VARIANT_URLSAFE_NO_PADDING) == 0 &&
	    got == sizeof(raw);

	return token_read(k, ret, purpose, raw, wellformed, e);
}

/* Base32 (RFC 4648, 6) in lower case: local parts may lose their case. */
static const char base32[] = "abcdefghijklmnopqrstuvwxyz234567";

void
token_mail(const struct keys *k, char ret[TOKEN_MAIL_CHARS + 1],
    const struct token *t)
{
	unsigned char raw[TOKEN_BYTES];
	uint32_t acc = 0;
	int bits = 0;
	size_t o = 0;

	token_make(k, raw, t);
	for (size_t i = 0; i < sizeof(raw); i++) {
		acc = acc << 8 | raw[i];
		for (bits += 8; bits >= 5; bits -= 5)
			ret[o++] = base32[acc >> (bits - 5) & 31];
	}
	ret[o] = '\0';
}

int
token_open_mail(const struct keys *k, struct token *ret,
    enum token_purpose purpose, const char *s, size_t n, struct err *e)
{
	unsigned char raw[TOKEN_BYTES] = { 0 };
	int wellformed = n == TOKEN_MAIL_CHARS;
	uint32_t acc = 0;
	int bits = 0;
	size_t o = 0;

	for (size_t i = 0; i < n && o < sizeof(raw); i++) {
		char c = (char)(s[i] >= 'A' && s[i] <= 'Z' ? s[i] + 32 : s[i]);
		const char *p = c != '\0' ? strchr(base32, c) : NULL;

		wellformed &= p != NULL;
		acc = acc << 5 | (uint32_t)(p != NULL ? p - base32 : 0);
		bits += 5;
		if (bits >= 8) {
			bits -= 8;
			raw[o++] = (unsigned char)(acc >> bits);
		}
	}
	return token_read(k, ret, purpose, raw, wellformed, e);
}
