#include "composer/template/template_tree.h"

#include "base/err.h"

int
template_error_at(const struct template_node *n, struct err *e)
{
	return err_prefix(e, "The template %s has an error on line %d", n->file,
	    n->line);
}
