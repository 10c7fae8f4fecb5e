/*
 * Shell actions that begin and go by reloads, while others ban and lift, a step
 * a turn: what a runner played by the test is told makes sense at each moment.
 * An action is not started twice; it bans nobody twice and lifts nobody
 * who is not banned; it has lifted (or flushed) all before it stops; and those
 * that are left have in the end whom the jail has.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <signal.h>

#include "action/action.h"
#include "action/values.h"
#include "base/slice.h"
#include "engine_scene.h"
#include "process/engine_run.h"
#include "random.h"

#define HEAD "[DEFAULT]\nbantime = 1h\nmaxretry = 1\nfilter = f\n" \
	"logpath =\nignoreself = false\n"
#define ONE HEAD "[one]\nenabled = true\naction = "
#define IDS 400
#define NAMES 3                 /* a and b undo one by one, c flushes */
#define GENERATIONS_MAX 256

static const struct variant {
	const char *text;
	const char *names;      /* of its actions, by number */
} variants[] = {
	{ ONE "\n", "" },
	{ ONE "a\n", "a" },
	{ ONE "a\n b\n", "ab" },
	{ ONE "c\n a\n", "ca" },
	{ ONE "b\n c\n", "bc" },
	{ HEAD, "" },           /* no jail at all */
};
#define VARIANTS (sizeof(variants) / sizeof(variants[0]))

/* What an action has done, as the runner has been told. */
static struct done {
	bool started;
	bool has[IDS];
	size_t n;
} actions[NAMES];

static int runner;
static const struct variant *now;          /* the last configuration */
static const struct variant *of[GENERATIONS_MAX];
static struct wire_run unanswered[256];
static size_t unanswered_n;
static size_t met;      /* bans and lifts while something was under way */

/* --- the runner ----------------------------------------------------------- */

static void
link_runner(void)
{
	int ends[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC |
	    SOCK_NONBLOCK, 0, ends), 0);
	runner = ends[0];
	give(GIFT_RUNNER, ends[1]);
}

static void
take_config(const struct wire_config *m)
{
	const struct wire_run_state state = {
		.type = WIRE_RUN_STATE, .generation = m->generation,
		.jail = WIRE_RUN_ALL,
	};

	assert_true(m->generation < GENERATIONS_MAX);
	of[m->generation] = now;
	send_fd(runner, &state, sizeof(state), -1);
}

static void
clear(struct done *d)
{
	memset(d->has, 0, sizeof(d->has));
	d->n = 0;
}

static void
set(struct done *d, size_t id, bool has)
{
	assert_true(d->has[id] != has);
	d->has[id] = has;
	d->n += has ? 1 : (size_t)-1;
}

static size_t
id_of(int fd)
{
	struct buf packed = { 0 };
	struct values v;
	unsigned a, b;

	assert_int_equal(sheet_read(fd, &packed), 0);
	assert_int_equal(values_unpack(buf_span(&packed), &v), 0);
	assert_int_equal(sscanf(v.fid, "198.18.%u.%u", &a, &b), 2);
	values_fini(&v);
	buf_fini(&packed);
	return a * 200 + b;
}

static void
carry_out(const struct wire_run *run, int fd)
{
	struct done *d;

	assert_non_null(of[run->generation]);
	assert_true(run->action < strlen(of[run->generation]->names));
	d = &actions[of[run->generation]->names[run->action] - 'a'];
	switch (run->verb) {
	case ACTION_START:
		assert_false(d->started);
		assert_int_equal(d->n, 0);
		d->started = true;
		break;
	case ACTION_BAN:
		/* A flush drops what waits: the runner starts it, then. */
		d->started = true;
		set(d, id_of(fd), true);
		break;
	case ACTION_UNBAN:
		set(d, id_of(fd), false);
		break;
	case ACTION_FLUSH:
		assert_true(d == &actions[2]);
		clear(d);
		break;
	case ACTION_STOP:
		assert_int_equal(d->n, 0);
		d->started = false;
		break;
	default:
		fail_msg("verb %u", run->verb);
	}
	assert_true(unanswered_n < 256);
	unanswered[unanswered_n++] = *run;
}

/* False: there is nothing for it. */
static bool
runner_hears(void)
{
	alignas(struct cmsghdr) char control[CMSG_SPACE(sizeof(int))];
	static char m[PORT_MESSAGE_MAX];
	struct iovec iov = { m, sizeof(m) };
	struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1,
		.msg_control = control, .msg_controllen = sizeof(control) };
	struct cmsghdr *c;
	uint32_t type;
	int fd = -1;

	if (recvmsg(runner, &msg, MSG_DONTWAIT | MSG_CMSG_CLOEXEC) <= 0)
		return false;
	c = CMSG_FIRSTHDR(&msg);
	if (c != NULL)
		memcpy(&fd, CMSG_DATA(c), sizeof(int));
	memcpy(&type, m, sizeof(type));
	if (type == WIRE_RUN_CONFIG)
		take_config((const struct wire_config *)m);
	else if (type == WIRE_RUN || type == WIRE_RUN_TICKET)
		carry_out((const struct wire_run *)m, fd);
	if (fd != -1)
		close(fd);
	return true;
}

