/* What the files of the engine and its command handlers share. */
#ifndef GAOL_PROCESS_ENGINE_LOCAL_H
#define GAOL_PROCESS_ENGINE_LOCAL_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>

#include "base/clock.h"
#include "base/port.h"
#include "base/table.h"
#include "config/config.h"
#include "control/server.h"
#include "jail/jail.h"
#include "match/filter.h"
#include "process/engine_change.h"
#include "process/engine_journal.h"
#include "process/engine_journal_given.h"
#include "process/engine_journal_source.h"
#include "process/engine_lifted.h"
#include "process/engine_store.h"
#include "process/plan.h"
#include "process/role.h"
#include "process/wire.h"
#include "source/tail.h"
#include "source/watch.h"
#include "store/store.h"

struct event;
struct event_base;
struct slice;

/*
 * A jail at work. It outlives a reload under its name; `config` and what
 * follows from it are replaced then. A broken one has no jail and no filter.
 */
struct engine_jail {
	struct engine *engine;
	const struct jail_config *config;
	struct config *own;      /* `config` is in it: changed at run time */
	struct config *past;     /* … until a reload, whose end frees it */
	bool touched;            /* by `set`, its filter or its settings */
	struct jail *jail;
	struct filter *filter;
	struct event_filter *events;   /* NULL: its lines tell of none */
	uint32_t rule_first;     /* its native actions in the plan */
	uint32_t rules_n;
	uint32_t rules_off;      /* bits: taken away by a command */
	char *error;             /* why it does not run; NULL: it does */
	size_t states[TICKET_STATES];   /* its bans in each of them */
	bool keep;               /* reload: named by the new configuration */
	bool told;               /* its start was logged */
	bool made;               /* by `add`: no configuration names it */
	bool running;            /* false: added, and not yet started */
	bool stopped;            /* by a command; it has no jail */
	bool idle;               /* nothing is read, no ban ends */
	uint64_t reading;        /* its bans: number of the read; 0: none */
	bool reread;             /* … and once more */
	bool acting;             /* its actions have begun */
	bool working;            /* a change for jail_work() is on its way */
	struct run_action *runs; /* its shell actions */
	uint32_t run_number;     /* the runner's for it; UINT32_MAX: none */
	bool run_given;          /* its commands are not those of the files */
	struct wire_run_cache *run_cache;   /* by `set`; NULL: the files' */
	char *run_error;         /* why they do not run; NULL: they do */
	struct engine_question *questions;   /* of its bans' histories */
};

struct engine_question;
struct engine_sleep;
struct event_filter;

struct engine_log {
	struct engine_jail *jail;
	char *path;
	struct tail *tail;
	struct sieve *sieve;     /* shared by the logs of this path */
	struct envelope *envelope;   /* engine_unwrap.c; NULL: none */
	int error;               /* errno of the last open; 0: open */
	bool tried;              /* an answer has come */
	bool blind;              /* nothing of it can be watched: poll */
	bool dirty;              /* something to read */
	struct event_filter *events;   /* for the read at hand */
	bool live;               /* its last line was not old */
	bool moved;              /* read since the position was stored */
	bool given;              /* by addlogpath */
	bool from_end;           /* … as it said */
	bool closed;             /* not read: dellogpath, or its jail stopped */
	bool told;               /* that it is read was logged */
	struct request *request; /* who waits until it is open */
};

enum ask_op { ASK_ADD, ASK_RENEW, ASK_DELETE };

struct engine_ask;

/* Somebody who waits until the firewall has answered some requests. */
struct engine_wait {
	unsigned asked;
	void (*done)(struct engine_wait *wait);
	/* `refused`: by the warden's rules, so that the ban was dropped. */
	void (*failed)(struct engine_wait *wait,
	    const struct engine_ask *ask, int error, bool refused);
};

/*
 * One element asked of the kernel and not yet answered (engine_ask.c). It
 * says what changed, not what to do: that follows, when it is sent, from
 * whether the jail has the ban then.
 */
