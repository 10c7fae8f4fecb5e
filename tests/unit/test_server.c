/* The control socket over real UNIX sockets, with hostile clients. */
#include "control/server.h"

#include <errno.h>
#include <event2/event.h>
#include <fcntl.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>
#include <cmocka.h>

#include "base/buf.h"
#include "base/log.h"
#include "base/xalloc.h"
#include "control/payload.h"
#include "control/peer.h"

struct fixture {
	char dir[64];
	struct sockaddr_un sun;
	struct event_base *base;
	struct server *server;
	struct request *kept[512];
	size_t kept_n;
	size_t runs;
	size_t steps, dropped;   /* of work */
	json_t *inner;
};

static struct peer as;   /* who every client is */
static gid_t as_groups[4];

static int
fake_peer(int fd, struct peer *out)
{
	(void)fd;
	if (as.uid == -1) {
		errno = ENODATA;
		return -1;
	}
	*out = as;
	out->groups = xcalloc(as.groups_n + 1, sizeof(gid_t));
	memcpy(out->groups, as_groups, as.groups_n * sizeof(gid_t));
	return 0;
}

static void
become(int64_t uid, int64_t gid, gid_t group)
{
	as = (struct peer){ .uid = uid, .gid = gid };
	as_groups[0] = group;
	as.groups_n = group != 0;
}

static void
run_echo(struct request *r, size_t argc, const char *const *argv, void *arg)
{
	struct fixture *f = arg;
	json_t *list = json_array();

	f->runs++;
	for (size_t i = 0; i < argc; i++)
		json_array_append_new(list, json_string(argv[i]));
	request_reply(r, list);
}

static void
run_keep(struct request *r, size_t argc, const char *const *argv, void *arg)
{
	struct fixture *f = arg;

	(void)argc;
	(void)argv;
	f->runs++;
	f->kept[f->kept_n++] = r;
}

/* Work of argv[1] steps, then a list of as many texts. */
struct steps {
	struct work work;
	struct fixture *f;
	struct request *request;
	size_t done, all;
};

static bool
steps_step(struct work *work)
{
	struct steps *s = (struct steps *)work;
	struct rolls rolls = { 0 };
	struct roll *roll;

	s->f->steps++;
	if (s->done++ < s->all)
		return true;
	roll = rolls_add(&rolls);
	for (size_t i = 0; i < s->all; i++)
		roll_add(roll, SPAN("x"));
	request_reply_long(s->request, roll_mark(roll), &rolls);
	free(s);
	return false;
}

static void
steps_drop(struct work *work)
{
	struct steps *s = (struct steps *)work;

	s->f->dropped++;
	request_fail(s->request, "ConnectionError", "gone");
	free(s);
}

static void
run_steps(struct request *r, size_t argc, const char *const *argv, void *arg)
{
	struct steps *s = xcalloc(1, sizeof(*s));

	s->f = arg;
	s->request = r;
	s->all = argc > 1 ? strtoul(argv[1], NULL, 10) : 0;
	s->work.step = steps_step;
	s->work.drop = steps_drop;
	s->work.is_short = s->all <= WORK_SHORT;
	request_work(r, &s->work);
}

/* A reply of argv[1] bytes. */
static void
run_big(struct request *r, size_t argc, const char *const *argv, void *arg)
{
	size_t n = argc > 1 ? strtoul(argv[1], NULL, 10) : 0;
	char *text = xmalloc(n + 1);

	(void)arg;
	memset(text, 'x', n);
	request_reply(r, payload_text(span_from(text, n)));
	free(text);
}

static void
run_fail(struct request *r, size_t argc, const char *const *argv, void *arg)
{
	(void)argc;
	(void)arg;
	request_fail(r, "UnknownJailException", "%s", argv[1]);
}

/* One word of its own behind each: a command inside. */
static void
on_inner(const json_t *payload, const json_t *error, void *arg)
{
	struct fixture *f = arg;

	json_array_append_new(f->inner, error != NULL ?
	    json_copy((json_t *)(uintptr_t)error) :
	    json_deep_copy(payload));
}

static void
run_stream(struct request *r, size_t argc, const char *const *argv, void *arg)
{
	struct fixture *f = arg;
	json_t *list = json_loads(argv[argc - 1], 0, NULL);

	f->inner = json_array();
	for (size_t i = 0; i < json_array_size(list); i++)
		request_inside(r, json_array_get(list, i), on_inner, f);
	json_decref(list);
	request_reply(r, f->inner);
}

static const struct command commands[] = {
	{ "echo", "WORD…", "", RIGHT_READ, run_echo },
	{ "keep", "", "", RIGHT_READ, run_keep },
	{ "big", "N", "", RIGHT_READ, run_big },
	{ "steps", "N", "", RIGHT_READ, run_steps },
	{ "fail", "TEXT", "", RIGHT_READ, run_fail },
	{ "stream", "JSON", "", RIGHT_READ, run_stream },
	{ "ban", "", "", RIGHT_BAN, run_echo },
	{ "set", "", "", RIGHT_CONFIGURE, run_echo },
	{ .name = NULL },
};

