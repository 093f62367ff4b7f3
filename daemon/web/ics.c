#include "daemon/web/ics.h"

#include <stddef.h>
#include <string.h>

#include "base/buf.h"

#define LINE_OCTETS 75
#define LINE_MAX_BYTES ((size_t)16 * 1024)

/* Octets of the UTF-8 character that s starts with. */
static size_t
character(const char *s)
{
	size_t n = 1;

	while (((unsigned char)s[n] & 0xc0) == 0x80)
		n++;
	return n;
}

static void
add_folded(const char *line, struct buf *ret)
{
	size_t used = 0;

	for (size_t n; *line != '\0'; line += n, used += n) {
		n = character(line);
		if (used + n > LINE_OCTETS) {
			(void)buf_adds(ret, "\r\n ");
			used = 1;
		}
		(void)buf_add(ret, line, n);
	}
	(void)buf_adds(ret, "\r\n");
}

/* 3.3.11: no control character is in a text. */
static void
add_escaped(const char *s, struct buf *ret)
{
	for (; *s != '\0'; s++) {
		if (strchr("\\;,", *s) != NULL)
			(void)buf_addc(ret, '\\');
		if (*s == '\n')
			(void)buf_adds(ret, "\\n");
		else if ((unsigned char)*s >= 0x20 && *s != 0x7f)
			(void)buf_addc(ret, *s);
	}
}

/* name has all before the value; escape: the value is a TEXT. */
static void
add(const char *name, const char *value, bool escape, struct buf *ret)
{
	struct buf line;

	if (value[0] == '\0')
		return;
	buf_init(&line, LINE_MAX_BYTES);
	(void)buf_adds(&line, name);
	if (escape)
		add_escaped(value, &line);
	else
		(void)buf_adds(&line, value);
	add_folded(line.data, ret);
	buf_done(&line);
}

void
ics_write(const struct ics *i, struct buf *ret)
{
	add("BEGIN:", "VCALENDAR", false, ret);
	add("VERSION:", "2.0", false, ret);
	add("PRODID:", "-//Tweeluik//Tweeluik//NL", false, ret);
	add("BEGIN:", "VEVENT", false, ret);
	add("UID:", i->uid, false, ret);
	add("DTSTAMP:", i->stamp, false, ret);
	add("SEQUENCE:", i->sequence, false, ret);
	add(i->all_day ? "DTSTART;VALUE=DATE:" : "DTSTART:", i->starts, false,
	    ret);
	add(i->all_day ? "DTEND;VALUE=DATE:" : "DTEND:", i->ends, false, ret);
	add("SUMMARY:", i->summary, true, ret);
	add("LOCATION:", i->location, true, ret);
	add("URL:", i->url, false, ret);
	add("END:", "VEVENT", false, ret);
	add("END:", "VCALENDAR", false, ret);
}
