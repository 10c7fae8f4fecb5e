#include "store/aside.h"

#include <dirent.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/strings.h"
#include "store/schema.h"

#define MARK ".corrupt-"

static char *
joined(const char *a, const char *b)
{
	struct buf text = { 0 };

	buf_adds(&text, a);
	buf_adds(&text, b);
	return buf_take(&text);
}

static int
rename_with(const char *from, const char *to, const char *suffix)
{
	char *a = joined(from, suffix);
	char *b = joined(to, suffix);
	int rc = rename(a, b);

	free(a);
	free(b);
	return rc;
}

static void
unlink_with(const char *path, const char *suffix)
{
	char *name = joined(path, suffix);

	(void)unlink(name);
	free(name);
}

static char *
directory_of(const char *path)
{
	struct span s = span_of(path);
	size_t slash = span_find_last(s, SPAN("/"));

	if (slash == SPAN_NONE)
		return span_dup(SPAN("./"));
	return span_dup(span_sub(s, 0, slash + 1));
}

static int
by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Full names of the files aside, the oldest (lowest stamp) first. */
static void
list_files(const char *path, struct strings *out)
{
	char *dir = directory_of(path);
	char *prefix = joined(path, MARK);
	struct dirent *e;
	struct span name;
	DIR *d = opendir(dir);
	char *full;

	while (d != NULL && (e = readdir(d)) != NULL) {
		full = strcmp(dir, "./") == 0 ? joined("", e->d_name) :
		    joined(dir, e->d_name);
		name = span_of(full);
		if (span_starts(name, span_of(prefix)) &&
		    !span_ends(name, SPAN("-wal")))
			strings_take(out, full);
		else
			free(full);
	}
	if (d != NULL)
		closedir(d);
	if (out->n > 0)
		qsort(out->v, out->n, sizeof(*out->v), by_name);
	free(prefix);
	free(dir);
}

static void
forget_oldest(const char *path)
{
	struct strings files = { 0 };
	size_t i;

	list_files(path, &files);
	for (i = 0; i + ASIDE_KEEP < files.n; i++) {
		(void)unlink(files.v[i]);
		unlink_with(files.v[i], "-wal");
	}
	strings_fini(&files);
}

/* A name that no file has: two may be damaged in one second. */
static void
free_name(const char *path, struct wall now, struct buf *name)
{
	char stamp[SCHEMA_STAMP];
	size_t whole;

	schema_stamp(now, stamp);
	buf_addf(name, "%s" MARK "%s", path, stamp);
	whole = name->n;
	for (int i = 1; i < 10 && access(name->p, F_OK) == 0; i++) {
		name->n = whole;
		buf_addf(name, "-%d", i);
	}
}

char *
aside_move(const char *path, struct wall now)
{
	struct buf name = { 0 };
	int saved;

	free_name(path, now, &name);
	if (rename(path, name.p) == -1) {
		saved = errno;
		buf_fini(&name);
		errno = saved;
		return NULL;
	}
	if (rename_with(path, name.p, "-wal") == -1)
		unlink_with(path, "-wal");
	unlink_with(path, "-shm");
	unlink_with(path, "-journal");
	forget_oldest(path);
	return buf_take(&name);
}
