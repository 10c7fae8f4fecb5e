/*
 * The engine between its clients and a warden that answers late, wrongly or
 * never: whatever happens in between, in the end the kernel has what the jails
 * want, and whoever waits is told.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <signal.h>

#include "engine_scene.h"
#include "random.h"

#define HEAD \
	"[DEFAULT]\nbantime = 1h\nmaxretry = 1\nfilter = f\nignoreip =\n" \
	"logpath =\n"
#define TWO_ACTIONS \
	"action = nftables[port=\"22\"]\n" \
	"\tnftables[port=\"25\", actname=second]\n"
#define ONE_ACTION "action = nftables[port=\"22\"]\n"

#define WIDE HEAD "[one]\nenabled = true\n" TWO_ACTIONS \
	"[two]\nenabled = true\n" ONE_ACTION
#define NARROW HEAD "[one]\nenabled = true\n" ONE_ACTION \
	"[two]\nenabled = true\n" ONE_ACTION
#define ALONE HEAD "[one]\nenabled = true\n" ONE_ACTION

static int
setup(void **state)
{
	(void)state;
	scene_start(WIDE);
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	scene_end();
	return 0;
}

static struct addr
address(unsigned n)
{
	struct addr a = { .family = ADDR_V4, .plen = 32,
		.b = { 198, 51, (uint8_t)(n >> 8), (uint8_t)n } };

	return a;
}

static struct engine_jail *
jail(const char *name)
{
	struct engine_jail *j = engine_jail_find(s->e, name);

	assert_non_null(j);
	return j;
}

static struct ticket *
ticket(const char *name, unsigned n)
{
	struct addr a = address(n);
	struct id id = id_from_addr(&a);

	return jail_find(jail(name)->jail, &id);
}

static void
ban(const char *name, unsigned n)
{
	struct addr a = address(n);
	struct id id = id_from_addr(&a);

	clock_tick();
	jail_ban(jail(name)->jail, &id, 0, clock_wall());
}

static void
unban(const char *name, unsigned n)
{
	struct addr a = address(n);
	struct id id = id_from_addr(&a);

	jail_unban(jail(name)->jail, &id, UNBAN_BY_HAND);
}

/* What the timers of the engine would do now. */
static void
retry_now(void)
{
	event_active(s->e->retry, EV_TIMEOUT, 0);
	spin();
	work_all();
}

/* Every ban is in the kernel with its end, and nothing else is. */
static void
assert_in_step(void)
{
	size_t wanted = 0;

	kernel_expire();
	for (size_t i = 0; i < s->e->jails_n; i++) {
		struct engine_jail *j = s->e->jails[i];
		struct ticket *t = jail_ban_first(j->jail);
		unsigned number = strcmp(j->config->name, "two") == 0;

		for (; t != NULL; t = jail_ban_next(j->jail, t)) {
			assert_int_equal(t->state, TICKET_CONFIRMED);
			assert_int_equal(t->asked, 0);
			assert_true(t->announced);
			for (uint32_t k = 0; k < j->rules_n; k++, wanted++) {
				struct element *el = kernel_find(number, k,
				    &t->id.addr);
				int64_t left;

				assert_non_null(el);
				left = jail_left(j->jail, t, clock_boot());
				assert_true(left < 0 ? el->end == INT64_MAX :
				    llabs((el->end - clock_boot().us) /
				    CLOCK_SECOND - left) <= 3);
			}
		}
	}
	assert_int_equal(s->kernel_n, wanted);
	assert_int_equal(s->e->asks.urgent.n, 0);
	assert_int_equal(s->e->asks.bulk.n, 0);
	assert_int_equal(s->e->asks.undone.n, 0);
	assert_int_equal(engine_sent_count(s->e->asks.sent), 0);
}

/* --- one thing after the other ------------------------------------------------ */

static void
test_a_ban_is_one_when_confirmed(void **state)
{
	(void)state;
	ban("one", 1);
	spin();
	assert_int_equal(ticket("one", 1)->state, TICKET_PENDING);
	assert_false(ticket("one", 1)->announced);
	work_all();
	assert_int_equal(s->kernel_n, 2);
	assert_in_step();
	unban("one", 1);
	work_all();
	assert_in_step();
}

