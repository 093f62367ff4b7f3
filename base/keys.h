/*
 * keys - the secrets outside the database, and what is made with them
 *
 * A key file holds one master key a line, newest first:
 *	KEY-ID 64-hexadecimal-digits
 * From each master key come separate keys for each use (libsodium crypto_kdf).
 * New addresses are sealed and new tokens made with the newest key; every key
 * in the file still opens what it sealed, so links already sent keep working.
 * The hash that finds an address always uses the oldest key (the last line),
 * so that a new key does not make everybody a stranger.
 *
 * Seal: XChaCha20-Poly1305 with a random nonce; key id | nonce | ciphertext.
 * Token: a synthetic-IV construction (after RFC 5297) with HChaCha20, which is
 *   a pseudorandom function of 16 bytes (Bernstein, "Extending the Salsa20
 *   nonce", 2011) and six times as fast here as keyed BLAKE2b: a 128-bit MAC
 *   over purpose and numbers, and the numbers encrypted with a stream from
 *   that MAC, so a link shows neither reader nor issue, is the same
 *   on every retry, and cannot be guessed.  40 characters of base64url in
 *   links, 48 of lower-case base32 in mail addresses.
 *
 * Ownership: struct keys holds the secrets in locked memory that is left out of
 *   core dumps; keys_free() wipes it.
 * Errors: ERR_CONFIG for a bad file, ERR_DENIED when it cannot be read or
 *   others may read it; ERR_INPUT for what does not open.
 * Threads: read-only after keys_load().
 */
#ifndef BASE_KEYS_H
#define BASE_KEYS_H

#include <stdint.h>
#include <stddef.h>

#include "base/address.h"

struct err;
struct keys;

#define KEYS_HASH_BYTES 32
#define KEYS_SEAL_BYTES ((size_t)41) /* what a seal adds: id, nonce, tag */
#define KEYS_SEALED_MAX (ADDRESS_MAX + 64)
#define TOKEN_LINK_CHARS 40
#define TOKEN_MAIL_CHARS 48

enum token_purpose {
	TOKEN_UNSUBSCRIBE = 'u',
	TOKEN_LANGUAGE = 't',
	TOKEN_WEB_VERSION = 'm',
	TOKEN_PREFERENCES = 'v',
	TOKEN_UNDO = 'o',
	TOKEN_CONFIRM = 'b',
	TOKEN_DETAILS = 'd',
	TOKEN_ADDRESS = 'a',	      /* that a new address is theirs */
	TOKEN_CHECK = 'k',	      /* of an organisation: number, letter */
	TOKEN_STAMP = 's',	      /* of a form: when, what for */
	TOKEN_MAIL_UNSUBSCRIBE = 'x', /* local part after a plus */
	TOKEN_RETURN_PATH = 'r',      /* VERP */
	TOKEN_MESSAGE_ID = 'i',
};

/* What a token says.  mailing 0: no mailing. */
struct token {
	enum token_purpose purpose;
	uint64_t subscriber;
	uint32_t mailing;
};

/* path may be replaced by the credential "keys" of systemd. */
int keys_load(struct keys **ret, const char *path, struct err *e);
void keys_free(struct keys *k);

/* Write a new key file, mode 0600; fails when there is one. */
int keys_create(const char *path, struct err *e);

void keys_hash_address(const struct keys *k,
    unsigned char ret_hash[KEYS_HASH_BYTES], const struct address *a);

/* The same for other bytes: equal ones have equal hashes. */
void keys_hash_bytes(const struct keys *k,
    unsigned char ret_hash[KEYS_HASH_BYTES], const void *p, size_t n);

/* Returns the number of bytes written to ret_sealed. */
size_t keys_seal(const struct keys *k,
    unsigned char ret_sealed[KEYS_SEALED_MAX], const char *address);
int keys_open(const struct keys *k, char ret_address[ADDRESS_MAX + 1],
    const unsigned char *sealed, size_t n, struct err *e);

/* The same for bytes of any number.  There must be room for KEYS_SEAL_BYTES more
 * than n in ret_sealed, which is returned; and for as many fewer in
 * ret_plain. */
size_t keys_seal_bytes(const struct keys *k, unsigned char *ret_sealed,
    const void *p, size_t n);
int keys_open_bytes(const struct keys *k, unsigned char *ret_plain,
    const unsigned char *sealed, size_t n, struct err *e);

void token_link(const struct keys *k, char ret[TOKEN_LINK_CHARS + 1],
    const struct token *t);
void token_mail(const struct keys *k, char ret[TOKEN_MAIL_CHARS + 1],
    const struct token *t);

/* -1 with ERR_INPUT for anything that is not our token of this purpose; takes
 * the same time for every wrong one. */
int token_open_link(const struct keys *k, struct token *ret,
    enum token_purpose purpose, const char *s, size_t n, struct err *e);
int token_open_mail(const struct keys *k, struct token *ret,
    enum token_purpose purpose, const char *s, size_t n, struct err *e);

#endif
