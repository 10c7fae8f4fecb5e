#include "source/journal.h"

#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"
#include "config/value.h"

#ifdef GAOL_JOURNAL

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <systemd/sd-journal.h>
#include <unistd.h>

#include "source/journal_line.h"
#include "source/journal_parts.h"

#define FIELD_MAX 64   /* journald's own limit for a field's name */
/* How long before its place first parts of a line are looked for: a runtime
 * writes them as its program does, one behind the other. */
#define PARTS_BEFORE (5 * CLOCK_SECOND)

struct journal {
	sd_journal *sd;            /* NULL: no files */
	struct strings matches;
	char *cursor;              /* of the last entry delivered; NULL: none */
	struct wall place;
	bool sought;               /* nothing was delivered since the seek */
	bool live;
	uint64_t damaged;
	struct journal_line line;
	struct journal_parts parts;
};

/*
 * Newer ones open the decompressors when they meet the first such entry, when
 * no file can be opened any more; what is loaded already they find. Those not
 * installed here have written no entry here either.
 */
void
journal_prepare(void)
{
	static const char *const names[] = {
		"libzstd.so.1", "liblz4.so.1", "liblzma.so.5",
		"libgcrypt.so.20",
	};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		(void)dlopen(names[i], RTLD_NOW | RTLD_NODELETE);
}

/* --- matches ---------------------------------------------------------------- */

static bool
is_match(const char *word)
{
	size_t n = strspn(word, "ABCDEFGHIJKLMNOPQRSTUVWXYZ_0123456789");

	return n > 0 && n <= FIELD_MAX && word[n] == '=' &&
	    (word[0] < '0' || word[0] > '9');
}

int
journal_check(const struct strings *matches, struct buf *why)
{
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < matches->n; i++) {
		struct strings words = { 0 };

		if (value_shell_words(matches->v[i], &words) == -1) {
			buf_addf(why, "journalmatch: '%s' has an open quote",
			    matches->v[i]);
			rc = -1;
		}
		for (size_t k = 0; rc == 0 && k < words.n; k++) {
			if (strcmp(words.v[k], "+") == 0 ||
			    is_match(words.v[k]))
				continue;
			buf_addf(why, "journalmatch: '%s' is no match; "
			    "accepted: FIELD=value, and + between "
			    "alternatives", words.v[k]);
			rc = -1;
		}
		strings_fini(&words);
	}
	return rc;
}

/* Terms of one line, each alternative followed by an OR. */
static int
add_line(sd_journal *sd, const char *line)
{
	struct strings words = { 0 };
	int rc = 0;

	value_shell_words(line, &words);
	for (size_t i = 0; rc >= 0 && i < words.n; i++)
		rc = strcmp(words.v[i], "+") == 0 ?
		    sd_journal_add_disjunction(sd) :
		    sd_journal_add_match(sd, words.v[i], 0);
	if (rc >= 0)
		rc = sd_journal_add_disjunction(sd);
	strings_fini(&words);
	return rc;
}

static int
add_matches(struct journal *j)
{
	int rc = 0;

	for (size_t i = 0; rc >= 0 && i < j->matches.n; i++)
		rc = add_line(j->sd, j->matches.v[i]);
	return rc;
}

/* --- life ---------------------------------------------------------------------- */

struct journal *
journal_new(const struct journal_options *options)
{
	struct journal *j = xcalloc(1, sizeof(*j));

	strings_copy(&j->matches, options->matches);
	j->place = options->begin;
	j->line.line_max = options->line_max;
	return j;
}

static void
detach(struct journal *j)
{
	if (j->sd != NULL)
		sd_journal_close(j->sd);
	j->sd = NULL;
}

void
journal_free(struct journal *j)
{
	if (j == NULL)
		return;
	detach(j);
	strings_fini(&j->matches);
	journal_line_fini(&j->line);
	journal_parts_fini(&j->parts);
	free(j->cursor);
	free(j);
}

/* --- files ------------------------------------------------------------------------ */

/*
 * libsystemd takes over the descriptors, all or, when it fails, none. Returns
 * how many it has; EMFILE and the like are for the caller.
 */
static int
open_copies(sd_journal **sd, const int *fds, size_t n)
{
	int *copies = xcalloc(n + 1, sizeof(*copies)), rc = 0;
	size_t k = 0;

	for (; k < n && rc == 0; k++) {
		copies[k] = fcntl(fds[k], F_DUPFD_CLOEXEC, 3);
		if (copies[k] == -1)
			rc = -errno;
	}
	if (rc == 0)
		rc = sd_journal_open_files_fd(sd, copies, (unsigned)n, 0);
	for (size_t i = 0; rc < 0 && i < k; i++)
		if (copies[i] != -1)
			close(copies[i]);
	free(copies);
	return rc < 0 ? rc : (int)n;
}

/* One bad file would refuse them all: without those that fail alone. */
static int
open_good(sd_journal **sd, const int *fds, size_t n)
{
	int *good = xcalloc(n + 1, sizeof(*good)), rc = 0;
	size_t k = 0;

	for (size_t i = 0; i < n; i++) {
		if (open_copies(sd, &fds[i], 1) < 0)
			continue;
		sd_journal_close(*sd);
		good[k++] = fds[i];
	}
	*sd = NULL;
	if (k > 0)
		rc = open_copies(sd, good, k);
	free(good);
	return rc;
}

