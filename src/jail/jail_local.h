/* A jail from the inside: what its files share. */
#ifndef GAOL_JAIL_JAIL_LOCAL_H
#define GAOL_JAIL_JAIL_LOCAL_H

#include "jail/bans.h"
#include "jail/counter.h"
#include "jail/ignore.h"
#include "jail/jail.h"

struct jail {
	const struct jail_config *config;
	const struct jail_hooks *hooks;
	void *arg;
	struct counter *counter;
	struct bans bans;
	struct table *nets;       /* banned hosts by network; NULL: nobody asks */
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

/* --- jail_ignore.c ---------------------------------------------------- */
/* Marks the bans whose ids are spared as things stand. */
void jail_spared_before(struct jail *j);
/* Ends those of ids that are, and were not then; how many. */
size_t jail_lift_spared(struct jail *j, bool restored_only);

/* --- jail_net.c --------------------------------------------------------- */
/* True: *wide is the failure of its network; it borrows from f and host. */
bool jail_widen(struct jail *j, const struct failure *f, struct failure *wide,
    char host[ADDR_STRLEN]);
/* The bans that networks are counted of: all anew, one more, one less. */
void jail_net_count(struct jail *j);
void jail_net_fini(struct jail *j);
void jail_net_add(struct jail *j, const struct ban *ban);
void jail_net_del(struct jail *j, const struct ban *ban);
/* A host was banned: is it time for its network? */
void jail_net_escalate(struct jail *j, const struct id *id, struct wall now);
/* Who is left alone is another: no network that is banned holds one. */
void jail_unban_touching(struct jail *j);

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
