/*
 * reply - what a mail server's answer to a mail means, in words
 *
 * Enhanced status codes (RFC 3463 and its registry) say it best; without one
 * the reply code does (RFC 5321, 4.2.3), and without an answer the stage.
 *
 * Pure: a table, no state.
 */
#ifndef COMPOSER_CLI_REPLY_H
#define COMPOSER_CLI_REPLY_H

/* A msgid, half a sentence: "the mailbox is full".  code 0: no answer; status
 * and stage may be "". */
const char *reply_meaning(int code, const char *status, const char *stage);

#endif
