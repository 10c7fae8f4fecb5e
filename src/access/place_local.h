/* What the files of the place databases share. */
#ifndef GAOL_ACCESS_PLACE_LOCAL_H
#define GAOL_ACCESS_PLACE_LOCAL_H

#include "access/place.h"
#include "base/buf.h"

/* One opened text file of ranges. */
struct ranges;
/* NULL, with the reason in `why`. */
struct ranges *ranges_open(const char *path, struct buf *why);
/* Of its first range: ADDR_V4, ADDR_V6; ADDR_NONE: it has none. */
enum addr_family ranges_family(const struct ranges *r);
void ranges_close(struct ranges *r);
/* Sets place->country when the file has one; else leaves it. */
void ranges_find(const struct ranges *r, const struct addr *a,
    struct place *place);

struct mmdb;
struct mmdb *mmdb_open(const char *path, struct buf *why);
/* What its metadata call it: "GeoLite2-Country". */
const char *mmdb_type(const struct mmdb *m);
void mmdb_close(struct mmdb *m);
/* Sets what the record has: country, asn, network. */
void mmdb_find(const struct mmdb *m, const struct addr *a,
    struct place *place);

#endif
