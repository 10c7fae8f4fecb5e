/* Requests that are, or whose answer is, too long for one turn of the loop. */
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <stdlib.h>

#include "base/xalloc.h"
#include "control/conn.h"
#include "control/pickle_read.h"
#include "control/reply_long.h"

/* A reply is written. */
struct writing {
	struct work work;          /* first */
	struct request *request;
	struct reply_long *reply;
};

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
	struct request *r = conn_outermost(request);

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

/* --- a request is read ----------------------------------------------------- */

#define OPCODES_STEP 1000   /* about 0.1 ms, where memory has to be got */

struct reading {
	struct work work;          /* first */
	struct conn *conn;
	struct request *request;
	struct pickle_read *pickle;
	size_t n;                  /* bytes */
};

static bool
read_on(struct work *work)
{
	struct reading *rd = (struct reading *)work, done = *rd;
	const char *why;

	if (pickle_read_step(rd->pickle, OPCODES_STEP))
		return true;
	free(rd);
	pickle_read_end(done.pickle, &done.request->argv, &why);
	if (!done.conn->eof)
		bufferevent_enable(done.conn->bev, EV_READ);
	conn_read(done.conn, done.request, done.n, why);
	return false;
}

static void
read_no_more(struct work *work)
{
	struct reading *rd = (struct reading *)work;

	pickle_read_free(rd->pickle);
	conn_request_free(rd->request);
	free(rd);
}

/* The text is the input's: nothing may come to it. */
void
conn_long_read(struct conn *c, struct request *r, struct span text)
{
	struct reading *rd = xcalloc(1, sizeof(*rd));

	bufferevent_disable(c->bev, EV_READ);
	rd->conn = c;
	rd->request = r;
	rd->n = text.n;
	rd->pickle = pickle_read_new(text);
	rd->work.step = read_on;
	rd->work.drop = read_no_more;
	rd->work.owner = &c->reading;
	work_add(c->all->work, &rd->work);
}
