#include "base/own_address.h"

#include <stddef.h>
#include <string.h>
#include <strings.h>

#include "base/config.h"

bool
own_address(const struct config *c, const char *address)
{
	const char *const ours[] = { c->address, c->reply_to,
		c->unsubscribe_address, c->contributions };
	const char *at = strrchr(address, '@');

	for (size_t i = 0; i < sizeof(ours) / sizeof(ours[0]); i++)
		if (ours[i] != NULL && strcasecmp(ours[i], address) == 0)
			return true;
	return at != NULL && strcasecmp(at + 1, c->return_domain) == 0;
}
