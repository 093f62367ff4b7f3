/*
 * pages - the public pages, one handler for a method and a path
 *
 * A GET changes nothing, ever: programs that follow links in mail are no
 * readers.  What acts is a POST, which ends in a redirect to a page that says
 * what is so now; only the one-click POST of mail providers is answered with a
 * line of text (RFC 8058, 3.1 and 3.2).
 */
#ifndef DAEMON_WEB_PAGES_H
#define DAEMON_WEB_PAGES_H

#include "daemon/web/route.h"

struct err;
struct request;
struct response;

extern const struct route pages_routes[];

int unsubscribe_show(struct request *q, struct response *r, struct err *e);
int unsubscribe_act(struct request *q, struct response *r, struct err *e);
int unsubscribe_done(struct request *q, struct response *r, struct err *e);
int unsubscribe_noted(struct request *q, struct response *r, struct err *e);
int unsubscribe_reason(struct request *q, struct response *r, struct err *e);
int unsubscribe_thanks(struct request *q, struct response *r, struct err *e);
int undo_show(struct request *q, struct response *r, struct err *e);
int undo_act(struct request *q, struct response *r, struct err *e);
int undo_done(struct request *q, struct response *r, struct err *e);
int unsubscribe_pause(struct request *q, struct response *r, struct err *e);
int language_show(struct request *q, struct response *r, struct err *e);
int language_act(struct request *q, struct response *r, struct err *e);
int language_done(struct request *q, struct response *r, struct err *e);
int preferences_show(struct request *q, struct response *r, struct err *e);
int preferences_act(struct request *q, struct response *r, struct err *e);
int preferences_done(struct request *q, struct response *r, struct err *e);
int preferences_changed(struct request *q, struct response *r, struct err *e);
int details_link(struct request *q, struct response *r, struct err *e);
int details_sent(struct request *q, struct response *r, struct err *e);
int details_show(struct request *q, struct response *r, struct err *e);
int details_download(struct request *q, struct response *r, struct err *e);
int address_show(struct request *q, struct response *r, struct err *e);
int address_act(struct request *q, struct response *r, struct err *e);
int address_sent(struct request *q, struct response *r, struct err *e);
int address_changed(struct request *q, struct response *r, struct err *e);
int address_confirm_show(struct request *q, struct response *r, struct err *e);
int address_confirm_act(struct request *q, struct response *r, struct err *e);
int address_confirm_done(struct request *q, struct response *r, struct err *e);
int erase_show(struct request *q, struct response *r, struct err *e);
int erase_act(struct request *q, struct response *r, struct err *e);
int erase_done(struct request *q, struct response *r, struct err *e);
int check_show(struct request *q, struct response *r, struct err *e);
int check_correct(struct request *q, struct response *r, struct err *e);
int check_form(struct request *q, struct response *r, struct err *e);
int check_change(struct request *q, struct response *r, struct err *e);
int check_done(struct request *q, struct response *r, struct err *e);
int version_show(struct request *q, struct response *r, struct err *e);
int archive_show(struct request *q, struct response *r, struct err *e);
int archive_show_year(struct request *q, struct response *r, struct err *e);
int archive_show_issue(struct request *q, struct response *r, struct err *e);
int feed_show(struct request *q, struct response *r, struct err *e);
int privacy_show(struct request *q, struct response *r, struct err *e);
int accessibility_show(struct request *q, struct response *r, struct err *e);
int robots_show(struct request *q, struct response *r, struct err *e);
int security_show(struct request *q, struct response *r, struct err *e);
int event_show(struct request *q, struct response *r, struct err *e);
int health_show(struct request *q, struct response *r, struct err *e);
int signup_show(struct request *q, struct response *r, struct err *e);
int signup_act(struct request *q, struct response *r, struct err *e);
int signup_sent(struct request *q, struct response *r, struct err *e);
int confirm_show(struct request *q, struct response *r, struct err *e);
int confirm_act(struct request *q, struct response *r, struct err *e);
int confirm_done(struct request *q, struct response *r, struct err *e);
int confirm_again(struct request *q, struct response *r, struct err *e);
int confirm_sent(struct request *q, struct response *r, struct err *e);
int home_show(struct request *q, struct response *r, struct err *e);
int style_show(struct request *q, struct response *r, struct err *e);

#endif
