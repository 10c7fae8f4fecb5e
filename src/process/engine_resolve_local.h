/* Between engine_resolve.c (what is known) and engine_resolve_link.c. */
#ifndef GAOL_PROCESS_ENGINE_RESOLVE_LOCAL_H
#define GAOL_PROCESS_ENGINE_RESOLVE_LOCAL_H

#include <sys/queue.h>

#include "process/engine_resolve.h"

#define FLIGHTS 8        /* with the resolver at a time: its threads */
#define FLIGHTS_LOGS 6   /* … of names that logs brought */
#define KEY_MAX (LOOKUP_NAME_MAX + 1)

struct resolve_wait {
	TAILQ_ENTRY(resolve_wait) link;
	struct name *name;
	resolve_done_fn *done;
	void *arg;
};

/* A name with an answer, without one yet, or with one that got too old. */
struct name {
	TAILQ_ENTRY(name) link;    /* in `asked` or `answered` */
	TAILQ_ENTRY(name) turn;    /* in a queue, while `queued` */
	char key[KEY_MAX];         /* the kind, then the name */
	size_t key_n;
	bool ours, queued, pending;
	bool known;                /* it had an answer */
	uint64_t seq;              /* of its flight; 0: none */
	struct boot until;         /* pending: our patience; else the answer */
	enum lookup_result result;
	struct addr *v;
	size_t n;
	char *text;
	TAILQ_HEAD(, resolve_wait) waits;
	size_t waits_n;
};

TAILQ_HEAD(names, name);

struct engine_resolve {
	struct engine *engine;
	struct port *port;         /* NULL: no resolver */
	bool wanted;               /* … but it was asked for */
	struct table *by_key;
	struct names asked, answered;         /* the oldest first */
	size_t asked_n, answered_n;
	size_t ours_n;             /* of both: the administrator's */
	struct names ours, of_logs;           /* wait for a thread */
	struct name *flights[FLIGHTS];
	uint64_t seq;
	struct event *patience;
	struct {
		uint64_t found, none, failed, evicted, dropped, lost;
	} count;
};

/* --- engine_resolve.c --------------------------------------------------- */
/* Where it waits for a thread; out of there. */
struct names *resolve_queue_of(struct engine_resolve *r, const struct name *n);
void resolve_dequeue(struct engine_resolve *r, struct name *n);
/* v and text are copied. */
void resolve_set_answer(struct name *n, enum lookup_result result,
    const struct addr *v, size_t count, const char *text);
/* Its answer, which may be that nobody can say, is told to who waits. */
void resolve_settle(struct engine_resolve *r, struct name *n);

/* --- engine_resolve_link.c ---------------------------------------------- */
/* Sends what may be sent; wants a resolver where there is none. */
void resolve_pump(struct engine_resolve *r);

#endif
