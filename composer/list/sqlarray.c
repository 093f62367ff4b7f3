#include "composer/list/sqlarray.h"

#include <stdlib.h>

void
sqlarray_init(struct sqlarray *a)
{
	buf_init(&a->text, SQLARRAY_MAX);
	sqlarray_clear(a);
}

void
sqlarray_done(struct sqlarray *a)
{
	buf_done(&a->text);
}

void
sqlarray_clear(struct sqlarray *a)
{
	buf_clear(&a->text);
	(void)buf_addc(&a->text, '{');
}

static void
next(struct sqlarray *a)
{
	if (a->text.len > 1)
		(void)buf_addc(&a->text, ',');
}

void
sqlarray_text(struct sqlarray *a, const char *s)
{
	next(a);
	(void)buf_addc(&a->text, '"');
	for (; *s != '\0'; s++) {
		if (*s == '"' || *s == '\\')
			(void)buf_addc(&a->text, '\\');
		(void)buf_addc(&a->text, *s);
	}
	(void)buf_addc(&a->text, '"');
}

void
sqlarray_null(struct sqlarray *a)
{
	next(a);
	(void)buf_adds(&a->text, "NULL");
}

void
sqlarray_bytes(struct sqlarray *a, const unsigned char *p, size_t n)
{
	static const char digits[] = "0123456789abcdef";

	next(a);
	(void)buf_adds(&a->text, "\"\\\\x");
	for (size_t i = 0; i < n; i++) {
		const char two[] = { digits[p[i] >> 4], digits[p[i] & 15] };

		(void)buf_add(&a->text, two, sizeof(two));
	}
	(void)buf_addc(&a->text, '"');
}

const char *
sqlarray_end(struct sqlarray *a)
{
	(void)buf_addc(&a->text, '}');
	if (buf_full(&a->text))
		abort();
	return a->text.data;
}
