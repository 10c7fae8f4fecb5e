/*
 * The file of successful sign-ins: one line each, in a form that people and
 * programs read already,
 *	2026-07-24 16:12:25,189 - [IMAP] {SECURE} - mary@example.com - 192.0.2.110 (LAN)
 * with {UNSECURE} for a sign-in without TLS and the country's name for an
 * address that is not of the LAN.
 */
#ifndef GAOL_ACCESS_SIGNIN_H
#define GAOL_ACCESS_SIGNIN_H

#include "base/buf.h"
#include "base/access_event.h"

/*
 * Adds the line and its newline; local time. What was not said is no answer:
 * {UNKNOWN}, (Unknown). The account's name has its control bytes, and what
 * is not UTF-8, as \xNN.
 */
void signin_line(const struct access_event *e, struct buf *out);

#endif
