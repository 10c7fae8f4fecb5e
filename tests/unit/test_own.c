#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/buf.h"
#include "config/own.h"
#include "tree.h"

static struct own_config own;
static struct report report;
static struct tree tree;

static int
setup(void **state)
{
	(void)state;
	tree_make(&tree);
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	own_config_fini(&own);
	report_fini(&report);
	tree_remove(&tree);
	return 0;
}

static int
load(const char *text)
{
	own_config_fini(&own);
	report_fini(&report);
	tree_write(&tree, "gaol.conf", text);
	return own_config_load(&own, tree_path(&tree, "gaol.conf"), true,
	    &report);
}

static void
test_defaults(void **state)
{
	(void)state;
	assert_int_equal(own_config_load(&own, tree_path(&tree, "none"),
	    true, &report), 1);
	assert_string_equal(own.firewall, "nftables");
	assert_non_null(own.share);
	assert_null(own.socket_group);
	assert_false(own.runtime_commands || own.runtime_logs);
	assert_null(own.runtime_log_dir);
	assert_int_equal(own.line_max, 65536);
	assert_int_equal(own.match_limit, 100000);
	assert_true(own.tracked_max > 0 && own.bans_max > 0);
	assert_int_equal(report.n, 0);
	assert_int_equal(load(""), 0);
	assert_int_equal(own.line_max, 65536);
}

static void
test_every_field(void **state)
{
	(void)state;
	assert_int_equal(load("users: { engine = 1234; warden = \"root\"; };\n"
	    "socket_group = \"adm\"; firewall = \"null\"; share = \"/x\";\n"
	    "line_max = 1000; match_limit = 5000L; tracked_max = 100;\n"
	    "bans_max = 7; runtime_commands = true;\n"
	    "runtime_logs = true;\nruntime_log_dir = \"/a\";\n"), 0);
	assert_int_equal(report.n, 0);
	assert_int_equal(own.engine_uid, 1234);
	assert_int_equal(own.engine_gid, 1234);
	assert_int_equal(own.warden_uid, 0);
	assert_int_equal(own.warden_gid, 0);
	assert_string_equal(own.socket_group, "adm");
	assert_string_equal(own.firewall, "null");
	assert_string_equal(own.share, "/x");
	assert_int_equal(own.line_max, 1000);
	assert_int_equal(own.match_limit, 5000);
	assert_int_equal(own.tracked_max, 100);
	assert_int_equal(own.bans_max, 7);
	assert_true(own.runtime_commands && own.runtime_logs);
	assert_string_equal(own.runtime_log_dir, "/a");
}

static void
test_mail_accesses(void **state)
{
	(void)state;
	assert_int_equal(load("accounts = { domain = \"example.com\";\n"
	    "separator = \"+\"; aliases = \"@a.example=@b.example, "
	    "x@c.example = y@c.example\"; };\n"
	    "geoip = { country = \"/c\"; asn = \"/a\"; ranges4 = \"/4\";\n"
	    "ranges6 = \"/6\"; };\n"
	    "signins_file = \"/s\";\n"
	    "retention = { login = \"2y\"; failure = 7200;\n"
	    "message = \"1h\"; };\n"), 0);
	assert_int_equal(report.n, 0);
	assert_string_equal(own.accounts_domain, "example.com");
	assert_string_equal(own.accounts_separator, "+");
	assert_non_null(strstr(own.accounts_aliases, "x@c.example"));
	assert_string_equal(own.geoip_country, "/c");
	assert_string_equal(own.geoip_ranges6, "/6");
	assert_string_equal(own.signins_file, "/s");
	assert_int_equal(own.keep_login, 2 * 31557600);
	assert_int_equal(own.keep_failure, 7200);
	assert_int_equal(own.keep_message, 3600);
	assert_int_equal(own.keep_session, 90 * 86400);
}

/* Without users no name is looked up: even one that nobody has is no fault. */
static void
test_no_users(void **state)
{
	(void)state;
	own_config_fini(&own);
	report_fini(&report);
	tree_write(&tree, "gaol.conf", "line_max = 300;\n"
	    "users = { engine = \"no_such_user_here\"; warden = 12; };");
	assert_int_equal(own_config_load(&own, tree_path(&tree, "gaol.conf"),
	    false, &report), 0);
	assert_int_equal(report.n, 0);
	assert_int_equal(own.engine_uid, -1);
	assert_int_equal(own.warden_uid, -1);
	assert_int_equal(own.line_max, 300);
}

static void
expect(const char *text, enum problem_level level, unsigned line,
    const char *words)
{
	load(text);
	assert_int_equal(report.n, 1);
	assert_int_equal(report.v[0].level, level);
	assert_int_equal(report.v[0].line, line);
	assert_string_equal(report.v[0].file, tree_path(&tree, "gaol.conf"));
	if (strstr(report.v[0].text, words) == NULL)
		fail_msg("'%s' is not in '%s'", words, report.v[0].text);
}