struct engine_ask {
	struct engine_ask *next;   /* in its queue */
	uint64_t cookie;           /* while it is under way */
	struct engine_jail *jail;  /* NULL: it has vanished meanwhile */
	struct ticket *ticket;     /* NULL: it is looked for by its address */
	struct engine_ask *also;   /* the next of that ticket */
	struct engine_wait *wait;
	uint32_t rule;             /* counted from the jail's first */
	struct addr addr;
	enum ask_op op;
	unsigned stale;            /* times it met a reload on its way */
	uint8_t tries, skip;       /* as a ticket's */
};

struct ask_queue { struct engine_ask *first, **last; size_t n; };
struct engine_sent;

struct engine_asks {
	struct ask_queue urgent;   /* single bans: before the bulk */
	struct ask_queue bulk;     /* restore and repair */
	struct ask_queue undone;   /* deletes that failed: to be tried again */
	struct engine_sent *sent;  /* under way */
	struct buf message;        /* the last one's memory */
	struct event *flush;       /* end of this wake */
	uint64_t refused;
	uint64_t dropped;          /* not even queued: ASKS_MAX */
};

/* The kernel's sets against our bans, in turns (engine_sync.c). */
struct engine_sync {
	struct slice *slice;
	uint32_t number;           /* of this comparison */
	bool open;                 /* all that the kernel has is known */
	bool settling;             /* our bans are being gone through */
	size_t jail;               /* … those of this one */
	struct bans_walk *walk;
	/* Elements of the kernel whose rows may still come. */
	struct wire_fw_element *held;
	size_t held_n, held_at, held_max;
};

struct target_ask;

/* What is logged to, as `set` has it; NULL: as configured. */
struct engine_target {
	char *name;
	char *socket;
	STAILQ_HEAD(, target_ask) asks;   /* what the parent has not answered */
};

struct engine_cymru;
struct engine_events;
struct engine_ignoreip;
struct engine_names;
struct engine_resolve;
struct engine_restore;
struct engine_run;

struct engine {
	struct event_base *base;
	const struct role_options *options;
	struct port *parent;
	struct port *warden;
	struct config *config;         /* NULL until the first has come */
	uint32_t generation;
	struct engine_jail **jails;
	size_t jails_n;
	struct engine_log *logs;       /* by the plan's number */
	size_t logs_n;
	struct engine_given *given;    /* logs that wait for a number */
	uint32_t given_cookie;
	struct watch *watch;
	struct event *watch_event;
	int watch_fd;
	struct engine_journals journals;
	struct event *work;            /* logs with more to read */
	struct event *timer;           /* timerfd, CLOCK_BOOTTIME */
	int timer_fd;
	struct event *save;            /* positions, one second after a read */
	struct event *retry;           /* logs and bans that failed */
	struct event *purge;           /* old rows, hourly */
	struct engine_asks asks;
	struct engine_run *run;        /* shell actions */
	struct engine_resolve *resolve;   /* names asked, and known */
	struct engine_names *names;    /* failures that wait for one */
	LIST_HEAD(, engine_cymru) cymrus;   /* who wait for `status J cymru` */
	struct engine_ignoreip *ignoreip;   /* names and files behind it */
	struct engine_events *events;  /* mail accesses */
	bool ending;                   /* nothing is read any more */
	struct store *store;           /* NULL: none */
	char *store_error;
	char *dbfile;                  /* what was opened; NULL: nothing */
	struct server *server;
	int server_fd;                 /* until the server is made */
	struct addr *own;
	size_t own_n;
	bool restored;                 /* the store's bans are, or were, read */
	struct engine_restore *restore;   /* … and that is not over */
	struct table *lifted;          /* until the start is over */
	bool unrestored;               /* … and never will be: the end came */
	uint64_t reads;                /* … and of single jails so often */
	struct engine_sync sync;
	bool reconciled;               /* the kernel's sets were compared once */
	bool dumping;
	uint32_t dump_generation;      /* whose numbers that dump has */
	bool dump_again;
	int firewall_error;
	char firewall_text[128];
	uint64_t firewall_rebuilt;
	struct wire_sandbox warden_sandbox;
	struct request *reload;        /* the client who waits for it */
	char *reload_jail;             /* the one it named, or NULL */
	bool reload_if_exists;         /* … and need not be there */
	struct event *refill;
	struct engine_changes changes; /* of what is banned, under way */
	struct engine_wait *unban_wait;   /* who waits for what is lifted now */
	struct engine_sleep *sleeps;   /* clients that said `sleep` */
	struct request *stopping;      /* the one who said stop --flush */
	char *loglevel;                /* by `set`, until a reload; or NULL */
	struct engine_target target;   /* likewise, of the log */
	char *allowipv6;               /* likewise */
	int64_t dbmaxmatches;          /* likewise; -1: as configured */
	int64_t dbpurgeage;
	struct request *leaving;       /* the one who said stop */
	bool stream_due;               /* fail2ban's own client will send one */
	struct request *stream;        /* … and waits for the configuration */
	struct boot started;
};

