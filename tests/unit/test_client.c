/* The client against a peer that does what a server must not. */
#include "control/client.h"

#include <errno.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>
#include <cmocka.h>

#include "base/xalloc.h"

/* A peer in a thread: reads one line, writes `reply` in pieces, closes. */
struct peer {
	char dir[64];
	struct sockaddr_un sun;
	int listener;
	pthread_t thread;
	const char *reply;
	size_t piece;        /* bytes of one write; 0: all */
	bool deaf;           /* answers without having read */
	bool silent;         /* waits for the client's end instead */
	char request[256];   /* the first bytes of what came */
	size_t got;
};

static void
read_request(struct peer *p, int fd)
{
	static char text[1 << 16];
	ssize_t n;

	while ((n = read(fd, text, sizeof(text))) > 0) {
		size_t room = sizeof(p->request) - 1;

		if (p->got < room)
			memcpy(p->request + p->got, text,
			    (size_t)n < room - p->got ? (size_t)n :
			    room - p->got);
		p->got += (size_t)n;
		if (!p->silent && text[n - 1] == '\n')
			break;
	}
}

static void *
serve(void *arg)
{
	struct peer *p = arg;
	int fd = accept(p->listener, NULL, NULL);
	size_t n = p->reply != NULL ? strlen(p->reply) : 0;

	if (!p->deaf)
		read_request(p, fd);
	for (size_t at = 0; at < n; ) {
		size_t piece = p->piece > 0 && p->piece < n - at ? p->piece :
		    n - at;
		ssize_t sent = send(fd, p->reply + at, piece, MSG_NOSIGNAL);

		if (sent <= 0)
			break;
		at += (size_t)sent;
	}
	close(fd);
	return NULL;
}

static void
listen_at(struct peer *p)
{
	snprintf(p->dir, sizeof(p->dir), "/tmp/gaol-client-XXXXXX");
	assert_non_null(mkdtemp(p->dir));
	p->sun.sun_family = AF_UNIX;
	snprintf(p->sun.sun_path, sizeof(p->sun.sun_path), "%s/s", p->dir);
	p->listener = socket(AF_UNIX, SOCK_STREAM, 0);
	assert_int_equal(bind(p->listener, (struct sockaddr *)&p->sun,
	    sizeof(p->sun)), 0);
	assert_int_equal(listen(p->listener, 1), 0);
}

static void
finish(struct peer *p)
{
	if (p->listener != -1)
		close(p->listener);
	unlink(p->sun.sun_path);
	rmdir(p->dir);
}

/* What one request comes to. */
struct outcome {
	json_t *payload;
	char type[CLIENT_TYPE_MAX];
	struct buf error;
	int number;
};

static struct outcome
request(struct peer *p, size_t argc, const char *const *argv, int timeout)
{
	struct outcome o = { 0 };

	listen_at(p);
	assert_int_equal(pthread_create(&p->thread, NULL, serve, p), 0);
	o.payload = client_request(p->sun.sun_path, argc, argv, timeout,
	    o.type, &o.error);
	o.number = errno;
	pthread_join(p->thread, NULL);
	finish(p);
	return o;
}

static void
forget(struct outcome *o)
{
	json_decref(o->payload);
	buf_fini(&o->error);
}

static const char *const ping[] = { "ping" };

static void
sends_words_and_takes_the_payload(void **state)
{
	static const char *const words[] = { "ban", "j \"x\"\n", "\xc3\xbc",
		"" };
	struct peer p = { .reply = "{\"ok\":[1,\"a\"]}\n", .piece = 1 };
	struct outcome o = request(&p, 4, words, 5);

	(void)state;
	assert_non_null(o.payload);
	assert_int_equal(json_array_size(o.payload), 2);
	assert_string_equal(p.request,
	    "[\"ban\",\"j \\\"x\\\"\\n\",\"\xc3\xbc\",\"\"]\n");
	forget(&o);
}

static void
takes_null_as_a_payload(void **state)
{
	struct peer p = { .reply = "{\"ok\":null}\n" };
	struct outcome o = request(&p, 1, ping, 5);

	(void)state;
	assert_true(json_is_null(o.payload));
	forget(&o);
}

static void
tells_the_servers_error(void **state)
{
	struct peer p = { .reply = "{\"error\":{\"type\":"
	    "\"UnknownJailException\",\"message\":\"x\"}}\n" };
	struct outcome o = request(&p, 1, ping, 5);

	(void)state;
	assert_null(o.payload);
	assert_int_equal(o.number, 0);
	assert_string_equal(o.type, "UnknownJailException");
	assert_string_equal(o.error.p, "x");
	forget(&o);
}

