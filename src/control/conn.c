#include "control/conn.h"

#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/log.h"
#include "base/strings.h"
#include "base/xalloc.h"
#include "control/payload.h"
#include "control/request.h"

#define LOGGER "gaol.control"
#define INSIDE_MAX 3   /* a `multi-set` in a `server-stream` is two */

/*
 * conn is NULL when the client has gone before the answer, and always in a
 * request inside another.
 */
struct request {
	struct conn *conn;
	struct request *outer;
	request_done_fn *done;    /* of one inside */
	void *done_arg;
	struct strings argv;
};

static struct evbuffer *
output_of(const struct conn *c)
{
	return bufferevent_get_output(c->bev);
}

void
conn_free(struct conn *c)
{
	if (c->request != NULL)
		c->request->conn = NULL;
	TAILQ_REMOVE(&c->all->list, c, link);
	c->all->n--;
	c->all->replies -= c->reply;
	event_free(c->deadline);
	bufferevent_free(c->bev);
	peer_fini(&c->peer);
	free(c);
}

/* The client counts as idle from here on. */
static void
touch(struct conn *c)
{
	int ms = c->all->options.idle_ms;
	const struct timeval tv = { ms / 1000, (ms % 1000) * 1000L };

	TAILQ_REMOVE(&c->all->list, c, link);
	TAILQ_INSERT_TAIL(&c->all->list, c, link);
	event_add(c->deadline, &tv);
}

static void
free_text(const void *data, size_t size, void *arg)
{
	(void)size;
	(void)arg;
	free((void *)(uintptr_t)data);
}

/* Takes over the text. */
static void
send_text(struct conn *c, char *text)
{
	size_t n = strlen(text);

	c->reply += n + 1;
	c->all->replies += n + 1;
	if (evbuffer_add_reference(output_of(c), text, n, free_text,
	    NULL) == -1 || evbuffer_add(output_of(c), "\n", 1) == -1)
		log_fatal(LOGGER, "out of memory");
	touch(c);
}

static json_t *
make_error(const char *type, const char *message)
{
	return json_pack("{s:{s:o,s:o}}", "error",
	    "type", payload_text(span_of(type)),
	    "message", payload_text(span_of(message)));
}

/* Steals the reference. */
static char *
dump(json_t *object)
{
	char *text = json_dumps(object, JSON_COMPACT);

	json_decref(object);
	if (text == NULL)
		log_fatal(LOGGER, "out of memory");
	return text;
}

static void
answer(struct conn *c, json_t *object)
{
	char *text = dump(object);
	size_t n = strlen(text);

	if (n > SERVER_REPLY_MAX ||
	    c->all->replies + n > SERVER_REPLIES_MAX) {
		log_warning(LOGGER, "reply of %zu bytes not sent: %s", n,
		    n > SERVER_REPLY_MAX ? "too long" :
		    "too many replies wait to be read");
		free(text);
		text = dump(make_error("Exception",
		    n > SERVER_REPLY_MAX ? "the reply is too long" :
		    "too many replies wait to be read"));
	}
	send_text(c, text);
}

/* The client sent something it must not: one reply, then the end. */
static void
cut_off(struct conn *c, const char *why)
{
	c->all->counters.broken++;
	log_info(LOGGER, "client of uid %lld cut off: %s",
	    (long long)c->peer.uid, why);
	c->closing = true;
	bufferevent_disable(c->bev, EV_READ);
	answer(c, make_error("ValueError", why));
}

static void
request_free(struct request *r)
{
	strings_fini(&r->argv);
	free(r);
}

static struct conn *
conn_of(const struct request *r)
{
	while (r->outer != NULL)
		r = r->outer;
	return r->conn;
}

static unsigned
depth_of(const struct request *r)
{
	unsigned depth = 0;

	for (; r->outer != NULL; r = r->outer)
		depth++;
	return depth;
}

