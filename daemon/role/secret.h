/*
 * secret - the password of a server, from a file or a credential of systemd
 *
 * The first line of the file; where systemd gave the program a credential of
 * that name (systemd.exec(5), LoadCredential=), of that instead.
 *
 * Ownership: the caller wipes it.
 * Errors: ERR_CONFIG.
 * Limits: SECRET_MAX.
 */
#ifndef DAEMON_ROLE_SECRET_H
#define DAEMON_ROLE_SECRET_H

struct err;

#define SECRET_MAX 512

int secret_read(char ret[SECRET_MAX], const char *path, const char *credential,
    struct err *e);

#endif
