/*
 * What a client may send: the whole way through a server, whose every reply
 * must be a line of JSON or a pickle with its end, and the parser of a JSON
 * request on its own.
 */
#include <errno.h>
#include <event2/event.h>
#include <fcntl.h>
#include <jansson.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/log.h"
#include "control/payload.h"
#include "control/peer.h"
#include "control/request.h"
#include "control/server.h"

#define MUST(x) ((x) ? (void)0 : abort())

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct event_base *base;
static struct sockaddr_un sun = { .sun_family = AF_UNIX };
static socklen_t sun_len;

static int
load_nobody(int fd, struct peer *out)
{
	(void)fd;
	*out = (struct peer){ .uid = 65534, .gid = 500 };
	return 0;
}

static void
echo(struct request *r, size_t argc, const char *const *argv, void *arg)
{
	json_t *list = json_array();

	(void)arg;
	for (size_t i = 0; i < argc; i++)
		json_array_append_new(list, payload_text(span_of(argv[i])));
	request_reply(r, list);
}

static void
root_only(struct request *r, size_t argc, const char *const *argv, void *arg)
{
	(void)r;
	(void)argc;
	(void)argv;
	(void)arg;
	abort();
}

static const struct command commands[] = {
	{ "echo", "", "", RIGHT_READ, echo },
	{ "ban", "", "", RIGHT_BAN, root_only },
	{ "set", "", "", RIGHT_CONFIGURE, root_only },
	{ .name = NULL },
};

static void
start(void)
{
	struct server_options options = {
		.commands = commands, .read_gid = 500, .ban_gid = -1,
		.load_peer = load_nobody,
	};

	signal(SIGPIPE, SIG_IGN);
	log_set_level(LEVEL_CRITICAL);
	base = event_base_new();
	options.fd = socket(AF_UNIX, SOCK_STREAM, 0);
	/* An abstract name: nothing is left behind. */
	sun_len = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 +
	    snprintf(sun.sun_path + 1, 64, "gaol-fuzz-request-%d",
	    (int)getpid()));
	MUST(bind(options.fd, (struct sockaddr *)&sun, sun_len) == 0);
	MUST(listen(options.fd, 16) == 0);
	MUST(server_new(base, &options) != NULL);
}

static void
check_replies(struct span replies)
{
	const struct span end = request_end_of(REQUEST_PICKLE);
	struct span line;

	while (replies.n > 0) {
		size_t n = span_find(replies, end);
		json_t *reply;

		if ((uint8_t)replies.p[0] == 0x80) {
			MUST(n != SPAN_NONE && replies.p[n - 1] == '.');
			replies = span_skip(replies, n + end.n);
			continue;
		}
		MUST(span_cut(&replies, '\n', &line));
		reply = json_loadb(line.p, line.n, 0, NULL);

		MUST(json_object_size(reply) == 1);
		MUST(json_object_get(reply, "ok") != NULL ||
		    json_object_get(reply, "error") != NULL);
		json_decref(reply);
	}
}

static void
talk(const uint8_t *data, size_t size)
{
	struct buf replies = { 0 };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);
	ssize_t n = -1;

	MUST(connect(fd, (struct sockaddr *)&sun, sun_len) == 0);
	for (size_t at = 0; n != 0; ) {
		event_base_loop(base, EVLOOP_NONBLOCK);
		if (at < size) {
			n = send(fd, data + at, size - at, MSG_NOSIGNAL);
			at = n > 0 ? at + (size_t)n :
			    errno == EAGAIN ? at : size;
			if (at == size)
				shutdown(fd, SHUT_WR);
		} else if (size == 0) {
			shutdown(fd, SHUT_WR);
		}
		n = recv(fd, buf_reserve(&replies, 4096), 4096, 0);
		if (n > 0)
			replies.n += (size_t)n;
		else if (n == -1 && errno != EAGAIN)
			break;
	}
	close(fd);
	check_replies(buf_span(&replies));
	buf_fini(&replies);
}

/* What was taken as words comes back the same from its own JSON. */
static void
parse_twice(struct span text)
{
	struct strings first = { 0 }, second = { 0 };
	json_t *array;
	const char *why;
	char *again;

	if (request_parse(REQUEST_JSON, text, &first, &why) == -1) {
		MUST(first.n == 0);
		return;
	}
	array = payload_texts(&first);
	again = json_dumps(array, JSON_COMPACT);
	MUST(request_parse(REQUEST_JSON, span_of(again), &second,
	    &why) == 0);
	MUST(strings_eq(&first, &second));
	json_decref(array);
	free(again);
	strings_fini(&first);
	strings_fini(&second);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (base == NULL)
		start();
	parse_twice(span_from(data, size));
	talk(data, size);
	return 0;
}
