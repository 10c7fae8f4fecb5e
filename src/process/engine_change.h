/*
 * Changes of what is banned that are too long for one turn of the loop. A
 * change is made in steps, as many in a turn as take some milliseconds, and
 * all others (lines, answers, clients who read) have their turn between them.
 *
 * What fail2ban does in one go nobody sees half done but who reads: changes of
 * one jail are made one at a time, in the order in which they came, those of
 * different jails side by side; one of all jails (a reload is one) waits for
 * all before it, and those behind it wait for it. Whoever reads meanwhile sees
 * each ban as it was before or as it is after. A client that goes away leaves
 * its change to be finished.
 */
#ifndef GAOL_PROCESS_ENGINE_CHANGE_H
#define GAOL_PROCESS_ENGINE_CHANGE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>

struct engine;
struct slice;

#define CHANGE_STEP 50       /* bans in one step, about */

enum change_step {
	CHANGE_MORE,
	CHANGE_WAITS,        /* for the firewall: not sooner than in 1 ms */
	CHANGE_OVER,         /* it may be freed */
};

struct engine_change {
	TAILQ_ENTRY(engine_change) link;
	/*
	 * At most some 0.1 ms of it. No jail is freed and none gets another
	 * configuration before it is over; jails may stop for their own
	 * reasons only by a change, too.
	 */
	enum change_step (*step)(struct engine_change *c);
	/* The engine ends: it will not be made any further. Frees it. */
	void (*drop)(struct engine_change *c);
	uint64_t jail;       /* hash of its name; 0: all of them */
	bool aside;          /* waits for nobody, and nobody for it */
	unsigned round;
	bool at_work;        /* … its step, which its place is kept for */
};

struct engine_changes {
	TAILQ_HEAD(, engine_change) list;
	struct slice *slice;
	struct engine_change *mark;    /* the place of the one at work */
	unsigned round;
	bool works, waits;   /* somebody in this round */
};

void engine_changes_init(struct engine *e);
void engine_changes_fini(struct engine *e);
/* Is there one of this jail (NULL: of any) under way or waiting? */
bool engine_changes_any(const struct engine *e, const char *jail);
/*
 * Its first step comes in a later turn. One that is added by the step of
 * another stands before that one, and before all that wait behind it. jail
 * NULL: all of them.
 */
void engine_change_add(struct engine *e, struct engine_change *c,
    const char *jail);
/* … comes at once, where nothing has to be waited for. */
void engine_change_begin(struct engine *e, struct engine_change *c,
    const char *jail);
/* Something else that is too long for one turn. */
void engine_change_aside(struct engine *e, struct engine_change *c);
/* Does the firewall lag so far behind that more would only be in its way? */
bool engine_change_behind(const struct engine *e);

#endif
