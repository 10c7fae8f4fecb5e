/*
 * What a ticket gives to the tags of an action's commands: <ip>, <failures>,
 * <matches>, <F-USER> … Most of it was written by an attacker. It is made by
 * the engine, travels packed, and is checked again where it is unpacked.
 */
#ifndef GAOL_ACTION_VALUES_H
#define GAOL_ACTION_VALUES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/failure.h"
#include "base/strings.h"

#define VALUES_GROUPS_MAX FAILURE_GROUPS_MAX
#define VALUES_LINES_MAX 1024            /* of one list */
#define VALUES_TEXT_MAX (64u << 10)      /* bytes of one line or value */
#define VALUES_PACKED_MAX (512u << 10)   /* bytes of all of it */

struct values_group {
	char *name;      /* "user": small letters, digits and _ */
	char *value;
};

/* Owns its text. All zero: the ticket that is none (actionstart sees it). */
struct values {
	char *fid;                    /* what is banned; NULL: "" */
	char *ip;                     /* the address seen; NULL: fid */
	struct wall time;
	bool time_whole;              /* <time> without a fraction (restored) */
	bool restored;
	int64_t bantime;              /* seconds, -1 permanent */
	uint32_t bancount;
	uint32_t failures;
	struct strings matches;
	/* The same of all bans on record; unknown: the ticket's own. */
	bool merged;
	uint32_t ipfailures;
	uint32_t ipjailfailures;
	struct strings ipmatches;
	struct strings ipjailmatches;
	struct values_group *groups;
	size_t groups_n;
	uint64_t jail_banned;
	uint64_t jail_banned_total;
	uint64_t jail_found;
	uint64_t jail_found_total;
};

void values_copy(struct values *to, const struct values *from);
void values_fini(struct values *v);
/* Bytes of its text, about: what it costs to keep it. */
size_t values_size(const struct values *v);
/* Takes copies; a group beyond the last, or a name that is none, is left out. */
void values_add_group(struct values *v, struct span name, struct span value);
const char *values_group(const struct values *v, const char *name);
/* The address it is about (<ip>); false: a raw id. */
bool values_addr(const struct values *v, struct addr *a);
/* What the tag says ("ip", "matches" …). False: it is no ticket's tag. */
bool values_put(const struct values *v, struct span tag, struct buf *out);
/* What <F-NAME> says ("name"); nothing when there is no such group. */
void values_put_group(const struct values *v, const char *name,
    struct buf *out);

/*
 * As bytes, to be unpacked by values_unpack(), behind what `out` holds. What
 * is too long is cut: lines at VALUES_TEXT_MAX, then the oldest lines of the
 * lists until all of it fits VALUES_PACKED_MAX.
 */
void values_pack(const struct values *v, struct buf *out);
/* 0, or -1 (errno EBADMSG, *v is empty): not what values_pack() makes. */
int values_unpack(struct span packed, struct values *v);

#endif
