#include <libpq-fe.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "composer/cli/cli.h"

/* Types of pg_type.dat that have a form of their own in JSON. */
enum {
	OID_BOOL = 16,
	OID_INT8 = 20,
	OID_INT2 = 21,
	OID_INT4 = 23,
	OID_JSON = 114,
	OID_FLOAT8 = 701,
	OID_JSONB = 3802
};

static json_t *
json_of_value(const PGresult *r, int row, int col)
{
	const char *v = PQgetvalue(r, row, col);

	if (PQgetisnull(r, row, col))
		return json_null();
	switch (PQftype(r, col)) {
	case OID_BOOL:
		return json_boolean(v[0] == 't');
	case OID_INT2:
	case OID_INT4:
	case OID_INT8:
		return json_integer(strtoll(v, NULL, 10));
	case OID_FLOAT8:
		return json_real(strtod(v, NULL));
	case OID_JSON:
	case OID_JSONB:
		return json_loads(v, JSON_DECODE_ANY, NULL);
	default:
		return json_string(v);
	}
}

json_t *
json_of_row(const struct rows *r, int row)
{
	json_t *o = json_object();

	for (int c = 0; c < PQnfields(r->result); c++)
		(void)json_object_set_new(o, PQfname(r->result, c),
		    json_of_value(r->result, row, c));
	return o;
}

const char *
json_str(const json_t *o, const char *key)
{
	const char *s = json_string_value(json_object_get(o, key));

	return s == NULL ? "" : s;
}

int64_t
json_num(const json_t *o, const char *key)
{
	return json_integer_value(json_object_get(o, key));
}

json_t *
json_of_rows(const struct rows *r)
{
	json_t *a = json_array();

	for (int i = 0; i < r->n; i++)
		(void)json_array_append_new(a, json_of_row(r, i));
	return a;
}

void
out(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	(void)vprintf(fmt, ap);
	va_end(ap);
}

/* As plain text on one line: what would break a record becomes a blank. */
static void
value_text(char *buf, size_t size, const json_t *v)
{
	buf[0] = '\0';
	if (json_is_string(v))
		(void)snprintf(buf, size, "%s", json_string_value(v));
	else if (json_is_integer(v))
		(void)snprintf(buf, size, "%" JSON_INTEGER_FORMAT,
		    json_integer_value(v));
	else if (json_is_boolean(v))
		(void)snprintf(buf, size, "%s",
		    json_is_true(v) ? "true" : "false");
	else if (json_is_real(v))
		(void)snprintf(buf, size, "%g", json_real_value(v));
	else if (v != NULL && !json_is_null(v)) {
		char *s = json_dumps(v, JSON_COMPACT);

		(void)snprintf(buf, size, "%s", s);
		free(s);
	}
	for (char *p = buf; *p != '\0'; p++)
		if (*p == '\t' || *p == '\n' || *p == '\r')
			*p = ' ';
}

/* Characters, not bytes; titles are Dutch and English. */
static int
text_width(const char *s)
{
	int n = 0;

	for (; *s != '\0'; s++)
		n += ((unsigned char)*s & 0xc0) != 0x80;
	return n;
}

#define CELL_MAX 8192
#define COLUMNS_MAX 24

static void
print_plain(json_t *items, const struct column *columns)
{
	char cell[CELL_MAX];
	size_t i;
	json_t *row;

	json_array_foreach(items, i, row)
	{
		for (const struct column *c = columns; c->key != NULL; c++) {
			value_text(cell, sizeof(cell),
			    json_object_get(row, c->key));
			out("%s%s", c == columns ? "" : "\t", cell);
		}
		out("\n");
	}
}

static void
print_cell(const char *text, int width, bool last)
{
	if (last)
		out("%s\n", text);
	else
		out("%s%*s", text, width - text_width(text) + 2, "");
}

static void
print_table(json_t *items, const struct column *columns)
{
	int width[COLUMNS_MAX] = { 0 };
	char cell[CELL_MAX];
	size_t i, n = 0;
	json_t *row;

	for (; columns[n].key != NULL && n < COLUMNS_MAX; n++)
		width[n] = text_width(tr(columns[n].heading));
	json_array_foreach(items, i, row) for (size_t k = 0; k < n; k++)
	{
		value_text(cell, sizeof(cell),
		    json_object_get(row, columns[k].key));
		int w = text_width(cell);
		if (w > width[k])
			width[k] = w;
	}
	for (size_t k = 0; k < n; k++)
		print_cell(tr(columns[k].heading), width[k], k + 1 == n);
	json_array_foreach(items, i, row) for (size_t k = 0; k < n; k++)
	{
		value_text(cell, sizeof(cell),
		    json_object_get(row, columns[k].key));
		print_cell(cell, width[k], k + 1 == n);
	}
}

static void
print_json(json_t *document)
{
	(void)json_dumpf(document, stdout, JSON_INDENT(2));
	out("\n");
}

void
out_list(const struct cli *c, const char *schema, json_t *items,
    const struct column *columns)
{
	if (c->output == CLI_JSON) {
		json_t *doc =
		    json_pack("{s:s,s:O}", "schema", schema, "items", items);

		print_json(doc);
		json_decref(doc);
	} else if (c->output == CLI_PLAIN) {
		print_plain(items, columns);
	} else if (json_array_size(items) > 0) {
		print_table(items, columns);
	}
	json_decref(items);
}

bool
out_object(const struct cli *c, const char *schema, json_t *fields)
{
	bool done = true;

	if (c->output == CLI_JSON) {
		json_t *doc = json_pack("{s:s}", "schema", schema);

		(void)json_object_update(doc, fields);
		print_json(doc);
		json_decref(doc);
	} else if (c->output == CLI_PLAIN) {
		char cell[CELL_MAX];
		const char *key;
		json_t *v;

		json_object_foreach(fields, key, v)
		{
			value_text(cell, sizeof(cell), v);
			out("%s\t%s\n", key, cell);
		}
	} else {
		done = false;
	}
	json_decref(fields);
	return done;
}