static struct server *
start(struct fixture *f, int idle_ms)
{
	struct server_options options = {
		.commands = commands, .read_gid = 500, .ban_gid = 600,
		.arg = f, .idle_ms = idle_ms, .load_peer = fake_peer,
	};

	options.fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_int_not_equal(options.fd, -1);
	assert_int_equal(bind(options.fd, (struct sockaddr *)&f->sun,
	    sizeof(f->sun)), 0);
	assert_int_equal(listen(options.fd, 128), 0);
	return server_new(f->base, &options);
}

static int
setup(void **state)
{
	struct fixture *f = xcalloc(1, sizeof(*f));

	snprintf(f->dir, sizeof(f->dir), "/tmp/gaol-server-XXXXXX");
	assert_non_null(mkdtemp(f->dir));
	f->sun.sun_family = AF_UNIX;
	snprintf(f->sun.sun_path, sizeof(f->sun.sun_path), "%s/s", f->dir);
	f->base = event_base_new();
	become(0, 0, 0);
	f->server = start(f, 600000);   /* nobody idles in a busy machine */
	assert_non_null(f->server);
	*state = f;
	return 0;
}

static int
teardown(void **state)
{
	struct fixture *f = *state;

	server_free(f->server);
	for (size_t i = 0; i < f->kept_n; i++)
		if (f->kept[i] != NULL)
			request_reply(f->kept[i], json_true());
	event_base_free(f->base);
	unlink(f->sun.sun_path);
	rmdir(f->dir);
	free(f);
	return 0;
}

/* Not more: a work queue always has another. */
static void
one_turn(struct fixture *f)
{
	event_base_loop(f->base, EVLOOP_ONCE | EVLOOP_NONBLOCK);
}

/* Lets the server do what it can do now. */
static void
spin(struct fixture *f)
{
	for (int i = 0; i < 50; i++)
		one_turn(f);
}

static int
dial(struct fixture *f)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	assert_int_equal(connect(fd, (struct sockaddr *)&f->sun,
	    sizeof(f->sun)), 0);
	assert_int_equal(fcntl(fd, F_SETFL, O_NONBLOCK), 0);
	return fd;
}

static void
say(int fd, const char *text)
{
	assert_int_equal(send(fd, text, strlen(text), MSG_NOSIGNAL),
	    strlen(text));
}

/*
 * Reads until `lines` newlines have come or the server has closed; the result
 * lives until the next call. *closed tells which.
 */
static const char *
hear(struct fixture *f, int fd, int lines, bool *closed)
{
	static char text[1 << 16];
	size_t n = 0;
	bool end = false;

	for (int i = 0; lines > 0 && !end && i < 20000; i++) {
		ssize_t got;

		one_turn(f);
		got = recv(fd, text + n, 1, 0);
		end = got == 0 || (got == -1 && errno != EAGAIN);
		if (got == 1 && text[n++] == '\n')
			lines--;
	}
	text[n] = '\0';
	if (closed != NULL)
		*closed = end;
	return text;
}

static bool
is_closed(struct fixture *f, int fd)
{
	bool closed;

	hear(f, fd, 1, &closed);
	return closed;
}

/* Until its reply begins to come: a long one is made in many turns. */
static void
hear_begin(struct fixture *f, int fd)
{
	char c;

	for (int i = 0; i < 1000000; i++) {
		one_turn(f);
		if (recv(fd, &c, 1, MSG_PEEK) == 1)
			return;
	}
	fail_msg("no reply");
}

static struct server_counters
count(struct fixture *f)
{
	struct server_counters c;

	server_counters(f->server, &c);
	return c;
}

static void
answers_in_order(void **state)
{
	struct fixture *f = *state;
	int fd = dial(f);

	say(fd, "[\"echo\",\"a\"]\n[\"fail\",\"x\\ny\"]\n[\"nope\"]\n"
	    "[\"echo\",\"\\u00fc\"]\r\n");
	assert_string_equal(hear(f, fd, 4, NULL),
	    "{\"ok\":[\"echo\",\"a\"]}\n"
	    "{\"error\":{\"type\":\"UnknownJailException\","
	    "\"message\":\"x\\ny\"}}\n"
	    "{\"error\":{\"type\":\"Exception\","
	    "\"message\":\"Invalid command\"}}\n"
	    "{\"ok\":[\"echo\",\"\xc3\xbc\"]}\n");
	say(fd, "[\"echo\"]\n");
	assert_string_equal(hear(f, fd, 1, NULL), "{\"ok\":[\"echo\"]}\n");
	assert_int_equal(count(f).requests, 4);
	close(fd);
}