/* --- engine.c ----------------------------------------------------------- */
/* The start is over: every ban is known, the kernel's too. */
void engine_ready(struct engine *e);

/* --- engine_config.c --------------------------------------------------- */
/* A configuration has arrived: compile, answer, swap. Takes over fd. */
void engine_config_take(struct engine *e, uint32_t generation, int fd);
void engine_config_failed(struct engine *e, int fd);
void engine_config_fini(struct engine *e);

/* --- engine_jail.c ------------------------------------------------------ */
struct engine_jail *engine_jail_find(const struct engine *e, const char *name);
struct engine_jail *engine_jail_new(struct engine *e,
    const struct jail_config *config);
/* Its jail, for j->config; then it runs, and its bans come back. */
void engine_jail_make(struct engine_jail *j);
void engine_jail_run(struct engine_jail *j);
/* Nobody bans in it any more, and no ban ends by itself: it will stop. */
void engine_jail_rest(struct engine_jail *j);
/* No jail and no filter any more. */
void engine_jail_unmake(struct engine_jail *j);
/* Are its lines looked at? */
bool engine_jail_reads(const struct engine_jail *j);
/* A reload of another jail only: it goes on as it is. */
bool engine_jail_stays(const struct engine_jail *j);
/* Makes or changes the jail of `config` (its filter is taken over). */
struct engine_jail *engine_jail_apply(struct engine *e,
    const struct jail_config *config, struct filter *filter);
void engine_jail_free(struct engine_jail *j);
/*
 * Its configuration to be changed at run time: a copy of its own from the
 * first time on, until a reload. NULL (logged): none can be made. The caller
 * calls engine_jail_changed() when what it changed counts for the jail.
 */
struct jail_config *engine_jail_own(struct engine_jail *j);
void engine_jail_changed(struct engine_jail *j);
/* A reload is over: nothing points to what it replaced. */
void engine_jail_forget_past(struct engine_jail *j);
/* Settings have changed, or who is left alone: its bans follow, in turns. */
void engine_jail_follow(struct engine_jail *j);
/* Runs every jail's due work and sets the timer for the next. */
void engine_jails_run(struct engine *e);
/* … at the end of this wake, however often it is said. */
void engine_jails_run_soon(struct engine *e);
/* Counts a failure, now or when its ignorecommand has answered. */
void engine_jail_failure(struct engine_jail *j, const struct failure *f);
/* Nothing is to be waited for any more. Answers a client's `attempt`. */
void engine_jail_count(struct engine_jail *j, const struct failure *f);
/*
 * Tickets are counted by their state: from the moment the jail has them, at
 * each change, until it gives them away.
 */
void engine_jail_enter(struct engine_jail *j, const struct ticket *t);
void engine_jail_state(struct engine_jail *j, struct ticket *t,
    enum ticket_state state);
void engine_jail_leave(struct engine_jail *j, struct ticket *t);
/* Its row, in the database as it is now. */
void engine_jail_record(struct engine_jail *j, struct ticket *t);
/*
 * The warden will not have it: the ban is lifted. In the place of a network
 * that was counted as one, the address that began it is banned.
 */