static void
runner_answers(void)
{
	struct wire_run_done m = { .type = WIRE_RUN_DONE };

	if (unanswered_n == 0)
		return;
	m.seq = unanswered[0].seq;
	unanswered_n--;
	memmove(unanswered, unanswered + 1, unanswered_n * sizeof(*unanswered));
	send_fd(runner, &m, sizeof(m), -1);
}

static void
runner_works(size_t n)
{
	while (n-- > 0) {
		(void)runner_hears();
		runner_answers();
	}
}

/* --- what happens ----------------------------------------------------------- */

static struct jail *
one(void)
{
	struct engine_jail *j = engine_jail_find(s->e, "one");

	return j != NULL ? j->jail : NULL;
}

static bool
is_under_way(void)
{
	const struct engine_jail *j = engine_jail_find(s->e, "one");

	return !TAILQ_EMPTY(&s->e->changes.list) || (j != NULL &&
	    j->runs != NULL && j->runs->queue.n > 0);
}

/* Neighbours, so that a few together are banned and lifted in no time. */
static void
change_some(bool ban)
{
	size_t first = random_below(IDS), n = 1 + random_below(60);

	met += is_under_way();
	for (size_t i = 0; i < n; i++) {
		size_t k = (first + i) % IDS;
		char text[32];
		struct id id;

		snprintf(text, sizeof(text), "198.18.%zu.%zu", k / 200, k % 200);
		id = id_from_span(span_of(text));
		if (ban)
			jail_ban(one(), &id, 0, clock_wall());
		else
			jail_unban(one(), &id, random_below(2) ? UNBAN_EXPIRED :
			    UNBAN_BY_HAND);
	}
}

static void
turns(size_t n)
{
	while (n-- > 0)
		event_base_loop(s->base, EVLOOP_ONCE | EVLOOP_NONBLOCK);
}

static void
reload(void)
{
	if (s->generation != s->next_generation ||
	    s->e->generation != s->generation)
		return;
	/* The runner reads of the one before what is on its way. */
	turns(4);
	while (unanswered_n < 200 && runner_hears())
		continue;
	now = &variants[random_below(VARIANTS)];
	/* Anew: no action is the same as before. */
	send_config(now->text);
}

static void
do_one(void)
{
	switch (random_below(8)) {
	case 0: case 1: case 2:
		if (one() != NULL)
			change_some(true);
		break;
	case 3: case 4:
		if (one() != NULL)
			change_some(false);
		break;
	case 5:
		reload();
		break;
	case 6:
		if (random_below(4) == 0)
			close(ask("[\"unban\", \"--all\"]"));
		break;
	case 7:
		runner_works(random_below(40));
		break;
	}
	turns(random_below(8));
	(void)work_one();
	runner_works(random_below(4));
}

/* Nobody has anything left to do. */
static void
finish(void)
{
	s->patient = true;
	for (bool more = true; more;) {
		work_all();
		more = runner_hears() || unanswered_n > 0;
		runner_answers();
	}
}

static void
check_actions(const char *names)
{
	for (size_t i = 0; i < NAMES; i++) {
		const struct done *d = &actions[i];
		bool is_there = strchr(names, 'a' + (int)i) != NULL;

		assert_int_equal(d->n, is_there && one() != NULL ?
		    jail_banned(one()) : 0);
		assert_true(is_there || !d->started);
	}
}

static void
stop_in_between(void)
{
	s->patient = false;
	for (size_t i = random_below(20); i > 0; i--)
		do_one();
	send_fd(s->parent, &(struct wire_plain){ .type = WIRE_STOP },
	    sizeof(struct wire_plain), -1);
	for (size_t i = 0; i < 10 && !event_base_got_break(s->base); i++) {
		turns(2);
		runner_works(random_below(4));
	}
	finish();
}

static void
write_actions(void)
{
	const char *plain = "[Definition]\nactionstart = x\nactionban = x <ip>\n"
	    "actionunban = y <ip>\nactionstop = z\n";

	tree_write(&s->tree, "action.d/a.conf", plain);
	tree_write(&s->tree, "action.d/b.conf", plain);
	tree_write(&s->tree, "action.d/c.conf", "[Definition]\nactionstart = x\n"
	    "actionban = x <ip>\nactionunban = y <ip>\nactionflush = f\n"
	    "actionstop = z\n");
}

static void
history(size_t steps)
{
	memset(actions, 0, sizeof(actions));
	memset(of, 0, sizeof(of));
	unanswered_n = 0;
	slice_limit(0);
	scene_start(NULL);
	write_actions();
	now = &variants[2];
	send_config(now->text);
	work_all();
	link_runner();
	finish();
	s->patient = false;
	for (size_t i = 0; i < steps; i++)
		do_one();
	finish();
	check_actions(now->names);
	stop_in_between();
	for (size_t i = 0; i < NAMES; i++)
		assert_int_equal(actions[i].n, 0);
	for (size_t i = 0; i < NAMES; i++)
		assert_false(actions[i].started);
	scene_end();
	close(runner);
}

static void
actions_come_and_go(void **state)
{
	size_t histories = getenv("SOAK") != NULL ? 1000 : 20;

	(void)state;
	for (size_t i = 0; i < histories; i++)
		history(20 + random_below(80));
	printf("# %zu changes met others\n", met);
	assert_true(met > 4 * histories);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(actions_come_and_go),
	};

	if (geteuid() != 0) {
		printf("1..0 # SKIP commands of root\n");
		return 0;
	}
	signal(SIGPIPE, SIG_IGN);
	random_start();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
