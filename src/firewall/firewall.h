/*
 * The kernel's packet filter behind one small interface; nftables.c and null.c
 * are its systems. Only the warden calls it. Nothing here waits: requests are
 * gathered and sent with firewall_commit(), answers come through the events.
 */
#ifndef GAOL_FIREWALL_FIREWALL_H
#define GAOL_FIREWALL_FIREWALL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/addr.h"
#include "base/clock.h"
#include "config/config.h"

struct event_base;
struct firewall;

#define FIREWALL_BATCH_MAX 1000   /* elements of one transaction */
#define FIREWALL_QUEUE_MAX 8192   /* requests waiting for their turn */

enum firewall_set {
	FIREWALL_HOST4, FIREWALL_HOST6, FIREWALL_NET4, FIREWALL_NET6,
	FIREWALL_SETS,
};

struct firewall_ports {
	uint16_t first, last;
};

struct firewall_block {
	enum firewall_block_kind {
		BLOCK_DROP,
		BLOCK_RESET,     /* reject with tcp reset */
		BLOCK_ICMP,      /* reject with icmp(v6), code of the family */
		BLOCK_ICMPX,     /* reject with icmpx, code of nf_tables */
	} kind;
	uint8_t code;
};

#define FIREWALL_PROTOCOLS_MAX 8

/*
 * What one native action of one jail wants of the kernel. Its place in the
 * array is its number ("rule"). A rule has four sets: hosts and networks, of
 * each family.
 */
struct firewall_rule {
	char *jail;
	char *action;            /* instance name, for messages */
	char *table;             /* f2b-table */
	char *chain;             /* f2b-chain */
	char *family;            /* "inet" */
	char *hook;              /* "input", "forward" … */
	int priority;            /* -1 */
	char *sets[FIREWALL_SETS];   /* NULL: a family the table cannot hold */
	bool allports;
	/* IPPROTO_TCP …; allports: none means every protocol. */
	uint8_t protocols[FIREWALL_PROTOCOLS_MAX];
	size_t protocols_n;
	struct firewall_ports *ports;   /* sorted, apart from each other */
	size_t ports_n;
	struct firewall_block block[2];   /* of IPv4, of IPv6 */
};

/*
 * Makes the rule of a native action from its properties. 0, or -1 with the
 * report filled (unknown protocol, port, blocktype, …).
 */
int firewall_rule_parse(struct firewall_rule *rule,
    const struct jail_config *jail, const struct action_config *action,
    struct report *report);
void firewall_rule_fini(struct firewall_rule *rule);

/* The answer to one request. */
struct firewall_done {
	uint64_t cookie;
	int error;               /* 0, or errno: ENFILE set full, EPERM … */
};

struct firewall_element {
	uint32_t rule;
	struct addr addr;
	int64_t timeout;         /* seconds it was given; -1: none */
	int64_t left;            /* seconds until it goes; -1: none */
	struct boot read;        /* … at this moment: telling takes its time */
};

struct firewall_events {
	void (*done)(const struct firewall_done *done, size_t n, void *arg);
	/*
	 * Somebody else changed or removed what is ours; the objects are there
	 * again (empty sets). The owner of the bans must add them anew.
	 * pid 0 / name "" when the kernel does not say.
	 */
	void (*lost)(const char *what, pid_t pid, const char *name, void *arg);
	/* Whole state is unknown (ENOBUFS): dump and compare. */
	void (*unknown)(const char *why, void *arg);
	/* The kernel's elements after firewall_dump(); last call has n 0. */
	void (*dumped)(const struct firewall_element *v, size_t n, void *arg);
	/* Can nothing more be dumped just now? May be NULL: it always can. */
	bool (*busy)(void *arg);
	/* It works not at all, or works again (error 0). For `status`. */
	void (*state)(int error, const char *text, void *arg);
};

/*
 * `kind`: "nftables" or "null". NULL: errno, and *why says it for a person
 * ("no nf_tables in this kernel", "no right to use it (CAP_NET_ADMIN)").
 */
struct firewall *firewall_open(const char *kind, struct event_base *base,
    const struct firewall_events *events, void *arg, const char **why);
void firewall_close(struct firewall *fw);   /* objects stay in the kernel */
/*
 * The rules from now on (borrowed until the next call, also when this one
 * fails). Missing objects are made, sets without the timeout flag are replaced
 * together with their rule, rules of ours that are no longer wanted are
 * removed; existing elements stay. One transaction. 0, or -1: errno, nothing
 * changed in the kernel; it is tried again from the loop, and `state` and
 * `lost` tell when it worked. The one call that may wait: while others keep
 * changing the ruleset it starts over, for at most five seconds.
 */
int firewall_define(struct firewall *fw, const struct firewall_rule *rules,
    size_t n);
/*
 * Queue requests; seconds < 0: no timeout. An element that is there already
 * gets the new timeout. Deleting an absent one succeeds. Requests are done in
 * the order they came. -1: ENOBUFS when FIREWALL_QUEUE_MAX are waiting (come
 * back after a `done`), EINVAL for a rule or address that cannot be.
 */
int firewall_add(struct firewall *fw, uint32_t rule, const struct addr *addr,
    int64_t seconds, uint64_t cookie);
int firewall_delete(struct firewall *fw, uint32_t rule,
    const struct addr *addr, uint64_t cookie);
/*
 * Sends the first FIREWALL_BATCH_MAX requests at once; the others follow from
 * the loop, one transaction a wake. `done` is called from the loop, never
 * from here.
 */
int firewall_commit(struct firewall *fw);
/* Starts a dump; a second call while one runs starts it over. */
int firewall_dump(struct firewall *fw);
/* Removes every object of the rules ("gaol stop --flush"). */
int firewall_remove(struct firewall *fw);

#endif
