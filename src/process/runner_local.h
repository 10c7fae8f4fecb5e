/* Between runner.c (links, requests) and runner_table.c (what they name). */
#ifndef GAOL_PROCESS_RUNNER_LOCAL_H
#define GAOL_PROCESS_RUNNER_LOCAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "action/action.h"
#include "action/ignorecommand.h"
#include "base/port.h"
#include "base/trie.h"
#include "process/role.h"
#include "process/wire.h"

#define RUNNER_TABLES_MAX 32   /* generations that can be named */

/* An action, in every table of a generation that has it. */
struct runner_action {
	struct action *action;
	const struct action_config *config;   /* of the last table with it */
	unsigned refs;
};

/* The files as they were read once; or one jail's commands, given. */
struct runner_source {
	struct config *config;
	struct trie *never;    /* whom its commands never ban */
	bool given;            /* over the control socket */
	unsigned refs;
};

#define RUNNER_GIVEN_BYTES (16u << 20)   /* of all texts that wait */

/* A jail's commands, handed over and not yet used. */
struct runner_given {
	struct wire_digest digest;
	char *text;
	size_t n;
	int64_t bantime;
	struct runner_source *source;   /* once it was read */
};

/* Without a source there is none of its digest. */
struct runner_jail {
	struct wire_digest digest;
	struct runner_source *source;
	const struct jail_config *config;
	struct runner_action **actions;   /* NULL: not a shell action */
	size_t actions_n;
	struct ignorecommand *ignore;     /* NULL: none */
	bool refused;     /* they were given, and gaol.conf forbids that */
};

/*
 * What the numbers of one generation mean. An action that goes on over a
 * reload stands in both tables; the older one is kept until the engine says
 * that it names nothing in it any more. So does a jail that was edited and not
 * reloaded: its commands are those of the table before.
 */
struct runner_table {
	struct runner_table *older;
	uint32_t generation;
	struct runner_jail *jails;
	size_t jails_n;
};

struct runner {
	struct event_base *base;
	const struct role_options *options;
	struct port *parent;
	struct port *engine;
	struct pool *pool;
	struct host *host;
	struct runner_table *newest;
	struct runner_given *given;   /* for the next table */
	size_t given_n, given_bytes;
	enum wire_ipv6 ipv6;   /* what the engine said of it last */
	bool dropped;          /* action_user is in force */
};

/* --- runner_table.c ------------------------------------------------------- */
/*
 * Reads the files and makes the table of a generation: of the jails whose
 * commands are those of a digest. 0, or -1 with the reason in `why`.
 */
int runner_table_add(struct runner *r, uint32_t generation,
    const struct wire_digest *digests, size_t n, struct buf *why);
void runner_source_unref(struct runner_source *source);
/* All but the newest `keep`, and of those the ones before `generation`. */
void runner_table_forget(struct runner *r, size_t keep, uint32_t generation);
/* NULL: no such number, or none of its digest was found. */
struct runner_jail *runner_table_jail(const struct runner *r,
    uint32_t generation, uint32_t jail);

/* r->ipv6 counts for what is not started yet. */
void runner_table_allow_ipv6(struct runner *r);
/* May it not run because its commands came over the control socket? */
bool runner_table_refused(const struct runner *r, uint32_t generation,
    uint32_t jail);

/* --- runner_given.c ------------------------------------------------------- */
/* Commands for the next table; the text is copied. -1: too much of it. */
int runner_given_add(struct runner *r, struct span text, int64_t bantime);
void runner_given_fini(struct runner *r);
/* Commands of its digest, if `files` allow them; else j->refused is set. */
bool runner_given_find(const struct runner *r, struct runner_jail *j,
    const struct config *files);

/* --- runner.c -------------------------------------------------------- */
void runner_action_done(const struct action_result *result, void *arg);
void runner_ignore_done(uint64_t cookie, bool ignored, bool answered,
    void *arg);

#endif
