/*
 * qp - quoted-printable with slots (RFC 2045 6.7)
 *
 * Line breaks of any kind become CRLF.  Beyond what the RFC asks, no line
 * starts with "." (it would need doubling in DATA but not in BDAT, and a
 * server that misreads line ends could take it for the end of the message) or
 * with "From " (mbox).  A slot is an atom that no soft line break splits: lines
 * keep to QP_LINE_MAX when the values are in place.
 *
 * Ownership: out owns what is added to it.
 * Errors: none of its own; the bytes of out are marked full at their maximum.
 * Limits: those of out.
 * Threads: no state.
 */
#ifndef COMPOSER_MESSAGE_QP_H
#define COMPOSER_MESSAGE_QP_H

struct message;

#define QP_LINE_MAX 76

/* text starts a line of out.  It has no SLOT_TO in it, see vet_body(). */
void qp_encode(struct message *out, const char *text);

#endif