static void
takes_a_request_byte_by_byte(void **state)
{
	struct fixture *f = *state;
	const char *text = "[\"echo\",\"one\"]\n[\"echo\",\"two\"]\n";
	int fd = dial(f);

	for (const char *p = text; *p != '\0'; p++) {
		assert_int_equal(send(fd, p, 1, 0), 1);
		spin(f);
	}
	assert_string_equal(hear(f, fd, 2, NULL),
	    "{\"ok\":[\"echo\",\"one\"]}\n{\"ok\":[\"echo\",\"two\"]}\n");
	close(fd);
}

static void
runs_commands_inside_one(void **state)
{
	struct fixture *f = *state;
	int fd = dial(f);

	say(fd, "[\"stream\",\"[[\\\"echo\\\",1,true,null,[\\\"a\\\",2]],"
	    "[\\\"nope\\\"],[],5,[\\\"fail\\\",\\\"x\\\"]]\"]\n");
	assert_string_equal(hear(f, fd, 1, NULL),
	    "{\"ok\":[[\"echo\",\"1\",\"True\",\"None\",\"[\\\"a\\\",2]\"],"
	    "{\"type\":\"Exception\",\"message\":\"Invalid command\"},"
	    "{\"type\":\"ValueError\",\"message\":\"a command is a list that "
	    "begins with its name\"},"
	    "{\"type\":\"ValueError\",\"message\":\"a command is a list that "
	    "begins with its name\"},"
	    "{\"type\":\"UnknownJailException\",\"message\":\"x\"}]}\n");
	close(fd);
}

static void
keeps_the_rights_inside(void **state)
{
	struct fixture *f = *state;
	int fd;

	become(1000, 500, 0);
	fd = dial(f);
	say(fd, "[\"stream\",\"[[\\\"ban\\\"]]\"]\n");
	assert_string_equal(hear(f, fd, 1, NULL),
	    "{\"ok\":[{\"type\":\"PermissionError\",\"message\":"
	    "\"ban is for root or a member of the group that may ban\"}]}\n");
	assert_int_equal(count(f).refused, 1);
	close(fd);
}

#define END "<F2B_END_COMMAND>"

/* The server's next reply to a pickle, with its end. */
static struct span
hear_pickle(struct fixture *f, int fd)
{
	static char text[4096];
	size_t n = 0;

	for (int i = 0; i < 20000 && n < sizeof(text); i++) {
		one_turn(f);
		if (recv(fd, text + n, 1, 0) == 1)
			n++;
		if (span_ends(span_from(text, n), SPAN(END)))
			break;
	}
	return span_from(text, n);
}

#define HEARS(f, fd, literal) do { \
	struct span heard = hear_pickle(f, fd); \
	assert_int_equal(heard.n, sizeof(literal END) - 1); \
	assert_memory_equal(heard.p, literal END, heard.n); \
} while (0)

static void
answers_pickles(void **state)
{
	static const char requests[] =
	    "](U\x04" "echoU\x01xe." END
	    "\x80\x05\x95\x0e\0\0\0\0\0\0\0]\x94(\x8c\x04" "fail\x94\x8c\x01"
	    "j\x94" "e." END
	    "]." END "c__builtin__\neval\n." END
	    "[\"echo\",5,1.5,1e16,true,null,[1],{}]\n"
	    "<F2B_CLOSE_COMMAND>" END "[\"echo\"]\n";
	struct fixture *f = *state;
	int fd = dial(f);

	/* Byte by byte: neither a request nor an end come in one piece. */
	for (size_t i = 0; i < sizeof(requests) - 1; i++) {
		/* Behind its leave nobody listens. */
		(void)!send(fd, requests + i, 1, MSG_NOSIGNAL);
		one_turn(f);
	}
	HEARS(f, fd, "\x80\x05\x95\x14\0\0\0\0\0\0\0K\0]\x94(\x8c\x04" "echo"
	    "\x94\x8c\x01x\x94" "e\x86\x94.");
	HEARS(f, fd, "\x80\x05\x95<\0\0\0\0\0\0\0K\1\x8c\x13"
	    "fail2ban.exceptions\x94\x8c\x14UnknownJailException\x94\x93\x94"
	    "\x8c\x01j\x94\x85\x94R\x94\x86\x94.");
	HEARS(f, fd, "\x80\x05\x95=\0\0\0\0\0\0\0K\1\x8c\x08" "builtins\x94"
	    "\x8c\x0aIndexError\x94\x93\x94\x8c\x17list index out of range"
	    "\x94\x85\x94R\x94\x86\x94.");
	HEARS(f, fd, "\x80\x05\x95" "3\0\0\0\0\0\0\0\x8c/ERROR: "
	    "a class or function is not accepted here\x94.");
	assert_string_equal(hear(f, fd, 1, NULL), "{\"ok\":[\"echo\",\"5\","
	    "\"1.5\",\"1e+16\",\"True\",\"None\",\"[1]\",\"{}\"]}\n");
	assert_true(is_closed(f, fd));
	assert_int_equal(f->runs, 2);
	assert_int_equal(count(f).broken, 1);
	close(fd);
}

