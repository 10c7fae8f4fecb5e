/*
 * Sessions: lines that carry the same <F-MLFID> belong together, and what one
 * of them said (the address, the user) is known to the later ones (compat
 * §4.3). At most SESSIONS_MAX are remembered, each for five minutes; the
 * oldest goes first.
 */
#ifndef GAOL_MATCH_SESSION_H
#define GAOL_MATCH_SESSION_H

#include <stdbool.h>
#include <stdint.h>

#include "base/clock.h"
#include "match/groups.h"

#define SESSIONS_MAX 100
#define SESSION_SECONDS 300
#define SESSION_KEY_MAX 1024     /* a longer id has no session */
#define SESSION_LINE_MAX 2048    /* bytes kept of one line */
#define SESSION_VALUE_MAX 1024   /* bytes kept of one group */

struct sessions;

struct sessions *sessions_new(void);
void sessions_free(struct sessions *all);

/*
 * A line of the session `id` matched with the groups *fail. They become the
 * session's, merged with what it knew, and *lines the lines that count so
 * far. True: the line is no failure (by itself). What *fail and *lines point
 * to then is valid until the next call; the names in *fail must stay valid
 * as long as the sessions.
 */
struct session_lines {
	size_t n;
	struct span v[FAILURE_LINES_MAX];
	size_t users_n;            /* who was named in it */
	struct span users[FAILURE_USERS_MAX];
};
bool sessions_merge(struct sessions *all, struct span id, struct boot now,
    struct span line, struct groups *fail, struct session_lines *lines);
/* The session of the last merge has a failure that still lacks an id. */
void sessions_pend(struct sessions *all);

size_t sessions_count(const struct sessions *all);
uint64_t sessions_evicted(const struct sessions *all);

#endif
