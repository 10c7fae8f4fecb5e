#include "control/reply_long.h"

#include <stdlib.h>

#include "base/xalloc.h"
#include "control/draft.h"
#include "control/json_draft.h"
#include "control/pickle_play.h"
#include "control/pickle_write.h"
#include "control/shape.h"

struct reply_long {
	enum request_form form;
	struct rolls rolls;
	struct draft draft;
	struct draft_player player;
	struct buf out;
};

static void
make_draft(struct reply_long *l, const struct strings *argv, json_t *payload)
{
	uint32_t tuples;

	if (l->form == REQUEST_PICKLE) {
		payload = shape_reply(argv->n, (const char *const *)argv->v,
		    payload, &tuples);
		pickle_draft_ok(&l->draft, payload, tuples, &l->rolls);
	} else {
		static const char head[] = "{\"ok\":";

		draft_put(&l->draft, head, sizeof(head) - 1);
		json_draft(&l->draft, payload, &l->rolls);
		draft_put(&l->draft, "}", 1);
	}
	json_decref(payload);
}

struct reply_long *
reply_long_new(enum request_form form, const struct strings *argv,
    json_t *payload, struct rolls *rolls)
{
	struct reply_long *l = xcalloc(1, sizeof(*l));

	l->form = form;
	l->rolls = *rolls;
	*rolls = (struct rolls){ 0 };
	make_draft(l, argv, payload);
	/*
	 * Once for all: a head in a roll is as long as what stands around a
	 * text. Moving the half of it would take long.
	 */
	buf_reserve(&l->out, l->draft.bytes.n + rolls_bytes(&l->rolls) +
	    rolls_bytes(&l->rolls) / 1000 + 256);
	l->player.draft = &l->draft;
	l->player.out = &l->out;
	return l;
}

bool
reply_long_step(struct reply_long *l, size_t n)
{
	if (l->form == REQUEST_PICKLE ? pickle_play(&l->player, n) :
	    json_play(&l->player, n))
		return true;
	buf_add_span(&l->out, request_end_of(l->form));
	return false;
}

struct buf *
reply_long_bytes(struct reply_long *l)
{
	return &l->out;
}

void
reply_long_free(struct reply_long *l)
{
	draft_fini(&l->draft);
	rolls_fini(&l->rolls);
	buf_fini(&l->out);
	free(l);
}