static int
open_files(sd_journal **sd, const int *fds, size_t n)
{
	int rc;

	if (n == 0)
		return 0;
	rc = open_copies(sd, fds, n);
	if (rc < 0)
		rc = open_good(sd, fds, n);
	if (rc <= 0)
		*sd = NULL;
	return rc;
}

static int
seek(struct journal *j)
{
	int64_t us = j->place.us;

	j->sought = true;
	if (j->cursor != NULL && sd_journal_seek_cursor(j->sd, j->cursor) >= 0)
		return 0;
	if (j->cursor == NULL)
		us -= PARTS_BEFORE;
	return sd_journal_seek_realtime_usec(j->sd, us > 0 ?
	    (uint64_t)us : 0);
}

int
journal_attach(struct journal *j, const int *fds, size_t n)
{
	int opened, rc;

	detach(j);
	opened = open_files(&j->sd, fds, n);
	if (opened <= 0) {
		errno = -opened;
		return opened == 0 ? 0 : -1;
	}
	rc = add_matches(j);
	if (rc >= 0)
		rc = sd_journal_set_data_threshold(j->sd, j->line.line_max);
	if (rc >= 0)
		rc = seek(j);
	if (rc >= 0)
		return opened;
	detach(j);
	errno = -rc;
	return -1;
}

/* --- entries ------------------------------------------------------------------------ */

/* After a seek: the entry that was delivered last, or what came before it. */
static bool
was_delivered(struct journal *j, struct wall received)
{
	if (j->cursor != NULL)
		return sd_journal_test_cursor(j->sd, j->cursor) > 0;
	return received.us <= j->place.us;
}

static void
remember(struct journal *j, struct wall received)
{
	char *cursor;

	j->sought = false;
	j->place = received;
	if (sd_journal_get_cursor(j->sd, &cursor) < 0)
		return;
	free(j->cursor);
	j->cursor = cursor;
}

/* What could be read of it counts; an entry without anything does not. */
static bool
collect(struct journal *j)
{
	const void *data;
	size_t n;
	int rc;

	journal_line_clear(&j->line);
	sd_journal_restart_data(j->sd);
	while ((rc = sd_journal_enumerate_available_data(j->sd, &data,
	    &n)) > 0)
		journal_line_add(&j->line, span_from(data, n));
	if (rc < 0)
		j->damaged++;
	return j->line.seen != 0;
}

/* One that another reader was given: only what others are part of counts. */
static void
look_before(struct journal *j)
{
	struct journal_parts_counters before = j->parts.counters;

	if (j->cursor != NULL || !collect(j))
		return;
	(void)journal_parts_take(&j->parts, &j->line);
	j->parts.counters = before;
}

static void
deliver(struct journal *j, journal_fn *fn, void *arg)
{
	uint64_t us, monotonic = 0;
	sd_id128_t boot;
	struct wall received;

	if (sd_journal_get_realtime_usec(j->sd, &us) < 0 || us > INT64_MAX) {
		j->damaged++;
		return;
	}
	received = (struct wall){ (int64_t)us };
	if (j->sought && was_delivered(j, received)) {
		look_before(j);
		return;
	}
	remember(j, received);
	if (!collect(j) || journal_parts_take(&j->parts, &j->line) ==
	    JOURNAL_PARTS_TAKEN)
		return;
	if (sd_journal_get_monotonic_usec(j->sd, &monotonic, &boot) < 0)
		monotonic = 0;
	fn(journal_line_text(&j->line, monotonic),
	    journal_line_time(&j->line, received), j->live, arg);
}

int
journal_read(struct journal *j, size_t budget, journal_fn *fn, void *arg)
{
	int rc;

	if (j->sd == NULL)
		return 0;
	for (; budget > 0; budget--) {
		rc = sd_journal_next(j->sd);
		if (rc < 0) {
			detach(j);
			errno = -rc;
			return -1;
		}
		if (rc == 0) {
			j->live = true;
			return 0;
		}
		deliver(j, fn, arg);
	}
	return 1;
}

struct wall
journal_place(const struct journal *j)
{
	return j->place;
}

uint64_t
journal_damaged(const struct journal *j)
{
	return j->damaged;
}

uint64_t
journal_cut(const struct journal *j)
{
	return j->parts.counters.cut;
}

uint64_t
journal_parts_lost(const struct journal *j)
{
	return j->parts.counters.lost + j->parts.counters.evicted;
}

#else

void
journal_prepare(void)
{
}

int
journal_check(const struct strings *matches, struct buf *why)
{
	(void)matches;
	buf_adds(why, "backend: systemd: this gaol was built without "
	    "libsystemd; accepted: auto with a logpath");
	return -1;
}

/* No reader is made where journal_check() said no. */
struct journal *
journal_new(const struct journal_options *options)
{
	(void)options;
	abort();
}

void
journal_free(struct journal *j)
{
	(void)j;
}

int
journal_attach(struct journal *j, const int *fds, size_t n)
{
	(void)j;
	(void)fds;
	(void)n;
	return 0;
}

int
journal_read(struct journal *j, size_t budget, journal_fn *fn, void *arg)
{
	(void)j;
	(void)budget;
	(void)fn;
	(void)arg;
	return 0;
}

struct wall
journal_place(const struct journal *j)
{
	(void)j;
	return (struct wall){ 0 };
}

uint64_t
journal_damaged(const struct journal *j)
{
	(void)j;
	return 0;
}

uint64_t
journal_cut(const struct journal *j)
{
	(void)j;
	return 0;
}

uint64_t
journal_parts_lost(const struct journal *j)
{
	(void)j;
	return 0;
}

#endif
