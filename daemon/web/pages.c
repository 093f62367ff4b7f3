#include "daemon/web/pages.h"

const struct route pages_routes[] = {
	{ ROUTE_GET, "/u/:", unsubscribe_show },
	{ ROUTE_POST, "/u/:", unsubscribe_act },
	{ ROUTE_GET, "/u/:/done", unsubscribe_done },
	{ ROUTE_GET, "/u/:/noted", unsubscribe_noted },
	{ ROUTE_POST, "/u/:/reason", unsubscribe_reason },
	{ ROUTE_GET, "/u/:/thanks", unsubscribe_thanks },
	{ ROUTE_GET, "/u/:/undo", undo_show },
	{ ROUTE_POST, "/u/:/undo", undo_act },
	{ ROUTE_GET, "/u/:/undone", undo_done },
	{ ROUTE_GET, "/t/:/:", language_show },
	{ ROUTE_POST, "/t/:/:", language_act },
	{ ROUTE_GET, "/t/:/:/done", language_done },
	{ ROUTE_GET, "/v/:", preferences_show },
	{ ROUTE_POST, "/v/:", preferences_act },
	{ ROUTE_GET, "/v/:/done", preferences_done },
	{ ROUTE_GET, "/m/:/:", version_show },
	{ ROUTE_GET, "/", home_show },
	{ ROUTE_GET, "/healthz", health_show },
	{ ROUTE_GET, "/style.css", style_show },
	{ .pattern = NULL },
};
