#include "access/place.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "access/place_local.h"
#include "base/table.h"
#include "base/xalloc.h"

enum file_kind { FILE_COUNTRY, FILE_ASN, FILE_RANGES4, FILE_RANGES6, FILES };

/* One database file; at most one of the two is open. */
struct place_file {
	char *path;               /* NULL: not configured */
	struct mmdb *mmdb;
	struct ranges *ranges;
	dev_t dev;                /* of what is open, or was tried last */
	ino_t ino;
	struct timespec mtime;
};

/* Clients come again: what was found last, by the address's hash. */
#define CACHED 4096

struct cached {
	struct addr addr;         /* ADDR_NONE: free */
	struct place place;
};

struct places {
	struct place_file files[FILES];
	struct cached *cache;
	struct buf error;
};

/* --- files -------------------------------------------------------------- */

/* True: what lies there is not what was opened last. */
static bool
changed(struct place_file *f)
{
	struct stat st;

	/* While a file is being replaced, the old one serves. */
	if (stat(f->path, &st) == -1)
		return false;
	if (st.st_dev == f->dev && st.st_ino == f->ino &&
	    st.st_mtim.tv_sec == f->mtime.tv_sec &&
	    st.st_mtim.tv_nsec == f->mtime.tv_nsec)
		return false;
	f->dev = st.st_dev;
	f->ino = st.st_ino;
	f->mtime = st.st_mtim;
	return true;
}

/* Opens the file; the one that was open goes only if this succeeds. */
static void
open_file(struct places *p, enum file_kind kind)
{
	struct place_file *f = &p->files[kind];
	struct buf why = { 0 };

	if (kind == FILE_COUNTRY || kind == FILE_ASN) {
		struct mmdb *mmdb = mmdb_open(f->path, &why);

		if (mmdb != NULL) {
			mmdb_close(f->mmdb);
			f->mmdb = mmdb;
		}
	} else {
		struct ranges *ranges = ranges_open(f->path, &why);

		if (ranges != NULL) {
			ranges_close(f->ranges);
			f->ranges = ranges;
		}
	}
	if (why.n > 0) {
		buf_clear(&p->error);
		buf_add_span(&p->error, buf_span(&why));
	}
	buf_fini(&why);
}

struct places *
places_open(const struct place_paths *paths)
{
	const char *const given[FILES] = {
		[FILE_COUNTRY] = paths->country, [FILE_ASN] = paths->asn,
		[FILE_RANGES4] = paths->ranges4,
		[FILE_RANGES6] = paths->ranges6,
	};
	struct places *p = xcalloc(1, sizeof(*p));

	p->cache = xcalloc(CACHED, sizeof(*p->cache));
	for (int i = 0; i < FILES; i++) {
		if (given[i] == NULL)
			continue;
		p->files[i].path = xstrdup(given[i]);
		changed(&p->files[i]);
		open_file(p, (enum file_kind)i);
	}
	return p;
}

void
places_close(struct places *p)
{
	if (p == NULL)
		return;
	for (int i = 0; i < FILES; i++) {
		mmdb_close(p->files[i].mmdb);
		ranges_close(p->files[i].ranges);
		free(p->files[i].path);
	}
	buf_fini(&p->error);
	free(p->cache);
	free(p);
}

const char *
places_error(const struct places *p)
{
	return p->error.n > 0 ? p->error.p : NULL;
}

void
places_refresh(struct places *p)
{
	buf_clear(&p->error);
	for (int i = 0; i < FILES; i++)
		if (p->files[i].path != NULL && changed(&p->files[i])) {
			open_file(p, (enum file_kind)i);
			memset(p->cache, 0, CACHED * sizeof(*p->cache));
		}
}

bool
places_empty(const struct places *p)
{
	for (int i = 0; i < FILES; i++)
		if (p->files[i].mmdb != NULL || p->files[i].ranges != NULL)
			return false;
	return true;
}

/* --- checks --------------------------------------------------------------- */

