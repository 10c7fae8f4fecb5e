/*
 * Names on the engine's side: each asked once, few at a time, none waited for
 * too long; a resolver that is lost, slow, or lies.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "engine_scene.h"
#include "process/engine_resolve_local.h"

#define ONE "[DEFAULT]\nbantime = 1h\nmaxretry = 1\nfilter = f\n" \
	"ignoreself = false\nlogpath =\n" \
	"[one]\nenabled = true\naction = nftables[port=\"22\"]\n"
#define SPARES ONE "ignoreip = friend.test other.test\n"

static int resolver = -1;
static unsigned told, found, failed;
static struct wire_name_ask asked;

static void
on_answer(const struct resolved *r, void *arg)
{
	(void)arg;
	told++;
	found += r->result == LOOKUP_FOUND;
	failed += r->result == LOOKUP_FAILED;
}

static int
setup(void **state)
{
	(void)state;
	scene_start(ONE);
	told = found = failed = 0;
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	if (resolver != -1)
		close(resolver);
	resolver = -1;
	clock_thaw();
	scene_end();
	return 0;
}

/* --- the resolver ------------------------------------------------------- */

static void
link_resolver(void)
{
	int ends[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC |
	    SOCK_NONBLOCK, 0, ends), 0);
	if (resolver != -1)
		close(resolver);
	spin();
	resolver = ends[0];
	give(GIFT_RESOLVER, ends[1]);
	spin();
}

/* The next question, in `asked`; false: there is none. */
static bool
is_asked(void)
{
	spin();
	return recv(resolver, &asked, sizeof(asked), MSG_DONTWAIT) ==
	    (ssize_t)sizeof(asked);
}

static void
say(const void *m, size_t size)
{
	assert_int_equal(send(resolver, m, size, MSG_NOSIGNAL),
	    (ssize_t)size);
	spin();
}

static void
say_address(uint64_t seq, const char *text)
{
	struct { struct wire_name head; struct addr v[1]; } m = {
		.head = { WIRE_NAME_FOUND, 0, seq },
	};
	char bytes[sizeof(m.head) + sizeof(struct addr)];

	assert_int_equal(addr_parse(span_of(text), &m.v[0]), 0);
	memcpy(bytes, &m, sizeof(bytes));
	say(bytes, sizeof(bytes));
}

static void
say_not(uint64_t seq, enum lookup_result result)
{
	const struct wire_name m = { WIRE_NAME_NOT, (uint32_t)result, seq };

	say(&m, sizeof(m));
}

static bool
wants_resolver(void)
{
	bool wants = false;
	uint32_t m[64];

	spin();
	while (recv(s->parent, m, sizeof(m), MSG_DONTWAIT) > 0)
		wants |= m[0] == WIRE_WANT_RESOLVER;
	return wants;
}

/* --- questions ---------------------------------------------------------- */

static struct resolve_wait *
look_up(const char *name, bool ours)
{
	const struct resolve_question q = {
		.kind = NAME_ADDRESSES, .name = span_of(name), .ours = ours,
	};

	return engine_resolve(s->e, &q, on_answer, NULL);
}

static bool
is_known(const char *name, struct resolved *out)
{
	const struct resolve_question q = {
		.kind = NAME_ADDRESSES, .name = span_of(name),
	};

	return engine_resolve_known(s->e, &q, out);
}

static void
each_name_is_asked_once(void **state)
{
	struct resolved r;

	(void)state;
	assert_false(wants_resolver());
	assert_non_null(look_up("Mail.test", false));
	assert_non_null(look_up("mail.TEST", false));
	assert_true(wants_resolver());
	assert_non_null(look_up("mail.test", true));
	assert_false(wants_resolver());
	link_resolver();
	assert_true(is_asked());
	assert_string_equal(asked.name, "mail.test");
	assert_false(is_asked());
	assert_int_equal(told, 0);
	say_address(asked.seq, "192.0.2.1");
	assert_int_equal(told, 3);
	assert_int_equal(found, 3);
	assert_true(is_known("MAIL.test", &r));
	assert_int_equal(r.n, 1);
	/* Again, and it is an answer to nothing. */
	say_address(asked.seq, "192.0.2.2");
	assert_int_equal(told, 3);
}

