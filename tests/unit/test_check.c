/*
 * Which nftables actions are ours to do and which run as written: fail2ban's
 * own file with every kind of parameter, as installed here.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "config/action_load.h"
#include "config/config.h"
#include "process/check.h"
#include "tree.h"

static struct tree tree;
static struct config *config;
static struct report report;

static int
setup(void **state)
{
	char command[256];

	(void)state;
	tree_make(&tree);
	tree_write(&tree, "filter.d/f.conf",
	    "[Definition]\nfailregex = ^<HOST>$\n");
	tree_write(&tree, "action.d/a.conf",
	    "[Definition]\nactionban = ban <ip>\n");
	tree_write(&tree, "action.d/own.conf",
	    "[Definition]\nnative = nftables\n");
	snprintf(command, sizeof(command), "cp /etc/fail2ban/action.d/nft* "
	    "%s/action.d", tree.dir);
	return system(command) == 0 ? 0 : -1;
}

static int
teardown(void **state)
{
	(void)state;
	config_free(config);
	config = NULL;
	report_fini(&report);
	tree_remove(&tree);
	return 0;
}

/* The first action of a jail with this one. */
static const struct action_config *
load(const char *action)
{
	struct config_request request = { .dir = tree.dir, .share = "." };
	char text[1024];

	config_free(config);
	report_fini(&report);
	snprintf(text, sizeof(text), "[j]\nenabled = true\nfilter = f\n"
	    "maxretry = 2\naction = %s\n", action);
	tree_write(&tree, "jail.conf", text);
	config = config_load(&request, &report);
	assert_non_null(config);
	check_rules(config, &report);
	return &config->jails[0].actions[0];
}

static bool
warned_of(const char *words)
{
	for (size_t i = 0; i < report.n; i++)
		if (report.v[i].level == PROBLEM_WARNING &&
		    strstr(report.v[i].text, words) != NULL &&
		    strstr(report.v[i].text, "run as a shell action") != NULL)
			return true;
	return false;
}

static void
known_blocktypes_are_native(void **state)
{
	static const char *const blocktypes[] = {
		"drop", "reject", "reject with tcp reset",
		"reject with icmp type port-unreachable",
		"reject with icmp host-prohibited",
		"reject with icmpx type admin-prohibited",
		"reject with icmpv6 no-route",
	};
	char action[256];

	(void)state;
	for (size_t i = 0; i < sizeof(blocktypes) / sizeof(*blocktypes); i++) {
		snprintf(action, sizeof(action), "nftables[port=22, "
		    "blocktype=\"%s\"]", blocktypes[i]);
		assert_string_equal(action_kind_name(load(action)), "native");
		assert_null(config->jails[0].error);
		assert_false(warned_of("nftables"));
	}
}

/* Parameters that nft understands and we do not: run as written. */
static void
others_run_as_written(void **state)
{
	static const struct { const char *action, *reason; } v[] = {
		{ "nftables[blocktype=\"counter drop\"]",
		    "blocktype: 'counter drop' is not known" },
		{ "nftables-multiport[blocktype=\"jump other\"]",
		    "blocktype: 'jump other' is not known" },
		{ "nftables-allports[blocktype=\"log prefix x drop\"]",
		    "blocktype: 'log prefix x drop' is not known" },
		{ "nftables[chain_hook=ingress]", "chain_hook" },
		{ "nftables[chain_type=nat]", "chain_type" },
		{ "nftables[table_family=bridge]", "table_family" },
		{ "nftables[type=custom]", "type: 'custom' has no native" },
		{ "nftables[actionban=mine]", "option 'actionban' is set" },
		{ "nftables[rule_stat=mine]", "option 'rule_stat' is set" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(v) / sizeof(v[0]); i++) {
		const struct action_config *a = load(v[i].action);

		if (!warned_of(v[i].reason))
			print_error("%s: not said\n", v[i].action);
		assert_true(warned_of(v[i].reason));
		assert_string_equal(action_kind_name(a), "shell");
		assert_null(config->jails[0].error);
		assert_int_equal(report.errors, 0);
		assert_non_null(properties_get(&a->props, "actionstart"));
		assert_non_null(properties_get(&a->props, "actionban"));
		assert_int_equal(a->sent.n, 0);
	}
}

static void
a_changed_file_runs_as_written(void **state)
{
	(void)state;
	tree_write(&tree, "action.d/nftables.local",
	    "[Definition]\nactionban = mine <ip>\n");
	assert_string_equal(action_kind_name(load("nftables[port=22]")),
	    "shell");
	assert_true(warned_of("other commands than fail2ban's"));
	/* Parameters may be changed. */
	tree_write(&tree, "action.d/nftables.local",
	    "[Init]\nblocktype = drop\ntable = mine\n");
	assert_string_equal(action_kind_name(load("nftables[port=22]")),
	    "native");
	assert_false(warned_of(""));
}

/* Nobody expects these to be native: not a word. */
static void
other_actions_are_not_mentioned(void **state)
{
	(void)state;
	assert_string_equal(action_kind_name(load("a")), "shell");
	assert_false(warned_of(""));
}

/* There are no commands to fall back to. */
static void
a_bad_action_of_ours_breaks_its_jail(void **state)
{
	(void)state;
	assert_string_equal(action_kind_name(
	    load("own[blocktype=\"counter drop\"]")), "native");
	assert_non_null(config->jails[0].error);
	assert_non_null(strstr(config->jails[0].error, "counter drop"));
	assert_int_equal(report.errors, 1);
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(known_blocktypes_are_native),
		CASE(others_run_as_written),
		CASE(a_changed_file_runs_as_written),
		CASE(other_actions_are_not_mentioned),
		CASE(a_bad_action_of_ours_breaks_its_jail),
	};

	if (access("/etc/fail2ban/action.d/nftables.conf", R_OK) == -1) {
		puts("ok - test_check # SKIP fail2ban is not installed");
		return 0;
	}
	return cmocka_run_group_tests(tests, NULL, NULL);
}
