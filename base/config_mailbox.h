/*
 * config_mailbox - the sections 'mailbox' of the configuration
 *
 * Ownership: strings belong to the cfg_t of the struct config.
 * Errors: ERR_CONFIG with the name of the mailbox.
 * Limits: CONFIG_MAILBOXES_MAX.
 * Threads: no state.
 */
#ifndef BASE_CONFIG_MAILBOX_H
#define BASE_CONFIG_MAILBOX_H

#include <confuse.h>

#include "base/config.h"

extern cfg_opt_t config_mailbox_opts[];

/* From c->cfg into c->mailboxes. */
int config_mailbox_fill(struct config *c, struct err *e);

/* Of a word that was checked. */
enum config_tls config_tls_of(const char *word);

#endif
