/*
 * A jail decides: failures are counted, ignored ids left alone,
 * and at maxretry a ticket is made. It knows nothing of sockets, stores and
 * firewalls: what follows from a decision is a call of its hooks.
 */
#ifndef GAOL_JAIL_JAIL_H
#define GAOL_JAIL_JAIL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/failure.h"
#include "base/ticket.h"
#include "config/config.h"
#include "jail/ignore_list.h"
#include "jail/growth.h"

struct jail;

enum jail_unban_why {
	UNBAN_EXPIRED, UNBAN_BY_HAND, UNBAN_FLUSH, UNBAN_IGNORED,
	UNBAN_STOPPED         /* the jail goes: it is no end of the ban */
};

/*
 * With bantime.increment: what was banned before is looked up while the jail
 * goes on. A copy of a question needs an id_copy(); the rest is plain data.
 */
enum jail_about { JAIL_ABOUT_FAILURE, JAIL_ABOUT_BAN };

struct jail_question {
	enum jail_about about;
	struct id id;
	struct wall time;          /* of the failure, of the ban */
	bool first;                /* the failure began a record */
	bool overalljails;         /* the history of all jails is meant */
};

/* The ticket is the jail's and stays valid until its unban hook returned. */
struct jail_hooks {
	/*
	 * Somebody else is to find out, and then to call jail_answer() (not
	 * from here). False: nobody can.
	 */
	bool (*ask)(struct jail *j, const struct jail_question *q, void *arg);
	/*
	 * No ban of this id is known, and one is about to be made or lifted:
	 * was there one before the start that has not been restored yet? It
	 * is to be given to jail_restore() from here: true. May be NULL.
	 */
	bool (*earlier)(struct jail *j, const struct id *id, void *arg);
	/* The bantime of a new ban is known: it may be written down. */
	void (*record)(struct jail *j, struct ticket *t, void *arg);
	void (*ban)(struct jail *j, struct ticket *t, void *arg);
	/* The end moved (already banned, or a bantime change). */
	void (*prolong)(struct jail *j, struct ticket *t, void *arg);
	void (*unban)(struct jail *j, struct ticket *t,
	    enum jail_unban_why why, void *arg);
};

struct jail_counters {
	uint64_t failed_total;     /* failures counted since the start */
	uint64_t banned_total;     /* restored ones included */
	uint64_t evicted;          /* counters dropped: tracked_max reached */
	uint64_t untold;           /* failures whose lines were not kept */
	uint64_t refused;          /* bans not made: bans_max reached, or an
	                            * address that cannot be banned */
	uint64_t ignored;
	uint64_t lifted;           /* bans ended by ignoreip */
	uint64_t weighed;          /* failures that counted more than once */
	uint64_t grown;            /* bans that got another bantime */
	uint64_t narrow;           /* failures not counted by their network:
	                            * somebody in it is left alone */
	uint64_t escalated;        /* networks banned in place of hosts */
	uint64_t unasked;          /* histories that could not be asked for */
};

struct jail_limits {
	size_t tracked_max;
	size_t bans_max;
};

/* The config is borrowed and must outlive the jail or the next reconfigure. */
struct jail *jail_new(const struct jail_config *config,
    const struct jail_limits *limits, const struct jail_hooks *hooks,
    void *arg);
void jail_free(struct jail *j);   /* no hooks are called */
/*
 * Reload: new settings, counters and bans kept. What that means for the bans
 * there are is done by jail_work(), as after all that says who is left alone.
 */
void jail_reconfigure(struct jail *j, const struct jail_config *config);
const struct jail_config *jail_config(const struct jail *j);
const char *jail_name(const struct jail *j);

/*
 * Bans that get another end or are lifted because settings changed: goes over
 * so many. True: there is more to do.
 */
bool jail_work(struct jail *j, size_t bans);
bool jail_has_work(const struct jail *j);

/* Addresses of this machine, and of its names, for ignoreself. Copied. */
void jail_own_addresses(struct jail *j, const struct addr *own, size_t n);
void jail_own_names(struct jail *j, const struct addr *own, size_t n);
/* Would a failure of this id be ignored? Logs "Ignore …" when it would. */
bool jail_ignores(const struct jail *j, const struct id *id);
/* The same without a word. */
bool jail_would_ignore(const struct jail *j, const struct id *id);
/* Its ignorecommand said so of a failure: logged and counted. */
void jail_ignored_by_command(struct jail *j, const struct id *id);
/* The host names and the paths of files in its ignoreip. */
const struct strings *jail_ignore_names(const struct jail *j);
const struct strings *jail_ignore_files(const struct jail *j);
bool jail_ignore_file_known(const struct jail *j, const char *path);
/*
 * What such a name means, such a file says, now. With ignoreip_lifts bans of
 * ids that are spared from now on end (UNBAN_IGNORED); without it those of
 * before the start, the first time. True: it is one of the jail's.
 */
