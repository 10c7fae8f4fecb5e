/*
 * The engine and its database: bans that come back with their jail, and bans
 * that grow with their history, while nothing waits.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define SCENE_DBFILE ":memory:"
#include "engine_scene.h"

#define HEAD \
	"[DEFAULT]\nbantime = 1h\nmaxretry = 3\nfilter = f\nignoreip =\n" \
	"logpath =\naction = nftables[port=\"22\"]\n"
#define GROWING "bantime.increment = true\n"
#define ONE "[one]\nenabled = true\n"
#define TWO "[two]\nenabled = true\n"

static int
setup(void **state)
{
	(void)state;
	scene_start(HEAD ONE GROWING TWO);
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	scene_end();
	return 0;
}

static struct engine_jail *
jail(const char *name)
{
	return engine_jail_find(s->e, name);
}

static struct ticket *
ticket(const char *name, const char *text)
{
	struct id id = id_from_span(span_of(text));

	return jail_find(jail(name)->jail, &id);
}

static void
ban(const char *name, const char *text)
{
	struct id id = id_from_span(span_of(text));

	clock_advance(CLOCK_SECOND);
	jail_ban(jail(name)->jail, &id, 0, clock_wall());
}

static void
unban(const char *name, const char *text)
{
	struct id id = id_from_span(span_of(text));

	/* As at its end: by hand would forget the history. */
	jail_unban(jail(name)->jail, &id, UNBAN_EXPIRED);
}

static void
on_barrier(int error, void *arg)
{
	(void)error;
	*(bool *)arg = true;
}

/* Until database and kernel have said all they have to say. */
static void
settle(void)
{
	for (int i = 0; i < 3; i++) {
		bool reached = false;

		assert_true(store_barrier(s->e->store, on_barrier, &reached));
		while (!reached)
			event_base_loop(s->base, EVLOOP_ONCE);
		work_all();
	}
}

static void
test_bans_come_back_with_their_jail(void **state)
{
	(void)state;
	ban("two", "192.0.2.1");
	ban("two", "192.0.2.2");
	settle();
	assert_int_equal(s->kernel_n, 2);
	send_config(HEAD ONE);
	settle();
	assert_null(jail("two"));
	assert_int_equal(s->kernel_n, 0);
	send_config(HEAD ONE TWO);
	settle();
	assert_non_null(ticket("two", "192.0.2.1"));
	assert_true(ticket("two", "192.0.2.2")->restored);
	assert_int_equal(ticket("two", "192.0.2.2")->state, TICKET_CONFIRMED);
	assert_int_equal(s->kernel_n, 2);
	/* A reload that keeps the jail restores nothing. */
	unban("two", "192.0.2.1");
	send_config(HEAD ONE TWO);
	settle();
	assert_null(ticket("two", "192.0.2.1"));
}

/* Rows that were read before they went. */
static void
test_what_is_lifted_while_it_is_read_stays_lifted(void **state)
{
	struct id id = id_from_span(SPAN("192.0.2.1"));

	(void)state;
	ban("two", "192.0.2.1");
	ban("two", "192.0.2.2");
	settle();
	engine_restore_jail(jail("two"));
	jail_unban(jail("two")->jail, &id, UNBAN_BY_HAND);
	engine_restore_lifted(jail("two"));
	unban("two", "192.0.2.2");
	settle();
	assert_null(ticket("two", "192.0.2.1"));
	assert_non_null(ticket("two", "192.0.2.2"));
	assert_int_equal(s->kernel_n, 1);
	assert_int_equal(jail("two")->reading, 0);
}

static void
test_a_repeated_ban_grows(void **state)
{
	(void)state;
	ban("one", "192.0.2.1");
	settle();
	assert_int_equal(ticket("one", "192.0.2.1")->bantime, 3600);
	unban("one", "192.0.2.1");
	ban("one", "192.0.2.1");
	settle();
	assert_int_equal(ticket("one", "192.0.2.1")->bantime, 7200);
	assert_int_equal(ticket("one", "192.0.2.1")->bancount, 2);
	assert_int_equal(s->kernel_n, 1);
	assert_in_range(s->kernel[0].end - clock_boot().us,
	    7190 * CLOCK_SECOND, 7200 * CLOCK_SECOND);
	/* The other jail's bans do not. */
	ban("two", "192.0.2.1");
	settle();
	assert_int_equal(ticket("two", "192.0.2.1")->bantime, 3600);
}

static void
test_somebody_known_is_banned_earlier(void **state)
{
	struct failure f = { .id = id_from_span(SPAN("192.0.2.1")) };

	(void)state;
	ban("one", "192.0.2.1");
	settle();
	unban("one", "192.0.2.1");
	ban("one", "192.0.2.1");
	settle();
	unban("one", "192.0.2.1");
	clock_advance(10 * CLOCK_SECOND);
	f.time = clock_wall();
	engine_jail_failure(jail("one"), &f);
	assert_null(ticket("one", "192.0.2.1"));
	settle();
	assert_non_null(ticket("one", "192.0.2.1"));
	assert_int_equal(ticket("one", "192.0.2.1")->bantime, 14400);
}

/* A jail that goes while its questions are under way: its rows are kept. */
static void
test_a_jail_goes_before_its_answer(void **state)
{
	(void)state;
	ban("one", "192.0.2.1");
	send_config(HEAD TWO);
	settle();
	assert_null(jail("one"));
	send_config(HEAD ONE GROWING TWO);
	settle();
	assert_non_null(ticket("one", "192.0.2.1"));
}

#define CASE(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		CASE(test_bans_come_back_with_their_jail),
		CASE(test_what_is_lifted_while_it_is_read_stays_lifted),
		CASE(test_a_repeated_ban_grows),
		CASE(test_somebody_known_is_banned_earlier),
		CASE(test_a_jail_goes_before_its_answer),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
