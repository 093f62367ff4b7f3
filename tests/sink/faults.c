#include "tests/sink/faults.h"

#include <ctype.h>
#include <errno.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"

#define LINE_MAX_BYTES 512

struct rule {
	enum step step;
	uint64_t first, last;
	enum fault fault;
	char *reply;
};

struct faults {
	pthread_mutex_t lock;
	struct rule rules[RULES_MAX];
	size_t nrules;
	uint64_t seed;
	double rate;
	unsigned int kinds; /* a bit for each */
	uint64_t turns[STEPS];
	uint64_t counts[FAULTS];
	FILE *log;
};

static const char *const step_names[STEPS] = { "CONNECT", "EHLO", "STARTTLS",
	"AUTH", "MAIL", "RCPT", "DATA", "BDAT", "CONTENT", "EOD", "RSET",
	"NOOP", "QUIT" };
static const char *const fault_names[FAULTS] = { "none", "drop", "4xx", "5xx",
	"421", "garbage", "silence", "half", "cut", "lost", "dead", "reply" };

struct faults *
faults_new(void)
{
	struct faults *f = calloc(1, sizeof(*f));

	if (f == NULL)
		abort();
	(void)pthread_mutex_init(&f->lock, NULL);
	return f;
}

void
faults_free(struct faults *f)
{
	for (size_t i = 0; i < f->nrules; i++)
		free(f->rules[i].reply);
	if (f->log != NULL)
		(void)fclose(f->log);
	(void)pthread_mutex_destroy(&f->lock);
	free(f);
}

/* The index of the word of n bytes, or -1. */
static int
word_in(const char *const *words, int nwords, const char *s, size_t n)
{
	for (int i = 0; i < nwords; i++)
		if (strlen(words[i]) == n && memcmp(words[i], s, n) == 0)
			return i;
	return -1;
}

int
faults_set_rate(struct faults *f, const char *text, struct err *e)
{
	char *p;

	f->seed = strtoull(text, &p, 10);
	if (p == text || *p != ':')
		return err_set(e, ERR_USAGE, "SEED:RATE expected: %s", text);
	f->rate = strtod(p + 1, &p);
	if (f->rate < 0 || f->rate > 1 || (*p != ':' && *p != '\0'))
		return err_set(e, ERR_USAGE, "The rate must be from 0 to 1: %s",
		    text);
	f->kinds = ~(1U << FAULT_NONE | 1U << FAULT_5XX | 1U << FAULT_DEAD |
	    1U << FAULT_REPLY);
	if (*p == '\0')
		return 0;
	f->kinds = 0;
	while (*p != '\0') {
		size_t n = strcspn(++p, ",");
		int kind = word_in(fault_names, FAULT_REPLY, p, n);

		if (kind <= FAULT_NONE)
			return err_set(e, ERR_USAGE, "No such fault: %s", p);
		f->kinds |= 1U << kind;
		p += n;
	}
	return 0;
}

/* Where a fault makes sense. */
static bool
fits(enum fault fault, enum step step)
{
	switch (fault) {
	case FAULT_CUT:
		return step == STEP_CONTENT;
	case FAULT_LOST:
		return step == STEP_EOD;
	case FAULT_DEAD:
		return step == STEP_RCPT;
	default:
		return fault != FAULT_NONE && step != STEP_CONTENT;
	}
}

static const char *
parse_times(struct rule *r, const char *p)
{
	char *end;

	if (*p == '*') {
		r->first = 1;
		r->last = UINT64_MAX;
		return p + 1;
	}
	r->first = r->last = strtoull(p, &end, 10);
	if (*end == '+') {
		r->last = UINT64_MAX;
		end++;
	}
	return end;
}

static bool
is_refusal(const char *s)
{
	return (s[0] == '4' || s[0] == '5') && isdigit((unsigned char)s[1]) &&
	    isdigit((unsigned char)s[2]) && s[3] == ' ';
}

