/*
 * Journals of jails that commands make. The warden opens them, by numbers: it
 * is asked for one as the jail is made, and anew at each reload that the jail
 * outlives.
 */
#ifndef GAOL_PROCESS_ENGINE_JOURNAL_GIVEN_H
#define GAOL_PROCESS_ENGINE_JOURNAL_GIVEN_H

#include "base/buf.h"

struct engine;
struct engine_jail;
struct request;
struct wire_journal_added;

/* Could one read this backend's journal? Else: why not. */
void engine_journal_given_check(const char *backend, struct buf *why);
/* Makes the jail and answers r, as soon as its journal has a number. */
void engine_journal_given_add(struct engine *e, const char *name,
    const char *backend, struct request *r);
/* The jail's reader waits for its number of after a reload. */
void engine_journal_given_keep(struct engine_jail *j);
void engine_journal_given_answer(struct engine *e,
    const struct wire_journal_added *m);
/* Whoever waits is told that none comes. */
void engine_journal_given_fini(struct engine *e);

#endif
