/*
 * Secrets taken out of log lines before anything is stored, shown or sent:
 * servers quote what clients sent, passwords included.
 */
#ifndef GAOL_ACCESS_REDACT_H
#define GAOL_ACCESS_REDACT_H

#include "base/access_event.h"
#include "base/buf.h"
#include "base/span.h"

/*
 * The line with what follows a password's name ("given password: ", "pass=",
 * "\"password\":\"" …) or a command that carries credentials ("AUTH PLAIN ",
 * "AUTHENTICATE PLAIN ", "PASS ", "Authorization: Basic ") replaced by "***".
 * Made in `scratch` (cleared first); a line without secrets is returned as it
 * is. Linear in the line's length.
 */
struct span redact(struct span line, struct buf *scratch);
/*
 * The event's line and its detail, which servers quote clients in: each made
 * in its own scratch, if it had a secret.
 */
void redact_event(struct access_event *e, struct buf *line,
    struct buf *detail);

#endif
