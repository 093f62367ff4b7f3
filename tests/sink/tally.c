#include "tests/sink/tally.h"

#include <errno.h>
#include <pthread.h>
#include <sodium.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "tests/sink/faults.h"

#define FIRST_ENTRIES ((size_t)1 << 14)
#define ADDRESSES_MAX ((size_t)1 << 30)

static const char *const names[TALLY_COUNTS] = { "connections", "tls",
	"resumed", "messages", "bytes", "mismatches", "changed",
	"unsynchronised" };

struct entry {
	uint64_t hash; /* 0: free */
	uint32_t count;
	uint32_t own;
};

struct tally {
	pthread_mutex_t lock;
	uint64_t counts[TALLY_COUNTS];
	struct entry *entries; /* a power of two, at most half full */
	size_t size, used;
	bool keep;
	struct buf addresses; /* with keep: every new one, NUL after each */
};

static const unsigned char hash_key[crypto_shorthash_KEYBYTES];

struct tally *
tally_new(bool keep_addresses)
{
	struct tally *t = calloc(1, sizeof(*t));

	if (t == NULL ||
	    (t->entries = calloc(FIRST_ENTRIES, sizeof(*t->entries))) == NULL)
		abort();
	t->size = FIRST_ENTRIES;
	t->keep = keep_addresses;
	(void)pthread_mutex_init(&t->lock, NULL);
	buf_init(&t->addresses, ADDRESSES_MAX);
	return t;
}

void
tally_free(struct tally *t)
{
	buf_done(&t->addresses);
	(void)pthread_mutex_destroy(&t->lock);
	free(t->entries);
	free(t);
}

static uint64_t
hash_of(const char *address, size_t n)
{
	uint64_t hash;

	(void)crypto_shorthash((unsigned char *)&hash,
	    (const unsigned char *)address, n, hash_key);
	return hash != 0 ? hash : 1;
}

static struct entry *
find(const struct tally *t, uint64_t hash)
{
	size_t i = hash & (t->size - 1);

	while (t->entries[i].hash != 0 && t->entries[i].hash != hash)
		i = (i + 1) & (t->size - 1);
	return &t->entries[i];
}

static void
grow(struct tally *t)
{
	struct entry *old = t->entries;
	size_t n = t->size;

	t->size *= 2;
	t->entries = calloc(t->size, sizeof(*t->entries));
	if (t->entries == NULL)
		abort();
	for (size_t i = 0; i < n; i++)
		if (old[i].hash != 0)
			*find(t, old[i].hash) = old[i];
	free(old);
}

static void
count_recipient(struct tally *t, const char *address, size_t n, uint32_t own)
{
	uint64_t hash = hash_of(address, n);
	struct entry *entry = find(t, hash);

	if (entry->hash == 0) {
		if (t->used == t->size / 2) {
			grow(t);
			entry = find(t, hash);
		}
		*entry = (struct entry){ .hash = hash, .own = own };
		t->used++;
		if (t->keep)
			(void)buf_add(&t->addresses, address, n + 1);
	} else if (entry->own != own) {
		if (t->counts[TALLY_CHANGED]++ == 0)
			(void)fprintf(stderr,
			    "sink: %s got it again, and not the same\n",
			    address);
	}
	entry->count++;
}

void
tally_add(struct tally *t, enum tally_count what, uint64_t n)
{
	(void)pthread_mutex_lock(&t->lock);
	t->counts[what] += n;
	(void)pthread_mutex_unlock(&t->lock);
}

void
tally_deliver(struct tally *t, const char *recipients, size_t n,
    size_t size_bytes, uint32_t own)
{
	const char *end = recipients + n;

	(void)pthread_mutex_lock(&t->lock);
	t->counts[TALLY_MESSAGES]++;
	t->counts[TALLY_BYTES] += size_bytes;
	while (recipients < end) {
		size_t len = strlen(recipients);

		count_recipient(t, recipients, len, own);
		recipients += len + 1;
	}
	(void)pthread_mutex_unlock(&t->lock);
}

void
tally_complain(struct tally *t, enum tally_count what, const char *fmt, ...)
{
	va_list ap;

	(void)pthread_mutex_lock(&t->lock);
	if (t->counts[what]++ == 0) {
		(void)fputs("sink: ", stderr);
		va_start(ap, fmt);
		(void)vfprintf(stderr, fmt, ap);
		va_end(ap);
		(void)fputc('\n', stderr);
	}
	(void)pthread_mutex_unlock(&t->lock);
}

bool
tally_is_clean(struct tally *t)
{
	bool clean;

	(void)pthread_mutex_lock(&t->lock);
	clean = t->counts[TALLY_MISMATCHES] == 0 &&
	    t->counts[TALLY_CHANGED] == 0 &&
	    t->counts[TALLY_UNSYNCHRONISED] == 0;
	(void)pthread_mutex_unlock(&t->lock);
	return clean;
}

static void
print_json(const struct tally *t, struct faults *faults, FILE *f)
{
	size_t once = 0, more = 0;
	uint64_t copies = 0;
	uint32_t most = 0;

	for (size_t i = 0; i < t->size; i++) {
		uint32_t n = t->entries[i].count;

		once += n == 1;
		more += n > 1;
		copies += n > 1 ? n - 1 : 0;
		most = n > most ? n : most;
	}
	(void)fputs("{", f);
	for (int i = 0; i < TALLY_COUNTS; i++)
		(void)fprintf(f, "\"%s\": %llu, ", names[i],
		    (unsigned long long)t->counts[i]);
	(void)fprintf(f,
	    "\"recipients\": %zu, \"once\": %zu, \"more_than_once\": %zu, "
	    "\"copies\": %llu, \"most\": %u, \"faults\": ",
	    t->used, once, more, (unsigned long long)copies, most);
	faults_print(faults, f);
	(void)fputs("}\n", f);
}

static void
print_list(const struct tally *t, FILE *f)
{
	const char *p = t->addresses.data, *end = p + t->addresses.len;

	while (p < end) {
		size_t n = strlen(p);

		(void)fprintf(f, "%s %u\n", p, find(t, hash_of(p, n))->count);
		p += n + 1;
	}
}

/* Who waits for the file must never see half of it. */
static FILE *
begin(const char *path, char **ret_name, struct err *e)
{
	FILE *f;

	if (asprintf(ret_name, "%s.new", path) == -1)
		abort();
	f = fopen(*ret_name, "we");
	if (f == NULL) {
		(void)err_sys(e, errno, "%s", *ret_name);
		free(*ret_name);
	}
	return f;
}

static int
end(FILE *f, char *name, const char *path, struct err *e)
{
	int bad = ferror(f), rc = 0;

	if ((fclose(f) != 0) | bad || rename(name, path) == -1)
		rc = err_sys(e, errno, "%s", path);
	free(name);
	return rc;
}

int
tally_write_json(struct tally *t, struct faults *faults, const char *path,
    struct err *e)
{
	char *name;
	FILE *f = begin(path, &name, e);

	if (f == NULL)
		return -1;
	(void)pthread_mutex_lock(&t->lock);
	print_json(t, faults, f);
	(void)pthread_mutex_unlock(&t->lock);
	return end(f, name, path, e);
}

int
tally_write_list(struct tally *t, const char *path, struct err *e)
{
	char *name;
	FILE *f = begin(path, &name, e);

	if (f == NULL)
		return -1;
	(void)pthread_mutex_lock(&t->lock);
	print_list(t, f);
	(void)pthread_mutex_unlock(&t->lock);
	return end(f, name, path, e);
}
