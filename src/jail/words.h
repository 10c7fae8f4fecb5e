/* The lines of the log that jail/ writes, in upstream's words. */
#ifndef GAOL_JAIL_WORDS_H
#define GAOL_JAIL_WORDS_H

#include "base/failure.h"
#include "base/strings.h"
#include "base/ticket.h"
#include "jail/ignore.h"

void words_found(const char *jail, const struct failure *f);
void words_ignored(const char *jail, const struct id *id,
    enum ignore_verdict why);
void words_expired(const char *jail, const struct id *id);
/* `again`: the time of the failure that would have banned it. */
void words_already(const char *jail, const struct ticket *t,
    struct wall again);
void words_unused(const char *jail, const struct strings *settings);
void words_refused(const char *jail, const struct id *id, int error);

#endif
