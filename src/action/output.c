#include "action/output.h"

#include <errno.h>
#include <event2/event.h>
#include <fcntl.h>
#include <unistd.h>

#include "action/command.h"

#define READ_SIZE (64u << 10)
#define FINISH_READS 4   /* of a pipe that others go on filling */

/* False: nothing more for now, or ever. */
static bool
read_some(struct output *o)
{
	static char chunk[READ_SIZE];   /* one thread has the event loop */
	ssize_t n;
	size_t keep;

	do
		n = read(o->fd, chunk, sizeof(chunk));
	while (n == -1 && errno == EINTR);
	if (n == -1 && errno == EAGAIN)
		return false;
	if (n <= 0) {
		close(o->fd);
		o->fd = -1;
		return false;
	}
	keep = COMMAND_OUTPUT_MAX - o->kept.n;
	if (keep > (size_t)n)
		keep = (size_t)n;
	buf_add(&o->kept, chunk, keep);
	o->lost += (uint64_t)((size_t)n - keep);
	return true;
}

static void
readable_cb(evutil_socket_t fd, short what, void *arg)
{
	struct output *o = arg;

	(void)fd;
	(void)what;
	/* Once a wake: a flood must not keep the others from their turn. */
	(void)read_some(o);
	if (o->fd == -1)
		event_del(o->readable);
}

int
output_open(struct output *o, struct event_base *base, int *theirs)
{
	int ends[2];

	*o = (struct output){ .fd = -1 };
	if (pipe2(ends, O_CLOEXEC) != 0)
		return -1;
	if (fcntl(ends[0], F_SETFL, O_NONBLOCK) != 0)
		goto fail;
	o->readable = event_new(base, ends[0], EV_READ | EV_PERSIST,
	    readable_cb, o);
	if (o->readable == NULL || event_add(o->readable, NULL) != 0) {
		errno = ENOMEM;
		goto fail;
	}
	o->fd = ends[0];
	*theirs = ends[1];
	return 0;
fail:
	if (o->readable != NULL)
		event_free(o->readable);
	o->readable = NULL;
	close(ends[0]);
	close(ends[1]);
	return -1;
}

void
output_finish(struct output *o)
{
	/* Before the descriptor, which is the event's too. */
	if (o->readable != NULL)
		event_free(o->readable);
	o->readable = NULL;
	for (int i = 0; i < FINISH_READS && o->fd != -1; i++)
		if (!read_some(o))
			break;
	if (o->fd != -1)
		close(o->fd);
	o->fd = -1;
}

void
output_fini(struct output *o)
{
	if (o->readable != NULL)
		event_free(o->readable);
	if (o->fd != -1)
		close(o->fd);
	buf_fini(&o->kept);
	*o = (struct output){ .fd = -1 };
}
