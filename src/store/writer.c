#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>

#include "base/xalloc.h"
#include "store/event_row.h"
#include "store/private.h"
#include "store/rows.h"
#include "store/schema.h"

/* How long until a failed disk is tried again. */
#define PAUSE_FIRST 100
#define PAUSE_LAST 10000

/* A batch of so many mail accesses is one of many: an old log is read. */
#define BULK_ROWS 1000u

/* A request that no second try will make better. */
static bool
is_senseless(int rc)
{
	switch (rc & 0xff) {
	case SQLITE_CONSTRAINT:
	case SQLITE_MISMATCH:
	case SQLITE_TOOBIG:
	case SQLITE_RANGE:
	case SQLITE_MISUSE:
		return true;
	default:
		return false;
	}
}

static void
wake_loop(struct store *s)
{
	/* Fails only when a wake is pending already. */
	(void)eventfd_write(s->wake_fd, 1);
}

static bool
same_text(const char *a, const char *b)
{
	return a == b || (a != NULL && b != NULL && strcmp(a, b) == 0);
}

void
writer_tell(struct store *s, const char *error)
{
	bool news;

	pthread_mutex_lock(&s->lock);
	news = s->db.moved != NULL || !same_text(s->state, error);
	if (!same_text(s->state, error)) {
		free(s->state);
		s->state = error != NULL ? xstrdup(error) : NULL;
	}
	s->lost_file |= s->db.moved != NULL;
	if (s->lost_file && error == NULL) {
		s->lost_file = false;
		s->files++;
		news = true;
	}
	if (s->db.moved != NULL) {
		buf_addf(&s->notes, "database %s was damaged: moved to %s, "
		    "a new one begun\n", s->db.path, s->db.moved);
		free(s->db.moved);
		s->db.moved = NULL;
	}
	pthread_mutex_unlock(&s->lock);
	if (news)
		wake_loop(s);
}

/* Applies the whole batch; *lost counts what sqlite would not have. */
static int
apply_all(struct store *s, const struct requests *batch, uint64_t *lost)
{
	struct request *r;
	int rc;

	rc = database_run(database_statement(&s->db, STATEMENT_BEGIN));
	for (r = batch->first; r != NULL && rc == SQLITE_OK; r = r->next) {
		rc = rows_apply(&s->db, r);
		if (is_senseless(rc)) {
			++*lost;
			rc = SQLITE_OK;
		}
	}
	if (rc == SQLITE_OK)
		rc = database_run(database_statement(&s->db,
		    STATEMENT_COMMIT));
	return rc;
}

/* Nothing of the batch may stay; the next try begins with a fresh look. */
static void
give_up(struct store *s, int rc)
{
	struct buf why = { 0 };

	buf_adds(&why, sqlite3_errmsg(s->db.handle));
	if (!sqlite3_get_autocommit(s->db.handle))
		database_run(database_statement(&s->db, STATEMENT_ROLLBACK));
	event_sum_forget(&s->db);
	if (schema_result(rc) == SCHEMA_DAMAGED) {
		database_damaged(&s->db, why.p);
		writer_tell(s, s->db.error.p);
	} else {
		if (!database_in_memory(&s->db))
			database_close(&s->db);
		writer_tell(s, why.p);
	}
	buf_fini(&why);
}

/* Under the lock. */
static void
count_rows(struct store *s, size_t n, int error)
{
	s->counters.events_waiting -= n;
	if (error == 0)
		s->counters.events += n;
	else
		s->counters.events_dropped += n;
}

/*
 * Ends a batch: barriers and reads go to the loop (error 0: what stood before
 * them is on the disk), the rest is counted and forgotten.
 */
static void
hand_back(struct store *s, struct requests *batch, uint64_t lost, int error)
{
	size_t n = batch->n, returned = 0;
	struct request *r;

	pthread_mutex_lock(&s->lock);
	while ((r = requests_shift(batch)) != NULL) {
		r->error = error;
		if (r->read != NULL)
			s->counters.skipped += r->read->skipped;
		if (r->rows != NULL)
			count_rows(s, r->rows->n, error);
		if (request_returns(r)) {
			requests_add(&s->reached, r);
			returned++;
		} else {
			request_free(r);
		}
	}
	if (error == 0) {
		s->counters.commits += n > returned;
		s->counters.written += n - returned - lost;
		s->counters.lost += lost;
	} else {
		s->counters.lost += n - returned;
	}
	pthread_mutex_unlock(&s->lock);
	queue_done(&s->queue, n);
	if (returned > 0)
		wake_loop(s);
}