/* A failed renewal of a ban that the kernel has is tried again, too. */
static void
test_a_failed_renewal(void **state)
{
	struct addr a = address(1);
	struct id id = id_from_addr(&a);

	(void)state;
	ban("one", 1);
	work_all();
	s->add_error = ENOMEM;
	jail_ban(jail("one")->jail, &id, 7200, clock_wall());
	work_all();
	assert_int_equal(ticket("one", 1)->state, TICKET_FAILED);
	s->add_error = 0;
	retry_now();
	assert_in_step();
}

/* Else it would block on, and be found as a ban by the next start. */
static void
test_a_failed_delete(void **state)
{
	(void)state;
	ban("one", 1);
	ban("one", 2);
	work_all();
	s->delete_error = ENOMEM;
	unban("one", 1);
	unban("one", 2);
	work_all();
	s->delete_error = 0;
	assert_int_equal(s->kernel_n, 4);
	ban("one", 2);
	retry_now();
	assert_in_step();
	assert_int_equal(s->kernel_n, 2);
}

/* Whatever is refused for long is asked for less and less often. */
static void
test_retries_get_fewer(void **state)
{
	(void)state;
	s->add_error = ENOMEM;
	ban("one", 1);
	work_all();
	s->adds = 0;
	for (int i = 0; i < 64; i++)
		retry_now();
	/* The 1st, 3rd, 7th, 15th, 31st, 63rd time; two actions. */
	assert_int_equal(s->adds, 12);
	s->add_error = 0;
	for (int i = 0; i < 32; i++)
		retry_now();
	assert_in_step();
	s->add_error = ENOMEM;
	ban("one", 2);
	work_all();
	s->add_error = 0;
	retry_now();
	assert_in_step();
}

/* The bulk of a repair must not bring back what was lifted meanwhile. */
static void
test_unban_overtakes_a_repair(void **state)
{
	const struct wire_plain end = { .type = WIRE_FW_DUMPED };

	(void)state;
	ban("one", 1);
	work_all();
	s->e->dumping = true;
	s->e->dump_generation = s->e->generation;
	s->kernel_n = 0;
	ticket("one", 1)->seen = 0;
	assert_int_equal(send(s->warden, &end, sizeof(end), 0), sizeof(end));
	/* Both in one wake: the delete is urgent, the add is not. */
	engine_sync_end(s->e);
	unban("one", 1);
	work_all();
	assert_in_step();
	assert_int_equal(s->kernel_n, 0);
}

/* Rules are fewer and have other numbers when the requests leave. */
static void
test_a_reload_renumbers_what_waits(void **state)
{
	(void)state;
	/* So many that the others must wait. */
	for (unsigned n = 0; n < 8000; n++)
		ban("two", n);
	ban("one", 9000);
	send_config(NARROW);
	assert_int_equal(s->e->asks.urgent.n, 2);
	work_all();
	assert_int_equal(jail("one")->rules_n, 1);
	assert_in_step();
	assert_int_equal(s->kernel_n, 8001);
}

static void
test_a_jail_vanishes_and_comes_back(void **state)
{
	(void)state;
	ban("one", 1);
	ban("two", 2);
	spin();
	send_config(ALONE);
	work_all();
	assert_null(engine_jail_find(s->e, "two"));
	assert_in_step();
	send_config(WIDE);
	work_all();
	assert_in_step();
	ban("two", 3);
	work_all();
	assert_in_step();
	assert_int_equal(s->kernel_n, 3);
}

static void
test_bans_end_with_an_action(void **state)
{
	(void)state;
	ban("one", 1);
	work_all();
	clock_advance(3601 * CLOCK_SECOND);
	s->deletes = 0;
	engine_jails_run(s->e);
	work_all();
	assert_null(ticket("one", 1));
	assert_int_equal(s->deletes, 0);
	assert_in_step();
	/* Its renewal was still on the way: the kernel may have another end. */
	ban("one", 1);
	work_all();
	ban("one", 1);
	engine_ask(jail("one"), ticket("one", 1), ASK_RENEW, NULL);
	clock_advance(3601 * CLOCK_SECOND);
	engine_jails_run(s->e);
	work_all();
	assert_int_equal(s->deletes, 2);
	assert_in_step();
}

/* What the warden refuses is no ban, and is not asked for again. */
static void
test_a_refusal_drops_the_ban(void **state)
{
	(void)state;
	s->add_error = EACCES;
	ban("one", 1);
	work_all();
	assert_null(ticket("one", 1));
	s->add_error = 0;
	s->adds = 0;
	retry_now();
	assert_int_equal(s->adds, 0);
	assert_in_step();
}

