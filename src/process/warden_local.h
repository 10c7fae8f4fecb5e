/* What the files of the warden share; nobody else includes it. */
#ifndef GAOL_PROCESS_WARDEN_LOCAL_H
#define GAOL_PROCESS_WARDEN_LOCAL_H

#include <stdbool.h>
#include <stdint.h>

#include "base/port.h"
#include "base/trie.h"
#include "config/config.h"
#include "firewall/firewall.h"
#include "firewall/ownaddr.h"
#include "process/plan.h"
#include "process/role.h"
#include "process/wire.h"
#include "source/journal_where.h"
#include "source/watch.h"

struct event;
struct event_base;

/* One configuration and all that follows from it; swapped as a whole. */
struct warden_plan {
	struct config *config;
	struct plan plan;
	struct firewall_rule *rules;   /* plan.rules_n of them */
	struct journal_where *journals;   /* plan.journals.n of them */
	uint32_t generation;
	int sheet;                     /* the text the engine got; -1: none */
	struct strings added;          /* paths of logs beside the plan's own */
	size_t journals_added;         /* beside the plan's own */
};

struct warden_ignored;

struct warden {
	struct event_base *base;
	const struct role_options *options;
	struct port *parent;
	struct port *engine;
	struct warden_plan *now;       /* what the engine runs */
	struct warden_plan *next;      /* sent, not yet answered */
	uint32_t generation;           /* last one given out */
	struct watcher *watcher;
	struct event *look;            /* at patterns of logs, again */
	int journal_fd;                /* inotify, of their directories */
	int *journal_wds;
	size_t journal_wds_n;
	struct warden_ignored *ignored;   /* files of ignoreip, as last told */
	struct event *ignore_look;     /* at them, again */
	struct firewall *firewall;     /* NULL: it cannot be used */
	int firewall_error;
	const char *firewall_why;
	struct ownaddr *ownaddr;
	struct trie *never;            /* never banned: own, loopback, … */
	struct addr *own;
	size_t own_n;
};

/* --- warden_plan.c ---------------------------------------------------- */
/*
 * Loads and checks; with `jail`, all but that jail stays as in `now` (both may
 * be NULL). NULL when there is nothing to run with. `report` has the
 * problems either way.
 */
struct warden_plan *warden_plan_load(const struct role_options *options,
    const struct warden_plan *now, const char *jail, struct report *report);
void warden_plan_free(struct warden_plan *p);
/* The engine has it: what only the engine needs goes. */
void warden_plan_shrink(struct warden_plan *p);

/* --- warden_log.c ------------------------------------------------------ */
/* Requests of the engine. -1: against the rules (`why` says which). */
void warden_log_open(struct warden *w, const struct wire_log *ask);
void warden_log_close(struct warden *w, const struct wire_log *ask);
int warden_log_add(struct warden *w, const struct wire_log_add *ask,
    const char **why);

/* --- warden_glob.c ----------------------------------------------------- */
/* For w->now: looks at its patterns every few seconds, if it has any. */
int warden_glob_start(struct warden *w);

/* --- warden_ignore.c --------------------------------------------------- */
/* For w->now: hands its files over, now and whenever they change. */
void warden_ignore_start(struct warden *w);
void warden_ignore_fini(struct warden *w);

/* --- warden_journal.c -------------------------------------------------- */
/* Fills and frees p->journals. */
void warden_journal_where(struct warden_plan *p);
void warden_journal_where_fini(struct warden_plan *p);
void warden_journal_open(struct warden *w, const struct wire_journal *ask);
/* Gives a number, or says why not. -1: the message is none (why). */
int warden_journal_add(struct warden *w, const struct wire_journal_add *ask,
    const char **why);
/* A new configuration: what is watched for the old one goes. */
void warden_journal_forget(struct warden *w);

/* --- warden_firewall.c ------------------------------------------------ */
void warden_firewall_open(struct warden *w);
/* Makes the kernel's objects those of w->now; failure becomes FW_STATE. */
void warden_firewall_define(struct warden *w);
void warden_firewall_request(struct warden *w, uint32_t type,
    const struct wire_fw *head, size_t records);
void warden_firewall_dump(struct warden *w);
/* Answers with FW_REMOVED. */
void warden_firewall_remove(struct warden *w);
void warden_firewall_state(struct warden *w, int error, const char *text);
/* Rebuilds the never-ban set from the configuration and own addresses. */
void warden_never_update(struct warden *w);

#endif
