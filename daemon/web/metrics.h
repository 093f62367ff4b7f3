/*
 * metrics - figures for Prometheus, on a listener of their own
 *
 * Counts and states of the whole; no label holds a domain, an address or
 * anything else of a reader.  Without a database it says just that.
 *
 * Source: https://prometheus.io/docs/instrumenting/exposition_formats/, text
 *   format 0.0.4; web_metrics() in sql/migrations/0006-alarms.sql.
 */
#ifndef DAEMON_WEB_METRICS_H
#define DAEMON_WEB_METRICS_H

#include "daemon/web/route.h"

extern const struct route metrics_routes[];

#endif