static void
few_are_asked_at_a_time(void **state)
{
	char name[32];
	unsigned n = 0;

	(void)state;
	link_resolver();
	for (int i = 0; i < 700; i++) {
		snprintf(name, sizeof(name), "n%d.test", i);
		n += look_up(name, false) != NULL;
	}
	assert_int_equal(n, RESOLVE_ASKED_MAX);
	for (n = 0; is_asked(); n++)
		continue;
	assert_int_equal(n, 6);
	/* The administrator's have room left, and are not refused. */
	assert_non_null(look_up("ours.test", true));
	assert_true(is_asked());
	assert_string_equal(asked.name, "ours.test");
	say_not(asked.seq, LOOKUP_NONE);
	assert_int_equal(told, 1);
	assert_false(is_asked());
}

static void
one_name_has_so_many_who_wait(void **state)
{
	unsigned n = 0;

	(void)state;
	for (int i = 0; i < 150; i++)
		n += look_up("a.test", false) != NULL;
	assert_int_equal(n, RESOLVE_WAITS_MAX);
	assert_non_null(look_up("a.test", true));
}

static void
the_oldest_answers_are_forgotten(void **state)
{
	struct resolved r;
	char name[32];

	(void)state;
	link_resolver();
	for (int i = 0; i < RESOLVE_ANSWERS_MAX + 10; i++) {
		snprintf(name, sizeof(name), "n%d.test", i);
		assert_non_null(look_up(name, false));
		assert_true(is_asked());
		say_address(asked.seq, "192.0.2.1");
	}
	assert_false(is_known("n9.test", &r));
	assert_true(is_known("n10.test", &r));
}

static void
an_answer_grows_old(void **state)
{
	const struct resolve_question q = {
		.kind = NAME_ADDRESSES, .name = SPAN("a.test"),
	};
	struct resolved r;

	(void)state;
	clock_freeze(wall_from_seconds(1700000000),
	    (struct boot){ 1000 * CLOCK_SECOND });
	link_resolver();
	look_up("a.test", false);
	assert_true(is_asked());
	say_address(asked.seq, "192.0.2.1");
	clock_advance((RESOLVE_REMEMBER - 1) * CLOCK_SECOND);
	assert_true(is_known("a.test", &r));
	clock_advance(CLOCK_SECOND);
	assert_false(is_known("a.test", &r));
	assert_true(engine_resolve_last(s->e, &q, &r));
	assert_int_equal(r.n, 1);
	look_up("a.test", false);
	assert_true(is_asked());
	say_not(asked.seq, LOOKUP_FAILED);
	assert_true(is_known("a.test", &r));
	clock_advance(RESOLVE_REMEMBER_FAILED * CLOCK_SECOND);
	assert_false(is_known("a.test", &r));
}

static void
patience_ends(void **state)
{
	struct resolved r;

	(void)state;
	link_resolver();
	clock_freeze(wall_from_seconds(1700000000),
	    (struct boot){ 1000 * CLOCK_SECOND });
	look_up("a.test", false);
	assert_true(is_asked());
	clock_advance(RESOLVE_PATIENCE * CLOCK_SECOND);
	/* Whose timer is due at once. */
	look_up("b.test", false);
	engine_resolve_cancel(look_up("b.test", false));
	clock_advance(RESOLVE_PATIENCE * CLOCK_SECOND);
	assert_true(is_asked());
	say_not(asked.seq, LOOKUP_NONE);
	for (int i = 0; i < 100 && told < 2; i++)
		spin();
	assert_int_equal(told, 2);
	assert_int_equal(failed, 1);
	/* Late, but an answer. */
	assert_true(is_known("a.test", &r));
	assert_int_equal(r.result, LOOKUP_FAILED);
}

