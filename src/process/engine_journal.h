/*
 * The journals of the plan and their readers, one for each jail that reads
 * one. The warden finds and opens the files; all of a journal come at once,
 * at the start and whenever a directory of it changes.
 */
#ifndef GAOL_PROCESS_ENGINE_JOURNAL_H
#define GAOL_PROCESS_ENGINE_JOURNAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/clock.h"

struct engine;
struct engine_jail;
struct event;
struct engine_journal_given;
struct event_filter;
struct journal;
struct plan;
struct config;

/* A journal of the plan. */
struct engine_source {
	int *fds;             /* those that have come so far */
	size_t fds_n;
	int *wds;             /* its directories; none: look by ourselves */
	size_t wds_n;
	uint64_t signature;   /* of the files it is read from; 0: none */
	bool asked;
	bool again;           /* it changed while asked for */
	bool incomplete;      /* not all of its files could be read */
	int error;
};

#define ENGINE_NO_SOURCE UINT32_MAX   /* the warden is asked for its number */

struct engine_reader {
	struct engine_jail *jail;
	char *backend;
	uint32_t source;
	struct journal *journal;
	struct event_filter *events;   /* for the read at hand */
	bool dirty;
	bool moved;           /* since the position was stored */
	bool fresh;           /* its jail was never started */
	bool live;
	bool attached;        /* it has files */
	int error;
	struct wall until;    /* when it was last at the end of them */
};

struct engine_journals {
	struct engine_source *sources;
	size_t sources_n;
	struct engine_reader *readers;
	size_t readers_n;
	struct engine_journal_given *given;   /* who waits for a number */
	struct event *watch;
	int watch_fd;
	struct event *look;   /* what no watch tells: now and then */
};

void engine_journal_fini(struct engine *e);
/* The readers of the new plan; those that go on keep their place. */
void engine_journal_apply(struct engine *e, const struct config *config,
    const struct plan *plan);
/* j->config has other matches: they count from where the reader is. */
void engine_journal_rematch(struct engine *e, struct engine_jail *j);
/*
 * A jail that commands made reads this journal: from where it was read when
 * it stops and is added again, else from findtime ago as it starts.
 */
void engine_journal_add(struct engine_jail *j, uint32_t source);
void engine_journal_begin(struct engine_jail *j);
/* It reads none any more, if it did. */
void engine_journal_drop(struct engine_jail *j);
/* The source's files have come: the reader goes on in them. */
void engine_journal_attach(struct engine *e, struct engine_reader *r,
    struct engine_source *s);
/* One budget for each reader that has something; true: there is more. */
bool engine_journal_work(struct engine *e);
/* Tells the store of places that moved. */
void engine_journal_save(struct engine *e);
/* The reader of this jail, or NULL. */
const struct engine_reader *engine_journal_of(const struct engine *e,
    const struct engine_jail *j);

#endif
