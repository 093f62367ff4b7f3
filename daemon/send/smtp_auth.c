#include "daemon/send/smtp_auth.h"

#include <stdlib.h>
#include <string.h>

#include <libetpan/mailsmtp.h>

#include "base/err.h"
#include "daemon/role/stream.h"
#include "daemon/send/smtp_result.h"

static int
unfit(struct err *e, struct smtp_result *ret_result)
{
	smtp_result_set(ret_result, SMTP_AUTH, SMTP_UNFIT, e->text);
	return -1;
}

/* The server's last reply in this session is not the one we hoped for. */
static int
refused(const mailsmtp *session, const char *host, struct err *e,
    struct smtp_result *ret_result)
{
	int code = session->response_code;

	smtp_result_set_reply(ret_result, SMTP_AUTH, code,
	    session->response != NULL ? session->response : "", "");
	if (code / 100 == 4)
		return err_set(e, ERR_TEMP,
		    "The mail server %s cannot check the log-in now: %d %s",
		    host, code, ret_result->text);
	return err_set(e, ERR_CONFIG,
	    "The mail server %s does not accept the log-in: %d %s", host, code,
	    ret_result->text);
}

static int
explain(int r, const mailsmtp *session, const struct stream *stream,
    const char *host, struct err *e, struct smtp_result *ret_result)
{
	if (r == MAILSMTP_ERROR_STREAM) {
		*e = *stream_error(stream);
		smtp_result_set(ret_result, SMTP_AUTH, SMTP_LOST, e->text);
		return -1;
	}
	if (session->response_code >= 400 && session->response_code <= 599)
		return refused(session, host, e, ret_result);
	(void)err_set(e, ERR_CONFIG,
	    "Logging in to the mail server %s is not possible", host);
	(void)err_hint(e, "Check that libsasl2-modules is installed");
	return unfit(e, ret_result);
}

int
smtp_auth_login(struct stream *stream, const char *host, const char *mechanism,
    const char *user, const char *password, struct err *e,
    struct smtp_result *ret_result)
{
	mailsmtp *session;
	mailstream *ms;
	size_t unread;
	int r;

	if (2 * strlen(user) + strlen(password) > SMTP_AUTH_MAX) {
		(void)err_set(e, ERR_CONFIG,
		    "The user name and password for the mail server are too "
		    "long");
		return unfit(e, ret_result);
	}
	session = mailsmtp_new(0, NULL);
	ms = mailstream_new(stream_low(stream), 4096);
	if (session == NULL || ms == NULL)
		abort();
	session->stream = ms;
	r = mailesmtp_auth_sasl(session, mechanism, host, NULL, NULL, user,
	    user, password, NULL);
	if (r != MAILSMTP_NO_ERROR)
		(void)explain(r, session, stream, host, e, ret_result);
	unread = ms->read_buffer_len;
	/* Else mailsmtp_free() would say QUIT. */
	session->stream = NULL;
	(void)mailstream_close(ms);
	mailsmtp_free(session);
	if (r != MAILSMTP_NO_ERROR)
		return -1;
	if (unread > 0) {
		(void)err_set(e, ERR_PROTO,
		    "The mail server gave a reply that nobody asked for");
		return unfit(e, ret_result);
	}
	return 0;
}