static void
tells_pickles_that_it_stops(void **state)
{
	struct fixture *f = *state;
	int fd = dial(f);

	say(fd, "](U\x04keepe." END);
	spin(f);
	assert_int_equal(f->kept_n, 1);
	server_free(f->server);
	f->server = NULL;
	HEARS(f, fd, "\x80\x05\x95\x0f\0\0\0\0\0\0\0]\x94\x8c\x08SHUTDOWN\x94"
	    "a.");
	close(fd);
}

static void
cuts_off_a_pickle_that_is_too_long(void **state)
{
	struct fixture *f = *state;
	static char text[1 << 16];
	int fd = dial(f);
	bool closed;

	memset(text, 'U', sizeof(text));
	for (size_t sent = 0; sent < 2 * SERVER_REQUEST_MAX; ) {
		ssize_t n = send(fd, text, sizeof(text), MSG_NOSIGNAL);

		if (n > 0)
			sent += (size_t)n;
		else if (errno != EAGAIN)
			break;
		one_turn(f);
	}
	hear(f, fd, 1, &closed);
	assert_true(closed);
	assert_int_equal(count(f).broken, 1);
	assert_int_equal(f->runs, 0);
	close(fd);
}

static void
answers_after_half_close(void **state)
{
	struct fixture *f = *state;
	int fd = dial(f);
	bool closed;

	say(fd, "[\"echo\"]\n[\"keep\"]\n");
	shutdown(fd, SHUT_WR);
	assert_string_equal(hear(f, fd, 1, NULL), "{\"ok\":[\"echo\"]}\n");
	spin(f);
	assert_int_equal(f->kept_n, 1);
	request_reply(f->kept[0], json_integer(7));
	f->kept[0] = NULL;
	assert_string_equal(hear(f, fd, 2, &closed), "{\"ok\":7}\n");
	assert_true(closed);
	close(fd);
}

static void
ends_a_client_that_is_malformed(void **state)
{
	static const char *const bad[] = {
		"\n", "{}\n", "x", "\xff\x05", " [\"echo\"]\n", "[]\n",
		"[1]\n", "[[\"echo\"]]\n", "[\"echo\"\n",
		"[\"echo\"] x\n", "[\"\xff\"]\n", "[\"a\\u0000b\"]\n",
		"[\"echo\"]]\n", "[null]\n",
	};
	struct fixture *f = *state;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		int fd = dial(f);
		bool closed;
		const char *reply;

		say(fd, bad[i]);
		say(fd, "[\"echo\"]\n");
		reply = hear(f, fd, 2, &closed);
		assert_true(closed);
		assert_non_null(strstr(reply, "{\"error\":{\"type\":"
		    "\"ValueError\",\"message\":\""));
		assert_int_equal(count(f).broken, i + 1);
		close(fd);
	}
	assert_int_equal(f->runs, 0);
}

static void
refuses_a_request_that_is_too_long(void **state)
{
	struct fixture *f = *state;
	size_t n = SERVER_REQUEST_MAX + 4096, sent = 0;
	char *text = xmalloc(n);
	bool closed;
	int fd = dial(f);

	memset(text, 'x', n);
	memcpy(text, "[\"echo\",\"", 9);
	while (sent < n) {
		ssize_t got = send(fd, text + sent, n - sent, MSG_NOSIGNAL);

		if (got > 0)
			sent += (size_t)got;
		else if (errno != EAGAIN)
			break;
		spin(f);
	}
	assert_non_null(strstr(hear(f, fd, 2, &closed), "too long"));
	assert_true(closed);
	close(fd);
	/* The longest one that is allowed. */
	fd = dial(f);
	n = SERVER_REQUEST_MAX;
	memcpy(text + n - 3, "\"]\n", 3);
	for (sent = 0; sent < n; ) {
		ssize_t got = send(fd, text + sent, n - sent, MSG_NOSIGNAL);

		if (got > 0)
			sent += (size_t)got;
		else
			assert_int_equal(errno, EAGAIN);
		spin(f);
	}
	for (int i = 0; i < 200 && f->runs == 0; i++)
		spin(f);
	assert_int_equal(f->runs, 1);
	close(fd);
	free(text);
}

