/* The firewall without effect answers as the real one does. */
#include "netns.h"

#include <sys/wait.h>

static void
answers_and_dumps(void **state)
{
	struct owner o;
	struct addr a = net("192.0.2.1"), b = net("2001:db8::/32");

	(void)state;
	owner_open(&o, "null");
	owner_rule(&o, "a", "port", "22", NULL);
	owner_rule(&o, "b", "port", "25", NULL);
	assert_int_equal(firewall_define(o.fw, o.rules, 2), 0);
	assert_int_equal(firewall_add(o.fw, 0, &a, 600, 1), 0);
	assert_int_equal(firewall_add(o.fw, 1, &a, -1, 2), 0);
	assert_int_equal(firewall_add(o.fw, 1, &b, 60, 3), 0);
	assert_int_equal(firewall_add(o.fw, 0, &a, 700, 4), 0);
	assert_int_equal(firewall_delete(o.fw, 1, &b, 5), 0);
	assert_int_equal(firewall_delete(o.fw, 1, &b, 6), 0);
	assert_int_equal(firewall_add(o.fw, 2, &a, 1, 7), -1);
	assert_int_equal(o.done_n, 0);
	assert_int_equal(firewall_commit(o.fw), 0);
	assert_int_equal(o.done_n, 0);   /* told from the loop only */
	owner_wait(&o, o.done_n == 6);
	for (size_t i = 0; i < 6; i++) {
		assert_int_equal(o.done[i].cookie, i + 1);
		assert_int_equal(o.done[i].error, 0);
	}
	assert_int_equal(firewall_dump(o.fw), 0);
	owner_wait(&o, o.dumps_ended == 1);
	assert_int_equal(o.dumped_n, 2);
	for (size_t i = 0; i < 2; i++) {
		const struct firewall_element *e = &o.dumped[i];

		assert_true(addr_eq(&e->addr, &a));
		assert_int_equal(e->timeout, e->rule == 0 ? 700 : -1);
	}
	assert_int_equal(firewall_remove(o.fw), 0);
	assert_int_equal(firewall_dump(o.fw), 0);
	owner_wait(&o, o.dumps_ended == 2);
	assert_int_equal(o.dumped_n, 2);
	owner_close(&o);
}

static void
refuses_other_kinds(void **state)
{
	static const struct firewall_events events = { 0 };
	struct event_base *base = event_base_new();
	const char *why = NULL;

	(void)state;
	assert_null(firewall_open("pf", base, &events, NULL, &why));
	assert_int_equal(errno, EINVAL);
	assert_non_null(strstr(why, "nftables, null"));
	event_base_free(base);
}

/* A process without the right learns it when it opens. */
static void
says_what_right_is_missing(void **state)
{
	static const struct firewall_events events = { 0 };
	struct event_base *base;
	const char *why = NULL;
	int status = 0;
	pid_t pid;

	(void)state;
	pid = fork();
	assert_int_not_equal(pid, -1);
	if (pid == 0) {
		base = event_base_new();
		if (getuid() == 0 && (setgid(65534) == -1 ||
			setuid(65534) == -1))
			_exit(2);
		if (firewall_open("nftables", base, &events, NULL, &why) !=
		    NULL)
			_exit(3);
		_exit(errno == EPERM && strstr(why, "CAP_NET_ADMIN") != NULL ?
		    0 : 4);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(answers_and_dumps),
		cmocka_unit_test(refuses_other_kinds),
		cmocka_unit_test(says_what_right_is_missing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