void engine_jail_refuse(struct engine_jail *j, struct ticket *t);
/* Logs "Ban" once every native action has confirmed; the others follow. */
void engine_jail_announce(struct engine_jail *j, struct ticket *t);

/* --- engine_history.c --------------------------------------------------- */
/* A jail's hook. */
bool engine_history_ask(struct jail *jail, const struct jail_question *q,
    void *arg);
/* The jail goes: answers find nobody. */
void engine_history_forget(struct engine_jail *j);
/* --- engine_setting.c: what `set` changes ------------------------------- */
/* One setting as its section would have it. 0, or -1: why, none changed. */
int engine_setting_set(struct engine_jail *j, const char *name,
    const char *value, struct buf *why);
/* The journal is read with these matches; taken over when it is 0. */
int engine_setting_journalmatch(struct engine_jail *j, struct strings *lines,
    struct buf *why);
/* Does it keep what was set, because the reload is another jail's? */
bool engine_setting_stays(const struct engine_jail *j);
/* The end of a reload: what is kept is set again, the rest is forgotten. */
void engine_setting_again(struct engine_jail *j);

/* --- engine_restore.c: bans of the store -------------------------------- */
/* What follows from a row of a jail that has one. */
void engine_restore_row(struct engine_jail *j, struct store_row *row);
void engine_restore_unread(const struct engine *e);
/* A jail that comes while we run, perhaps again: the start is long over. */
void engine_restore_jail(struct engine_jail *j);
/* Somebody has lifted bans of it: its rows are gone, behind that read. */
void engine_restore_lifted(struct engine_jail *j);

/* --- engine_restore_start.c: of all jails, at the start ----------------- */
/* Begins; then the store's thread begins, at once or in a later turn. */
void engine_restore_start(struct engine *e);
/*
 * Before somebody wants to know of this id, and it is none of the jail's bans:
 * true when its row was looked for.
 */
bool engine_restore_one(struct engine_jail *j, const struct id *id);
/*
 * Are there bans that are not known yet? A change that concerns all of them
 * waits for that; when the daemon ends before, it is not made.
 */
bool engine_restore_comes(const struct engine *e);
/* The daemon ends: none comes any more. */
void engine_restore_end(struct engine *e);

/* --- engine_refill.c ---------------------------------------------------- */
/* The database is another one: rows for what is in force. */
void engine_refill(struct engine *e);

/* --- engine_target.c: what the daemon logs to ---------------------------- */
void engine_target_init(struct engine *e);
void engine_target_fini(struct engine *e);
/* As configured or as set: "SYSLOG[facility=local0]"; without its options. */
const char *engine_target_text(const struct engine *e);
struct span engine_target_name(const struct engine *e);
/* "auto" or a path. */
const char *engine_target_socket(const struct engine *e);
/* Is it a file that log rotation moves away, as fail2ban sees it? */
bool engine_target_rotates(const struct engine *e);
/* Asks the parent for another; one of both may be NULL. Answers later. */
void engine_target_set(struct engine *e, struct request *r, const char *name,
    const char *socket);
void engine_target_answer(struct engine *e, const struct wire_target_set *m);
/* A reload: the configuration counts again. */
void engine_target_forget(struct engine *e);
/* Every process logs with it until a reload. */
void engine_target_level(struct engine *e, enum log_level level);

/* --- engine_ignore.c: answers of ignorecommand ---------------------------- */
/*
 * They are kept by another key from now on (NULL: not at all), until a reload.
 * 0; -1: the key is too long, and nothing changes.
 */
int engine_ignore_set_cache(struct engine_jail *j, const char *key,
    int64_t count, double seconds);

/* --- engine_life.c: jails by command ------------------------------------ */
/* What is wrong with a jail of that name and backend. 0; -1: why. */
int engine_life_check(const struct engine *e, const char *name,
    const char *backend, struct buf *why);
/* NULL: why. Nobody may have that name who runs. */
struct engine_jail *engine_life_add(struct engine *e, const char *name,
    const char *backend, struct buf *why);
