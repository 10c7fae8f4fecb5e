/* Requests whose clients have gone before the answer. */
#include <stdlib.h>

#include "base/log.h"
#include "control/conn.h"

#define LOGGER "gaol.control"

void
conn_gone_drop(size_t *open)
{
	if (open != NULL && --*open == 0)
		free(open);
}

void
conn_gone_leave(struct request *r)
{
	LIST_REMOVE(r, gone);
	r->all->gone_n--;
	peer_fini(&r->peer);
	r->all = NULL;
}

/* Of commands inside it no more are run. */
static void
forget(struct request *r)
{
	struct work_queue *work = r->all->work;

	conn_gone_leave(r);
	if (r->work != NULL)
		work_cancel(work, r->work);
}

void
conn_gone_add(struct conn *c)
{
	struct request *r = c->request;

	if (r == NULL)
		return;
	c->request = NULL;
	r->conn = NULL;
	r->peer = c->peer;
	c->peer = (struct peer){ 0 };
	LIST_INSERT_HEAD(&c->all->gone, r, gone);
	if (++c->all->gone_n > SERVER_GONE_MAX) {
		if (r->has_inside)
			log_warning(LOGGER, "a client has gone; the rest of "
			    "its commands is not run: that of %d others waits",
			    SERVER_GONE_MAX);
		forget(r);
	} else if (r->work != NULL && !r->has_inside) {
		work_cancel(c->all->work, r->work);
	}
}

void
conn_gone_forget(struct conns *all)
{
	struct request *r;

	while ((r = LIST_FIRST(&all->gone)) != NULL)
		forget(r);
}