bool jail_ignore_name(struct jail *j, const char *name, const struct addr *v,
    size_t n);
bool jail_ignore_file(struct jail *j, const char *path,
    struct ignore_list *list);

/*
 * Counts one failure; may call the ban hook. `now` is wall time. False: its
 * id is ignored.
 */
bool jail_failure(struct jail *j, const struct failure *f, struct wall now);

/*
 * The answer to a question of the jail; NULL: nobody knows after all. True
 * when bans changed, so that jail_next() may be another.
 */
bool jail_answer(struct jail *j, const struct jail_question *q,
    const struct history *h, struct wall now);
/*
 * How long the ban would take that followed this one; -1: for ever. False:
 * the jail's bans do not grow, or it cannot be said.
 */
bool jail_next_bantime(const struct jail *j, const struct ticket *t,
    int64_t *seconds);

enum jail_ban_result {
	JAIL_BAN_NEW, JAIL_BAN_PROLONGED, JAIL_BAN_REFUSED,
};
/*
 * By hand (`banip`, ignoreip is not asked). seconds 0: the jail's bantime;
 * < 0 permanent. errno on REFUSED: ENOSPC bans_max, EINVAL not bannable.
 */
enum jail_ban_result jail_ban(struct jail *j, const struct id *id,
    int64_t seconds, struct wall now);
/*
 * At start: a ban from the store or found in the kernel (a copy is kept; the
 * ticket's matches and data are taken over). A bantime < 0 without `permanent`
 * is unknown: the jail's is taken, which is also the longest one possible
 * unless the jail's bans grow: then that is bantime.maxtime, if it is set.
 * The jail's own ticket if it was new, has not ended and is not ignored: then
 * the caller logs "Restore Ban". NULL: `t` is untouched. No hook is called.
 */
struct ticket *jail_restore(struct jail *j, struct ticket *t, struct wall now);
/* There will be about so many bans in all: no need to make room often. */
void jail_reserve(struct jail *j, size_t count);
/*
 * A ban is in force. Where networks are banned in the place of their hosts
 * (prefix_hosts), the hosts inside this one are let go: not before.
 */
void jail_in_force(struct jail *j, const struct ticket *t);
/* True when it was banned; the unban hook was called. */
bool jail_unban(struct jail *j, const struct id *id,
    enum jail_unban_why why);
/* Every ban inside a network, as `unbanip NET` does; returns how many. */
size_t jail_unban_inside(struct jail *j, const struct addr *net,
    enum jail_unban_why why);
size_t jail_unban_all(struct jail *j, enum jail_unban_why why);
struct ticket *jail_find(struct jail *j, const struct id *id);
/* Failures that were counted, the oldest first. True: some are left. */
bool jail_forget_failures(struct jail *j, size_t most);

/*
 * Runs what is due at `now` (expiries, at most a bounded number; true: more is
 * due already). Purges stale counters.
 */
bool jail_run(struct jail *j, struct wall now, struct boot boot);
/* When jail_run is due next; INT64_MAX: nothing to wait for. */
struct boot jail_next(const struct jail *j);
/* Seconds a ticket has left at `now`; permanent gives -1. */
int64_t jail_left(const struct jail *j, const struct ticket *t,
    struct boot now);

size_t jail_failing(const struct jail *j);      /* "Currently failed" */
size_t jail_banned(const struct jail *j);       /* "Currently banned" */
const struct jail_counters *jail_counters(const struct jail *j);
/* Walk of the bans in order of insertion; NULL at the end. */
struct ticket *jail_ban_first(const struct jail *j);
struct ticket *jail_ban_next(const struct jail *j, const struct ticket *t);
/*
 * The same walk in many turns (jail/bans.h). The walk may outlive the jail:
 * it has no more bans then.
 */
struct bans_walk;
struct bans_walk *jail_walk_new(struct jail *j);
struct ticket *jail_walk_next(struct bans_walk *w);
void jail_walk_free(struct bans_walk *w);
/* The first of the last n; of all, if there are no more than n. */
struct ticket *jail_ban_of_last(const struct jail *j, size_t n);

#endif
