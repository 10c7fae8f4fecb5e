#include "tools/check_own.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "access/place.h"
#include "base/buf.h"
#include "base/xalloc.h"

static void
complain(struct report *report, const char *name, const char *path,
    const char *why)
{
	report_add(report, PROBLEM_ERROR, NULL, NULL, 0, "%s: '%s': %s", name,
	    path, why);
}

/* --- rights ------------------------------------------------------------- */

/* Of the three rights rwx those in `want`, by the classic bits. */
static bool
may(const struct stat *st, int64_t uid, int64_t gid, mode_t want)
{
	if ((int64_t)st->st_uid == uid)
		return (st->st_mode >> 6 & want) == want;
	if ((int64_t)st->st_gid == gid)
		return (st->st_mode >> 3 & want) == want;
	return (st->st_mode & want) == want;
}

/* The directory on the way that the engine cannot pass; NULL: none. */
static char *
barrier(const char *path, int64_t uid, int64_t gid)
{
	struct stat st;

	for (const char *c = path; (c = strchr(c + 1, '/')) != NULL;) {
		char *dir = xmemdup0(path, (size_t)(c - path));

		if (stat(dir, &st) == 0 && !may(&st, uid, gid, 1))
			return dir;
		free(dir);
	}
	return NULL;
}

/* --- where the engine may read ------------------------------------------ */

static bool
is_below(struct span path, struct span dir)
{
	while (dir.n > 1 && dir.p[dir.n - 1] == '/')
		dir.n--;
	return path.n > dir.n && path.p[dir.n] == '/' &&
	    span_starts(path, dir);
}

static bool
is_reachable(const char *path, const char *dbfile)
{
	struct span p = span_of(path), state = span_of(dbfile);
	size_t slash = span_find_last(state, SPAN("/"));

	for (size_t i = 0; place_directories[i] != NULL; i++)
		if (is_below(p, span_of(place_directories[i])))
			return true;
	return slash != SPAN_NONE && slash > 0 &&
	    is_below(p, span_sub(state, 0, slash));
}

static void
say_where(struct report *report, const char *name, const char *path)
{
	struct buf text = { 0 };

	buf_adds(&text, "gaold reads no such file there; accepted: below ");
	for (size_t i = 0; place_directories[i] != NULL; i++)
		buf_addf(&text, "%s, ", place_directories[i]);
	buf_adds(&text, "or in dbfile's directory");
	complain(report, name, path, text.p);
	buf_fini(&text);
}

/* --- databases ----------------------------------------------------------- */

/* False: it was reported. */
static bool
may_read(const struct config *c, const char *name, const char *path,
    struct report *report)
{
	int64_t uid = c->own.engine_uid, gid = c->own.engine_gid;
	struct buf why = { 0 };
	struct stat st;
	char *dir;

	if (stat(path, &st) == -1) {
		buf_adds(&why, strerror(errno));
	} else if (!S_ISREG(st.st_mode)) {
		buf_adds(&why, "not a regular file");
	} else if (uid > 0 && (dir = barrier(path, uid, gid)) != NULL) {
		buf_addf(&why, "users.engine (uid %lld) may not enter %s",
		    (long long)uid, dir);
		free(dir);
	} else if (uid > 0 && !may(&st, uid, gid, 4)) {
		buf_addf(&why, "users.engine (uid %lld) may not read it",
		    (long long)uid);
	}
	if (why.n > 0)
		complain(report, name, path, why.p);
	else if (!is_reachable(path, c->main.dbfile))
		say_where(report, name, path);
	buf_fini(&why);
	return why.n == 0;
}

static void
check_place(const struct config *c, enum place_kind kind, const char *name,
    const char *path, struct report *report)
{
	struct buf why = { 0 };

	if (path == NULL || !may_read(c, name, path, report))
		return;
	if (place_check(kind, path, &why) == -1)
		report_add(report, PROBLEM_ERROR, NULL, NULL, 0, "%s: %s",
		    name, why.p);
	buf_fini(&why);
}

/* --- the file of sign-ins ----------------------------------------------- */

/* As process/parent_signins.c opens it. */
static void
check_signins(const struct config *c, struct report *report)
{
	const char *path = c->own.signins_file, *why = NULL;
	struct stat st;
	char *dir;

	if (path == NULL)
		return;
	dir = xmemdup0(path, (size_t)(strrchr(path, '/') - path + 1));
	if (stat(dir, &st) == -1)
		why = "its directory is not there";
	else if ((st.st_mode & S_IWOTH) != 0)
		why = "others may write in its directory";
	else if (lstat(path, &st) == 0 && !S_ISREG(st.st_mode))
		why = "not a regular file";
	else if (lstat(path, &st) == 0 && st.st_nlink > 1)
		why = "it has more than one name";
	if (why != NULL)
		complain(report, "signins_file", path, why);
	if (strcmp(c->main.dbfile, "None") == 0)
		complain(report, "signins_file", path, "nothing is written: "
		    "there is no dbfile");
	free(dir);
}

void
check_own(const struct config *c, struct report *report)
{
	const struct own_config *own = &c->own;

	check_place(c, PLACE_COUNTRY, "geoip.country", own->geoip_country,
	    report);
	check_place(c, PLACE_ASN, "geoip.asn", own->geoip_asn, report);
	check_place(c, PLACE_RANGES4, "geoip.ranges4", own->geoip_ranges4,
	    report);
	check_place(c, PLACE_RANGES6, "geoip.ranges6", own->geoip_ranges6,
	    report);
	check_signins(c, report);
}