/* A network that was counted as one: then the address that began it. */
static void
test_a_refused_network_leaves_a_host(void **state)
{
	struct failure f = { .id = id_from_addr(&(struct addr){
	    .family = ADDR_V4, .plen = 32, .b = { 198, 51, 0, 1 } }) };

	(void)state;
	send_config(HEAD "ipv4_prefix = 24\n[one]\nenabled = true\n"
	    ONE_ACTION);
	work_all();
	s->refuses_nets = true;
	f.time = clock_wall();
	engine_jail_failure(jail("one"), &f);
	work_all();
	assert_non_null(ticket("one", 1));
	assert_int_equal(jail_banned(jail("one")->jail), 1);
	assert_in_step();
}

/* A dead firewall under an attack: what waits is bounded, and comes later. */
static void
test_nobody_answers(void **state)
{
	struct engine_asks *asks = &s->e->asks;

	(void)state;
	for (unsigned n = 0; n < 260000; n++) {
		ban("two", n & 0xffff);
		unban("two", n & 0xffff);
	}
	assert_int_equal(asks->urgent.n + asks->bulk.n, 500000);
	assert_int_equal(asks->dropped, 20000);
	ban("two", 7);
	assert_int_equal(ticket("two", 7)->state, TICKET_FAILED);
	work_all();
	retry_now();
	assert_in_step();
	assert_int_equal(s->kernel_n, 1);
}

/* --- clients ------------------------------------------------------------------- */

static void
test_a_client_is_told_when_it_is_done(void **state)
{
	json_t *json;
	int fd;

	(void)state;
	fd = ask("[\"ban\", \"one\", \"198.51.100.1\", \"text \\u0007\"]");
	assert_null(reply(fd));
	work_all();
	json = reply(fd);
	assert_int_equal(number(json, "ok", "new"), 2);
	json_decref(json);
	fd = ask("[\"unban\", \"198.51.100.0/24\", \"text \\u0007\"]");
	work_all();
	json = reply(fd);
	assert_int_equal(number(json, "ok", "count"), 2);
	json_decref(json);
	assert_in_step();
}

/* Two native actions refuse one address: that is one error, and no ban. */
static void
test_a_refusal_is_told_once(void **state)
{
	json_t *json;
	int fd;

	(void)state;
	s->add_error = EACCES;
	fd = ask("[\"ban\", \"one\", \"198.51.100.1\"]");
	work_all();
	json = reply(fd);
	assert_int_equal(number(json, "ok", "new"), 0);
	assert_int_equal(json_array_size(json_object_get(
	    json_object_get(json, "ok"), "errors")), 1);
	json_decref(json);
	s->add_error = 0;
	fd = ask("[\"ban\", \"one\", \"198.51.100.1\"]");
	work_all();
	json_decref(reply(fd));
	s->add_error = EACCES;
	fd = ask("[\"ban\", \"one\", \"198.51.100.1\"]");
	work_all();
	json = reply(fd);
	assert_int_equal(number(json, "ok", "new"), 0);
	json_decref(json);
}

/* A jail that is misspelt must not become all of them. */
static void
test_all_of_an_unknown_jail(void **state)
{
	json_t *json;
	int fd;

	(void)state;
	ban("one", 1);
	work_all();
	fd = ask("[\"unban\", \"onee\", \"--all\"]");
	work_all();
	json = reply(fd);
	assert_non_null(json_object_get(json, "error"));
	json_decref(json);
	assert_non_null(ticket("one", 1));
	fd = ask("[\"unban\", \"--all\"]");
	work_all();
	json = reply(fd);
	assert_int_equal(number(json, "ok", "count"), 1);
	json_decref(json);
	assert_in_step();
}

/* Whoever still waits at the end is answered, not leaked. */
static void
test_the_end_with_clients_waiting(void **state)
{
	(void)state;
	close(ask("[\"ban\", \"one\", \"198.51.100.1\"]"));
	close(ask("[\"unban\", \"198.51.100.2\", \"198.51.100.1\"]"));
	if (geteuid() == 0) {
		close(ask("[\"reload\"]"));
		close(ask("[\"stop\", \"--flush\"]"));
	}
}