static bool
has_word(const char *type, const char *word)
{
	return strcasestr(type, word) != NULL;
}

/*
 * By what it says it is: "GeoLite2-City", "DBIP-Country-Lite", "GeoLite2-ASN",
 * "ipinfo country_asn.mmdb". A name that says neither may have anything.
 */
static int
check_mmdb(enum place_kind kind, const char *path, struct buf *why)
{
	struct mmdb *m = mmdb_open(path, why);
	bool country, asn, wrong;

	if (m == NULL)
		return -1;
	country = has_word(mmdb_type(m), "country") ||
	    has_word(mmdb_type(m), "city") ||
	    has_word(mmdb_type(m), "location");
	asn = has_word(mmdb_type(m), "asn");
	wrong = kind == PLACE_COUNTRY ? asn && !country : country && !asn;
	if (wrong)
		buf_addf(why, "%s: its type is '%.80s'; accepted: a database "
		    "of %s", path, mmdb_type(m), kind == PLACE_COUNTRY ?
		    "countries or cities" : "networks (ASN)");
	mmdb_close(m);
	return wrong ? -1 : 0;
}

static int
check_ranges(enum place_kind kind, const char *path, struct buf *why)
{
	enum addr_family want = kind == PLACE_RANGES4 ? ADDR_V4 : ADDR_V6;
	struct ranges *r = ranges_open(path, why);
	bool wrong;

	if (r == NULL)
		return -1;
	wrong = ranges_family(r) != want;
	if (wrong)
		buf_addf(why, "%s: it does not begin with a range of IPv%d; "
		    "accepted: lines FROM,TO,CODE in order of address", path,
		    (int)want);
	ranges_close(r);
	return wrong ? -1 : 0;
}

int
place_check(enum place_kind kind, const char *path, struct buf *why)
{
	return kind == PLACE_COUNTRY || kind == PLACE_ASN ?
	    check_mmdb(kind, path, why) : check_ranges(kind, path, why);
}

/* --- look-ups ----------------------------------------------------------- */

bool
place_is_lan(const struct addr *a)
{
	static const struct addr nets[] = {
		{ ADDR_V4, 8, { 10 } }, { ADDR_V4, 12, { 172, 16 } },
		{ ADDR_V4, 16, { 192, 168 } }, { ADDR_V4, 10, { 100, 64 } },
		{ ADDR_V4, 8, { 127 } }, { ADDR_V4, 16, { 169, 254 } },
		{ ADDR_V6, 7, { 0xfc } }, { ADDR_V6, 10, { 0xfe, 0x80 } },
		{ ADDR_V6, 128, { [15] = 1 } },
	};

	for (size_t i = 0; i < sizeof(nets) / sizeof(nets[0]); i++)
		if (addr_in(a, &nets[i]))
			return true;
	return false;
}

static void
look_up(struct places *p, const struct addr *host, struct place *out)
{
	enum file_kind kind = host->family == ADDR_V4 ? FILE_RANGES4 :
	    FILE_RANGES6;

	out->lan = place_is_lan(host);
	if (out->lan)
		return;
	if (p->files[kind].ranges != NULL)
		ranges_find(p->files[kind].ranges, host, out);
	if (p->files[FILE_COUNTRY].mmdb != NULL)
		mmdb_find(p->files[FILE_COUNTRY].mmdb, host, out);
	if (p->files[FILE_ASN].mmdb != NULL)
		mmdb_find(p->files[FILE_ASN].mmdb, host, out);
}

void
places_find(struct places *p, const struct addr *a, struct place *out)
{
	struct addr host = *a;
	struct cached *c;

	memset(out, 0, sizeof(*out));
	if (a->family == ADDR_NONE)
		return;
	host.plen = (uint8_t)addr_bits(a);
	c = &p->cache[table_hash(host.b, sizeof(host.b)) % CACHED];
	if (!addr_eq(&c->addr, &host)) {
		look_up(p, &host, out);
		c->addr = host;
		c->place = *out;
	}
	*out = c->place;
}
