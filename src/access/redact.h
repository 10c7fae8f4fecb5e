/*
 * Secrets taken out of log lines before anything is stored, shown or sent:
 * servers quote what clients sent, passwords included.
 */
#ifndef GAOL_ACCESS_REDACT_H
#define GAOL_ACCESS_REDACT_H

#include "base/buf.h"
#include "base/span.h"

/*
 * Adds the line with what follows a password's name ("given password: ",
 * "pass=", "\"password\":\"" …) or a command that carries credentials ("AUTH
 * PLAIN ", "AUTHENTICATE PLAIN ", "PASS ", "Authorization: Basic ") replaced
 * by "***". Linear in the line's length.
 */
void redact(struct span line, struct buf *out);

#endif
