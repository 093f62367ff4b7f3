#include "composer/issue/check.h"

#include <string.h>

#include "base/arena.h"
#include "base/catalogue.h"
#include "base/err.h"
#include "composer/issue/check_add.h"
#include "composer/issue/issue.h"

int
check_issue(struct check *ret, struct arena *a, const char *lang,
    struct database *d, const struct config *config, const struct issue *i,
    struct err *e)
{
	size_t malformed;

	*ret = (struct check){ .arena = a, .lang = lang, .issue = i };
	ret->end = &ret->first;
	ret->links = arena_alloc(a, LINKS_MAX * sizeof(*ret->links));
	if (check_contents(ret, d, e) == -1 || check_special(ret, d, e) == -1 ||
	    check_editions(ret, d, config, e) == -1)
		return -1;
	malformed = 0;
	for (struct check_finding *f = ret->first; f != NULL; f = f->next)
		malformed += strcmp(f->slug, "link-malformed") == 0;
	if (malformed == 0 && ret->nlinks > 0)
		check_add(ret, CHECK_OK, "links", 0, NULL,
		    N_("Links that are complete: %zu"), ret->nlinks);
	return 0;
}

int
check_links(struct check *ck, links_progress *progress, void *arg,
    struct err *e)
{
	bool network;
	size_t good = 0;

	if (links_check(ck->links, ck->nlinks, links_address_is_public,
		progress, arg, &network, e) == -1)
		return -1;
	if (!network) {
		check_add(ck, CHECK_WARNING, "no-network", 0, NULL,
		    N_("The links could not be tried: no network"));
		return 0;
	}
	for (size_t i = 0; i < ck->nlinks; i++) {
		const struct link *l = &ck->links[i];
		const char *fix = l->item == 0
		    ? NULL
		    : arena_printf(ck->arena, "tweeluik item edit %lld",
			  (long long)l->item);

		good += l->state == LINK_OK;
		if (l->state == LINK_BROKEN && l->why == NULL)
			check_add(ck, CHECK_WARNING, "link-broken", l->item,
			    fix, N_("The link %s is answered with %ld"), l->url,
			    l->status);
		else if (l->state == LINK_BROKEN)
			check_add(ck, CHECK_WARNING, "link-broken", l->item,
			    fix, N_("The link %s: %s"), l->url,
			    catalogue_text(ck->lang, l->why));
	}
	check_add(ck, CHECK_OK, "links-tried", 0, NULL,
	    N_("Links that lead somewhere: %zu"), good);
	return 0;
}