/* Whoever wants to know something does not wait until a disk works again. */
static void
refuse_reads(struct store *s, struct requests *batch)
{
	struct requests reads = { 0 };

	requests_move_reads(batch, &reads);
	queue_withdraw_reads(&s->queue, &reads);
	if (reads.n > 0)
		hand_back(s, &reads, 0, EIO);
}

/* What needs a disk, or takes its time: before the file is locked. */
static void
complete(struct store *s, struct requests *batch)
{
	for (struct request *r = batch->first; r != NULL; r = r->next)
		for (size_t i = 0; r->rows != NULL && i < r->rows->n; i++)
			s->hooks.complete(event_rows_at(r->rows, i),
			    s->hooks_arg);
}

static void
tell_written(struct store *s, const struct requests *batch)
{
	const struct request *r;

	for (r = batch->first; r != NULL; r = r->next)
		for (size_t i = 0; r->rows != NULL && i < r->rows->n; i++)
			s->hooks.written(event_rows_at(r->rows, i),
			    s->hooks_arg);
}

static bool
has_purge(const struct requests *batch)
{
	const struct request *r;

	for (r = batch->first; r != NULL; r = r->next)
		if (r->kind == REQUEST_PURGE ||
		    (r->kind == REQUEST_PURGE_EVENTS && !r->more))
			return true;
	return false;
}

/*
 * One attempt to get all of the batch onto the disk. False: nothing was
 * written, and the batch is whole.
 */
static bool
commit(struct store *s, struct requests *batch)
{
	uint64_t lost = 0;
	bool purged;
	int rc;

	/* Rows for a file that nobody can see would be lost silently. */
	if (database_gone(&s->db)) {
		database_close(&s->db);
		s->lost_file = true;
	}
	if (database_open(&s->db) == -1) {
		writer_tell(s, s->db.error.p);
		return false;
	}
	rc = apply_all(s, batch, &lost);
	if (rc != SQLITE_OK) {
		give_up(s, rc);
		return false;
	}
	writer_tell(s, NULL);
	if (s->hooks.written != NULL)
		tell_written(s, batch);
	purged = has_purge(batch);
	hand_back(s, batch, lost, 0);
	if (purged)
		database_shrink(&s->db);
	return true;
}

/* Rows of mail accesses in it. */
static size_t
count_accesses(const struct requests *batch)
{
	const struct request *r;
	size_t n = 0;

	for (r = batch->first; r != NULL; r = r->next)
		if (r->rows != NULL)
			n += r->rows->n;
	return n;
}

/*
 * Tries until it is written or the store is closed, which gets one last try.
 * A file we refuse stays refused.
 */
static bool
persist(struct store *s, struct requests *batch)
{
	unsigned pause = PAUSE_FIRST;
	bool stopped = false;

	if (s->hooks.complete != NULL)
		complete(s, batch);
	while (!commit(s, batch)) {
		refuse_reads(s, batch);
		if (stopped || s->db.refused)
			return false;
		stopped = queue_pause(&s->queue, pause);
		pause = pause * 2 < PAUSE_LAST ? pause * 2 : PAUSE_LAST;
	}
	return true;
}

void
writer_drain(struct store *s, struct requests *batch)
{
	if (!persist(s, batch))
		hand_back(s, batch, 0, EIO);
}

void *
writer_main(void *arg)
{
	struct store *s = arg;
	struct requests batch;

	/* An empty queue means: stopped. */
	while ((batch = queue_take(&s->queue)).n > 0) {
		if (count_accesses(&batch) >= BULK_ROWS)
			database_bulk(&s->db, true);
		writer_drain(s, &batch);
		if (queue_count(&s->queue) == 0)
			database_bulk(&s->db, false);
	}
	return NULL;
}