/* Rows: who; columns: what a reading, banning, configuring verb answers. */
static void
checks_rights(void **state)
{
	static const struct {
		int64_t uid, gid;
		gid_t group;
		bool may[3];
	} rows[] = {
		{ 0, 0, 0, { true, true, true } },
		{ 1000, 1000, 0, { false, false, false } },
		{ 1000, 500, 0, { true, false, false } },
		{ 1000, 1000, 500, { true, false, false } },
		{ 1000, 600, 0, { true, true, false } },
		{ 1000, 1000, 600, { true, true, false } },
		{ 500, 1000, 0, { false, false, false } },
		{ 600, 1000, 601, { false, false, false } },
	};
	static const char *const verbs[] = { "echo", "ban", "set" };
	struct fixture *f = *state;

	if (geteuid() == 500 || geteuid() == 600 || geteuid() == 1000)
		skip();
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		int fd;

		become(rows[i].uid, rows[i].gid, rows[i].group);
		fd = dial(f);
		for (size_t v = 0; v < 3; v++) {
			char text[64];
			const char *reply;

			snprintf(text, sizeof(text), "[\"%s\"]\n", verbs[v]);
			say(fd, text);
			reply = hear(f, fd, 1, NULL);
			if (rows[i].may[v])
				assert_memory_equal(reply, "{\"ok\":", 6);
			else
				assert_non_null(strstr(reply,
				    "\"PermissionError\""));
		}
		close(fd);
	}
	assert_int_equal(f->runs, 3 + 1 + 1 + 2 + 2);
	assert_int_equal(count(f).refused, 3 * 8 - 9);
}

static void
turns_away_who_is_unknown(void **state)
{
	struct fixture *f = *state;
	int fd;
	bool closed;

	become(-1, -1, 0);
	fd = dial(f);
	assert_non_null(strstr(hear(f, fd, 2, &closed), "not known"));
	assert_true(closed);
	close(fd);
}

static void
asks_the_kernel_who_it_is(void **state)
{
	struct peer me = { 0 };
	int pair[2];

	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
	assert_int_equal(peer_load(pair[0], &me), 0);
	assert_int_equal(me.uid, geteuid());
	assert_int_equal(me.gid, getegid());
	assert_int_equal(me.groups_n, getgroups(0, NULL));
	peer_fini(&me);
	close(pair[0]);
	close(pair[1]);
	assert_int_equal(peer_load(pair[0], &me), -1);
}

static void
lets_its_own_user_do_everything(void **state)
{
	const struct peer user = { .uid = 1000, .gid = 1000 };
	struct peer_policy policy = { 1000, -1, -1 };

	(void)state;
	assert_true(peer_may(&user, RIGHT_CONFIGURE, &policy));
	policy.own_uid = 0;
	assert_false(peer_may(&user, RIGHT_READ, &policy));
	policy.own_uid = 1001;
	assert_false(peer_may(&user, RIGHT_CONFIGURE, &policy));
}

static void
answers_later_and_serves_others_meanwhile(void **state)
{
	struct fixture *f = *state;
	int slow = dial(f), other;

	say(slow, "[\"keep\"]\n[\"echo\"]\n");
	spin(f);
	assert_int_equal(f->kept_n, 1);
	assert_int_equal(f->runs, 1);   /* its next one waits */
	other = dial(f);
	say(other, "[\"echo\",\"b\"]\n");
	assert_string_equal(hear(f, other, 1, NULL),
	    "{\"ok\":[\"echo\",\"b\"]}\n");
	request_fail(f->kept[0], "ValueError", "%s %d", "late", 3);
	f->kept[0] = NULL;
	assert_string_equal(hear(f, slow, 2, NULL),
	    "{\"error\":{\"type\":\"ValueError\",\"message\":\"late 3\"}}\n"
	    "{\"ok\":[\"echo\"]}\n");
	close(slow);
	close(other);
}

static void
survives_a_client_that_left(void **state)
{
	struct fixture *f = *state;
	int fd = dial(f);

	say(fd, "[\"keep\"]\n");
	spin(f);
	close(fd);
	spin(f);
	assert_int_equal(f->kept_n, 1);
	request_reply(f->kept[0], json_string("nobody hears"));
	f->kept[0] = NULL;
	spin(f);
	/* And one that leaves in the middle of its reply. */
	fd = dial(f);
	say(fd, "[\"big\",\"3000000\"]\n");
	hear_begin(f, fd);
	assert_int_equal(recv(fd, (char[10]){ 0 }, 10, 0), 10);
	close(fd);
	spin(f);
	fd = dial(f);
	say(fd, "[\"echo\"]\n");
	assert_string_equal(hear(f, fd, 1, NULL), "{\"ok\":[\"echo\"]}\n");
	close(fd);
}

static void
does_not_wait_for_a_slow_reader(void **state)
{
	struct fixture *f = *state;
	static char text[1 << 16];
	int slow = dial(f), other = dial(f);
	size_t total = 0, n = 3000000;

	say(slow, "[\"big\",\"3000000\"]\n[\"echo\"]\n");
	spin(f);
	assert_int_equal(f->runs, 0);   /* the echo waits for the reader */
	say(other, "[\"echo\"]\n");
	assert_string_equal(hear(f, other, 1, NULL), "{\"ok\":[\"echo\"]}\n");
	assert_int_equal(f->runs, 1);
	while (total < n + sizeof("{\"ok\":\"\"}")) {
		ssize_t got = recv(slow, text, n + 10 - total < sizeof(text) ?
		    n + 10 - total : sizeof(text), 0);

		if (got > 0)
			total += (size_t)got;
		else
			assert_int_equal(errno, EAGAIN);
		one_turn(f);
	}
	assert_int_equal(text[0] == 'x' || text[0] == '"', 1);
	assert_string_equal(hear(f, slow, 1, NULL), "{\"ok\":[\"echo\"]}\n");
	close(slow);
	close(other);
}

