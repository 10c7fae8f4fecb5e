#include "source/journal_where.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/number.h"
#include "base/xalloc.h"
#include "config/entry.h"
#include "config/value.h"

#define ID_CHARS 32         /* a machine's id: 128 bits in hexadecimal */
#define GRACE_SECONDS 3600

/* --- the backend's options ----------------------------------------------- */

static int
set_option(struct journal_where *w, const struct property *o, struct buf *why)
{
	int64_t flags;

	if (strcmp(o->key, "journalpath") == 0) {
		free(w->path);
		w->path = xstrdup(o->value);
	} else if (strcmp(o->key, "journalfiles") == 0) {
		value_words(o->value, &w->globs);
	} else if (strcmp(o->key, "namespace") == 0) {
		free(w->name_space);
		w->name_space = xstrdup(o->value);
	} else if (strcmp(o->key, "journalflags") == 0) {
		if (number_parse(span_trim(span_of(o->value)), 0, 15,
			&flags) == -1) {
			buf_addf(why, "backend: journalflags: '%s' is none; "
			    "accepted: a sum of 1 (local), 2 (volatile), "
			    "4 (system), 8 (own user)", o->value);
			return -1;
		}
		w->flags = (unsigned)flags;
	} else if (strcmp(o->key, "rotated") != 0) {
		/* rotated= is no choice here: see journal_files_find() */
		buf_addf(why, "backend: systemd knows no option '%s'; "
		    "accepted: journalpath, journalfiles, journalflags, "
		    "namespace, rotated", o->key);
		return -1;
	}
	return 0;
}

static bool
has_flags(const struct entry *e)
{
	return properties_get(&e->options, "journalflags") != NULL;
}

int
journal_where_parse(struct journal_where *w, const char *backend,
    struct buf *why)
{
	struct buf detail = { 0 };
	struct entry e;
	int rc = 0;

	*w = (struct journal_where){ 0 };
	if (entry_parse(&e, span_of(backend), &detail) == -1) {
		buf_addf(why, "backend: '%s': %s", backend, detail.p);
		buf_fini(&detail);
		return -1;
	}
	for (size_t i = 0; rc == 0 && i < e.options.n; i++)
		rc = set_option(w, &e.options.v[i], why);
	/* Whoever names files means all of them. */
	if (!has_flags(&e) && w->path == NULL && w->globs.n == 0)
		w->flags = JOURNAL_SYSTEM;
	entry_fini(&e);
	if (rc == -1)
		journal_where_fini(w);
	return rc;
}

void
journal_where_fini(struct journal_where *w)
{
	free(w->path);
	free(w->name_space);
	strings_fini(&w->globs);
	*w = (struct journal_where){ 0 };
}

/* --- which files ----------------------------------------------------------- */

/* "system.journal", "system@….journal" and the unclean "….journal~". */
static bool
has_prefix(const char *name, const char *prefix)
{
	size_t n = strlen(prefix);

	return strncmp(name, prefix, n) == 0 &&
	    (name[n] == '@' || strcmp(name + n, ".journal") == 0 ||
	    strcmp(name + n, ".journal~") == 0);
}

static bool
file_wanted(const struct journal_where *w, const char *name)
{
	struct span s = span_of(name);

	if (!span_ends(s, SPAN(".journal")) && !span_ends(s, SPAN(".journal~")))
		return false;
	if ((w->flags & (JOURNAL_SYSTEM | JOURNAL_CURRENT_USER)) == 0)
		return true;
	/* fail2ban, whose files these are, runs as root */
	return ((w->flags & JOURNAL_SYSTEM) != 0 &&
	    has_prefix(name, "system")) ||
	    ((w->flags & JOURNAL_CURRENT_USER) != 0 &&
	    has_prefix(name, "user-0"));
}

static bool
is_this_machine(const char *name)
{
	char id[ID_CHARS];
	int fd = open("/etc/machine-id", O_RDONLY | O_CLOEXEC);
	bool same;

	if (fd == -1)
		return false;
	same = read(fd, id, sizeof(id)) == (ssize_t)sizeof(id) &&
	    memcmp(id, name, sizeof(id)) == 0;
	close(fd);
	return same;
}

/* "ID" or "ID.NAMESPACE" below one of the journal's directories. */
static bool
dir_wanted(const struct journal_where *w, const char *name)
{
	const char *space = w->name_space, *own;

	if (strspn(name, "0123456789abcdefABCDEF") != ID_CHARS ||
	    (name[ID_CHARS] != '\0' && name[ID_CHARS] != '.'))
		return false;
	if ((w->flags & JOURNAL_LOCAL_ONLY) != 0 && !is_this_machine(name))
		return false;
	own = name[ID_CHARS] == '.' ? name + ID_CHARS + 1 : NULL;
	if (space == NULL || space[0] == '\0')
		return own == NULL;
	if (strcmp(space, "*") == 0)
		return true;
	if (space[0] == '+')
		return own == NULL || strcmp(own, space + 1) == 0;
	return own != NULL && strcmp(own, space) == 0;
}

