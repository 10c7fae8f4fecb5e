/*
 * Sums of gaol_events by day (UTC), account and service: gaol_sums, and in
 * gaol_days how far each day is. A report of a month reads these instead of
 * millions of events, which stay what counts: a day of which an event comes,
 * changes or goes is none that is summed, in the same transaction, until it is
 * summed again. There are no more sums than events.
 *
 * A day's sums lie in order of account and service, so that those of many days
 * are added up by going through all days at once.
 */
#ifndef GAOL_STORE_EVENT_SUM_H
#define GAOL_STORE_EVENT_SUM_H

#include "base/access_sum.h"
#include "store/database.h"
#include "store/event_row.h"
#include "store/store.h"

#define EVENT_SUM_SLICE 1000       /* events, or sums, of a step */
#define EVENT_SUM_PAGE 2000        /* accounts and services of a look-up, for
                                    * which ten times as many sums are read:
                                    * others wait meanwhile */
#define EVENT_SUM_LATE (6 * 3600 * CLOCK_SECOND)   /* a day has ended then:
                                    * few logs are farther behind */

/* What event_sum_read() reads, in this order. */
#define EVENT_SUM_COLUMNS "\"user\", service, logins, failures, first, last," \
	" insecure, insecure_first, insecure_last, secure_after," \
	" secure_first, countries"

/* One look-up's answer, and its texts. */
struct event_sums {
	struct access_sum *v;     /* by account, then by the service's name */
	size_t n, cap;
	struct buf texts;
	bool summed;              /* the days are, all of them */
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

/*
 * A step of it; *more: there may be another. A day's sums are in memory until
 * all its events are read: what a daemon that stopped had begun is begun anew.
 */
int event_sum_step(struct database *db, struct event_sum_run *run,
    bool *more);
/* What is in memory of a day goes; behind a rollback, too. */
void event_sum_forget(struct database *db);
/* Days that are summed, and their sums. */
int event_sum_count(struct database *db, struct store_sum_counters *out);

/* The days that are summed. */
int event_sum_days(struct database *db, struct event_sums *out);
/* Those days added up: accounts and services behind q's, as many as a page. */
int event_sum_find(struct database *db, const struct store_sums_query *q,
    struct event_sums *out);
/* The row that the statement stands at; texts are the statement's. */
void event_sum_read(sqlite3_stmt *stmt, struct access_sum *out);
/* In which order the file has a day's sums. */
int event_sum_compare(const struct access_sum *a, const struct access_sum *b);

#endif
