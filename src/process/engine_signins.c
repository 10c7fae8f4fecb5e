#include "process/engine_signins.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
#include <unistd.h>

#include "access/signin.h"
#include "base/xalloc.h"

#define HOLD_US (15 * CLOCK_SECOND)

/* A sign-in of which another log may yet say more. */
struct held {
	TAILQ_ENTRY(held) link;
	int64_t number;
	struct wall since;       /* by the clock, not by its log */
	struct access_event event;      /* owns its texts */
};

TAILQ_HEAD(held_list, held);

struct signins {
	struct held_list held;   /* the oldest first */
	size_t held_n;
	char *path;
	int fd;                  /* -1: not open */
	int error;
	uint64_t failed;
	struct buf line;
};

static void
close_file(struct signins *s)
{
	if (s->fd != -1)
		close(s->fd);
	s->fd = -1;
}

static int
write_line(struct signins *s, const struct access_event *e)
{
	ssize_t n;

	if (s->fd == -1) {
		errno = ENOENT;
		return -1;
	}
	buf_clear(&s->line);
	signin_line(e, &s->line);
	n = write(s->fd, s->line.p, s->line.n);
	if (n == (ssize_t)s->line.n)
		return 0;
	if (n >= 0)
		errno = ENOSPC;
	return -1;
}

static void
add_line(struct signins *s, const struct access_event *e)
{
	s->error = write_line(s, e) == 0 ? 0 : errno;
	s->failed += s->error != 0;
}

/* --- lines that wait ---------------------------------------------------- */

static void
let_go(struct signins *s, struct held *h, bool write)
{
	TAILQ_REMOVE(&s->held, h, link);
	s->held_n--;
	if (write)
		add_line(s, &h->event);
	access_event_fini(&h->event);
	free(h);
}

static void
hold(struct signins *s, const struct event_row *row, struct wall now)
{
	struct held *h = xcalloc(1, sizeof(*h));
	struct access_event e = row->event;

	if (s->held_n == SIGNINS_HELD)
		let_go(s, TAILQ_FIRST(&s->held), true);
	e.line = (struct span){ 0 };
	access_event_copy(&h->event, &e);
	h->number = row->number;
	h->since = now;
	TAILQ_INSERT_TAIL(&s->held, h, link);
	s->held_n++;
}

/* What another log said of one: it is another's, or has a client. */
static void
amend(struct signins *s, const struct event_row *row)
{
	struct held *h;

	TAILQ_FOREACH(h, &s->held, link)
		if (h->number == row->number)
			break;
	if (h == NULL)
		return;
	if (row->is_moved) {
		h->event.ip = row->event.ip;
		h->event.proxy_ip = row->event.proxy_ip;
		h->event.place = row->event.place;
	}
	let_go(s, h, row->is_moved);
}

void
signins_row(struct signins *s, const struct event_row *row, struct wall now)
{
	if (row->is_session)
		return;
	if (row->is_gone || row->is_moved)
		amend(s, row);
	else if (row->event.kind == EVENT_LOGIN &&
	    (row->waits || s->fd == -1))
		hold(s, row, now);
	else if (row->event.kind == EVENT_LOGIN)
		add_line(s, &row->event);
}

bool
signins_flush(struct signins *s, struct wall now)
{
	struct held *h;

	if (s == NULL)
		return false;
	/* A clock that was set back holds nothing up. */
	while ((h = TAILQ_FIRST(&s->held)) != NULL &&
	    (now.us >= h->since.us + HOLD_US || now.us < h->since.us))
		let_go(s, h, true);
	return h != NULL;
}

struct signins *
signins_new(const char *path, struct signins *before)
{
	struct signins *s;

	if (path == NULL)
		return NULL;
	s = xcalloc(1, sizeof(*s));
	s->path = xstrdup(path);
	s->fd = -1;
	TAILQ_INIT(&s->held);
	if (before == NULL || strcmp(before->path, path) != 0)
		return s;
	TAILQ_CONCAT(&s->held, &before->held, link);
	s->held_n = before->held_n;
	s->fd = before->fd;
	s->error = before->error;
	s->failed = before->failed;
	before->held_n = 0;
	before->fd = -1;
	return s;
}

void
signins_open(struct signins *s, int fd)
{
	close_file(s);
	s->fd = fd;
}

void
signins_free(struct signins *s)
{
	if (s == NULL)
		return;
	while (!TAILQ_EMPTY(&s->held))
		let_go(s, TAILQ_FIRST(&s->held), true);
	close_file(s);
	buf_fini(&s->line);
	free(s->path);
	free(s);
}

uint64_t
signins_failed(const struct signins *s)
{
	return s != NULL ? s->failed : 0;
}

int
signins_error(const struct signins *s)
{
	return s != NULL ? s->error : 0;
}