static void
what_a_lost_one_was_asked_is_asked_again(void **state)
{
	uint64_t seq;

	(void)state;
	link_resolver();
	look_up("a.test", false);
	look_up("b.test", false);
	assert_true(is_asked());
	say_address(asked.seq, "192.0.2.1");
	assert_true(is_asked());
	assert_string_equal(asked.name, "b.test");
	seq = asked.seq;
	close(resolver);
	resolver = -1;
	assert_true(wants_resolver());
	assert_int_equal(told, 1);
	link_resolver();
	assert_true(is_asked());
	assert_string_equal(asked.name, "b.test");
	assert_int_not_equal(asked.seq, seq);
	say_address(seq, "192.0.2.66");
	assert_int_equal(told, 1);
	say_address(asked.seq, "192.0.2.2");
	assert_int_equal(told, 2);
}

/* Whatever a resolver that was taken over says, it is an address or nothing. */
static void
a_lying_one_is_not_believed(void **state)
{
	static const struct addr bad[] = {
		{ .family = 7, .plen = 32 }, { .family = ADDR_V4, .plen = 33 },
		{ .family = ADDR_V4, .plen = 0 },
		{ .family = ADDR_V6, .plen = 64 },
	};
	struct resolved r;
	char bytes[sizeof(struct wire_name) + sizeof(bad)];
	struct wire_name head = { WIRE_NAME_FOUND, 0, 0 };
	struct wire_name_text text = { .type = WIRE_NAME_TEXT };

	(void)state;
	link_resolver();
	look_up("a.test", false);
	assert_true(is_asked());
	head.seq = asked.seq;
	memcpy(bytes, &head, sizeof(head));
	memcpy(bytes + sizeof(head), bad, sizeof(bad));
	say(bytes, sizeof(bytes));
	assert_int_equal(told, 1);
	assert_true(is_known("a.test", &r));
	assert_int_equal(r.result, LOOKUP_NONE);
	/* A text without an end. */
	memset(text.text, 'x', sizeof(text.text));
	look_up("b.test", false);
	assert_true(is_asked());
	text.seq = asked.seq;
	say(&text, sizeof(text));
	assert_true(is_known("b.test", &r));
	assert_int_equal(r.n, 0);
	/* A message of another size ends the link. */
	say(bytes, 9);
	assert_int_equal(recv(resolver, bytes, sizeof(bytes), 0), 0);
}

/* --- failures that wait ------------------------------------------------- */

static void
attack(const char *text, bool named)
{
	struct failure f = { .named = named, .time = clock_wall() };

	f.id = named ? (struct id){ .raw = span_of(text) } :
	    id_from_span(span_of(text));
	engine_jail_failure(s->e->jails[0], &f);
}

static bool
is_banned(const char *text)
{
	struct id id = id_from_span(span_of(text));

	return jail_find(s->e->jails[0]->jail, &id) != NULL;
}

static void
a_named_failure_is_one_of_each_address(void **state)
{
	(void)state;
	link_resolver();
	attack("bad.test", true);
	attack("192.0.2.9", false);
	assert_true(is_banned("192.0.2.9"));
	assert_true(is_asked());
	say_address(asked.seq, "192.0.2.1");
	assert_true(is_banned("192.0.2.1"));
	attack("a..b", true);
	attack("1.2.3", true);
	assert_int_equal(engine_names_dropped(s->e), 2);
	assert_false(is_asked());
}

/* Whoever makes names up fills the room of those that wait, no other. */
static void
a_known_name_needs_no_room(void **state)
{
	struct id id = id_from_span(SPAN("192.0.2.1"));
	char name[32];

	(void)state;
	link_resolver();
	attack("bad.test", true);
	assert_true(is_asked());
	say_address(asked.seq, "192.0.2.1");
	assert_true(jail_unban(s->e->jails[0]->jail, &id, UNBAN_BY_HAND));
	for (unsigned i = 0; engine_names_dropped(s->e) == 0; i++) {
		snprintf(name, sizeof(name), "n%u.test", i / 50);
		attack(name, true);
	}
	attack("bad.test", true);
	assert_true(is_banned("192.0.2.1"));
}

