#include "composer/message/qp.h"

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include "base/buf.h"
#include "base/slot.h"
#include "base/splice.h"

struct atom {
	size_t bytes; /* of the text */
	size_t width; /* on the line, values in place */
	int slot;     /* kind, or -1 */
	char coded[3];
};

static bool
line_ends(const char *p)
{
	return *p == '\0' || *p == '\r' || *p == '\n';
}

static bool
is_plain(const char *p, size_t column)
{
	if (column == 0 && (*p == '.' || strncmp(p, "From ", 5) == 0))
		return false;
	if (*p == ' ' || *p == '\t')
		return !line_ends(p + 1);
	return *p > ' ' && *p <= '~' && *p != '=';
}

static struct atom
atom_at(const char *p, size_t column)
{
	static const char hex[] = "0123456789ABCDEF";
	unsigned char c = (unsigned char)*p;
	int slot = slot_at(p);

	if (slot != -1)
		return (struct atom){ .bytes = strlen(slot_placeholder(slot)),
			.width = slot_width(slot),
			.slot = slot };
	if (is_plain(p, column))
		return (struct atom){ 1, 1, -1, { *p } };
	return (struct atom){ 1, 3, -1, { '=', hex[c >> 4], hex[c & 15] } };
}

void
qp_encode(struct message *out, const char *text)
{
	const char *p = text;
	size_t column = 0;

	while (*p != '\0') {
		if (line_ends(p)) {
			(void)buf_adds(&out->bytes, "\r\n");
			p += p[0] == '\r' && p[1] == '\n' ? 2 : 1;
			column = 0;
			continue;
		}
		struct atom a = atom_at(p, column);
		size_t soft = line_ends(p + a.bytes) ? 0 : 1;
		if (column + a.width + soft > QP_LINE_MAX) {
			(void)buf_adds(&out->bytes, "=\r\n");
			column = 0;
			a = atom_at(p, column);
		}
		if (a.slot != -1)
			(void)message_add_slot(out, a.slot);
		else
			(void)buf_add(&out->bytes, a.coded, a.width);
		column += a.width;
		p += a.bytes;
	}
}
