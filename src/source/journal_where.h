/*
 * Which journal a jail reads: its backend, `systemd[journalpath=…]`, taken
 * apart, and the files that there are of it. For the side that may look at
 * directories; the rules are journalctl's (which subdirectory is a machine's
 * or a namespace's, which file is the system's or a user's).
 */
#ifndef GAOL_SOURCE_JOURNAL_WHERE_H
#define GAOL_SOURCE_JOURNAL_WHERE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/strings.h"

#define JOURNAL_FILES_MAX 512   /* of one journal; the newest */
#define JOURNAL_DIRS_MAX 64

/* sd-journal(3)'s bits, which journalflags= is made of */
enum journal_flags {
	JOURNAL_LOCAL_ONLY = 1,
	JOURNAL_RUNTIME_ONLY = 2,
	JOURNAL_SYSTEM = 4,
	JOURNAL_CURRENT_USER = 8,
};

struct journal_where {
	char *path;             /* journalpath=; NULL: the system's two */
	struct strings globs;   /* journalfiles=: instead of directories */
	unsigned flags;
	char *name_space;       /* "x", "+x", "*"; NULL: the default one */
};

/* 0, or -1: `why` names the option, its value and what is accepted. */
int journal_where_parse(struct journal_where *w, const char *backend,
    struct buf *why);
void journal_where_fini(struct journal_where *w);

struct journal_file {
	char *path;
	uint64_t dev, ino;
	int64_t mtime;     /* seconds */
};

struct journal_files {
	struct strings dirs;      /* to be watched for changes */
	struct journal_file *v;   /* the newest first */
	size_t n;
	size_t left_out;          /* more than JOURNAL_FILES_MAX */
};

/*
 * Looks. A file nothing was written to since `since` (with an hour's grace
 * for clocks) is left out: rotated journals are read exactly as far back as
 * they are asked for. What cannot be looked at is not there.
 */
void journal_files_find(struct journal_files *files,
    const struct journal_where *w, struct wall since);
void journal_files_fini(struct journal_files *files);
/* Of the set of files, whatever their order; never 0. */
uint64_t journal_files_signature(const struct journal_files *files);

#endif
