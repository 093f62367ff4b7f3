#include "daemon/send/smtp_result.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

/* Stands in the place of an address. */
#define MASK "***"

const char *
smtp_stage_name(enum smtp_stage stage)
{
	static const char *const names[] = {
		[SMTP_CONNECT] = "connect",
		[SMTP_GREETING] = "greeting",
		[SMTP_EHLO] = "ehlo",
		[SMTP_STARTTLS] = "starttls",
		[SMTP_AUTH] = "auth",
		[SMTP_MAIL] = "mail",
		[SMTP_RCPT] = "rcpt",
		[SMTP_DATA] = "data",
		[SMTP_END_OF_DATA] = "end-of-data",
	};

	return names[stage];
}

const char *
smtp_outcome_name(enum smtp_outcome outcome)
{
	static const char *const names[] = {
		[SMTP_REPLIED] = "replied",
		[SMTP_LOST] = "lost",
		[SMTP_UNFIT] = "unfit",
		[SMTP_NOT_SENT] = "not-sent",
	};

	return names[outcome];
}

/* Everything that cannot be part of an address as servers quote them.  The
 * '%' and '=' of rewritten addresses (a%40b, a=b@c) are not among them. */
static bool
ends_word(char c)
{
	return (unsigned char)c <= ' ' || strchr("<>()[]{},;:\"'`|\\", c);
}

static bool
is_address(const char *word, size_t n, const char *recipient)
{
	size_t local = strcspn(recipient, "@");

	if (memchr(word, '@', n) != NULL || memmem(word, n, "%40", 3) != NULL)
		return true;
	while (n > 0 && strchr(".!?", word[n - 1]) != NULL)
		n--;
	return local > 0 && n == local && strncasecmp(word, recipient, n) == 0;
}

/* Copy text on one line of printable ASCII, without addresses and without
 * blanks at its end. */
static void
copy_masked(char *out, size_t size, const char *text, const char *recipient)
{
	size_t len = 0;

	while (*text != '\0') {
		size_t n = 0;

		while (text[n] != '\0' && !ends_word(text[n]))
			n++;
		if (n > 0 && is_address(text, n, recipient)) {
			if (len + strlen(MASK) >= size)
				break;
			memcpy(out + len, MASK, strlen(MASK));
			len += strlen(MASK);
			text += n;
			continue;
		}
		if (n == 0)
			n = 1;
		for (; n > 0 && len + 1 < size; n--, text++) {
			unsigned char c = (unsigned char)*text;

			if (c < ' ' || c >= 0x7f)
				c = c < ' ' ? ' ' : '?';
			out[len++] = (char)c;
		}
		if (n > 0)
			break;
	}
	while (len > 0 && out[len - 1] == ' ')
		len--;
	out[len] = '\0';
}

void
smtp_result_set_reply(struct smtp_result *r, enum smtp_stage stage, int code,
    const char *text, const char *recipient)
{
	r->stage = stage;
	r->outcome = SMTP_REPLIED;
	r->code = code;
	if (!smtp_status_of_reply(&r->status, code, text))
		r->status = (struct smtp_status){ 0, 0, 0 };
	/* What accepts holds nothing that anybody needs, and there is much of
	 * it: masking would cost more than all the rest. */
	r->text[0] = '\0';
	if (code / 100 != 2)
		copy_masked(r->text, sizeof(r->text), text, recipient);
}

void
smtp_result_set(struct smtp_result *r, enum smtp_stage stage,
    enum smtp_outcome outcome, const char *text)
{
	r->stage = stage;
	r->outcome = outcome;
	r->code = 0;
	r->status = (struct smtp_status){ 0, 0, 0 };
	(void)snprintf(r->text, sizeof(r->text), "%s", text);
}
