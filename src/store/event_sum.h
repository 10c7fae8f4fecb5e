/*
 * Sums of gaol_events by day (UTC), account and service: gaol_sums, and in
 * gaol_days how far each day is. A report of a month reads these instead of
 * millions of events, which stay what counts: a day of which an event comes,
 * changes or goes is none that is summed, in the same transaction, until it is
 * summed again.
 *
 * Both are bounded by the events: a sum has one at least. A day of more than
 * EVENT_SUM_MAX sums is left to its events, and counted.
 */
#ifndef GAOL_STORE_EVENT_SUM_H
#define GAOL_STORE_EVENT_SUM_H

#include "base/access_sum.h"
#include "store/database.h"
#include "store/event_row.h"
#include "store/store.h"

#define EVENT_SUM_MAX (1 << 20)    /* of a day: numbers hold no more */
#define EVENT_SUM_SLICE 1000       /* events, or sums to go, of a step */
#define EVENT_SUM_LATE (6 * 3600 * CLOCK_SECOND)   /* a day has ended then:
                                    * few logs are farther behind */

/* One look-up's answer, and its texts. */
struct event_sums {
	struct access_sum *v;
	size_t n, cap;
	struct buf texts;
	bool summed;              /* the day is */
	bool more;
	int64_t *days;            /* … that are, rising; instead of sums */
	size_t days_n;
};

void event_sums_fini(struct event_sums *s);

/* The tables, where they are not there. */
void event_sum_tables(struct buf *out);
/* The text of one of our statements, for database_open(). */
void event_sum_sql(enum statement which, struct buf *out);
/* What is remembered of an open file. SQLITE_OK, or what failed. */
int event_sum_load(struct database *db);

/* --- inside a transaction; SQLITE_OK, or what failed -------------------- */
/* Before the row is written, moved or deleted. */
int event_sum_touch(struct database *db, const struct event_row *row);
/* When the first event of that kind was; *out stays if there is none. */
int event_sum_oldest(struct database *db, enum event_kind kind, int64_t *out);
/* Events of the time from `from` to before `to` went. */
int event_sum_touch_all(struct database *db, int64_t from, int64_t to);

/* One run over all days that have ended, the last first. */
struct event_sum_run {
	int64_t now;              /* us */
	int64_t before;           /* days before this one are to come */
	int64_t keep[2];          /* us: sign-ins, failures are kept so long */
	/* The encryption that counts; NULL: the event's. */
	enum event_tls (*tls)(const struct access_event *e);
};

/* A step of it; *more: there may be another. */
int event_sum_step(struct database *db, struct event_sum_run *run,
    bool *more);
/* Days that are summed, that are left to their events, and all sums. */
int event_sum_count(struct database *db, struct store_sum_counters *out);

/* The days that are summed. */
int event_sum_days(struct database *db, struct event_sums *out);
/* Sums of the day behind that number, 2000 at most. */
int event_sum_find(struct database *db, int64_t day, int64_t behind,
    struct event_sums *out);

#endif
