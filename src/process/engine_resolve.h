/*
 * The engine's side of names: asked of the resolver process, a few at a time
 * and each once, and remembered for as long as fail2ban does. Nothing in the
 * loop waits: who asks is called later, at the latest when RESOLVE_PATIENCE
 * is over.
 */
#ifndef GAOL_PROCESS_ENGINE_RESOLVE_H
#define GAOL_PROCESS_ENGINE_RESOLVE_H

#include "process/engine_local.h"
#include "process/lookup.h"

#define RESOLVE_PATIENCE 10         /* seconds until the answer is FAILED */
#define RESOLVE_REMEMBER 300        /* … an answer counts */
#define RESOLVE_REMEMBER_FAILED 60  /* … that nobody could say counts */
#define RESOLVE_ASKED_MAX 500       /* names without an answer */
#define RESOLVE_ANSWERS_MAX 1000    /* names with one, of logs */
#define RESOLVE_WAITS_MAX 100       /* who wait for one name */

/* Lent until the next call or event. */
struct resolved {
	struct span name;
	enum lookup_result result;
	bool fresh;                /* not too old */
	struct boot until;
	size_t n;
	const struct addr *v;
	const char *text;          /* NAME_TEXT */
};

struct resolve_wait;

typedef void resolve_done_fn(const struct resolved *answer, void *arg);

/* Who asks for what. Names are compared without case. */
struct resolve_question {
	enum wire_name_kind kind;
	struct span name;          /* lookup_is_name(); NAME_OWN: empty */
	bool ours;                 /* the administrator's: goes before those of
	                            * logs, by threads kept free for it */
};

/* Is the answer known, and not too old? */
bool engine_resolve_known(struct engine *e, const struct resolve_question *q,
    struct resolved *out);
/* The last answer, however old. False: there was none. */
bool engine_resolve_last(struct engine *e, const struct resolve_question *q,
    struct resolved *out);
/* Is it being asked now? */
bool engine_resolve_pending(const struct engine *e,
    const struct resolve_question *q);
/*
 * done is called once, never before this returns, unless cancelled. NULL: too
 * much is being asked already (counted).
 */
struct resolve_wait *engine_resolve(struct engine *e,
    const struct resolve_question *q, resolve_done_fn *done, void *arg);
void engine_resolve_cancel(struct resolve_wait *w);   /* NULL is a no-op */

#endif
