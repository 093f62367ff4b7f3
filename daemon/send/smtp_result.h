/*
 * smtp_result - how an attempt to deliver a message, or to get ready for it,
 * ended
 *
 * The text goes into the database and the log, so every e-mail address in
 * what the server said is masked, and so is the local part of the recipient
 * when it stands alone ("jan: user unknown").
 *
 * Ownership: a plain value.
 * Limits: longer texts are cut.
 */
#ifndef DAEMON_SEND_SMTP_RESULT_H
#define DAEMON_SEND_SMTP_RESULT_H

#include "daemon/send/smtp_status.h"

#define SMTP_TEXT_MAX 400

enum smtp_stage {
	SMTP_CONNECT,
	SMTP_GREETING,
	SMTP_EHLO,
	SMTP_STARTTLS, /* implicit TLS as well */
	SMTP_AUTH,
	SMTP_MAIL,
	SMTP_RCPT,
	SMTP_DATA,
	SMTP_END_OF_DATA, /* the final dot may have reached the server */
};

enum smtp_outcome {
	SMTP_REPLIED,  /* code, status and text are the server's */
	SMTP_LOST,     /* no connection, or no longer, or no answer in time */
	SMTP_UNFIT,    /* the server offers less than demanded, fails its
			* certificate, or breaks the protocol */
	SMTP_NOT_SENT, /* refused on this side, the server was not asked */
};

struct smtp_result {
	enum smtp_stage stage;
	enum smtp_outcome outcome;
	int code; /* 0 unless replied */
	struct smtp_status status;
	char text[SMTP_TEXT_MAX];
};

const char *smtp_stage_name(enum smtp_stage stage);
const char *smtp_outcome_name(enum smtp_outcome outcome);

/* The server replied; recipient is "" while there is none.  Of a 2xx no text
 * is kept. */
void smtp_result_set_reply(struct smtp_result *r, enum smtp_stage stage,
    int code, const char *text, const char *recipient);

/* There was no reply; text must hold no address. */
void smtp_result_set(struct smtp_result *r, enum smtp_stage stage,
    enum smtp_outcome outcome, const char *text);

#endif