static void
test_before_the_first_configuration(void **state)
{
	static const char *const requests[] = {
		"[\"status\"]", "[\"reload\"]", "[\"banned\"]",
		"[\"ban\", \"one\", \"198.51.100.1\"]", "[\"unban\", \"--all\"]",
		"[\"get\", \"one\", \"bantime\"]", "[\"status\", \"one\"]",
	};

	(void)state;
	scene_start(NULL);
	for (size_t i = 0; i < sizeof(requests) / sizeof(requests[0]); i++) {
		json_t *json = reply(ask(requests[i]));

		assert_non_null(json);
		json_decref(json);
	}
	if (geteuid() == 0)
		json_decref(reply(ask("[\"stop\", \"--flush\"]")));
	scene_end();
}

/* The end of a dump that was under way must not count as the removal's. */
static void
test_stop_flush_waits_for_the_removal(void **state)
{
	json_t *json;
	int fd;

	(void)state;
	if (geteuid() != 0)
		skip();
	ban("one", 1);
	work_all();
	engine_sync_start(s->e);
	fd = ask("[\"stop\", \"--flush\"]");
	assert_true(work_one());
	assert_null(reply(fd));
	assert_false(s->removed);
	work_all();
	json = reply(fd);
	assert_non_null(json_object_get(json, "ok"));
	json_decref(json);
	assert_true(s->removed);
}

/* --- everything at once -------------------------------------------------------- */

static void
one_step(void)
{
	const char *name = random_below(2) == 0 ||
	    engine_jail_find(s->e, "two") == NULL ? "one" : "two";
	unsigned n = (unsigned)random_below(12);

	switch (random_below(16)) {
	case 0: case 1: case 2: case 3:
		ban(name, n);
		break;
	case 4: case 5: case 6:
		unban(name, n);
		break;
	case 7:
		/* Seconds count from when they are asked: none on its way. */
		work_all();
		clock_advance((int64_t)random_below(1000) * CLOCK_SECOND);
		engine_jails_run(s->e);
		break;
	case 8:
		lose();
		break;
	case 9:
		s->add_error = random_below(3) == 0 ? ENOMEM : 0;
		break;
	case 10:
		s->delete_error = random_below(3) == 0 ? ENOMEM : 0;
		break;
	case 11:
		event_active(s->e->retry, EV_TIMEOUT, 0);
		break;
	case 12:
		if (s->next == NULL)
			send_config(random_below(2) == 0 ? WIDE : NARROW);
		break;
	default:
		work_one();
		break;
	}
}

static bool
is_waiting(void)
{
	if (s->e->asks.undone.n > 0)
		return true;
	for (size_t i = 0; i < s->e->jails_n; i++) {
		struct jail *j = s->e->jails[i]->jail;
		struct ticket *t = jail_ban_first(j);

		for (; t != NULL; t = jail_ban_next(j, t))
			if (t->state == TICKET_FAILED)
				return true;
	}
	return false;
}

static void
test_any_order(void **state)
{
	(void)state;
	random_start();
	for (int round = 0; round < 60; round++) {
		for (int i = 0; i < 150; i++)
			one_step();
		s->add_error = s->delete_error = 0;
		work_all();
		/* What was refused again and again waits the longest. */
		for (int i = 0; i < 34 && is_waiting(); i++)
			retry_now();
		assert_in_step();
	}
}

#define CASE(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(test_a_ban_is_one_when_confirmed),
		CASE(test_a_failed_renewal),
		CASE(test_a_failed_delete),
		CASE(test_retries_get_fewer),
		CASE(test_unban_overtakes_a_repair),
		CASE(test_a_reload_renumbers_what_waits),
		CASE(test_a_jail_vanishes_and_comes_back),
		CASE(test_bans_end_with_an_action),
		CASE(test_a_refusal_drops_the_ban),
		CASE(test_a_refused_network_leaves_a_host),
		CASE(test_nobody_answers),
		CASE(test_a_client_is_told_when_it_is_done),
		CASE(test_a_refusal_is_told_once),
		CASE(test_all_of_an_unknown_jail),
		CASE(test_the_end_with_clients_waiting),
		cmocka_unit_test(test_before_the_first_configuration),
		CASE(test_stop_flush_waits_for_the_removal),
		CASE(test_any_order),
	};

	signal(SIGPIPE, SIG_IGN);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