void engine_life_start(struct engine_jail *j);
/*
 * Its end, in steps: nothing is read any more; some bans are lifted, which the
 * store keeps for the next start (true: some are left); it has no jail then.
 * Whoever is answered by the first may stop it, too.
 */
void engine_life_stop_begin(struct engine_jail *j);
bool engine_life_stop_some(struct engine_jail *j);
void engine_life_stop_end(struct engine_jail *j);
void engine_life_idle(struct engine_jail *j, bool idle);
/* A reload of another jail leaves it stopped, or as commands made it. */
bool engine_life_stays(const struct engine_jail *j);

/* --- engine_log_given.c: logs by command -------------------------------- */
/* Answers when it is open, with the jail's logs. */
void engine_log_add(struct engine_jail *j, const char *path, bool from_end,
    struct request *r);
void engine_log_added(struct engine *e, const struct wire_log_added *m);
void engine_log_answer(struct engine *e, struct engine_log *log);
void engine_log_close(struct engine *e, struct engine_log *log);
void engine_log_reopen(struct engine *e, struct engine_log *log);
void engine_log_del(struct engine_jail *j, const char *path);
void engine_log_close_jail(struct engine_jail *j);
/* A reload: one that was given, of a jail that stays, is asked for again. */
void engine_log_keep(struct engine *e, struct engine_log *log);
/* Whoever waits for a number is told that none comes. */
void engine_log_given_fini(struct engine *e);

/* --- engine_ask.c ------------------------------------------------------- */
void engine_asks_init(struct engine *e);
void engine_asks_fini(struct engine *e);
/*
 * The ban is new or has another end (op), for all native actions of the jail;
 * counted in t->asked. A raw id asks for nothing.
 */
void engine_ask(struct engine_jail *j, struct ticket *t, enum ask_op op,
    struct engine_wait *wait);
/* One native action only, behind what is urgent. */
void engine_ask_one(struct engine_jail *j, struct ticket *t, uint32_t rule);
/* The ban is over, for all native actions. */
void engine_ask_delete(struct engine_jail *j, const struct id *id,
    struct engine_wait *wait);
void engine_ask_delete_one(struct engine_jail *j, const struct addr *addr,
    uint32_t rule);
void engine_ask_done(struct engine *e, const struct wire_fw_done *v, size_t n);
/* The ticket goes: what was asked for it will be looked for by its address. */
void engine_ask_leave(struct ticket *t);
/* Deletes that failed for a passing reason. */
void engine_ask_retry(struct engine *e);
/* The jail vanishes: nobody is told any more. */
void engine_ask_forget(struct engine *e, const struct engine_jail *j);

/* --- engine_ask_fail.c --------------------------------------------------- */
/* Why an element is not in the firewall, for people. */
const char *engine_ask_why(int error, bool refused);
/* Logs it; of failures a line a minute each kind, however many meet it. */
void engine_ask_refused(const struct engine_ask *ask, int error);
void engine_ask_failed(const struct engine_ask *ask, int error);

/* --- engine_sent.c: requests that the warden has not answered --------- */
#define ENGINE_SENT_MAX (8u * WIRE_RECORDS_MAX)

struct engine_sent *engine_sent_new(void);
/* The requests are the caller's. */
void engine_sent_free(struct engine_sent *s);
size_t engine_sent_count(const struct engine_sent *s);
/* Gives it its cookie. There are fewer than ENGINE_SENT_MAX. */
void engine_sent_add(struct engine_sent *s, struct engine_ask *ask);
/* Out of it; NULL: no such cookie is under way. */
struct engine_ask *engine_sent_take(struct engine_sent *s, uint64_t cookie);
/* One after the other from *at 0 on; NULL: no more. */
struct engine_ask *engine_sent_next(const struct engine_sent *s, size_t *at);

/* --- engine_sync.c: the kernel's sets against our bans ------------------ */
void engine_sync_start(struct engine *e);
void engine_sync_elements(struct engine *e, const struct wire_fw_element *v,
    size_t n);
