/*
 * What the database knows of an id, asked for by a jail whose bans grow. The
 * store's thread reads it; lines, counting and banning go on meanwhile.
 */
#include "process/engine_local.h"

#include <stdlib.h>

#include "base/xalloc.h"

/* One question under way; in its jail's list, or of a jail that is gone. */
struct engine_question {
	struct engine_question *prev, *next;
	struct engine_jail *jail;      /* NULL: it has vanished */
	struct jail_question question; /* owns its id */
};

static void
detach(struct engine_question *w)
{
	if (w->jail == NULL)
		return;
	if (w->prev != NULL)
		w->prev->next = w->next;
	else
		w->jail->questions = w->next;
	if (w->next != NULL)
		w->next->prev = w->prev;
	w->jail = NULL;
}

static void
attach(struct engine_question *w, struct engine_jail *j)
{
	w->jail = j;
	w->next = j->questions;
	if (w->next != NULL)
		w->next->prev = w;
	j->questions = w;
}

static void
forget(struct engine_question *w)
{
	detach(w);
	id_fini(&w->question.id);
	free(w);
}

static void
on_history(int error, const struct store_history *h, void *arg)
{
	struct engine_question *w = arg;
	struct engine_jail *j = w->jail;
	const struct history history = {
		.known = h->known, .bancount = h->bancount, .time = h->time,
	};

	if (j != NULL && jail_answer(j->jail, &w->question,
	    error == 0 ? &history : NULL, clock_wall()))
		engine_jails_run_soon(j->engine);
	forget(w);
}

bool
engine_history_ask(struct jail *jail, const struct jail_question *q,
    void *arg)
{
	struct engine_jail *j = arg;
	struct store *store = j->engine->store;
	struct engine_question *w;

	(void)jail;
	if (store == NULL)
		return false;
	w = xcalloc(1, sizeof(*w));
	w->question = *q;
	w->question.id = id_copy(&q->id);
	if (!store_history(store, q->overalljails ? NULL : j->config->name,
	    &q->id, on_history, w)) {
		forget(w);
		return false;
	}
	attach(w, j);
	return true;
}

/* A ban that waited for its history is written down as it is. */
void
engine_history_forget(struct engine_jail *j)
{
	struct engine_question *w;

	while ((w = j->questions) != NULL) {
		jail_answer(j->jail, &w->question, NULL, clock_wall());
		detach(w);
	}
}
