/* The lines of the log that jail/ writes, in upstream's words. */
#ifndef GAOL_JAIL_WORDS_H
#define GAOL_JAIL_WORDS_H

#include "base/failure.h"
#include "base/strings.h"
#include "base/ticket.h"
#include "jail/growth.h"
#include "jail/ignore.h"

void words_found(const char *jail, const struct failure *f);
void words_ignored(const char *jail, const struct id *id,
    enum ignore_verdict why, const char *path);
/* A ban ends since its id is one of those now. */
void words_lifted(const char *jail, const struct id *id,
    enum ignore_verdict why, const char *path);
/* A network that is not counted as one: somebody in it is left alone. */
void words_narrow(const char *jail, const struct id *id,
    const struct addr *net);
/* So many hosts are banned that their network is. */
void words_escalate(const char *jail, const struct addr *net, size_t hosts);
void words_expired(const char *jail, const struct id *id);
/* `again`: the time of the failure that would have banned it. */
void words_already(const char *jail, const struct ticket *t,
    struct wall again);
/* A failure of somebody banned before counts `weight`. */
void words_bad(const char *jail, const struct failure *f, uint32_t bancount,
    int64_t weight, int64_t maxretry);
/* … but not one of before the last ban. */
void words_old(const char *jail, const struct id *id, struct wall time,
    int64_t ban);
/* Seconds; -1: for ever. */
void words_is_bad(const char *jail, const struct id *id,
    const struct history *h, int64_t before, int64_t after);
void words_increase(const char *jail, const struct ticket *t,
    struct wall end);
/* bantime.formula gave no number. */
void words_no_bantime(const char *jail, const struct id *id);
/* 3595 and more to two units or three, as upstream: "1h", "1m 20s", "0". */
void words_seconds(int64_t seconds, struct buf *out);
void words_refused(const char *jail, const struct id *id, int error);

#endif