/* Steals the reference. */
static void
end_inside(struct request *r, json_t *object)
{
	request_done_fn *done = r->done;
	void *arg = r->done_arg;

	request_free(r);
	done(json_object_get(object, "ok"), json_object_get(object, "error"),
	    arg);
	json_decref(object);
}

static void
request_end(struct request *r, json_t *object)
{
	struct conn *c = r->conn;

	if (r->done != NULL) {
		end_inside(r, object);
		return;
	}
	request_free(r);
	if (c == NULL) {
		json_decref(object);
		return;
	}
	c->request = NULL;
	answer(c, object);
}

void
request_reply(struct request *request, json_t *payload)
{
	json_t *object = json_pack("{s:o}", "ok",
	    payload != NULL ? payload : json_null());

	if (object == NULL)
		log_fatal(LOGGER, "out of memory");
	request_end(request, object);
}

void
request_fail(struct request *request, const char *type, const char *fmt, ...)
{
	struct buf message = { 0 };
	va_list ap;

	va_start(ap, fmt);
	buf_addv(&message, fmt, ap);
	va_end(ap);
	request_end(request, make_error(type,
	    message.p != NULL ? message.p : ""));
	buf_fini(&message);
}

static const struct command *
find_command(const struct conns *all, const char *name)
{
	for (const struct command *cmd = all->options.commands;
	    cmd->name != NULL; cmd++)
		if (strcmp(cmd->name, name) == 0)
			return cmd;
	return NULL;
}

bool
request_may(struct request *r, enum command_right right)
{
	static const char *const who[] = {
		[RIGHT_READ] = "root or a member of the socket's group",
		[RIGHT_BAN] = "root or a member of the group that may ban",
		[RIGHT_CONFIGURE] = "root",
	};
	struct conn *c = conn_of(r);

	if (c != NULL && peer_may(&c->peer, right, &c->all->policy))
		return true;
	if (c != NULL)
		c->all->counters.refused++;
	request_fail(r, "PermissionError", "%s is for %s", r->argv.v[0],
	    who[right]);
	return false;
}

static void
dispatch(struct conn *c, struct request *r)
{
	struct conns *all = c->all;
	const struct command *cmd = find_command(all, r->argv.v[0]);

	if (cmd == NULL) {
		request_fail(r, "Exception", "Invalid command");
		return;
	}
	if (!request_may(r, cmd->right))
		return;
	all->counters.requests++;
	cmd->run(r, r->argv.n, (const char *const *)r->argv.v,
	    all->options.arg);
}

void
request_inside(struct request *outer, const json_t *words,
    request_done_fn *done, void *arg)
{
	struct request *r = xcalloc(1, sizeof(*r));
	struct conn *c = conn_of(outer);

	r->outer = outer;
	r->done = done;
	r->done_arg = arg;
	if (depth_of(r) > INSIDE_MAX)
		request_fail(r, "ValueError", "commands are nested too deep");
	else if (request_words(words, &r->argv) == -1)
		request_fail(r, "ValueError", "a command is a list that "
		    "begins with its name");
	else if (c == NULL)
		request_fail(r, "ConnectionError", "the client has gone");
	else
		dispatch(c, r);
}

static void
run_line(struct conn *c, size_t n)
{
	struct evbuffer *input = bufferevent_get_input(c->bev);
	struct request *r = xcalloc(1, sizeof(*r));
	const char *why;
	const char *text = n > 0 ?
	    (const char *)evbuffer_pullup(input, (ssize_t)n) : "";

	if (text == NULL)
		log_fatal(LOGGER, "out of memory");
	if (request_parse(span_from(text, n), &r->argv, &why) == -1) {
		request_free(r);
		cut_off(c, why);
		return;
	}
	evbuffer_drain(input, n + 1);
	c->scanned = 0;
	r->conn = c;
	c->request = r;
	event_del(c->deadline);
	dispatch(c, r);
}