static void
bounds_replies(void **state)
{
	struct fixture *f = *state;
	char text[64];
	int fds[3], fd = dial(f);

	snprintf(text, sizeof(text), "[\"big\",\"%u\"]\n",
	    SERVER_REPLY_MAX + 1);
	say(fd, text);
	assert_non_null(strstr(hear(f, fd, 1, NULL), "reply is too long"));
	snprintf(text, sizeof(text), "[\"big\",\"%u\"]\n",
	    SERVER_REPLY_MAX - 100);
	for (size_t i = 0; i < 3; i++) {
		fds[i] = dial(f);
		say(fds[i], text);
		hear_begin(f, fds[i]);
	}
	assert_non_null(strstr(hear(f, fds[2], 1, NULL),
	    "too many replies"));
	close(fds[0]);
	spin(f);
	/* The room of a client that left is free again. */
	say(fds[2], "[\"big\",\"60000000\"]\n");
	hear_begin(f, fds[2]);
	assert_int_equal(recv(fds[2], text, 10, 0), 10);
	assert_memory_equal(text, "{\"ok\":\"xxx", 10);
	close(fds[1]);
	close(fds[2]);
	close(fd);
}

static void
displaces_the_longest_idle(void **state)
{
	struct fixture *f = *state;
	int fds[100];
	size_t open = 0;

	fds[0] = dial(f);
	say(fds[0], "[\"keep\"]\n");   /* busy: is never displaced */
	spin(f);
	for (size_t i = 1; i < 100; i++) {
		fds[i] = dial(f);
		spin(f);
	}
	assert_int_equal(count(f).clients, 100);
	assert_int_equal(count(f).refused, 100 - SERVER_CLIENTS_MAX);
	for (size_t i = 1; i < 100; i++) {
		ssize_t got = recv(fds[i], (char[1]){ 0 }, 1, 0);

		assert_int_equal(got, i <= 36 ? 0 : -1);
		open += got == -1;
	}
	assert_int_equal(open, SERVER_CLIENTS_MAX - 1);
	say(fds[99], "[\"echo\"]\n");
	assert_string_equal(hear(f, fds[99], 1, NULL),
	    "{\"ok\":[\"echo\"]}\n");
	request_reply(f->kept[0], NULL);
	f->kept[0] = NULL;
	assert_string_equal(hear(f, fds[0], 1, NULL), "{\"ok\":null}\n");
	for (size_t i = 0; i < 100; i++)
		close(fds[i]);
}

static size_t
count_descriptors(void)
{
	size_t n = 0;

	for (int fd = 0; fd < 1024; fd++)
		n += fcntl(fd, F_GETFD) != -1;
	return n;
}

/* Hundreds that never finish their request do not keep others out. */
static void
withstands_a_slow_loris(void **state)
{
	struct fixture *f = *state;
	size_t before = count_descriptors();
	int fds[300];

	for (size_t i = 0; i < 300; i++) {
		fds[i] = dial(f);
		say(fds[i], "[\"ec");
		/* The backlog holds 128. */
		if (i % 100 == 99) {
			int fd = dial(f);

			say(fd, "[\"echo\"]\n");
			assert_string_equal(hear(f, fd, 1, NULL),
			    "{\"ok\":[\"echo\"]}\n");
			close(fd);
		}
	}
	spin(f);
	assert_int_equal(count(f).clients, 303);
	assert_int_equal(f->runs, 3);
	for (size_t i = 0; i < 300; i++)
		close(fds[i]);
	spin(f);
	assert_int_equal(count_descriptors(), before);
}

/* Out of descriptors: somebody idle goes, a pause, then on. */
static void
recovers_when_descriptors_run_out(void **state)
{
	struct fixture *f = *state;
	struct rlimit old, tight;
	int idle = dial(f), fd;

	spin(f);
	fd = dial(f);
	say(fd, "[\"echo\"]\n");
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &old), 0);
	tight = old;
	tight.rlim_cur = (rlim_t)fd + 1;
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &tight), 0);
	spin(f);
	assert_int_equal(count(f).clients, 1);
	assert_int_equal(count(f).refused, 1);
	assert_true(is_closed(f, idle));
	while (f->runs == 0)
		event_base_loop(f->base, EVLOOP_ONCE);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &old), 0);
	assert_string_equal(hear(f, fd, 1, NULL), "{\"ok\":[\"echo\"]}\n");
	close(fd);
	close(idle);
}

