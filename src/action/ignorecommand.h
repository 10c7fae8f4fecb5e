/*
 * ignorecommand of a jail: a command that is asked whether a failure's id is
 * left alone (status 0: yes, 1: no). With `ignorecache` answers are kept.
 */
#ifndef GAOL_ACTION_IGNORECOMMAND_H
#define GAOL_ACTION_IGNORECOMMAND_H

#include <stdbool.h>
#include <stdint.h>

#include "action/host.h"
#include "action/pool.h"
#include "action/values.h"
#include "base/buf.h"

struct ignorecommand;

#define IGNORECOMMAND_RUNNING_MAX 4      /* of one jail at a time */
#define IGNORECOMMAND_QUEUE_MAX 10000
#define IGNORECOMMAND_QUEUE_BYTES (32u << 20)

/* answered: false when the command failed (logged); ignored is false then. */
typedef void ignorecommand_done_fn(uint64_t cookie, bool ignored,
    bool answered, void *arg);

struct ignorecommand_options {
	const char *jail;       /* copied */
	const char *command;    /* copied */
	/* "key=…, max-count=…, max-time=…" as in jail.conf; NULL, "": none. */
	const char *cache;
	struct pool *pool;
	struct host *host;
	ignorecommand_done_fn *done;
	void *arg;
};

/* NULL: `why` says what is wrong with the cache. */
struct ignorecommand *ignorecommand_new(
    const struct ignorecommand_options *options, struct buf *why);
void ignorecommand_free(struct ignorecommand *i);
/*
 * Another cache, empty, for questions that come now; key (copied) NULL: none.
 * 0; -1: count or seconds out of range, or an empty key: the old one stays.
 */
int ignorecommand_set_cache(struct ignorecommand *i, const char *key,
    int64_t count, double seconds);
/* 0, and done() will be called, never before this returns; -1 ENOBUFS. */
int ignorecommand_ask(struct ignorecommand *i, const struct values *v,
    uint64_t cookie);
unsigned long ignorecommand_refused(const struct ignorecommand *i);

#endif
