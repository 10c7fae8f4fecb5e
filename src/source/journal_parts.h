/*
 * Lines that a container's runtime split into several journal entries, put
 * together. Docker's journald driver gives the parts one CONTAINER_PARTIAL_ID,
 * counts them in CONTAINER_PARTIAL_ORDINAL from 1, and says of all but the last
 * CONTAINER_PARTIAL_MESSAGE=true (moby, daemon/logger/journald/journald.go);
 * before it had the former two, and with podman, the container and the priority
 * tell whose they are.
 *
 * These fields are anybody's who may write to the journal, _PID is not: parts
 * of different processes never are one line.
 *
 * A line of which a part is missing is dropped and counted: its other parts
 * might begin with what a client sent, and would be a forged line.
 */
#ifndef GAOL_SOURCE_JOURNAL_PARTS_H
#define GAOL_SOURCE_JOURNAL_PARTS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "source/journal_line.h"

/* Lines in the making; another one pushes out what waited longest. */
#define JOURNAL_PARTS_MAX 32

struct journal_parts_counters {
	uint64_t cut;            /* whole lines that were longer than line_max */
	uint64_t lost;           /* parts that did not follow the one before */
	uint64_t evicted;        /* lines pushed out by another */
};

struct journal_parts {
	struct journal_parts_line {
		struct buf key;      /* empty: free */
		struct buf text;
		uint64_t used;       /* the clock's reading at its last part */
		int64_t ordinal;     /* of that; 0: it did not say */
		bool cut;
	} v[JOURNAL_PARTS_MAX];
	unsigned open;           /* of them in use */
	uint64_t clock;
	struct buf key;          /* of this entry */
	struct journal_parts_counters counters;
};

enum journal_parts_what {
	JOURNAL_PARTS_NONE,      /* no part: the entry is the line */
	JOURNAL_PARTS_WHOLE,     /* the last one: MESSAGE is now the whole */
	JOURNAL_PARTS_TAKEN,     /* kept or dropped: no line yet */
};

/* All zero is an empty one. */
void journal_parts_fini(struct journal_parts *p);
enum journal_parts_what journal_parts_take(struct journal_parts *p,
    struct journal_line *l);

#endif
