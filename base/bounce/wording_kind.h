/*
 * wording_kind - the table of kinds, of wording.h
 */
#ifndef BASE_BOUNCE_WORDING_KIND_H
#define BASE_BOUNCE_WORDING_KIND_H

/* Of wording_init(). */
void wording_kind_init(void);

#endif
