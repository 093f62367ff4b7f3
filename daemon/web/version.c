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
