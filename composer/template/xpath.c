#include "composer/template/xpath.h"

#include <stdlib.h>
#include <string.h>
#include <libxml/xpathInternals.h>

#include "base/catalogue.h"
#include "base/datefmt.h"
#include "base/err.h"

/* libxml2 gives a number and no words here. */
static void
on_error(void *data, xmlErrorPtr error)
{
	static const struct {
		int code;
		const char *words;
	} known[] = {
		{ XML_XPATH_UNDEF_VARIABLE_ERROR, "unknown variable" },
		{ XML_XPATH_UNDEF_PREFIX_ERROR, "unknown prefix" },
		{ XML_XPATH_INVALID_ARITY, "wrong number of arguments" },
		{ XPATH_OP_LIMIT_EXCEEDED + XML_XPATH_EXPRESSION_OK,
		    "too much work" },
	};
	struct xpath *x = data;

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (x->reason == NULL && error->code == known[i].code)
			x->reason = known[i].words;
	if (x->reason == NULL)
		x->reason = "not well formed";
}

static void
fail(xmlXPathParserContextPtr ctxt, const char *reason)
{
	struct xpath *x = ctxt->context->userData;

	x->reason = reason;
	xmlXPathSetError(ctxt, XPATH_INVALID_OPERAND);
}

static void
push(xmlXPathParserContextPtr ctxt, const char *s)
{
	valuePush(ctxt, xmlXPathNewCString(s));
}

static void
function_unknown(xmlXPathParserContextPtr ctxt, int nargs)
{
	(void)nargs;
	fail(ctxt, "unknown function");
}

/* Left alone, libxml2 reports an unknown function on stderr. */
static xmlXPathFunction
find_function(void *data, const xmlChar *name, const xmlChar *ns)
{
	struct xpath *x = data;
	xmlXPathFunction f =
	    (xmlXPathFunction)xmlHashLookup2(x->context->funcHash, name, ns);

	return f != NULL ? f : function_unknown;
}

static void
function_date(xmlXPathParserContextPtr ctxt, int nargs)
{
	struct xpath *x = ctxt->context->userData;
	char text[DATEFMT_MAX] = "";
	int style = DATEFMT_DAY;

	if (nargs != 1 && nargs != 2) {
		xmlXPathSetArityError(ctxt);
		return;
	}
	if (nargs == 2) {
		xmlChar *name = xmlXPathPopString(ctxt);

		style = datefmt_style_of((char *)name);
		xmlFree(name);
	}
	xmlChar *when = xmlXPathPopString(ctxt);
	if (style == -1)
		fail(ctxt,
		    "t:date() knows \"day\", \"moment\", \"short\", \"time\"");
	else if (when[0] != '\0' &&
	    datefmt_date(x->lang, (enum datefmt_style)style, (char *)when,
		text) == -1)
		fail(ctxt, "t:date() was given something that is no date");
	else
		push(ctxt, text);
	xmlFree(when);
}

static void
function_number(xmlXPathParserContextPtr ctxt, int nargs)
{
	struct xpath *x = ctxt->context->userData;
	char text[DATEFMT_MAX] = "";
	double n;

	CHECK_ARITY(1);
	n = xmlXPathPopNumber(ctxt);
	if (n > -1e15 && n < 1e15) /* false for what is not a number */
		datefmt_number(x->lang, (long long)n, text);
	push(ctxt, text);
}

static void
function_tr(xmlXPathParserContextPtr ctxt, int nargs)
{
	struct xpath *x = ctxt->context->userData;
	xmlChar *msgid;

	CHECK_ARITY(1);
	msgid = xmlXPathPopString(ctxt);
	push(ctxt, catalogue_text(x->lang, (char *)msgid));
	xmlFree(msgid);
}

static void
function_lang(xmlXPathParserContextPtr ctxt, int nargs)
{
	struct xpath *x = ctxt->context->userData;

	CHECK_ARITY(0);
	push(ctxt, x->lang);
}

void
xpath_init(struct xpath *x, xmlDocPtr doc, const char *lang)
{
	static const struct {
		const char *name;
		xmlXPathFunction call;
	} functions[] = {
		{ "date", function_date },
		{ "number", function_number },
		{ "tr", function_tr },
		{ "lang", function_lang },
	};
	xmlXPathContextPtr c = xmlXPathNewContext(doc);

	if (c == NULL)
		abort();
	c->userData = x;
	c->error = on_error;
	c->opLimit = XPATH_OPS_MAX;
	(void)xmlXPathRegisterNs(c, XCHAR "t", XCHAR XPATH_TEMPLATE_NS);
	for (size_t i = 0; i < sizeof(functions) / sizeof(functions[0]); i++)
		(void)xmlXPathRegisterFuncNS(c, XCHAR functions[i].name,
		    XCHAR XPATH_TEMPLATE_NS, functions[i].call);
	xmlXPathRegisterFuncLookup(c, find_function, x);
	*x = (struct xpath){ .context = c,
		.lang = lang,
		.node = xmlDocGetRootElement(doc),
		.position = 1,
		.last = 1 };
}

void
xpath_done(struct xpath *x)
{
	xmlXPathFreeContext(x->context);
}

int
xpath_eval(struct xpath *x, const char *expression,
    xmlXPathObjectPtr *ret_object, struct err *e)
{
	x->reason = NULL;
	x->context->node = x->node;
	/* Without these position() and last() are an error. */
	x->context->proximityPosition = x->position;
	x->context->contextSize = x->last;
	xmlXPathObjectPtr o = xmlXPathEval(XCHAR expression, x->context);
	if (o == NULL)
		return err_set(e, ERR_CONFIG, "\"%s\" cannot be computed (%s)",
		    expression, x->reason);
	*ret_object = o;
	return 0;
}

int
xpath_string(struct xpath *x, const char *expression, xmlChar **ret_string,
    struct err *e)
{
	xmlXPathObjectPtr o;

	if (xpath_eval(x, expression, &o, e) == -1)
		return -1;
	*ret_string = xmlXPathCastToString(o);
	xmlXPathFreeObject(o);
	if (*ret_string == NULL)
		abort();
	return 0;
}

int
xpath_true(struct xpath *x, const char *expression, bool *ret_true,
    struct err *e)
{
	xmlXPathObjectPtr o;

	if (xpath_eval(x, expression, &o, e) == -1)
		return -1;
	*ret_true = xmlXPathCastToBoolean(o) != 0;
	xmlXPathFreeObject(o);
	return 0;
}