static void
refuses_when_every_client_is_busy(void **state)
{
	struct fixture *f = *state;
	int fds[SERVER_CLIENTS_MAX + 1];
	bool closed;

	for (size_t i = 0; i < SERVER_CLIENTS_MAX; i++) {
		fds[i] = dial(f);
		say(fds[i], "[\"keep\"]\n");
		spin(f);
	}
	assert_int_equal(f->kept_n, SERVER_CLIENTS_MAX);
	fds[SERVER_CLIENTS_MAX] = dial(f);
	assert_non_null(strstr(hear(f, fds[SERVER_CLIENTS_MAX], 2, &closed),
	    "too many clients"));
	assert_true(closed);
	/* One that hangs up makes room, its answer still to come. */
	close(fds[0]);
	spin(f);
	fds[0] = dial(f);
	say(fds[0], "[\"echo\"]\n");
	assert_string_equal(hear(f, fds[0], 1, NULL),
	    "{\"ok\":[\"echo\"]}\n");
	for (size_t i = 0; i <= SERVER_CLIENTS_MAX; i++)
		close(fds[i]);
}

/* A command of who has gone costs until it ends: a group has so many, no more. */
static void
bounds_the_commands_of_who_has_gone(void **state)
{
	struct fixture *f = *state;
	int fd;

	become(4, 4, 500);
	for (unsigned i = 0; i < SERVER_OPEN_MAX; i++) {
		fd = dial(f);
		say(fd, "[\"keep\"]\n");
		spin(f);
		close(fd);
	}
	assert_int_equal(f->kept_n, SERVER_OPEN_MAX);
	fd = dial(f);
	say(fd, "[\"keep\"]\n");
	assert_non_null(strstr(hear(f, fd, 1, NULL), "no answer yet"));
	request_reply(f->kept[0], NULL);
	f->kept[0] = NULL;
	say(fd, "[\"echo\"]\n");
	assert_string_equal(hear(f, fd, 1, NULL), "{\"ok\":[\"echo\"]}\n");
	say(fd, "[\"keep\"]\n");
	spin(f);
	close(fd);
	assert_int_equal(f->kept_n, SERVER_OPEN_MAX + 1);
	/* Root always gets through. */
	become(0, 0, 0);
	fd = dial(f);
	say(fd, "[\"echo\"]\n");
	assert_string_equal(hear(f, fd, 1, NULL), "{\"ok\":[\"echo\"]}\n");
	close(fd);
}

static void
cuts_off_who_is_idle(void **state)
{
	struct fixture *f = *state;
	struct timeval tv = { 0, 5000 };
	int idle, half, unread, busy;

	server_free(f->server);
	unlink(f->sun.sun_path);
	f->server = start(f, 100);
	idle = dial(f);
	half = dial(f);
	unread = dial(f);
	busy = dial(f);
	say(half, "[\"ec");
	say(unread, "[\"big\",\"3000000\"]\n");
	say(busy, "[\"keep\"]\n");
	spin(f);
	for (int i = 0; i < 400 && count(f).broken < 2; i++) {
		/* A byte now and then is not enough. */
		if (i % 10 == 0)
			(void)!send(half, "h", 1, MSG_NOSIGNAL);
		event_base_loopexit(f->base, &tv);
		event_base_dispatch(f->base);
	}
	assert_int_equal(count(f).broken, 2);
	assert_true(is_closed(f, idle));
	assert_int_not_equal(send(half, "x", 1, MSG_NOSIGNAL), 1);
	request_reply(f->kept[0], json_true());
	f->kept[0] = NULL;
	assert_string_equal(hear(f, busy, 1, NULL), "{\"ok\":true}\n");
	close(idle);
	close(half);
	close(unread);
	close(busy);
}

static void
says_that_it_shuts_down(void **state)
{
	struct fixture *f = *state;
	int fd = dial(f);
	bool closed;

	say(fd, "[\"keep\"]\n");
	spin(f);
	server_free(f->server);
	f->server = NULL;
	assert_non_null(strstr(hear(f, fd, 2, &closed), "shutting down"));
	assert_true(closed);
	request_reply(f->kept[0], json_true());   /* must be harmless */
	f->kept[0] = NULL;
	close(fd);
}

/* --- long work ------------------------------------------------------------ */

static void
works_in_turns(void **state)
{
	struct fixture *f = *state;
	int slow = dial(f), quick = dial(f), ping = dial(f);
	const char *reply;

	say(slow, "[\"steps\",\"5000000\"]\n");
	spin(f);
	assert_true(f->steps > 0 && f->steps < 5000000);
	/* Others are served meanwhile, and a short work before a long one. */
	say(ping, "[\"echo\"]\n");
	assert_string_equal(hear(f, ping, 1, NULL), "{\"ok\":[\"echo\"]}\n");
	say(quick, "[\"steps\",\"3\"]\n");
	reply = hear(f, quick, 1, NULL);
	assert_string_equal(reply, "{\"ok\":[\"x\",\"x\",\"x\"]}\n");
	assert_true(f->steps < 5000000);
	/* Nobody wants it any more. */
	close(slow);
	spin(f);
	assert_int_equal(f->dropped, 1);
	f->steps = 0;
	spin(f);
	assert_int_equal(f->steps, 0);
	close(quick);
	close(ping);
}