void engine_sync_end(struct engine *e);
/* A ban has come from the store, all of them have: the kernel may lack them. */
void engine_sync_restored(struct engine_jail *j, struct ticket *t);
void engine_sync_all_restored(struct engine *e);
/* There is room for requests again. */
void engine_sync_go_on(struct engine *e);
/* The daemon ends: nothing is asked for any more. */
void engine_sync_stop(struct engine *e);
/* The native actions the kernel has it in, as far as this comparison knows. */
uint32_t *engine_sync_seen(const struct engine *e, struct ticket *t);
void engine_sync_init(struct engine *e);
void engine_sync_fini(struct engine *e);
/* Asks again for what was refused for a passing reason. */
void engine_sync_retry(struct engine *e);
/*
 * How many of the retries, one every ten seconds, what was refused `tries`
 * times leaves out: the pause doubles, up to five minutes.
 */
uint8_t engine_sync_pause(uint8_t *tries);

/* --- engine_log.c ------------------------------------------------------- */
void engine_log_open_all(struct engine *e);
void engine_log_take(struct engine *e, const struct wire_log *m, int fd);
/* One more log of a jail; takes over fd, the sheet with its path. */
void engine_log_found(struct engine *e, const struct wire_found *m, int fd);
/* The sieve of all logs with its path, of those that have one by now. */
void engine_log_sieve(struct engine *e, struct engine_log *log);
/* Makes the tail of a log that has its path and jail. */
void engine_log_start(struct engine *e, struct engine_log *log, bool tail);
void engine_log_watch(struct engine *e, int fd);
void engine_log_save(struct engine *e);
/* They are read no more: said, as upstream says it. */
void engine_log_removed(const struct engine *e);
void engine_log_fini(struct engine_log *log);
/* Opens again what could not be watched. True: there is such a one. */
bool engine_log_retry(struct engine *e);
int engine_log_events(struct engine *e);

/* --- engine.c ----------------------------------------------------------- */
void engine_retry_later(struct engine *e);
void engine_stop(struct engine *e, int status);
/* Shell actions have been stopped: the rest of a stop. */
void engine_stopped(struct engine *e, int status);

/* --- engine_run.c: shell actions, done by the runner ----------------- */
struct engine_run *engine_run_new(struct engine *e);
void engine_run_free(struct engine_run *run);
/* The end of a link to a runner; taken over. */
void engine_run_link(struct engine *e, int fd);
/*
 * That will be the configuration. Actions that it has not leave their jails
 * until engine_run_apply(): their bans are to be undone in between
 * (engine_run_undo.c); what is left then is undone at once.
 */
void engine_run_part(struct engine *e, const struct config *next);
/* e->config is new: its actions begin, those that are gone are ended. */
void engine_run_apply(struct engine *e);
/* … and is in force: the runner may read it. */
void engine_run_begin(struct engine *e);
/* Ends all of them, then engine_stopped(): now, or within the limit. */
void engine_run_stop(struct engine *e, int status);
/* Its configuration is another one with the same actions. */
void engine_run_repoint(struct engine_jail *j);
/*
 * What a command changed in the actions or the ignorecommand of a jail, or
 * that it runs now, counts from the end of this wake on.
 */
void engine_run_update(struct engine_jail *j);
/* e->allowipv6 counts for actions that are not started yet. */
void engine_run_allow_ipv6(struct engine *e);
/*
 * Of one action of a jail (NULL: of all) bans are undone one by one before it
 * goes, and it learns of no more: what it has not begun yet is left.
 */
void engine_run_leave(struct engine_jail *j, const char *name);
void engine_run_undo(struct engine_jail *j, struct ticket *t);
/* One action goes, before its configuration does; the jail's all go. */
void engine_run_drop(struct engine_jail *j, const char *name);
void engine_run_drop_all(struct engine_jail *j);
/* A ban is in force, ends, lasts longer; all of the jail's end. */
void engine_run_ban(struct engine_jail *j, struct ticket *t);
void engine_run_unban(struct engine_jail *j, const struct ticket *t);
void engine_run_prolong(struct engine_jail *j, const struct ticket *t);
void engine_run_flush(struct engine_jail *j);
/* The jail goes. */
void engine_run_forget(struct engine_jail *j);
/* For status: of the daemon, and of a jail's actions. */
json_t *engine_run_json(const struct engine *e);
json_t *engine_run_jail_json(const struct engine_jail *j);

