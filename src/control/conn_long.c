/* Requests whose answer is too long for one turn of the loop. */
#include <stdlib.h>

#include "base/xalloc.h"
#include "control/conn.h"
#include "control/reply_long.h"

/* A reply is written. */
struct writing {
	struct work work;          /* first */
	struct request *request;
	struct reply_long *reply;
};

static struct request *
outermost(struct request *r)
{
	while (r->outer != NULL)
		r = r->outer;
	return r;
}

static void
writing_free(struct writing *w)
{
	reply_long_free(w->reply);
	free(w);
}

/* One that is too long is not made to its end: it is refused by its length. */
static bool
write_on(struct work *work)
{
	struct writing *w = (struct writing *)work;
	struct buf *bytes = reply_long_bytes(w->reply);

	if (reply_long_step(w->reply, WORK_STEP) &&
	    bytes->n <= SERVER_REPLY_MAX)
		return true;
	conn_answer(w->request, bytes);
	writing_free(w);
	return false;
}

static void
write_no_more(struct work *work)
{
	struct writing *w = (struct writing *)work;

	conn_answer(w->request, reply_long_bytes(w->reply));
	writing_free(w);
}

void
request_work(struct request *request, struct work *work)
{
	struct request *r = outermost(request);

	/* Nobody waits for it, but those that come after it inside. */
	if (r->all == NULL || (r->conn == NULL && !r->has_inside)) {
		work->drop(work);
		return;
	}
	work->owner = &r->work;
	work_add(r->all->work, work);
}

void
request_reply_long(struct request *r, json_t *payload, struct rolls *rolls)
{
	struct writing *w;

	if (r->done != NULL || r->conn == NULL) {
		json_decref(payload);
		rolls_fini(rolls);
		request_reply(r, NULL);
		return;
	}
	w = xcalloc(1, sizeof(*w));
	w->request = r;
	w->work.step = write_on;
	w->work.drop = write_no_more;
	w->work.owner = &r->work;
	w->work.is_short = rolls_texts(rolls) <= WORK_SHORT;
	w->reply = reply_long_new(r->form, &r->argv, payload, rolls);
	work_add_first(r->conn->all->work, &w->work);
}
