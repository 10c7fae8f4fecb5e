/* Mail accesses on their way from the engine's lines to its store. */
#ifndef GAOL_PROCESS_ENGINE_EVENT_H
#define GAOL_PROCESS_ENGINE_EVENT_H

#include "process/engine_local.h"

struct event_filter;
struct sieve;

/*
 * The event filter for the lines of this log or journal. NULL: it has none,
 * or another jail looks through the same lines for the same.
 */
struct event_filter *engine_event_filter_of_log(const struct engine *e,
    const struct engine_log *log);
struct event_filter *engine_event_filter_of_reader(const struct engine *e,
    const struct engine_reader *r);
/* It will read that sieve's blocks. */
void engine_event_join(struct event_filter *filter, struct sieve *sieve);
/* What comes now is in the sieve's block; NULL: in none. */
void engine_event_sieve(struct event_filter *filter, struct sieve *sieve);
/* Bytes of `rest` that are complete lines without any event. */
size_t engine_event_skip(struct event_filter *filter, struct span rest);
/* … of an envelope, the last at that time. */
void engine_event_passed(struct event_filter *filter, struct wall time);
void engine_event_line(struct engine *e, struct event_filter *filter,
    struct span line, struct span log);
/* One whose time is known; `stamped`: it may have a stamp of its own. */
void engine_event_timed(struct engine *e, struct event_filter *filter,
    struct span text, struct wall time, bool stamped, struct span log);
void engine_event_message(struct engine *e, struct event_filter *filter,
    struct span message, struct wall time);
/* The end of a read: what it told goes to the store, with how far it was. */
void engine_event_log_read(struct engine *e, struct engine_log *log);
void engine_event_journal_read(struct engine *e, struct engine_reader *r);
/* Another database: what it has of accesses, and nothing of before. */
void engine_events_restart(struct engine *e);
/*
 * What the jail's filter has that fail2ban's have not (eventregex, eventprefix,
 * eventjson …) is what `from` has from now on, which gets the old; 0, or -1:
 * why, and nothing has changed.
 */
int engine_event_change(struct engine_jail *j, struct filter_config *from,
    struct buf *why);
/* Once a second, while it says so: sign-ins that wait for another log. */
bool engine_event_tick(struct engine *e);
/* Old lines should wait: the store has much to write, and works. */
bool engine_event_full(const struct engine *e);
/* A name as accounts are counted; in `out`. */
struct span engine_event_user(const struct engine *e, const char *name,
    struct buf *out);

#endif