static void
cuts_a_long_type(void **state)
{
	struct peer p = { .reply = "{\"error\":{\"type\":\""
	    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
	    "aaaaaaaaaaaaaaaa\",\"message\":\"\"}}\n" };
	struct outcome o = request(&p, 1, ping, 5);

	(void)state;
	assert_int_equal(strlen(o.type), CLIENT_TYPE_MAX - 1);
	forget(&o);
}

static void
refuses_what_is_no_reply(void **state)
{
	static const struct {
		const char *reply;
		int number;
	} bad[] = {
		{ "{}\n", EPROTO },
		{ "hello\n", EPROTO },
		{ "\x80\x05\x95\n", EPROTO },
		{ "{\"error\":\"x\"}\n", EPROTO },
		{ "{\"error\":{\"type\":1,\"message\":\"x\"}}\n", EPROTO },
		{ "[]\n", EPROTO },
		{ "{\"ok\":1}", ECONNRESET },   /* cut off */
		{ "", ECONNRESET },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct peer p = { .reply = bad[i].reply };
		struct outcome o = request(&p, 1, ping, 5);

		assert_null(o.payload);
		assert_int_equal(o.number, bad[i].number);
		assert_string_equal(o.type, "ConnectionError");
		assert_true(o.error.n > 0);
		forget(&o);
	}
}

/* A refusal that comes before everything was sent still gets through. */
static void
reads_the_refusal_of_a_long_request(void **state)
{
	size_t n = 4u << 20;
	char *text = xmalloc(n + 1);
	const char *const words[] = { text };
	struct peer p = { .deaf = true, .reply =
	    "{\"error\":{\"type\":\"ValueError\",\"message\":\"long\"}}\n" };
	struct outcome o;

	(void)state;
	memset(text, 'x', n);
	text[n] = '\0';
	o = request(&p, 1, words, 5);
	assert_null(o.payload);
	assert_string_equal(o.type, "ValueError");
	forget(&o);
	free(text);
}

static void
gives_up_after_its_time(void **state)
{
	struct peer p = { .silent = true };
	struct outcome o = request(&p, 1, ping, 1);

	(void)state;
	assert_null(o.payload);
	assert_int_equal(o.number, ETIMEDOUT);
	assert_non_null(strstr(o.error.p, "no answer within 1 s"));
	forget(&o);
}

/* Nobody accepts, and the backlog is full: connect(2) itself waits. */
static void
gives_up_in_the_backlog(void **state)
{
	struct peer p = { 0 };
	struct outcome o = { 0 };
	int fds[64];
	size_t n = 0;

	(void)state;
	listen_at(&p);
	while (n < 64) {
		fds[n] = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);
		if (connect(fds[n++], (struct sockaddr *)&p.sun,
		    sizeof(p.sun)) == -1)
			break;
	}
	assert_int_equal(errno, EAGAIN);
	o.payload = client_request(p.sun.sun_path, 1, ping, 1, o.type,
	    &o.error);
	assert_int_equal(errno, ETIMEDOUT);
	assert_null(o.payload);
	forget(&o);
	while (n > 0)
		close(fds[--n]);
	finish(&p);
}

static void
names_what_is_wrong_with_the_socket(void **state)
{
	static const char *const latin[] = { "ban", "\xe9" };
	char path[200];
	struct peer p = { 0 };
	struct outcome o = { 0 };

	(void)state;
	listen_at(&p);
	close(p.listener);
	p.listener = -1;
	o.payload = client_request(p.sun.sun_path, 1, ping, 1, o.type,
	    &o.error);
	assert_int_equal(errno, ECONNREFUSED);
	assert_null(o.payload);
	assert_non_null(strstr(o.error.p, p.sun.sun_path));
	finish(&p);
	buf_clear(&o.error);
	assert_null(client_request(p.sun.sun_path, 1, ping, 1, o.type,
	    &o.error));
	assert_int_equal(errno, ENOENT);
	memset(path, 'p', sizeof(path));
	path[sizeof(path) - 1] = '\0';
	buf_clear(&o.error);
	assert_null(client_request(path, 1, ping, 1, o.type, &o.error));
	assert_int_equal(errno, ENAMETOOLONG);
	assert_non_null(strstr(o.error.p, "107"));
	buf_clear(&o.error);
	assert_null(client_request(p.sun.sun_path, 2, latin, 1, o.type,
	    &o.error));
	assert_int_equal(errno, EILSEQ);
	assert_string_equal(o.type, "ConnectionError");
	forget(&o);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sends_words_and_takes_the_payload),
		cmocka_unit_test(takes_null_as_a_payload),
		cmocka_unit_test(tells_the_servers_error),
		cmocka_unit_test(cuts_a_long_type),
		cmocka_unit_test(refuses_what_is_no_reply),
		cmocka_unit_test(reads_the_refusal_of_a_long_request),
		cmocka_unit_test(gives_up_after_its_time),
		cmocka_unit_test(gives_up_in_the_backlog),
		cmocka_unit_test(names_what_is_wrong_with_the_socket),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
