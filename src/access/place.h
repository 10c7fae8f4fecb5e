/*
 * Where an address is: country, network, LAN. Two kinds of databases, each
 * of them optional:
 *
 *	mmdb	MaxMind's format, as MaxMind, DB-IP and IPinfo lay their
 *		files out (country, city and ASN; libmaxminddb(3))
 *	ranges	text files FROM,TO,CODE in order of address, as Debian's
 *		tor-geoipdb has them; no account needed
 *
 * A file is searched where it lies: nothing but the system's page cache holds
 * it. Look-ups may read from a disk, so they are never on a line's path.
 */
#ifndef GAOL_ACCESS_PLACE_H
#define GAOL_ACCESS_PLACE_H

#include <stddef.h>

#include "base/access_event.h"
#include "base/buf.h"

struct places;

/*
 * Usual places of such files; gaold reads them from nowhere else, besides the
 * directory of its database.
 */
extern const char *const place_directories[];   /* ends with NULL */

struct place_paths {
	const char *country;      /* mmdb; NULL: none */
	const char *asn;          /* mmdb; NULL: none */
	const char *ranges4;      /* text; NULL: none */
	const char *ranges6;
};

struct own_config;
/* gaol.conf's; what it does not say, where the distributions have it. */
void place_paths_find(struct place_paths *paths,
    const struct own_config *own);

/*
 * Never NULL. A file that cannot be used is left out: places_error() says
 * which and why, for a log or a screen.
 */
struct places *places_open(const struct place_paths *paths);
void places_close(struct places *p);   /* NULL is a no-op */
/* The last thing that went wrong with a file, or NULL. Borrowed. */
const char *places_error(const struct places *p);
/* Opens again what was replaced since (by device, inode and time). */
void places_refresh(struct places *p);
/*
 * Everything that is known of a host or network; nothing is an answer, too.
 * LAN needs no database: private, loopback, link-local addresses (RFC 1918,
 * 4193, 6598, 3927, 4291).
 */
void places_find(struct places *p, const struct addr *a, struct place *out);
enum place_kind { PLACE_COUNTRY, PLACE_ASN, PLACE_RANGES4, PLACE_RANGES6 };
/* Can the file serve for this? 0, or -1: `why` says why not, with its path. */
int place_check(enum place_kind kind, const char *path, struct buf *why);
/* LAN, as above. */
bool place_is_lan(const struct addr *a);
/* Is anything but LAN known to it? */
bool places_empty(const struct places *p);

#endif
