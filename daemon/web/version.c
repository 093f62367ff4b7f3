#include <stdio.h>
#include <string.h>

#include "base/database.h"
#include "base/err.h"
#include "daemon/web/http.h"
#include "daemon/web/pages.h"
#include "daemon/web/reader.h"
#include "daemon/web/site.h"
#include "daemon/web/webversion.h"

/* The mail has its styles inside. */
static const char policy[] =
    "default-src 'none'; style-src 'unsafe-inline'; form-action 'none'; "
    "frame-ancestors 'none'; base-uri 'none'";

int
version_show(struct request *q, struct response *r, struct err *e)
{
	static const char purpose[] = { TOKEN_WEB_VERSION, '\0' };
	struct reader d;
	struct rows rows;
	int rc;

	if (reader_find(&d, q, purpose, e) == -1 ||
	    DATABASE_RUN(d.db, &rows, e, "web_version", param_int(d.mailing),
		param_text(q->captures[1])) == -1)
		return -1;
	r->policy = policy;
	rc = rows.n == 0 ? reader_unknown(e)
			 : webversion_write(rows_str(&rows, 0, "html"), d.token,
			       &r->body, e);
	rows_done(&rows);
	return rc;
}

/* "3-2026" */
static bool
read_number(const char *s, int *ret_number, int *ret_year)
{
	char rest;

	return strspn(s, "0123456789-") == strlen(s) &&
	    sscanf(s, "%4d-%4d%c", ret_number, ret_year, &rest) == 2 &&
	    *ret_number > 0 && *ret_year > 0;
}

int
invitation_show(struct request *q, struct response *r, struct err *e)
{
	int number, year, rc = -1;
	struct database *d;
	struct rows rows;

	if (!read_number(q->captures[0], &number, &year))
		return err_set(e, ERR_NOT_FOUND, "This is no invitation");
	if (site_worker_database(q->worker, &d, e) == -1 ||
	    DATABASE_RUN(d, &rows, e, "web_invitation", param_int(year),
		param_int(number)) == -1)
		return -1;
	if (rows.n == 0)
		(void)err_set(e, ERR_NOT_FOUND, "There is no such invitation");
	else
		rc = webversion_write(rows_str(&rows, 0, "html"), "", &r->body,
		    e);
	rows_done(&rows);
	if (rc == -1)
		return -1;
	r->policy = policy;
	r->cache = "public, max-age=300";
	return 0;
}
