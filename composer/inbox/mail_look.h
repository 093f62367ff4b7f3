/*
 * mail_look - what an element of a mail is to its reader, by its attributes
 *
 * What mail programs write beside the meaning of HTML: that something is not to
 * be seen, belongs to a quoted mail, is the signature, is an item of a list.
 *
 * Ownership: the element is only looked at.
 * Threads: no state.
 */
#ifndef COMPOSER_INBOX_MAIL_LOOK_H
#define COMPOSER_INBOX_MAIL_LOOK_H

#include <libxml/tree.h>

enum mail_look {
	MAIL_LOOK_PLAIN,
	MAIL_LOOK_HIDDEN,
	MAIL_LOOK_SIGNATURE,
	MAIL_LOOK_QUOTE,
	MAIL_LOOK_ITEM,	    /* of a list, as Word writes it */
	MAIL_LOOK_NOT_BOLD, /* a b that is none, as Google writes it */
};

enum mail_look mail_look_of(xmlNodePtr x);

/* The number of an item of Word's; 0: it has a bullet. */
int mail_look_number(xmlNodePtr x);

#endif