/* Whoever writes lines chooses how long they are. */
static void
long_lines_fill_the_room_sooner(void **state)
{
	const size_t size = 1 << 20;
	char *line = xmalloc(size);
	struct failure f = { .named = true, .time = clock_wall() };

	(void)state;
	memset(line, 'x', size);
	f.id = (struct id){ .raw = SPAN("bad.test") };
	f.lines[f.lines_n++] = span_from(line, size);
	for (int i = 0; i < 90; i++)
		engine_jail_failure(s->e->jails[0], &f);
	assert_int_equal(engine_names_waiting(s->e), 64);
	assert_int_equal(engine_names_dropped(s->e), 26);
	/* What has been answered makes room. */
	link_resolver();
	assert_true(is_asked());
	say_not(asked.seq, LOOKUP_NONE);
	f.id = (struct id){ .raw = SPAN("other.test") };
	engine_jail_failure(s->e->jails[0], &f);
	assert_int_equal(engine_names_waiting(s->e), 1);
	free(line);
}

static void
who_waits_for_ignoreip_is_spared_or_counted(void **state)
{
	uint64_t friend, other;

	(void)state;
	send_config(SPARES);
	work_all();
	link_resolver();
	assert_true(is_asked());
	friend = asked.seq;
	assert_string_equal(asked.name, "friend.test");
	assert_true(is_asked());
	other = asked.seq;
	attack("192.0.2.1", false);
	attack("192.0.2.2", false);
	attack("192.0.2.3", false);
	assert_int_equal(engine_ignoreip_waiting(s->e), 3);
	say_address(friend, "192.0.2.1");
	assert_false(is_banned("192.0.2.2"));
	say_address(other, "192.0.2.2");
	assert_int_equal(engine_ignoreip_waiting(s->e), 0);
	assert_false(is_banned("192.0.2.1"));
	assert_false(is_banned("192.0.2.2"));
	assert_true(is_banned("192.0.2.3"));
}

/* More names than there is room for those of logs: each is known at once. */
static void
as_many_names_as_the_administrator_wrote(void **state)
{
	const unsigned n = RESOLVE_ANSWERS_MAX + 20;
	struct buf text = { 0 };

	(void)state;
	buf_adds(&text, ONE "ignoreip =");
	for (unsigned i = 0; i < n; i++)
		buf_addf(&text, " n%u.test", i);
	send_config(text.p);
	buf_fini(&text);
	work_all();
	link_resolver();
	for (unsigned i = 0; i < n; i++) {
		assert_true(is_asked());
		say_address(asked.seq, "192.0.2.1");
	}
	attack("192.0.2.9", false);
	assert_true(is_banned("192.0.2.9"));
	assert_false(is_asked());
	/* Those of logs find room beside them, and no more than theirs. */
	for (unsigned i = 0; i <= RESOLVE_ANSWERS_MAX; i++) {
		char name[32];

		snprintf(name, sizeof(name), "l%u.test", i);
		assert_non_null(look_up(name, false));
		assert_true(is_asked());
		say_not(asked.seq, LOOKUP_NONE);
	}
	assert_int_equal(s->e->resolve->count.evicted, 1);
}

/* The jail goes while its failures wait. */
static void
a_jail_that_goes_takes_them_along(void **state)
{
	(void)state;
	send_config(SPARES);
	work_all();
	link_resolver();
	attack("192.0.2.1", false);
	attack("bad.test", true);
	send_config("[DEFAULT]\nlogpath =\nfilter = f\nignoreself = false\n"
	    "[two]\nenabled = true\naction = nftables[port=\"22\"]\n");
	work_all();
	assert_int_equal(engine_ignoreip_waiting(s->e), 0);
	assert_int_equal(engine_names_waiting(s->e), 0);
	while (is_asked())
		say_address(asked.seq, "192.0.2.1");
}

#define CASE(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		CASE(each_name_is_asked_once),
		CASE(few_are_asked_at_a_time),
		CASE(one_name_has_so_many_who_wait),
		CASE(the_oldest_answers_are_forgotten),
		CASE(an_answer_grows_old),
		CASE(patience_ends),
		CASE(what_a_lost_one_was_asked_is_asked_again),
		CASE(a_lying_one_is_not_believed),
		CASE(a_named_failure_is_one_of_each_address),
		CASE(a_known_name_needs_no_room),
		CASE(long_lines_fill_the_room_sooner),
		CASE(who_waits_for_ignoreip_is_spared_or_counted),
		CASE(as_many_names_as_the_administrator_wrote),
		CASE(a_jail_that_goes_takes_them_along),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
