/*
 * The systemd journal, as one jail reads it: entries that fit its
 * journalmatch, each as the line fail2ban makes of it, "host ident[pid]:
 * message". libsystemd reads journals from descriptors as well as from paths,
 * so the engine is given the files (journal_where.h finds them elsewhere) and
 * needs neither the journal's group nor a way to any file. When one is
 * rotated, made or vacuumed it is given all of them anew and goes on where it
 * was: by the cursor, and where that is gone, by the time.
 *
 * Built without libsystemd, journal_check() says so and there are no readers.
 */
#ifndef GAOL_SOURCE_JOURNAL_H
#define GAOL_SOURCE_JOURNAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/span.h"
#include "base/strings.h"

struct journal;

#define JOURNAL_BUDGET 500   /* entries; a good argument for journal_read */

/* --- one jail's reader ------------------------------------------------------ */

/*
 * Before rights are given up: what libsystemd would load at its first
 * compressed entry has to be there already.
 */
void journal_prepare(void);
/*
 * Can these matches be asked for? Lines are OR-ed, `+` in a line means OR,
 * different fields AND. 0, or -1: why not.
 */
int journal_check(const struct strings *matches, struct buf *why);

struct journal_options {
	const struct strings *matches;   /* as configured, checked */
	struct wall begin;               /* entries after this moment */
	size_t line_max;
};

/* Copies what it needs. Never fails for checked matches. */
struct journal *journal_new(const struct journal_options *options);
void journal_free(struct journal *j);   /* not from within a journal_fn */
/*
 * Reads these files from now on; the descriptors stay the caller's. Files that cannot be read (damaged, or not
 * yet begun) are left out: returns how many, or -1 with errno; then there is
 * nothing to read until the next time.
 */
int journal_attach(struct journal *j, const int *fds, size_t n);

/* `live` is false until the first end of the journal. */
typedef void journal_fn(struct span message, struct wall time, bool live,
    void *arg);

/*
 * Delivers at most `budget` entries. 1: there may be more; 0: at the end;
 * -1: errno, attach again.
 */
int journal_read(struct journal *j, size_t budget, journal_fn *fn, void *arg);
/* When the journal got the last entry delivered; at first, options.begin. */
struct wall journal_place(const struct journal *j);
/* Entries that could not be taken apart. */
uint64_t journal_damaged(const struct journal *j);
/* Of lines that came in parts: longer than line_max together; parts and lines
 * dropped as a part of them missed, or as too many were in the making. */
uint64_t journal_cut(const struct journal *j);
uint64_t journal_parts_lost(const struct journal *j);

/* --- the inotify instance that watches its directories ---------------------- */

/* The side that may look: a new instance, and one directory. -1: errno. */
int journal_watch_open(void);
int journal_watch_dir(int fd, const char *path);
void journal_watch_forget(int fd, int wd);

enum journal_event {
	JOURNAL_GREW,       /* read it */
	JOURNAL_CHANGED,    /* files came or went: ask for them again */
	JOURNAL_OVERFLOW,   /* anything may have happened (wd is -1) */
};

/*
 * Reads one buffer of events; several of one directory that follow each other
 * are told once. 0, or -1 with errno.
 */
int journal_watch_read(int fd,
    void (*fn)(enum journal_event event, int wd, void *arg), void *arg);

#endif
