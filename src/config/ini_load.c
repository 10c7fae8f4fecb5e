/*
 * Which files make one configuration, and in what order: X.conf, X.d's
 * .conf, X.local, X.d's .local, each with what it includes before and after
 * itself, each included file followed by its own .local sibling.
 */
#include "config/ini.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/xalloc.h"
#include "config/guard.h"
#include "config/interpolate.h"
#include "config/present.h"

/* An include that fans out must not read the disk for ever. */
#define LOAD_FILES_MAX 1024

struct load {
	struct ini *ini;
	struct report *report;
	struct strings bases;     /* the files of the base itself */
	struct strings ancestors; /* who includes whom, to cut loops */
	size_t files;
	int result;
};

static void load_file(struct load *l, const char *path);

static int
read_all(int fd, struct buf *out)
{
	ssize_t n;

	do {
		n = read(fd, buf_reserve(out, 65536), 65536);
		if (n > 0)
			out->n += (size_t)n;
		if (n < 0 && errno == EINTR)
			continue;
	} while (n > 0 && out->n <= INI_FILE_MAX);
	if (out->p != NULL)
		out->p[out->n] = '\0';
	return n < 0 ? -1 : 0;
}

/* 0; 1: no such file; -1: reported. */
static int
read_file(struct load *l, const char *path, struct ini *one)
{
	struct buf text = { 0 };
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	int result = -1;
	struct stat st;

	if (fd == -1 && (errno == ENOENT || errno == ENOTDIR))
		return 1;
	if (fd == -1)
		goto unreadable;
	if (fstat(fd, &st) == 0 && !S_ISREG(st.st_mode)) {
		report_add(l->report, PROBLEM_WARNING, NULL, path, 0,
		    "is not a plain file; left out");
		result = 1;
		goto out;
	}
	if (l->ini->guarded && guard_check(fd, path, l->report) != 0) {
		one->incomplete = true;
		goto out;
	}
	if (read_all(fd, &text) != 0)
		goto unreadable;
	result = ini_parse(one, buf_span(&text), path, l->report);
	goto out;
unreadable:
	one->incomplete = true;
	report_add(l->report, PROBLEM_ERROR, NULL, path, 0,
	    "cannot be read: %s", strerror(errno));
out:
	buf_fini(&text);
	if (fd != -1)
		close(fd);
	return result;
}

/* dir/name for a relative name; the directory is that of `beside`. */
static char *
path_beside(const char *beside, struct span name)
{
	size_t slash = span_find_last(span_of(beside), SPAN("/"));
	struct buf path = { 0 };

	if (!span_starts(name, SPAN("/")) && slash != SPAN_NONE)
		buf_add(&path, beside, slash + 1);
	buf_add_span(&path, name);
	return buf_take(&path);
}

/* X.local for X.conf, unless it is one of the base's own files. */
static char *
local_sibling(const struct load *l, const char *path)
{
	struct span s = span_of(path);
	size_t dot = span_find_last(s, SPAN("."));
	size_t slash = span_find_last(s, SPAN("/"));
	struct buf local = { 0 };
	char *text;

	if (dot == SPAN_NONE || (slash != SPAN_NONE && dot <= slash + 1))
		dot = s.n;
	buf_add(&local, path, dot);
	buf_adds(&local, ".local");
	text = buf_take(&local);
	if (strcmp(text, path) == 0 || strings_has(&l->bases, text) ||
	    !present(text)) {
		free(text);
		return NULL;
	}
	return text;
}

static void
load_with_local(struct load *l, const char *path)
{
	char *local = local_sibling(l, path);

	load_file(l, path);
	if (local != NULL)
		load_file(l, local);
	free(local);
}

static void
include(struct load *l, const char *from, struct span name)
{
	char *path;

	name = span_trim(name);
	if (name.n == 0)
		return;
	path = path_beside(from, name);
	if (!strings_has(&l->ancestors, path))
		load_with_local(l, path);
	free(path);
}

