#include "composer/issue/proof.h"

#include <stdio.h>
#include <string.h>

#include "base/database.h"
#include "base/err.h"
#include "base/keys.h"
#include "composer/edition/edition.h"
#include "composer/issue/issue.h"

int
proof_addresses(struct address ret[PROOF_ADDRESSES_MAX],
    const char *const *words, size_t n, struct err *e)
{
	if (n > PROOF_ADDRESSES_MAX)
		return err_set(e, ERR_USAGE,
		    "A test goes to at most %d addresses", PROOF_ADDRESSES_MAX);
	for (size_t k = 0; k < n; k++)
		if (address_parse(&ret[k], words[k], strlen(words[k]), e) == -1)
			return err_prefix(e,
			    "Address %zu is wrong, nothing was sent", k + 1);
	return 0;
}

/* As people write a time in the language the subject begins with. */
static int
clock_text(struct database *d, const struct edition *ed, char out[8],
    struct err *e)
{
	struct rows r;

	if (database_run(d, &r, e, "test_clock", NULL, 0) == -1)
		return -1;
	(void)snprintf(out, 8, "%.5s", rows_str(&r, 0, "clock"));
	rows_done(&r);
	if (ed->langs[0] == CONTENT_NL)
		out[2] = '.';
	return 0;
}

static int
make_test(struct database *d, const struct config *config,
    const struct issue *i, const char *edition, int64_t *ret_message,
    struct err *e)
{
	struct edition ed;
	char at[8];
	int rc;

	if (edition_build(d, config, i->id, edition, &ed, e) == -1)
		return -1;
	rc = clock_text(d, &ed, at, e);
	if (rc == 0)
		rc = edition_to_test(&ed, config, at, e);
	if (rc == 0)
		rc = edition_store_message(d, &ed, ret_message, e);
	edition_done(&ed);
	return rc;
}

static int
add_recipients(struct database *d, const struct keys *keys, int64_t mailing,
    int64_t message, const struct address *to, size_t n, struct err *e)
{
	for (size_t k = 0; k < n; k++) {
		unsigned char sealed[KEYS_SEALED_MAX];
		size_t size = keys_seal(keys, sealed, to[k].text);

		if (DATABASE_DO(d, e, "test_recipient", param_int(mailing),
			param_int(message), param_bytes(sealed, size)) == -1)
			return -1;
	}
	return 0;
}

int
proof_queue(struct database *d, const struct config *config,
    const struct keys *keys, const struct issue *i, const char *const *editions,
    size_t neditions, const struct address *to, size_t nto, const char *actor,
    int64_t *ret_mailing, struct err *e)
{
	int64_t mailing, message = 0;
	char detail[32];
	struct rows r;

	if (DATABASE_RUN(d, &r, e, "test_mailing", param_int(i->id)) == -1)
		return -1;
	mailing = rows_int(&r, 0, "id");
	rows_done(&r);
	for (size_t k = 0; k < neditions; k++)
		if (make_test(d, config, i, editions[k], &message, e) == -1 ||
		    add_recipients(d, keys, mailing, message, to, nto, e) == -1)
			return -1;
	/* composer/issue/check.h asks for a test of the present revision. */
	(void)snprintf(detail, sizeof(detail), "revision %d", i->revision);
	if (DATABASE_DO(d, e, "activity_add", param_text(actor),
		param_text("issue"), param_int(i->id), param_text("tested"),
		param_text(detail)) == -1)
		return -1;
	*ret_mailing = mailing;
	return 0;
}