/* --- engine_event.c (its lines: engine_event.h) ---------------------- */
struct engine_events *engine_events_new(void);
void engine_events_free(struct engine_events *ee);
/* At the start: sessions that were open; before the store's thread runs. */
void engine_events_start(struct engine *e);
/* The file of sign-ins, opened by the parent: taken over. */
void engine_events_signins(struct engine *e, int fd);
/* A configuration is in force. */
void engine_events_apply(struct engine *e);
json_t *engine_events_json(const struct engine *e);

/* --- engine_ignore.c ------------------------------------------------- */
/* True: it was taken, and is counted when ignorecommand does not mind. */
bool engine_ignore_ask(struct engine_jail *j, const struct failure *f);
void engine_ignore_forget(struct engine_jail *j);
uint64_t engine_ignore_unasked(const struct engine *e);

/* --- engine_resolve.c (its questions: engine_resolve.h) -------------- */
struct engine_resolve *engine_resolve_new(struct engine *e);
void engine_resolve_free(struct engine_resolve *r);
/* The end of a link to a resolver; taken over. */
void engine_resolve_link(struct engine *e, int fd);
json_t *engine_resolve_json(const struct engine *e);

/* --- engine_ignoreip.c ----------------------------------------------- */
struct engine_ignoreip *engine_ignoreip_new(struct engine *e);
void engine_ignoreip_free(struct engine_ignoreip *g);
/* A configuration is in force; one jail's settings are others. */
void engine_ignoreip_apply(struct engine *e, const struct plan *plan);
void engine_ignoreip_changed(struct engine_jail *j);
/* Addresses of this machine came or went. */
void engine_ignoreip_own(struct engine *e);
/* True: it was taken, and is counted when the names are known. */
bool engine_ignoreip_ask(struct engine_jail *j, const struct failure *f);
void engine_ignoreip_forget(struct engine_jail *j);
/* Of the warden; takes over fd. */
void engine_ignoreip_take(struct engine *e, const struct wire_ignore *m,
    int fd);
json_t *engine_ignoreip_json(const struct engine *e);
size_t engine_ignoreip_waiting(const struct engine *e);

/* --- engine_name.c --------------------------------------------------- */
struct engine_names *engine_names_new(void);
void engine_names_free(struct engine_names *names);
/* f->named: counted for each address of the host, once they are known. */
void engine_name_failure(struct engine_jail *j, const struct failure *f);
void engine_name_forget(struct engine_jail *j);
size_t engine_names_waiting(const struct engine *e);
uint64_t engine_names_dropped(const struct engine *e);

/* --- command_*.c: handlers, and the table that names them --------------- */
extern const struct command engine_commands[];
void command_add(struct request *, size_t, const char *const *, void *);
void command_start_jail(struct request *, size_t, const char *const *, void *);
void command_config_error(struct request *, size_t, const char *const *,
    void *);
void command_stream(struct request *, size_t, const char *const *, void *);
void command_multi_set(struct request *, size_t, const char *const *,
    void *);
void command_status(struct request *, size_t, const char *const *, void *);
void command_banned(struct request *, size_t, const char *const *, void *);
void command_ban(struct request *, size_t, const char *const *, void *);
void command_unban(struct request *, size_t, const char *const *, void *);
void command_set(struct request *, size_t, const char *const *, void *);
void command_stats(struct request *, size_t, const char *const *, void *);
void command_sleep(struct request *, size_t, const char *const *, void *);
/* The end: whoever still sleeps is answered. */
void command_sleep_end(struct engine *e);
void command_cymru_end(struct engine *e);
void command_events(struct request *, size_t, const char *const *, void *);
void command_sums(struct request *, size_t, const char *const *, void *);
void command_past(struct request *, size_t, const char *const *, void *);
void command_sessions(struct request *, size_t, const char *const *,
    void *);
void command_get(struct request *, size_t, const char *const *, void *);

#endif
