/*
 * One read that the loop has asked for: the thread fills it in, the loop is
 * told. Done again from the start when its transaction was rolled back.
 */
#ifndef GAOL_STORE_READ_H
#define GAOL_STORE_READ_H

#include <stddef.h>
#include <stdint.h>

#include "store/database.h"
#include "store/event_row.h"
#include "store/event_sum.h"
#include "store/store.h"

enum read_kind {
	READ_HISTORY, READ_MERGED, READ_BANS, READ_FOUND, READ_PAST,
	READ_SUMS
};

struct read {
	enum read_kind kind;
	char *jail;               /* NULL: all */
	char *id;
	int64_t now;
	int64_t maxmatches;       /* lines of a READ_MERGED */
	union {
		void (*history)(int error, const struct store_history *h,
		    void *arg);
		void (*merged)(int error, struct store_merged *m, void *arg);
		void (*row)(struct store_row *row, void *arg);
		void (*past)(int error, const struct store_past *v, size_t n,
		    void *arg);
		void (*found)(int error, struct store_found *found,
		    void *arg);
		void (*sums)(int error, struct event_sums *sums, void *arg);
	} fn;
	struct store_query query;   /* its user is `id` */
	void (*done)(int error, void *arg);
	void *arg;
	/* The answer. */
	struct store_history history;
	struct store_merged merged;
	struct store_row *rows;   /* own their text; jail is the read's */
	size_t rows_n;
	struct store_past *past;  /* own their text */
	size_t past_n;
	struct event_rows events;
	struct store_found found;
	struct store_sums_query days;   /* of a READ_SUMS; its user is `id` */
	struct event_sums sums;
	uint64_t skipped;
};

struct read *read_new(enum read_kind kind, const char *jail);
void read_free(struct read *r);   /* NULL is a no-op */
/* On the thread, in a transaction. SQLITE_OK, or what failed. */
int read_run(struct database *db, struct read *r);
/* In the loop. */
void read_tell(struct read *r, int error);

#endif
