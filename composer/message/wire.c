#include "composer/message/wire.h"

#include <stdint.h>
#include <string.h>

#include "base/catalogue.h"

void
wire_init(struct wire *w)
{
	*w = (struct wire){ .fault = WIRE_OK };
}

/* Eight bytes at a time: every message of an issue passes here. */
static bool
is_ascii(const char *p, size_t n)
{
	uint64_t all = 0, word;

	for (; n >= sizeof(word); p += sizeof(word), n -= sizeof(word)) {
		memcpy(&word, p, sizeof(word));
		all |= word;
	}
	for (; n > 0; p++, n--)
		all |= (unsigned char)*p;
	return (all & UINT64_C(0x8080808080808080)) == 0;
}

/* What stands before the end of a line, or of the piece. */
static void
add_text(struct wire *w, const char *p, size_t n)
{
	if (n == 0)
		return;
	if (w->line == 0 && *p == '.')
		w->fault = WIRE_DOT;
	w->line += n;
	if (w->line > WIRE_LINE_MAX)
		w->fault = WIRE_LONG_LINE;
}

void
wire_add(struct wire *w, const void *piece, size_t n)
{
	const char *p = piece, *end = p + n;

	w->bytes += n;
	if (w->fault == WIRE_OK &&
	    (!is_ascii(p, n) || memchr(p, '\0', n) != NULL))
		w->fault = WIRE_NOT_ASCII;
	while (p < end && w->fault == WIRE_OK) {
		const char *cr, *lf;

		if (w->cr) {
			if (*p++ != '\n')
				w->fault = WIRE_BARE_CR;
			w->cr = false;
			w->line = 0;
			continue;
		}
		cr = memchr(p, '\r', (size_t)(end - p));
		if (cr == NULL)
			cr = end;
		lf = memchr(p, '\n', (size_t)(cr - p));
		if (lf != NULL)
			w->fault = WIRE_BARE_LF;
		else
			add_text(w, p, (size_t)(cr - p));
		w->cr = cr < end;
		p = cr + 1;
	}
}

enum wire_fault
wire_end(struct wire *w)
{
	if (w->fault == WIRE_OK && w->cr)
		w->fault = WIRE_BARE_CR;
	else if (w->fault == WIRE_OK && (w->line > 0 || w->bytes == 0))
		w->fault = WIRE_UNFINISHED;
	return w->fault;
}

const char *
wire_fault_text(enum wire_fault fault)
{
	static const char *const texts[] = {
		[WIRE_OK] = N_("it is fit to be sent"),
		[WIRE_LONG_LINE] = N_("a line is longer than 998 characters"),
		[WIRE_BARE_CR] = N_("a line ends in CR alone"),
		[WIRE_BARE_LF] = N_("a line ends in LF alone"),
		[WIRE_DOT] = N_("a line starts with a dot"),
		[WIRE_NOT_ASCII] = N_("a slot is empty, or a byte is no ASCII"),
		[WIRE_UNFINISHED] = N_("the last line has no end"),
	};

	return texts[fault];
}
