/*
 * The database: upstream's five tables (schema version 4). sqlite runs on a
 * thread of its own behind a bounded queue; the loop never waits for it.
 * Writes that are waiting are committed together (WAL, synchronous=FULL).
 */
#ifndef GAOL_STORE_STORE_H
#define GAOL_STORE_STORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"
#include "base/event.h"
#include "base/position.h"
#include "base/span.h"
#include "base/ticket.h"

struct event_base;
struct event_rows;
struct store;

struct store_options {
	const char *path;          /* "None": no store; ":memory:" */
	int64_t purge_age;         /* seconds, of history rows */
	int64_t maxmatches;        /* lines kept in the data column */
	size_t queue_max;          /* requests waiting at most */
};

/* Upstream's mark, after an upgrade, for "nobody knows how long". */
#define STORE_BANTIME_UNKNOWN (-2)

/*
 * The ticket as jail_restore wants it: id (borrowed), time, bantime (may be
 * STORE_BANTIME_UNKNOWN) or permanent, bancount, and `data` as it stands in
 * the row. Its lines stay in there until somebody asks: a start with 100,000
 * bans has no time to parse them.
 */
struct store_row {
	const char *jail;
	struct ticket ticket;
};

struct store_events {
	/* The disk fails, or works again (error NULL). Once per change. */
	void (*state)(const char *error, void *arg);
	/* store_file() has changed. */
	void (*file)(void *arg);
};

/* The dbfile that stands for no database, as fail2ban.conf(5) has it. */
bool store_is_none(const char *path);
/*
 * Opens or makes the file (0600). A damaged file is moved aside (two copies
 * are kept at most) and a new one begun. Reading at start happens before the
 * thread is started and may wait. NULL only when out of resources; a store
 * whose disk fails degrades: store_error() says why, bans go on. How it began
 * is told by store_error() only; events->state tells every change after that.
 * A file of a version we do not know is left alone, and nothing is written.
 */
struct store *store_open(const struct store_options *options,
    struct event_base *base, const struct store_events *events, void *arg);
/* Commits what is queued, then closes. */
void store_close(struct store *s);
const char *store_error(const struct store *s);   /* NULL: all is well */
/*
 * Counts the files begun anew since the start, because the one before was
 * damaged or deleted: whatever was written before has no row in this one.
 */
unsigned store_file(const struct store *s);

/* --- at start, before store_start: synchronous reads ------------------ */
/*
 * The latest row of every (ip, jail) that has not ended at `now`, in order of
 * writing; jail NULL: of all jails in one pass. fn may take over the ticket's
 * matches and data (set to empty/NULL then). 0, or -1 (store_error).
 */
int store_load_bans(struct store *s, const char *jail, struct wall now,
    void (*fn)(struct store_row *row, void *arg), void *arg);
/*
 * The same of all jails in many parts: begin, then some rows after the other.
 * 1: there may be more; 0: that was all; -1: what is left cannot be read
 * (store_error). Other reads of the start may be done in between.
 */
void store_begin_bans(struct store *s, struct wall now);
int store_next_bans(struct store *s, size_t max,
    void (*fn)(struct store_row *row, void *arg), void *arg);
/* Out of turn, that of one id. Its row may come again with the others. */
void store_load_ban(struct store *s, const char *jail, const struct id *id,
    struct wall now, void (*fn)(struct store_row *row, void *arg), void *arg);
/* How many rows, ended ones too; 0 when that cannot be said. */
uint64_t store_count_bans(struct store *s);
bool store_load_position(struct store *s, const char *jail, const char *path,
    struct tail_position *out);
/* How far the jail has read the journal: upstream's row of that, or ours. */
bool store_load_journal(struct store *s, const char *jail, struct wall *out);
/* Also possible with a failed disk: the thread tries it again. 0 or -1. */
int store_start(struct store *s);   /* starts the thread */

/* --- asynchronous writes; false: queue full, counted, not written ------ */
bool store_add_jail(struct store *s, const char *jail);
bool store_disable_jail(struct store *s, const char *jail);
bool store_ban(struct store *s, const char *jail, const struct ticket *t);
/*
 * By hand: the rows of bips and bans go, as upstream's do, so that it does not
 * come back at restart. Also for an id that is not banned just now.
 */
bool store_unban(struct store *s, const char *jail, const struct id *id);
bool store_unban_all(struct store *s, const char *jail);
bool store_position(struct store *s, const char *jail, const char *path,
    const struct tail_position *pos);
/* As upstream: in the logs table, by a name of its own, with a fraction. */
bool store_journal(struct store *s, const char *jail, struct wall place);
bool store_purge(struct store *s, struct wall now);
/* What counts for purges and rows from now on. */
void store_set_purge_age(struct store *s, int64_t seconds);
void store_set_maxmatches(struct store *s, int64_t lines);
/*
 * Calls fn in the loop once everything queued before is on the disk (error
 * 0), or, when store_close comes first, from there (EIO: it is not).
 */
bool store_barrier(struct store *s, void (*fn)(int error, void *arg),
    void *arg);

/* --- asynchronous reads ------------------------------------------------- */
/*
 * Answered in the loop, behind everything queued before, by the last call of
 * fn or done: error 0; or EIO when the disk fails or store_close comes first.
 * False, and no call: no store, a disk that fails, or 20,000 are under way.
 */
struct store_history {
	bool known;          /* there is a row */
	uint32_t bancount;
	int64_t time;        /* of the last ban, seconds */
};

/* What bips says of the id in this jail; NULL: in all jails, added up. */
bool store_history(struct store *s, const char *jail, const struct id *id,
    void (*fn)(int error, const struct store_history *h, void *arg),
    void *arg);