static void
test_trusted_proxy(void **state)
{
	(void)state;
	assert_int_equal(load(""), 0);
	assert_null(own.trusted_proxy);
	load("trusted_proxy = [ \"192.0.2.7\", \" 2001:db8::/64 \" ];");
	assert_int_equal(report.n, 0);
	assert_string_equal(own.trusted_proxy, "192.0.2.7, 2001:db8::/64");
	load("trusted_proxy = (\"::1\", \"127.0.0.0/8\");");
	assert_string_equal(own.trusted_proxy, "::1, 127.0.0.0/8");
	load("trusted_proxy = \"10.0.0.2,10.1.0.9/16\";");
	assert_string_equal(own.trusted_proxy, "10.0.0.2, 10.1.0.0/16");
	load("trusted_proxy = ();");
	assert_int_equal(report.n, 0);
	assert_null(own.trusted_proxy);
	expect("\ntrusted_proxy = [ \"10.0.0.2\", \"webmail\" ];",
	    PROBLEM_ERROR, 2, "trusted_proxy: \"webmail\" is not usable; "
	    "accepted: addresses and networks");
	assert_null(own.trusted_proxy);
	expect("trusted_proxy = \"10.0.0.2,,10.0.0.3\";", PROBLEM_ERROR, 1,
	    "accepted: addresses");
	expect("trusted_proxy = 10;", PROBLEM_ERROR, 1, "10 is not usable");
	expect("trusted_proxy = [ 1, 2 ];", PROBLEM_ERROR, 1,
	    "a group or list is not usable");
}

static void
test_problems(void **state)
{
	(void)state;
	expect("\nline_max = 5;", PROBLEM_ERROR, 2, "5 is not usable; "
	    "accepted: 256..1048576");
	assert_int_equal(own.line_max, 65536);
	expect("firewall = \"iptables\";", PROBLEM_ERROR, 1, "\"iptables\"");
	assert_string_equal(own.firewall, "nftables");
	expect("bans_max = true;", PROBLEM_ERROR, 1, "true");
	expect("users = { engine = \"no_such_user_here\"; };", PROBLEM_ERROR, 1,
	    "users.engine");
	expect("users = { engine = -4; };", PROBLEM_ERROR, 1, "-4");
	expect("a = 1;\nline_max = 300;", PROBLEM_WARNING, 1, "'a'");
	assert_int_equal(own.line_max, 300);
	expect("tracked_mx = 300;", PROBLEM_WARNING, 1,
	    "did you mean 'tracked_max'?");
	expect("runtime_commands = 1;", PROBLEM_ERROR, 1,
	    "1 is not usable; accepted: true, false");
	assert_false(own.runtime_commands);
	expect("users = { engin = 3; };", PROBLEM_WARNING, 1,
	    "did you mean 'users.engine'?");
	expect("retention = { login = \"30m\"; };", PROBLEM_ERROR, 1,
	    "retention.login: \"30m\" is not usable; accepted: a duration");
	assert_int_equal(own.keep_login, 365 * 86400);
	expect("retention = { login = \"ever\"; };", PROBLEM_ERROR, 1,
	    "\"ever\"");
	expect("retention = { logins = 1; };", PROBLEM_WARNING, 1,
	    "did you mean 'retention.login'?");
	expect("retention = 3;", PROBLEM_WARNING, 1, "'retention'");
	expect("accounts = { separator = \"++\"; };", PROBLEM_ERROR, 1,
	    "accepted: one character");
	expect("accounts = { aliases = \"a@b.example\"; };", PROBLEM_ERROR,
	    1, "FROM=TO");
	expect("geoip = { asn = \"file.mmdb\"; };", PROBLEM_ERROR, 1,
	    "accepted: an absolute path");
	expect("x = \n\n= 2;", PROBLEM_ERROR, 3, "syntax error");
}

static void
test_found_in_the_directory(void **state)
{
	(void)state;
	tree_write(&tree, "gaol.conf", "line_max = 777;");
	assert_int_equal(own_config_find(&own, tree.dir, true,
	    &report), 0);
	assert_int_equal(own.line_max, 777);
}

/* It names the directory of actions and whom they run as. */
static void
test_file_of_others_is_refused(void **state)
{
	(void)state;
	assert_int_equal(load("line_max = 777;"), 0);
	assert_int_equal(own.line_max, 777);
	assert_int_equal(chmod(tree_path(&tree, "gaol.conf"), 0646), 0);
	own_config_fini(&own);
	assert_int_equal(own_config_load(&own, tree_path(&tree, "gaol.conf"),
	    true, &report), -1);
	assert_int_equal(own.line_max, 65536);
	assert_int_equal(report.errors, 1);
	assert_non_null(strstr(report.v[0].text, "others may write it"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_defaults, setup, teardown),
		cmocka_unit_test_setup_teardown(test_no_users, setup,
		    teardown),
		cmocka_unit_test_setup_teardown(test_no_users, setup,
		    teardown),
		cmocka_unit_test_setup_teardown(test_every_field, setup,
		    teardown),
		cmocka_unit_test_setup_teardown(test_mail_accesses, setup,
		    teardown),
		cmocka_unit_test_setup_teardown(test_trusted_proxy, setup,
		    teardown),
		cmocka_unit_test_setup_teardown(test_problems, setup, teardown),
		cmocka_unit_test_setup_teardown(test_file_of_others_is_refused,
		    setup, teardown),
		cmocka_unit_test_setup_teardown(test_found_in_the_directory,
		    setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
