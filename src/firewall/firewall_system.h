/*
 * What the files of one system (nftables.c, null.c) share with firewall.c: the
 * queue of requests and the way answers get out. Nobody else includes it.
 */
#ifndef GAOL_FIREWALL_FIREWALL_SYSTEM_H
#define GAOL_FIREWALL_FIREWALL_SYSTEM_H

#include "firewall/firewall.h"

struct event;

struct firewall_request {
	uint64_t cookie;
	int64_t seconds;
	struct addr addr;
	uint32_t rule;
	bool delete;
	bool settled;            /* answered; `error` says how */
	int error;
};

struct firewall_ops {
	/* fw->rules are the new ones already, also when it fails. */
	int (*define)(struct firewall *fw);
	int (*commit)(struct firewall *fw);
	int (*dump)(struct firewall *fw);
	int (*remove)(struct firewall *fw);
	void (*close)(struct firewall *fw);   /* frees its struct, too */
};

/* Each system's struct starts with it. */
struct firewall {
	const struct firewall_ops *ops;
	struct event_base *base;
	const struct firewall_events *events;
	void *arg;
	const struct firewall_rule *rules;    /* borrowed */
	size_t rules_n;
	struct firewall_request *queue;       /* FIREWALL_QUEUE_MAX */
	size_t queue_n;
	struct firewall_done *done;           /* answers on their way out */
	size_t done_n;
	struct event *deliver;
};

/* 0, or -1: errno. */
int firewall_init(struct firewall *fw, const struct firewall_ops *ops,
    struct event_base *base, const struct firewall_events *events, void *arg);
void firewall_fini(struct firewall *fw);
/* The settled requests at the head of the queue are told to the owner soon. */
void firewall_settle(struct firewall *fw);
/* Answers all that wait with one error. */
void firewall_settle_all(struct firewall *fw, int error);

struct firewall *nftables_open(struct event_base *base,
    const struct firewall_events *events, void *arg, const char **why);
struct firewall *null_open(struct event_base *base,
    const struct firewall_events *events, void *arg, const char **why);

#endif
