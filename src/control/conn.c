#include "control/conn.h"

#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/strings.h"
#include "base/xalloc.h"
#include "control/reply.h"

#define LOGGER "gaol.control"
#define INSIDE_MAX 3   /* a `multi-set` in a `server-stream` is two */

static struct evbuffer *
output_of(const struct conn *c)
{
	return bufferevent_get_output(c->bev);
}

void
conn_free(struct conn *c)
{
	conn_gone_add(c);
	if (c->reading != NULL)
		work_cancel(c->all->work, c->reading);
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

/* Takes the text over. */
static void
send_text(struct conn *c, struct buf *text)
{
	size_t n = text->n;
	/* It may wait for a while: without the room it has grown. */
	char *p = xreallocarray(buf_take(text), n, 1);

	c->reply += n;
	c->all->replies += n;
	if (evbuffer_add_reference(output_of(c), p, n, free_text,
	    NULL) == -1)
		log_fatal(LOGGER, "out of memory");
	touch(c);
}

/* Takes the reply over. */
static void
answer(struct conn *c, enum request_form form, struct buf *reply)
{
	const char *why = NULL;

	if (reply->n > SERVER_REPLY_MAX)
		why = "the reply is too long";
	else if (c->all->replies + reply->n > SERVER_REPLIES_MAX)
		why = "too many replies wait to be read";
	if (why != NULL) {
		log_warning(LOGGER, "reply of %zu bytes not sent: %s",
		    reply->n, why);
		buf_fini(reply);
		reply_error(form, "Exception", why, reply);
	}
	send_text(c, reply);
}

static void
complain(struct conn *c, enum request_form form, const char *why)
{
	struct buf reply = { 0 };

	c->all->counters.broken++;
	log_info(LOGGER, "no request from uid %lld: %s",
	    (long long)c->peer.uid, why);
	reply_broken(form, why, &reply);
	answer(c, form, &reply);
}

/* The client sent something it must not: one reply, then the end. */
static void
cut_off(struct conn *c, enum request_form form, const char *why)
{
	c->closing = true;
	bufferevent_disable(c->bev, EV_READ);
	complain(c, form, why);
}

void
conn_request_free(struct request *r)
{
	conn_gone_drop(r->open);
	if (r->conn == NULL && r->all != NULL)
		conn_gone_leave(r);
	strings_fini(&r->argv);
	free(r);
}

struct request *
conn_outermost(struct request *r)
{
	while (r->outer != NULL)
		r = r->outer;
	return r;
}

static unsigned
depth_of(const struct request *r)
{
	unsigned depth = 0;

	for (; r->outer != NULL; r = r->outer)
		depth++;
	return depth;
}

/* To a command inside another; steals both. */
static void
end_inside(struct request *r, json_t *payload, json_t *error)
{
	request_done_fn *done = r->done;
	void *arg = r->done_arg;

	conn_request_free(r);
	done(payload, error, arg);
	json_decref(payload);
	json_decref(error);
}

void
conn_answer(struct request *r, struct buf *reply)
{
	struct conn *c = r->conn;
	enum request_form form = r->form;

	conn_request_free(r);
	if (c == NULL) {
		buf_fini(reply);
		return;
	}
	c->request = NULL;
	answer(c, form, reply);
}

void
request_reply(struct request *request, json_t *payload)
{
	struct buf reply = { 0 };

	if (request->done != NULL) {
		end_inside(request, payload != NULL ? payload : json_null(),
		    NULL);
		return;
	}
	/* Whoever has gone gets none made. */
	if (request->conn != NULL)
		reply_ok(request->form, &request->argv, payload, &reply);
	else
		json_decref(payload);
	conn_answer(request, &reply);
}

void
request_fail(struct request *request, const char *type, const char *fmt, ...)
{
	struct buf message = { 0 }, reply = { 0 };
	va_list ap;

	va_start(ap, fmt);
	buf_addv(&message, fmt, ap);
	va_end(ap);
	if (message.p == NULL)
		buf_adds(&message, "");
	if (request->done != NULL) {
		end_inside(request, NULL, reply_error_json(type, message.p));
	} else {
		reply_error(request->form, type, message.p, &reply);
		conn_answer(request, &reply);
	}
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
	struct request *of = conn_outermost(r);
	struct peer *peer = of->conn != NULL ? &of->conn->peer : &of->peer;

	if (of->all != NULL && peer_may(peer, right, &of->all->policy))
		return true;
	if (of->all != NULL)
		of->all->counters.refused++;
	request_fail(r, "PermissionError", "%s is for %s", r->argv.v[0],
	    who[right]);
	return false;
}

static void
dispatch(struct conns *all, struct request *r)
{
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
	struct request *of = conn_outermost(outer);

	of->has_inside = true;
	r->odd = request_odd_word(words, &r->odd_type);
	r->outer = outer;
	r->done = done;
	r->done_arg = arg;
	if (depth_of(r) > INSIDE_MAX)
		request_fail(r, "ValueError", "commands are nested too deep");
	else if (request_words(words, &r->argv) == -1)
		request_fail(r, "ValueError", "a command is a list that "
		    "begins with its name");
	else if (of->all == NULL)
		request_fail(r, "Exception", "shutting down");
	else
		dispatch(of->all, r);
}

size_t
request_odd(const struct request *r, const char **type)
{
	*type = r->odd_type;
	return r->odd;
}

/* A list without words is one that fail2ban answers, too. */
static void
run_words(struct conn *c, struct request *r)
{
	r->conn = c;
	r->all = c->all;
	c->request = r;
	event_del(c->deadline);
	if (!peer_may(&c->peer, RIGHT_CONFIGURE, &c->all->policy)) {
		r->open = c->all->open;
		++*r->open;
	}
	if (r->open != NULL && *r->open > 1 + SERVER_OPEN_MAX)
		request_fail(r, "Exception", "too many commands have no "
		    "answer yet");
	else if (r->argv.n > 0)
		dispatch(c->all, r);
	else
		request_fail(r, "IndexError", "list index out of range");
}

void
conn_read(struct conn *c, struct request *r, size_t n, const char *why)
{
	if (why != NULL && r->form == REQUEST_JSON)
		cut_off(c, r->form, why);
	else if (why != NULL)
		complain(c, r->form, why);
	evbuffer_drain(bufferevent_get_input(c->bev),
	    n + request_end_of(r->form).n);
	if (c->closing || why != NULL)
		conn_request_free(r);
	else
		run_words(c, r);
}

/* The first n bytes of the input. */
static void
run_text(struct conn *c, enum request_form form, size_t n)
{
	struct evbuffer *input = bufferevent_get_input(c->bev);
	struct request *r = xcalloc(1, sizeof(*r));
	const char *why = NULL;
	const char *p = n > 0 ?
	    (const char *)evbuffer_pullup(input, (ssize_t)n) : "";
	struct span text = span_from(p, n);

	if (p == NULL)
		log_fatal(LOGGER, "out of memory");
	r->form = form;
	c->scanned = 0;
	if (form == REQUEST_PICKLE && span_eq(text, REQUEST_CLOSE))
		c->closing = true;
	else if (form == REQUEST_JSON || n <= CONN_READ_SHORT)
		(void)request_parse(form, text, &r->argv, &why);
	else {
		conn_long_read(c, r, text);
		return;
	}
	conn_read(c, r, n, why);
}

/* Runs the next request, if there is one and its turn has come. */
static void
run_next(struct conn *c)
{
	struct evbuffer *input = bufferevent_get_input(c->bev);
	size_t length = evbuffer_get_length(input);
	enum request_form form;
	struct evbuffer_ptr at;
	struct span end;
	char first;

	if (c->request != NULL || c->reading != NULL || c->closing ||
	    length == 0 ||
	    evbuffer_get_length(output_of(c)) > 0 ||
	    evbuffer_copyout(input, &first, 1) != 1)
		return;
	form = request_form_of(first);
	end = request_end_of(form);
	if (form == REQUEST_JSON && first != '[') {
		cut_off(c, form, "a request begins with '['");
		return;
	}
	at.pos = -1;
	if (evbuffer_ptr_set(input, &at, c->scanned, EVBUFFER_PTR_SET) == 0)
		at = evbuffer_search(input, end.p, end.n, &at);
	if (at.pos >= 0 && (size_t)at.pos + end.n <= SERVER_REQUEST_MAX)
		run_text(c, form, (size_t)at.pos);
	else if (length >= SERVER_REQUEST_MAX)
		cut_off(c, form, "the request is too long");
	else if (length >= end.n)
		c->scanned = length - (end.n - 1);
}

/* After the client's last byte, and with nothing left to do for it. */
static bool
is_over(const struct conn *c)
{
	return c->request == NULL && c->reading == NULL &&
	    (c->closing || c->eof) &&
	    evbuffer_get_length(output_of(c)) == 0;
}

static void
on_read(struct bufferevent *bev, void *arg)
{
	struct conn *c = arg;

	(void)bev;
	clock_tick();
	run_next(c);
	if (is_over(c))
		conn_free(c);
}

static void
on_written(struct bufferevent *bev, void *arg)
{
	struct conn *c = arg;

	(void)bev;
	clock_tick();
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
	/* One write, whenever the socket takes it: some clients pad reads. */
	bufferevent_set_max_single_write(c->bev, SERVER_REPLY_MAX);
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
	struct buf reply = { 0 };

	if (c->request != NULL) {
		enum request_form form = c->request->form;

		conn_gone_add(c);
		reply_stopping(form, &reply);
		answer(c, form, &reply);
	}
	bufferevent_disable(c->bev, EV_READ | EV_WRITE);
	/* A bufferevent keeps its output from being drained by others. */
	evbuffer_unfreeze(output, 1);
	while (evbuffer_get_length(output) > 0 &&
	    evbuffer_write(output, bufferevent_getfd(c->bev)) > 0)
		;
}
