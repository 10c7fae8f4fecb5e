/* A jail from the inside: what its files share. */
#ifndef GAOL_JAIL_JAIL_LOCAL_H
#define GAOL_JAIL_JAIL_LOCAL_H

#include <sys/queue.h>

#include "jail/bans.h"
#include "jail/counter.h"
#include "jail/ignore.h"
#include "jail/jail.h"

struct jail_work;

struct jail {
	const struct jail_config *config;
	const struct jail_hooks *hooks;
	void *arg;
	struct counter *counter;
	struct bans bans;
	struct table *nets;       /* banned hosts by network; NULL: nobody asks */
	unsigned nets_v4, nets_v6;   /* prefixes they are counted with */
	TAILQ_HEAD(, jail_work) works;   /* jail_work() */
	struct ignore *ignore;
	struct growth *growth;    /* NULL: bans do not grow */
	int64_t bantime;          /* that running bans follow; -1 permanent */
	struct boot purge_after;  /* no sooner */
	bool refusing;            /* full: said once until there is room */
	struct jail_counters counters;
};

/* --- jail.c ------------------------------------------------------------- */
/* maxretry is reached: the record becomes a ticket. True: it was one. */
bool jail_ban_counted(struct jail *j, const struct id *id, struct wall now);
struct counter_rule jail_rule(const struct jail *j);

/* --- jail_work.c: what follows for the bans there are ------------------ */
/* Those without one of their own get the jail's bantime. */
void jail_work_bantime(struct jail *j);
/*
 * Those of ids end that are left alone, and were not `before`, which is taken
 * over; restored ones only, or all.
 */
void jail_work_spared(struct jail *j, struct ignore *before,
    bool restored_only);
/* Who is left alone is another: no network that is banned holds one. */
void jail_work_touching(struct jail *j);
void jail_work_drop(struct jail *j);

/* --- jail_net.c --------------------------------------------------------- */
/* True: *wide is the failure of its network; it borrows from f and host. */
bool jail_widen(struct jail *j, const struct failure *f, struct failure *wide,
    char host[ADDR_STRLEN]);
/*
 * The bans that networks are counted of: all anew where they are counted
 * otherwise, one more, one less.
 */
void jail_net_count(struct jail *j);
void jail_net_fini(struct jail *j);
void jail_net_add(struct jail *j, const struct ban *ban);
void jail_net_del(struct jail *j, const struct ban *ban);
/* A host was banned: is it time for its network? */
void jail_net_escalate(struct jail *j, const struct id *id, struct wall now);
/* Is it a network of hosts that holds somebody who is left alone? */
bool jail_net_touches(const struct jail *j, const struct addr *a);

/* --- jail_grow.c -------------------------------------------------------- */
/* Asks for the history; with a ban it is written down, now or later. */
void jail_ask_failure(struct jail *j, const struct failure *f, bool first);
void jail_ask_ban(struct jail *j, struct ban *ban);

/* --- jail_ban.c ------------------------------------------------------- */
/* How long a ban takes (< 0: permanent) and when it ends. */
void jail_set_end(struct jail *j, struct ban *ban, int64_t seconds,
    struct wall end, struct wall now);
/* t is consumed when it is added; seconds < 0: permanent. */
enum jail_ban_result jail_ban_ticket(struct jail *j, struct ticket *t,
    int64_t seconds, bool own_bantime, struct wall now);
void jail_unban_one(struct jail *j, struct ban *ban,
    enum jail_unban_why why);
/* Frees what jail_ban_ticket did not take. */
void jail_ticket_clear(struct ticket *t);

#endif
