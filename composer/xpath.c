#include "composer/xpath.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <libxml/xpathInternals.h>

#include "base/catalogue.h"
#include "base/datefmt.h"
#include "base/err.h"

static void
on_error(void *data, xmlErrorPtr error)
{
	struct xpath *x = data;

	if (x->reason[0] != '\0' || error->message == NULL)
		return;
	(void)snprintf(x->reason, sizeof(x->reason), "%.*s",
	    (int)strcspn(error->message, "\n"), error->message);
}

static void
fail(xmlXPathParserContextPtr ctxt, const char *reason)
{
	struct xpath *x = ctxt->context->userData;

	(void)snprintf(x->reason, sizeof(x->reason), "%s", reason);
	xmlXPathSetError(ctxt, XPATH_INVALID_OPERAND);
}

static void
push(xmlXPathParserContextPtr ctxt, const char *s)
{
	valuePush(ctxt, xmlXPathNewCString(s));
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
		fail(ctxt, "t:date() knows \"day\", \"moment\", \"short\"");
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
	if (fabs(n) < 1e15) /* false for what is not a number */
		datefmt_number(x->lang, llround(n), text);
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
	x->reason[0] = '\0';
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