/*
 * What the id's rows in `bans` hold: failures added up, and the last lines,
 * as many as the data column keeps. In order of time.
 */
struct store_merged {
	bool known;
	uint32_t failures;
	struct strings matches;   /* fn may take them over */
};

bool store_merged(struct store *s, const char *jail, const struct id *id,
    void (*fn)(int error, struct store_merged *m, void *arg), void *arg);
/* One ban of before, or of now, as its row has it. */
struct store_past {
	char *jail;
	int64_t time;             /* seconds */
	int64_t bantime;          /* -1: without end; -2: nobody knows */
	uint32_t bancount;
};

/* Those of the id that are kept yet, of all jails; 1000, the last first. */
bool store_past(struct store *s, const struct id *id,
    void (*fn)(int error, const struct store_past *v, size_t n, void *arg),
    void *arg);
/* As store_load_bans, of one jail; then done. */
bool store_read_bans(struct store *s, const char *jail, struct wall now,
    void (*fn)(struct store_row *row, void *arg),
    void (*done)(int error, void *arg), void *arg);

/* --- mail accesses (event_row.h) ------------------------------------------ */
/* How long rows are kept, in seconds, by what they tell of. */
enum store_class {
	STORE_LOGIN, STORE_FAILURE, STORE_SESSION, STORE_MESSAGE, STORE_OTHER,
	STORE_CLASSES
};

#define STORE_KEEP_ALL (INT64_C(1) << 36)   /* until store_keep() says */
struct store_keep {
	int64_t seconds[STORE_CLASSES];
};

enum store_class store_class_of(int event_kind);
void store_keep(struct store *s, const struct store_keep *keep);
/*
 * Called for each row on the store's thread, before it is written (what needs
 * a disk is looked up there), and once it is on the disk; may be NULL. Set
 * before store_start().
 */
struct event_row;
struct access_event;
struct store_row_hooks {
	void (*complete)(struct event_row *row, void *arg);
	void (*written)(const struct event_row *row, void *arg);
	/* The encryption of the client's own connection; NULL: the event's. */
	enum event_tls (*tls)(const struct access_event *e);
};
void store_row_hooks(struct store *s, const struct store_row_hooks *hooks,
    void *arg);

/* At start, like store_load_bans: sessions still open; the next's number. */
int store_load_sessions(struct store *s, struct event_rows *out,
    int64_t *next);
/* … the number of the next event … */
int store_load_number(struct store *s, int64_t *next);
/* … all that was told in the last `within_us`, the last first, … */
int store_load_latest(struct store *s, int64_t within_us,
    struct event_rows *out);
/* … sign-ins and failures of the last `within_us`, the last first, … */
int store_load_accesses(struct store *s, int64_t within_us,
    struct event_rows *out);
/* … and who sent messages in the last `within_us`, the last first. */
int store_load_messages(struct store *s, int64_t within_us,
    struct event_rows *out);

/*
 * Rows, taken over, and how far their source was read: committed together.
 * place: of the jail's `path`; path NULL: of its journal, `until`. When more
 * than STORE_EVENTS_MAX rows wait these are dropped and counted, the place is
 * not: bans must not wait for them.
 */
#define STORE_EVENTS_MAX 50000
struct store_place {
	const char *jail;
	const char *path;
	struct tail_position position;
	struct wall until;
};
bool store_events(struct store *s, struct event_rows *rows,
    const struct store_place *place);
/* So many wait that whoever can wait should. */
bool store_events_full(struct store *s);

/*
 * What is kept no longer goes, in slices; then days that have ended are summed,
 * in steps. store_purge() says this, too.
 */
bool store_purge_events(struct store *s, struct wall now);

#define STORE_FOUND_MAX 1000   /* rows of one answer */
struct store_query {
	bool sessions;             /* of those that signed in */
	bool brief;                /* sign-ins and failures of accounts, of
	                            * each only what a report counts */
	bool newest;               /* first; else in order of time */
	struct wall since, until;  /* us 0: unbounded; until is not in it */
	struct span user;          /* n 0: all */
	struct addr ip;            /* a host or network; ADDR_NONE: all */
	int kind, service;         /* enums; -1: all */
	size_t limit;              /* 0: STORE_FOUND_MAX, which is the most */
	/* Behind this row, by its time and number; number 0: from the start. */
	struct wall behind;
	int64_t number;
};

struct store_found {
	struct event_rows *rows;   /* fn may take them over */
	bool more;
};

bool store_find(struct store *s, const struct store_query *q,
    void (*fn)(int error, struct store_found *found, void *arg), void *arg);

/*
 * Sums of the days from `first` to `last` (since 1970, UTC) by account and
 * service, in the order of their names; first -1: which days are summed. fn may
 * not keep what it is told.
 */
struct store_sums_query {
	int64_t first, last;       /* ACCESS_SUM_DAYS at most */
	struct span user;          /* behind this account's, … */
	int service;               /* … of that service; -1: from its first on */
};

struct event_sums;
bool store_sums(struct store *s, const struct store_sums_query *q,
    void (*fn)(int error, struct event_sums *sums, void *arg), void *arg);

struct store_sum_counters {
	uint64_t days;       /* that are summed … */
	int64_t first, last; /* … since 1970, if there are any */
	uint64_t sums;
};

struct store_counters {
	struct store_sum_counters sums;
	uint64_t events;     /* rows of mail accesses on the disk */
	uint64_t events_waiting;
	uint64_t events_dropped;
	uint64_t written;    /* requests that are on the disk */
	uint64_t commits;
	uint64_t lost;       /* requests refused: queue full, or senseless */
	uint64_t waiting;
	uint64_t skipped;    /* rows not believed when reading */
};
void store_counters(struct store *s, struct store_counters *out);

#endif