/* `which`: "before" or "after". */
static void
include_all(struct load *l, const char *from, const struct ini *one,
    const char *which)
{
	struct scope scope = { .ini = one, .section = "INCLUDES" };
	struct buf names = { 0 }, why = { 0 };
	struct span rest, name;
	struct ini_option *o = ini_option(ini_section(one, "INCLUDES"), which);

	switch (interpolate_get(&scope, which, &names, &why)) {
	case 0:
		rest = buf_span(&names);
		while (span_cut(&rest, '\n', &name))
			include(l, from, name);
		break;
	case -1:
		report_add(l->report, PROBLEM_ERROR, NULL, from,
		    o != NULL ? o->line : 0, "%s", why.p);
		l->result = -1;
		l->ini->incomplete = true;
		break;
	default:
		break;
	}
	buf_fini(&names);
	buf_fini(&why);
}

static void
load_file(struct load *l, const char *path)
{
	struct ini one = { 0 };
	int got;

	if (l->ancestors.n >= INI_INCLUDE_DEPTH_MAX ||
	    l->files >= LOAD_FILES_MAX) {
		report_add(l->report, PROBLEM_ERROR, NULL, path, 0,
		    "includes go too deep; accepted: %d levels, %d files",
		    INI_INCLUDE_DEPTH_MAX, LOAD_FILES_MAX);
		l->result = -1;
		l->ini->incomplete = true;
		return;
	}
	got = read_file(l, path, &one);
	if (got == 1)
		goto out;
	if (got == -1)
		l->result = -1;
	l->files++;
	strings_add(&l->ancestors, span_of(path));
	include_all(l, path, &one, "before");
	strings_add(&one.files, span_of(path));
	ini_merge(l->ini, &one);
	include_all(l, path, &one, "after");
	free(l->ancestors.v[--l->ancestors.n]);
out:
	ini_fini(&one);
}

static int
compare_names(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Adds dir's files that end in `suffix`, sorted, hidden ones left out. */
static void
list_directory(struct strings *to, const char *dir, const char *suffix)
{
	size_t first = to->n;
	DIR *d = opendir(dir);
	struct dirent *e;

	if (d == NULL)
		return;
	while ((e = readdir(d)) != NULL) {
		struct buf path = { 0 };

		if (e->d_name[0] == '.' ||
		    !span_ends(span_of(e->d_name), span_of(suffix)))
			continue;
		buf_addf(&path, "%s/%s", dir, e->d_name);
		strings_take(to, buf_take(&path));
	}
	closedir(d);
	if (to->n > first)
		qsort(to->v + first, to->n - first, sizeof(*to->v),
		    compare_names);
}

static void
add_existing(struct strings *to, const char *base, const char *suffix)
{
	struct buf path = { 0 };

	buf_addf(&path, "%s%s", base, suffix);
	if (present(path.p))
		strings_add(to, buf_span(&path));
	buf_fini(&path);
}

static void
list_bases(struct strings *to, const char *base)
{
	struct buf dir = { 0 };

	buf_addf(&dir, "%s.d", base);
	add_existing(to, base, ".conf");
	list_directory(to, dir.p, ".conf");
	add_existing(to, base, ".local");
	list_directory(to, dir.p, ".local");
	buf_fini(&dir);
}

int
ini_load(struct ini *ini, const char *dir, const char *base,
    struct report *report)
{
	struct load l = { .ini = ini, .report = report };
	struct buf path = { 0 };

	if (base[0] != '/')
		buf_addf(&path, "%s/", dir);
	buf_adds(&path, base);
	list_bases(&l.bases, path.p);
	for (size_t i = 0; i < l.bases.n; i++)
		load_with_local(&l, l.bases.v[i]);
	buf_fini(&path);
	if (l.bases.n == 0)
		l.result = 1;
	strings_fini(&l.bases);
	strings_fini(&l.ancestors);
	return l.result;
}

int
ini_load_file(struct ini *ini, const char *path, struct report *report)
{
	struct load l = { .ini = ini, .report = report };

	if (!present(path))
		return 1;
	load_with_local(&l, path);
	strings_fini(&l.ancestors);
	return l.result;
}
