#include "daemon/role/departed.h"

#include <stdio.h>

#include "base/log.h"

int
departed_apply(struct database *db, const char *dir, struct err *e)
{
	struct departures_applied a;
	char n[4][24];

	if (departures_apply(db, dir, &a, e) == -1)
		return -1;
	if (a.unsubscribed + a.erased + a.blocked + a.returned == 0)
		return 0;
	(void)snprintf(n[0], sizeof(n[0]), "%ld", a.unsubscribed);
	(void)snprintf(n[1], sizeof(n[1]), "%ld", a.erased);
	(void)snprintf(n[2], sizeof(n[2]), "%ld", a.blocked);
	(void)snprintf(n[3], sizeof(n[3]), "%ld", a.returned);
	log_event(LOG_LEVEL_WARNING, "departures-applied", "unsubscribed", n[0],
	    "erased", n[1], "blocked", n[2], "returned", n[3], NULL);
	return 0;
}