/* What a command within the first kept one is answered, if it is by now. */
static const char *
inside(struct fixture *f, const char *name, const char *arg)
{
	json_t *words = json_pack("[s, s]", name, arg);
	json_t *last;

	request_inside(f->kept[0], words, on_inner, f);
	json_decref(words);
	spin(f);
	last = json_array_get(f->inner, json_array_size(f->inner) - 1);
	return json_is_object(last) ? payload_str(last, "type", "") : "done";
}

static void
works_inside_a_command(void **state)
{
	struct fixture *f = *state;
	int fd;

	become(1000, 500, 0);
	fd = dial(f);
	say(fd, "[\"keep\"]\n");
	spin(f);
	assert_int_equal(f->kept_n, 1);
	f->inner = json_array();
	inside(f, "steps", "5000000");
	assert_int_equal(json_array_size(f->inner), 0);
	/* The client goes in its middle: all is done, and what follows, too. */
	close(fd);
	spin(f);
	assert_int_equal(f->dropped, 0);
	assert_string_equal(inside(f, "echo", "x"), "done");
	assert_string_equal(inside(f, "ban", "x"), "PermissionError");
	assert_int_equal(json_array_size(f->inner), 2);
	/* … until the daemon ends. */
	server_free(f->server);
	f->server = NULL;
	assert_int_equal(f->dropped, 1);
	assert_int_equal(json_array_size(f->inner), 3);
	assert_string_equal(inside(f, "echo", "x"), "Exception");
	json_decref(f->inner);
}

/* A few streams are run to their end; no client can leave more behind. */
static void
bounds_what_is_run_for_who_has_gone(void **state)
{
	struct fixture *f = *state;
	int fd;

	for (unsigned i = 0; i < SERVER_GONE_MAX + 1; i++) {
		fd = dial(f);
		say(fd, "[\"keep\"]\n");
		spin(f);
		close(fd);
		spin(f);
	}
	f->inner = json_array();
	assert_string_equal(inside(f, "echo", "x"), "done");
	request_reply(f->kept[0], NULL);
	f->kept[0] = f->kept[SERVER_GONE_MAX];
	f->kept[SERVER_GONE_MAX] = NULL;
	assert_string_equal(inside(f, "echo", "x"), "Exception");
	json_decref(f->inner);
}

static void
drops_work_when_it_ends(void **state)
{
	struct fixture *f = *state;
	int fd = dial(f);

	say(fd, "[\"steps\",\"5000000\"]\n");
	spin(f);
	server_free(f->server);
	f->server = NULL;
	assert_int_equal(f->dropped, 1);
	assert_non_null(strstr(hear(f, fd, 1, NULL), "shutting down"));
	close(fd);
}

static void
makes_json_of_any_bytes(void **state)
{
	json_t *v = payload_text(span_from("a\xff\xc3\xbc\0\xe2\x82", 8));

	(void)state;
	assert_int_equal(json_string_length(v), 14);
	assert_memory_equal(json_string_value(v),
	    "a\xef\xbf\xbd\xc3\xbc\0\xef\xbf\xbd\xef\xbf\xbd", 14);
	json_decref(v);
	v = payload_text((struct span){ NULL, 0 });
	assert_string_equal(json_string_value(v), "");
	json_decref(v);
}

int
main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		T(answers_in_order),
		T(takes_a_request_byte_by_byte),
		T(runs_commands_inside_one),
		T(keeps_the_rights_inside),
		T(answers_pickles),
		T(tells_pickles_that_it_stops),
		T(cuts_off_a_pickle_that_is_too_long),
		T(answers_after_half_close),
		T(ends_a_client_that_is_malformed),
		T(refuses_a_request_that_is_too_long),
		T(checks_rights),
		T(turns_away_who_is_unknown),
		cmocka_unit_test(asks_the_kernel_who_it_is),
		cmocka_unit_test(lets_its_own_user_do_everything),
		T(answers_later_and_serves_others_meanwhile),
		T(survives_a_client_that_left),
		T(does_not_wait_for_a_slow_reader),
		T(bounds_replies),
		T(displaces_the_longest_idle),
		T(withstands_a_slow_loris),
		T(recovers_when_descriptors_run_out),
		T(refuses_when_every_client_is_busy),
		T(bounds_the_commands_of_who_has_gone),
		T(cuts_off_who_is_idle),
		T(says_that_it_shuts_down),
		T(works_in_turns),
		T(works_inside_a_command),
		T(bounds_what_is_run_for_who_has_gone),
		T(drops_work_when_it_ends),
		cmocka_unit_test(makes_json_of_any_bytes),
	};

	signal(SIGPIPE, SIG_IGN);
	log_set_level(LEVEL_CRITICAL);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