int
faults_add_rule(struct faults *f, const char *text, struct err *e)
{
	struct rule *r = &f->rules[f->nrules];
	size_t n = strcspn(text, ":");
	int step = word_in(step_names, STEPS, text, n), fault;
	const char *p = text + n;

	if (f->nrules == RULES_MAX)
		return err_set(e, ERR_LIMIT, "There are too many rules");
	if (step == -1 || *p != ':')
		return err_set(e, ERR_USAGE, "No such step: %s", text);
	r->step = (enum step)step;
	p = parse_times(r, p + 1);
	if (*p != ':' || r->first == 0)
		return err_set(e, ERR_USAGE, "N, N+ or * expected: %s", text);
	p++;
	fault = is_refusal(p) ? FAULT_REPLY
			      : word_in(fault_names, FAULT_REPLY, p, strlen(p));
	if (fault <= FAULT_NONE || !fits((enum fault)fault, r->step))
		return err_set(e, ERR_USAGE, "That does not happen there: %s",
		    text);
	r->fault = (enum fault)fault;
	r->reply = strdup(p);
	if (r->reply == NULL)
		abort();
	f->nrules++;
	return 0;
}

int
faults_read_script(struct faults *f, const char *path, struct err *e)
{
	char line[LINE_MAX_BYTES];
	FILE *in = fopen(path, "re");
	int rc = 0;

	if (in == NULL)
		return err_sys(e, errno, "%s", path);
	while (rc == 0 && fgets(line, sizeof(line), in) != NULL) {
		line[strcspn(line, "\r\n")] = '\0';
		if (line[0] != '\0' && line[0] != '#')
			rc = faults_add_rule(f, line, e);
	}
	(void)fclose(in);
	return rc;
}

int
faults_set_log(struct faults *f, const char *path, struct err *e)
{
	f->log = fopen(path, "ae");
	if (f->log == NULL)
		return err_sys(e, errno, "%s", path);
	(void)setvbuf(f->log, NULL, _IOLBF, 0);
	return 0;
}

/* The finaliser of splitmix64. */
static uint64_t
mix(uint64_t x)
{
	x = (x ^ x >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	x = (x ^ x >> 27) * UINT64_C(0x94d049bb133111eb);
	return x ^ x >> 31;
}

/* One of the kinds asked for that fit the step. */
static enum fault
pick(const struct faults *f, enum step step, uint64_t random)
{
	enum fault choice[FAULTS];
	size_t n = 0;

	for (int kind = FAULT_NONE + 1; kind < FAULTS; kind++)
		if ((f->kinds & 1U << kind) && fits((enum fault)kind, step))
			choice[n++] = (enum fault)kind;
	return n > 0 ? choice[random % n] : FAULT_NONE;
}

static enum fault
decide(const struct faults *f, enum step step, uint64_t turn,
    const char **ret_reply, uint64_t random)
{
	for (size_t i = 0; i < f->nrules; i++) {
		const struct rule *r = &f->rules[i];

		if (r->step == step && turn >= r->first && turn <= r->last) {
			*ret_reply = r->reply;
			return r->fault;
		}
	}
	if ((double)(random >> 11) * 0x1p-53 < f->rate)
		return pick(f, step, mix(random));
	return FAULT_NONE;
}

enum fault
faults_draw(struct faults *f, enum step step, const char **ret_reply,
    uint64_t *ret_random)
{
	enum fault fault;
	uint64_t turn;

	*ret_random = 0;
	if (f == NULL)
		return FAULT_NONE;
	(void)pthread_mutex_lock(&f->lock);
	turn = ++f->turns[step];
	*ret_random = mix(mix(f->seed + 1) ^ mix(turn * STEPS + step));
	fault = decide(f, step, turn, ret_reply, *ret_random);
	if (fault != FAULT_NONE) {
		f->counts[fault]++;
		if (f->log != NULL)
			(void)fprintf(f->log, "%s %llu %s\n", step_names[step],
			    (unsigned long long)turn, fault_names[fault]);
	}
	(void)pthread_mutex_unlock(&f->lock);
	return fault;
}

void
faults_print(struct faults *f, FILE *out)
{
	uint64_t total = 0;

	if (f == NULL) {
		(void)fputs("{\"total\": 0}", out);
		return;
	}
	(void)pthread_mutex_lock(&f->lock);
	for (int kind = FAULT_NONE + 1; kind < FAULTS; kind++)
		total += f->counts[kind];
	(void)fprintf(out, "{\"total\": %llu", (unsigned long long)total);
	for (int kind = FAULT_NONE + 1; kind < FAULTS; kind++)
		if (f->counts[kind] > 0)
			(void)fprintf(out, ", \"%s\": %llu", fault_names[kind],
			    (unsigned long long)f->counts[kind]);
	(void)fputs("}", out);
	(void)pthread_mutex_unlock(&f->lock);
}