/* Runs the next request, if there is one and its turn has come. */
static void
run_next(struct conn *c)
{
	struct evbuffer *input = bufferevent_get_input(c->bev);
	size_t length = evbuffer_get_length(input);
	struct evbuffer_ptr at;
	char first;

	if (c->request != NULL || c->closing || length == 0 ||
	    evbuffer_get_length(output_of(c)) > 0)
		return;
	if (evbuffer_copyout(input, &first, 1) == 1 && first != '[') {
		cut_off(c, "a request begins with '['");
		return;
	}
	at.pos = -1;
	if (evbuffer_ptr_set(input, &at, c->scanned, EVBUFFER_PTR_SET) == 0)
		at = evbuffer_search(input, "\n", 1, &at);
	if (at.pos >= 0 && (size_t)at.pos < SERVER_REQUEST_MAX)
		run_line(c, (size_t)at.pos);
	else if (length >= SERVER_REQUEST_MAX)
		cut_off(c, "the request is too long");
	else
		c->scanned = length;
}

/* After the client's last byte, and with nothing left to do for it. */
static bool
is_over(const struct conn *c)
{
	return c->request == NULL && (c->closing || c->eof) &&
	    evbuffer_get_length(output_of(c)) == 0;
}

static void
on_read(struct bufferevent *bev, void *arg)
{
	struct conn *c = arg;

	(void)bev;
	run_next(c);
}

static void
on_written(struct bufferevent *bev, void *arg)
{
	struct conn *c = arg;

	(void)bev;
	c->all->replies -= c->reply;
	c->reply = 0;
	run_next(c);
	if (is_over(c))
		conn_free(c);
}

/* Has the peer closed both directions (and not only stopped sending)? */
static bool
is_hung_up(const struct conn *c)
{
	struct pollfd p = { .fd = bufferevent_getfd(c->bev) };

	return poll(&p, 1, 0) == 1 && (p.revents & (POLLHUP | POLLERR)) != 0;
}

static void
on_event(struct bufferevent *bev, short what, void *arg)
{
	struct conn *c = arg;

	(void)bev;
	if (!(what & BEV_EVENT_EOF) || is_hung_up(c)) {
		conn_free(c);
		return;
	}
	c->eof = true;
	run_next(c);
	if (is_over(c))
		conn_free(c);
}

static void
on_deadline(evutil_socket_t fd, short what, void *arg)
{
	struct conn *c = arg;

	(void)fd;
	(void)what;
	if (evbuffer_get_length(output_of(c)) > 0 ||
	    evbuffer_get_length(bufferevent_get_input(c->bev)) > 0)
		c->all->counters.broken++;
	conn_free(c);
}

struct conn *
conn_new(struct conns *all, int fd, const struct peer *peer)
{
	struct conn *c = xcalloc(1, sizeof(*c));

	c->all = all;
	c->peer = *peer;
	c->bev = bufferevent_socket_new(all->base, fd, BEV_OPT_CLOSE_ON_FREE);
	c->deadline = evtimer_new(all->base, on_deadline, c);
	if (c->bev == NULL || c->deadline == NULL)
		log_fatal(LOGGER, "out of memory");
	bufferevent_setcb(c->bev, on_read, on_written, on_event, c);
	bufferevent_setwatermark(c->bev, EV_READ, 0, SERVER_REQUEST_MAX);
	TAILQ_INSERT_TAIL(&all->list, c, link);
	all->n++;
	all->counters.clients++;
	touch(c);
	bufferevent_enable(c->bev, EV_READ | EV_WRITE);
	return c;
}

void
conn_flush(struct conn *c)
{
	struct evbuffer *output = output_of(c);

	if (c->request != NULL) {
		c->request->conn = NULL;
		c->request = NULL;
		answer(c, make_error("Exception", "shutting down"));
	}
	bufferevent_disable(c->bev, EV_READ | EV_WRITE);
	/* A bufferevent keeps its output from being drained by others. */
	evbuffer_unfreeze(output, 1);
	while (evbuffer_get_length(output) > 0 &&
	    evbuffer_write(output, bufferevent_getfd(c->bev)) > 0)
		;
}
