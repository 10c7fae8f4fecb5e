#include "control/server.h"

#include <errno.h>
#include <event2/event.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/log.h"
#include "base/xalloc.h"
#include "control/conn.h"

#define LOGGER "gaol.control"
#define ACCEPTS_A_WAKE 16     /* fewer than slots: nobody is displaced before
                                 his first bytes were looked at */
#define ACCEPT_PAUSE_MS 500   /* when descriptors or memory ran out */

struct server {
	struct event *accept;
	struct event *resume;
	struct conns conns;
};

/* Ends the client that has been idle longest. False: every one is busy. */
static bool
displace(struct server *s)
{
	struct conn *c;

	TAILQ_FOREACH(c, &s->conns.list, link)
		if (c->request == NULL)
			break;
	if (c == NULL)
		return false;
	s->conns.counters.refused++;
	conn_free(c);
	return true;
}

static void
refuse(struct server *s, int fd, const char *why)
{
	struct buf text = { 0 };

	s->conns.counters.refused++;
	log_info(LOGGER, "client turned away: %s", why);
	buf_addf(&text, "{\"error\":{\"type\":\"ConnectionError\","
	    "\"message\":\"%s\"}}\n", why);
	/* Whatever does not fit into a fresh socket's buffer is lost. */
	(void)!send(fd, text.p, text.n, MSG_NOSIGNAL | MSG_DONTWAIT);
	buf_fini(&text);
	close(fd);
}

static void
welcome(struct server *s, int fd)
{
	struct peer peer = { 0 };

	if (s->conns.options.load_peer(fd, &peer) == -1) {
		refuse(s, fd, "who you are is not known");
		return;
	}
	if (s->conns.n >= SERVER_CLIENTS_MAX && !displace(s)) {
		peer_fini(&peer);
		refuse(s, fd, "too many clients");
		return;
	}
	conn_new(&s->conns, fd, &peer);
}

/*
 * Out of descriptors the listening socket stays readable: without a pause the
 * loop would spin.
 */
static void
accept_failed(struct server *s)
{
	const struct timeval pause = { 0, ACCEPT_PAUSE_MS * 1000L };

	if (errno == EAGAIN || errno == EINTR || errno == ECONNABORTED)
		return;
	log_warning(LOGGER, "accept: %s", strerror(errno));
	displace(s);
	event_del(s->accept);
	event_add(s->resume, &pause);
}

static void
on_accept(evutil_socket_t fd, short what, void *arg)
{
	struct server *s = arg;

	(void)what;
	for (int i = 0; i < ACCEPTS_A_WAKE; i++) {
		int client = accept4(fd, NULL, NULL,
		    SOCK_NONBLOCK | SOCK_CLOEXEC);

		/*
		 * Only the first one is known to have somebody waiting: with
		 * all descriptors in use EMFILE comes before EAGAIN.
		 */
		if (client == -1) {
			if (i == 0)
				accept_failed(s);
			return;
		}
		welcome(s, client);
	}
}

static void
on_resume(evutil_socket_t fd, short what, void *arg)
{
	struct server *s = arg;

	(void)fd;
	(void)what;
	event_add(s->accept, NULL);
}

struct server *
server_new(struct event_base *base, const struct server_options *options)
{
	struct server *s;
	int flags = fcntl(options->fd, F_GETFL);

	if (flags == -1 ||
	    fcntl(options->fd, F_SETFL, flags | O_NONBLOCK) == -1)
		return NULL;
	s = xcalloc(1, sizeof(*s));
	s->conns.base = base;
	s->conns.options = *options;
	if (s->conns.options.idle_ms == 0)
		s->conns.options.idle_ms = SERVER_IDLE_MS;
	if (s->conns.options.load_peer == NULL)
		s->conns.options.load_peer = peer_load;
	s->conns.policy = (struct peer_policy){ geteuid(), options->read_gid,
		options->ban_gid };
	s->conns.open = xcalloc(1, sizeof(*s->conns.open));
	*s->conns.open = 1;
	s->conns.work = work_queue_new(base);
	TAILQ_INIT(&s->conns.list);
	LIST_INIT(&s->conns.gone);
	s->accept = event_new(base, options->fd, EV_READ | EV_PERSIST,
	    on_accept, s);
	s->resume = evtimer_new(base, on_resume, s);
	if (s->accept == NULL || s->resume == NULL)
		log_fatal(LOGGER, "out of memory");
	event_add(s->accept, NULL);
	return s;
}

void
server_free(struct server *s)
{
	struct conn *c;

	if (s == NULL)
		return;
	while ((c = TAILQ_FIRST(&s->conns.list)) != NULL) {
		conn_flush(c);
		conn_free(c);
	}
	conn_gone_forget(&s->conns);
	work_queue_free(s->conns.work);
	event_free(s->accept);
	event_free(s->resume);
	close(s->conns.options.fd);
	conn_gone_drop(s->conns.open);
	free(s);
}

void
server_counters(const struct server *s, struct server_counters *out)
{
	*out = s->conns.counters;
}
