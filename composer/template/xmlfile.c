#include "composer/template/xmlfile.h"

#include <stdlib.h>
#include <string.h>
#include <libxml/parser.h>

#include "base/err.h"

int
xmlfile_read(const char *path, xmlDocPtr *ret_doc, struct err *e)
{
	const int options = XML_PARSE_NONET | XML_PARSE_NOENT |
	    XML_PARSE_NOCDATA | XML_PARSE_NOERROR | XML_PARSE_NOWARNING;
	xmlParserCtxtPtr ctxt = xmlNewParserCtxt();
	const xmlError *x;
	const char *why = "";
	int rc = 0;

	if (ctxt == NULL)
		abort();
	/* Before opening too, or a missing file is reported on stderr. */
	(void)xmlCtxtUseOptions(ctxt, options);
	xmlDocPtr doc = xmlCtxtReadFile(ctxt, path, "UTF-8", options);
	if (doc == NULL) {
		x = xmlCtxtGetLastError(ctxt);
		if (x != NULL && x->message != NULL)
			why = x->message;
		rc = err_set(e, ERR_CONFIG, "%s, line %d: %.*s", path,
		    x != NULL ? x->line : 0, (int)strcspn(why, "\n"), why);
	} else
		*ret_doc = doc;
	xmlFreeParserCtxt(ctxt);
	return rc;
}
