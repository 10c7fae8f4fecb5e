#include "control/client.h"

#include <errno.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#define REPLY_MAX (80u << 20)   /* above what a server sends */
#define READ_SIZE (64u << 10)

/* The one call's deadline; milliseconds of CLOCK_MONOTONIC, -1 none. */
struct deadline {
	int64_t ms;
};

static int64_t
now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

/* 0, or -1 with errno ETIMEDOUT or poll's. */
static int
wait_for(int fd, short events, struct deadline deadline)
{
	struct pollfd p = { .fd = fd, .events = events };

	for (;;) {
		int64_t left = deadline.ms < 0 ? -1 : deadline.ms - now_ms();
		int n;

		if (deadline.ms >= 0 && left <= 0)
			break;
		n = poll(&p, 1, (int)left);
		if (n > 0)
			return 0;
		if (n == 0)
			break;
		if (errno != EINTR)
			return -1;
	}
	errno = ETIMEDOUT;
	return -1;
}

static int
open_socket(const char *path, int timeout)
{
	struct sockaddr_un sun = { .sun_family = AF_UNIX };
	const struct timeval tv = { .tv_sec = timeout };
	int fd, saved;

	if (strlen(path) >= sizeof(sun.sun_path)) {
		errno = ENAMETOOLONG;
		return -1;
	}
	memcpy(sun.sun_path, path, strlen(path));
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd == -1)
		return -1;
	/* Bounds the wait for a place in the server's backlog. */
	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &tv, sizeof(tv));
	if (connect(fd, (const struct sockaddr *)&sun, sizeof(sun)) == 0)
		return fd;
	saved = errno == EAGAIN ? ETIMEDOUT : errno;
	close(fd);
	errno = saved;
	return -1;
}

static char *
make_request(size_t argc, const char *const *argv)
{
	json_t *array = json_array();
	char *text = NULL;

	errno = EILSEQ;
	for (size_t i = 0; i < argc; i++)
		if (json_array_append_new(array, json_string(argv[i])) == -1)
			goto out;
	text = json_dumps(array, JSON_COMPACT);
out:
	json_decref(array);
	return text;
}

/*
 * A server that refuses the request answers and closes before it has read
 * everything; the reply is worth more than EPIPE.
 */
static int
send_request(int fd, struct span text, struct deadline deadline)
{
	while (text.n > 0) {
		ssize_t n;

		if (wait_for(fd, POLLOUT, deadline) == -1)
			return -1;
		n = send(fd, text.p, text.n, MSG_NOSIGNAL | MSG_DONTWAIT);
		if (n >= 0)
			text = span_skip(text, (size_t)n);
		else if (errno == EPIPE || errno == ECONNRESET)
			return 0;
		else if (errno != EAGAIN && errno != EINTR)
			return -1;
	}
	return 0;
}

/* Reads up to the newline. */
static int
receive_reply(int fd, struct buf *reply, struct deadline deadline)
{
	while (reply->n < REPLY_MAX) {
		char *to = buf_reserve(reply, READ_SIZE);
		ssize_t n;

		if (wait_for(fd, POLLIN, deadline) == -1)
			return -1;
		n = recv(fd, to, READ_SIZE, MSG_DONTWAIT);
		if (n == -1 && (errno == EAGAIN || errno == EINTR))
			continue;
		if (n == -1)
			return -1;
		if (n == 0) {
			errno = ECONNRESET;
			return -1;
		}
		reply->n += (size_t)n;
		if (to[n - 1] == '\n')
			return 0;
	}
	errno = EPROTO;
	return -1;
}

static int
exchange(const char *socket, struct span request, struct buf *reply,
    int timeout)
{
	struct deadline deadline = { timeout > 0 ?
	    now_ms() + (int64_t)timeout * 1000 : -1 };
	int fd = open_socket(socket, timeout);
	int rc, saved;

	if (fd == -1)
		return -1;
	rc = send_request(fd, request, deadline);
	if (rc == 0)
		rc = receive_reply(fd, reply, deadline);
	saved = errno;
	close(fd);
	errno = saved;
	return rc;
}

static json_t *
read_reply(const struct buf *reply, char type[CLIENT_TYPE_MAX],
    struct buf *error)
{
	json_t *object = json_loadb(reply->p, reply->n, 0, NULL);
	json_t *payload = json_incref(json_object_get(object, "ok"));
	const char *message, *name;

	errno = 0;
	if (payload == NULL && json_unpack(object, "{s:{s:s,s:s}}", "error",
	    "type", &name, "message", &message) == 0) {
		snprintf(type, CLIENT_TYPE_MAX, "%s", name);
		buf_adds(error, message);
	} else if (payload == NULL) {
		errno = EPROTO;
	}
	json_decref(object);
	return payload;
}

static void
add_socket_error(struct buf *error, const char *socket, int timeout)
{
	switch (errno) {
	case EILSEQ:
		buf_adds(error, "an argument is not valid UTF-8");
		break;
	case ENAMETOOLONG:
		buf_addf(error, "%s: a socket's path may have %zu bytes, "
		    "this one has %zu", socket,
		    sizeof(((struct sockaddr_un *)0)->sun_path) - 1,
		    strlen(socket));
		break;
	case ETIMEDOUT:
		buf_addf(error, "%s: no answer within %d s", socket, timeout);
		break;
	case EPROTO:
		buf_addf(error, "%s: what answers there is not gaold", socket);
		break;
	default:
		buf_addf(error, "%s: %s", socket, strerror(errno));
	}
}

json_t *
client_request(const char *socket, size_t argc, const char *const *argv,
    int timeout, char type[CLIENT_TYPE_MAX], struct buf *error)
{
	struct buf request = { 0 }, reply = { 0 };
	json_t *payload = NULL;
	char *text = make_request(argc, argv);
	int saved = errno;

	if (text != NULL) {
		buf_adds(&request, text);
		buf_addc(&request, '\n');
		if (exchange(socket, buf_span(&request), &reply,
		    timeout) == 0)
			payload = read_reply(&reply, type, error);
		saved = errno;
	}
	free(text);
	buf_fini(&request);
	buf_fini(&reply);
	errno = saved;
	if (payload == NULL && errno != 0) {
		snprintf(type, CLIENT_TYPE_MAX, "ConnectionError");
		add_socket_error(error, socket, timeout);
		errno = saved;
	}
	return payload;
}