/* What was found, before it is sorted and cut. */
struct finder {
	const struct journal_where *where;
	struct journal_files *files;
	int64_t since;
};

/* Symbolic links are followed, as everywhere; anything else is no journal. */
static void
add_file(struct finder *f, const char *path)
{
	struct journal_files *to = f->files;
	struct stat st;

	if (stat(path, &st) == -1 || !S_ISREG(st.st_mode) ||
	    (int64_t)st.st_mtim.tv_sec < f->since)
		return;
	to->v = xreallocarray(to->v, to->n + 1, sizeof(*to->v));
	to->v[to->n++] = (struct journal_file){ xstrdup(path),
		(uint64_t)st.st_dev, (uint64_t)st.st_ino,
		(int64_t)st.st_mtim.tv_sec };
}

static void
add_dir(struct finder *f, const char *path, bool root)
{
	DIR *dir = opendir(path);
	struct dirent *entry;
	struct buf full = { 0 };

	if (dir == NULL)
		return;
	if (f->files->dirs.n < JOURNAL_DIRS_MAX)
		strings_add(&f->files->dirs, span_of(path));
	while ((entry = readdir(dir)) != NULL) {
		buf_clear(&full);
		buf_addf(&full, "%s/%s", path, entry->d_name);
		if (file_wanted(f->where, entry->d_name))
			add_file(f, full.p);
		else if (root && dir_wanted(f->where, entry->d_name))
			add_dir(f, full.p, false);
	}
	buf_fini(&full);
	closedir(dir);
}

static void
add_glob(struct finder *f, const char *pattern)
{
	const char *slash = strrchr(pattern, '/');
	glob_t found = { 0 };
	char *dir;

	if (glob(pattern, GLOB_NOESCAPE, NULL, &found) == 0)
		for (size_t i = 0; i < found.gl_pathc; i++)
			add_file(f, found.gl_pathv[i]);
	globfree(&found);
	if (slash == NULL || f->files->dirs.n == JOURNAL_DIRS_MAX)
		return;
	dir = xmemdup0(pattern, slash > pattern ? (size_t)(slash - pattern) :
	    1);
	if (!strings_has(&f->files->dirs, dir))
		strings_add(&f->files->dirs, span_of(dir));
	free(dir);
}

static int
newest_first(const void *a, const void *b)
{
	const struct journal_file *x = a, *y = b;

	return (x->mtime < y->mtime) - (x->mtime > y->mtime);
}

static bool
same_file(const struct journal_file *a, const struct journal_file *b)
{
	return a->dev == b->dev && a->ino == b->ino;
}

/* Two patterns may name the same file; equal ones have equal times. */
static void
drop_doubles(struct journal_files *f)
{
	size_t kept = 0;

	for (size_t i = 0; i < f->n; i++) {
		size_t k = kept;

		while (k > 0 && f->v[k - 1].mtime == f->v[i].mtime &&
		    !same_file(&f->v[k - 1], &f->v[i]))
			k--;
		if (k > 0 && f->v[k - 1].mtime == f->v[i].mtime)
			free(f->v[i].path);
		else
			f->v[kept++] = f->v[i];
	}
	f->n = kept;
}

void
journal_files_find(struct journal_files *files, const struct journal_where *w,
    struct wall since)
{
	struct finder f = {
		.where = w, .files = files,
		.since = wall_seconds(since) - GRACE_SECONDS,
	};

	*files = (struct journal_files){ 0 };
	for (size_t i = 0; i < w->globs.n; i++)
		add_glob(&f, w->globs.v[i]);
	if (w->globs.n == 0 && w->path != NULL) {
		add_dir(&f, w->path, true);
	} else if (w->globs.n == 0) {
		add_dir(&f, "/run/log/journal", true);
		if ((w->flags & JOURNAL_RUNTIME_ONLY) == 0)
			add_dir(&f, "/var/log/journal", true);
	}
	if (files->n > 0)
		qsort(files->v, files->n, sizeof(*files->v), newest_first);
	drop_doubles(files);
	while (files->n > JOURNAL_FILES_MAX) {
		free(files->v[--files->n].path);
		files->left_out++;
	}
}

void
journal_files_fini(struct journal_files *files)
{
	for (size_t i = 0; i < files->n; i++)
		free(files->v[i].path);
	free(files->v);
	strings_fini(&files->dirs);
	*files = (struct journal_files){ 0 };
}

uint64_t
journal_files_signature(const struct journal_files *files)
{
	uint64_t sum = 1, x;

	for (size_t i = 0; i < files->n; i++) {
		x = files->v[i].ino * UINT64_C(0x9e3779b97f4a7c15) +
		    files->v[i].dev;
		x ^= x >> 29;
		sum += x * UINT64_C(0xbf58476d1ce4e5b9);
	}
	return sum != 0 ? sum : 1;
}
