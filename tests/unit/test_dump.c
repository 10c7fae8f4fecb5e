#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <jansson.h>

#include "base/buf.h"
#include "config/config.h"
#include "config/dump.h"
#include "config/repr.h"
#include "tree.h"

static void
expect_repr(struct span s, const char *expected)
{
	struct buf out = { 0 };
	struct repr_value back;

	dump_repr(s, &out);
	assert_string_equal(out.p, expected);
	assert_int_equal(repr_parse(&back, buf_span(&out)), 0);
	if (span_chr(s, '\0') == SPAN_NONE)
		assert_true(span_eq(span_of(back.text), s));
	repr_fini(&back);
	buf_fini(&out);
}

static void
test_repr(void **state)
{
	(void)state;
	expect_repr(SPAN(""), "''");
	expect_repr(SPAN("a\\b"), "'a\\\\b'");
	expect_repr(SPAN("it's"), "\"it's\"");
	expect_repr(SPAN("it's \"x\""), "'it\\'s \"x\"'");
	expect_repr(SPAN("a\nb\tc\rd\x01\x7f"), "'a\\nb\\tc\\rd\\x01\\x7f'");
	expect_repr(SPAN("\xc3\xa9\xe2\x82\xac"), "'\xc3\xa9\xe2\x82\xac'");
	expect_repr(SPAN("\xc2\xa0\xe2\x80\xa8"), "'\\xa0\\u2028'");
	expect_repr(SPAN("\xf0\x9f\x98\x80"), "'\xf0\x9f\x98\x80'");
	expect_repr(SPAN("bad \xff\xc3"), "'bad \\udcff\\udcc3'");
}

static void
test_repr_parse_refuses(void **state)
{
	static const char *const bad[] = {
		"", "'a", "['a'", "['a' 'b']", "['a'] x", "'\\q'", "'\\x0'",
		"'\\ud800'", "'\\x00'", "[[[[[[[[1]]]]]]]]", "[,]", "'\\",
	};
	struct repr_value v;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		if (repr_parse(&v, span_of(bad[i])) != -1)
			fail_msg("%s was taken", bad[i]);
	assert_int_equal(repr_parse(&v, SPAN("['a', 5, True, {'k': 1}]")), 0);
	assert_int_equal(v.n, 4);
	assert_string_equal(repr_item(&v, 1), "5");
	assert_null(repr_item(&v, 3));
	assert_null(repr_item(&v, 9));
	repr_fini(&v);
}

static struct config *
load(const struct tree *t)
{
	struct config_request request = { .dir = t->dir, .share = "." };
	struct report report = { 0 };
	struct config *c = config_load(&request, &report);

	report_fini(&report);
	assert_non_null(c);
	return c;
}

static void
fill(const struct tree *t)
{
	tree_write(t, "fail2ban.conf", "[Definition]\ndbmaxmatches = 3\n"
	    "socket = /it's \"here\"\n[Thread]\nstacksize = 64\n");
	tree_write(t, "gaol.conf", "users: { engine = 12; warden = 13; };\n"
	    "socket_group = \"adm\"; line_max = 999;");
	tree_write(t, "filter.d/f.conf", "# status: from documentation, "
	    "unverified\n[Definition]\nusedns = no\nprefregex = ^a"
	    "<F-CONTENT>.*</F-CONTENT>$\nfailregex = ^<HOST> \\[it's\\]\n"
	    "  ^two \"<HOST>\"\nignoreregex = x\nmaxlines = 2\n"
	    "journalmatch = _A=\"b c\" + D='e'\n  _F=g\n"
	    "datepattern = {^LN-BEG}%%Y\n");
	tree_write(t, "action.d/s.conf", "[Definition]\nactionban = do <ip>\n"
	    "  next <port>\nnorestored = yes\nactionstart_on_demand = 0\n"
	    "[Init]\nport = 0:65535\nblocktype = r\n"
	    "[Init?family=inet6]\nblocktype = r6\n");
	tree_write(t, "jail.conf", "[DEFAULT]\nfilter = f\n"
	    "bantime = 1h 30m\nbantime.increment = on\n"
	    "[a]\nenabled = true\nignoreip = ::1, 10.0.0.0/8\nmaxretry = +4\n"
	    "logpath = /dev/null tail\n  /nonexistent/[ab]*\n"
	    "action = s\n  nftables\n  py.py[a=1, b=\"\xc3\xa9'\"]\n"
	    "ignorecommand = x '<ip>'\n"
	    "[broken]\nenabled = true\nfindtime = never\naction = null\n"
	    "[c]\nenabled = true\naction = null\nfailregex = ^mine <HOST>\n"
	    "usedns = raw\nbackend = polling\n");
}

static void
test_upstream_form(void **state)
{
	struct tree t;
	struct config *c;
	struct buf out = { 0 };

	(void)state;
	tree_make(&t);
	fill(&t);
	c = load(&t);
	dump_write(c, DUMP_UPSTREAM, &out);
	assert_non_null(strstr(out.p, "['set', 'thread', {'stacksize': 64}]\n"
	    "['set', 'syslogsocket', 'auto']\n"));
	assert_non_null(strstr(out.p, "['set', 'dbmaxmatches', 3]\n"));
	assert_non_null(strstr(out.p, "['add', 'a', 'auto']\n"
	    "['set', 'a', 'usedns', 'no']\n"
	    "['set', 'a', 'prefregex', '^a<F-CONTENT>.*</F-CONTENT>$']\n"
	    "['set', 'a', 'maxlines', 2]\n"
	    "['set', 'a', 'addignoreregex', 'x']\n"
	    "['multi-set', 'a', 'addfailregex', [\"^<HOST> \\\\[it's\\\\]\", "
	    "'^two \"<HOST>\"']]\n"
	    "['set', 'a', 'datepattern', '{^LN-BEG}%Y']\n"
	    "['set', 'a', 'addjournalmatch', '_A=b c', '+', 'D=e']\n"
	    "['set', 'a', 'addjournalmatch', '_F=g']\n"
	    "['set', 'a', 'maxretry', 4]\n"
	    "['set', 'a', 'bantime', '1h 30m']\n"
	    "['set', 'a', 'bantime.increment', True]\n"
	    "['set', 'a', 'ignorecommand', \"x '<ip>'\"]\n"
	    "['set', 'a', 'addignoreip', '::1', '10.0.0.0/8']\n"
	    "['set', 'a', 'addlogpath', '/dev/null', 'tail']\n"
	    "['set', 'a', 'addaction', 's']\n"
	    "['multi-set', 'a', 'action', 's', [['actionstart_on_demand', "
	    "False], ['actionban', 'do <ip>\\nnext 0:65535'], ['norestored', "
	    "True], ['name', 'a'], ['actname', 's'], ['port', '0:65535'], "
	    "['blocktype', 'r'], ['blocktype?family=inet6', 'r6']]]\n"));
	assert_non_null(strstr(out.p, "/action.d/py.py', "
	    "'{\"a\": \"1\", \"b\": \"\\\\u00e9\\'\"}']\n"));
	assert_non_null(strstr(out.p, "['config-error', \"Jail 'broken' "
	    "skipped, because of wrong configuration: findtime:"));
	assert_non_null(strstr(out.p, "['add', 'c', 'polling']\n"
	    "['set', 'c', 'usedns', 'raw']\n"));
	assert_non_null(strstr(out.p, "['start', 'a']\n['start', 'c']\n"));
	assert_null(strstr(out.p, "gaol'"));
	buf_fini(&out);
	config_free(c);
	tree_remove(&t);
}

static void
test_engine_form_reads_back(void **state)
{
	struct tree t;
	struct config *c, *d;
	struct report report = { 0 };
	struct buf one = { 0 }, two = { 0 };

	(void)state;
	tree_make(&t);
	fill(&t);
	c = load(&t);
	dump_write(c, DUMP_ENGINE, &one);
	d = dump_read(buf_span(&one), &report);
	assert_non_null(d);
	dump_write(d, DUMP_ENGINE, &two);
	assert_string_equal(one.p, two.p);
	buf_clear(&one);
	buf_clear(&two);
	/* The tree shows every typed field, made anew by the reader. */
	dump_json(c, &one);
	dump_json(d, &two);
	assert_string_equal(one.p, two.p);
	assert_string_equal(d->dir, t.dir);
	assert_string_equal(d->main.socket, "/it's \"here\"");
	assert_int_equal(d->own.engine_gid, 12);
	assert_int_equal(d->own.warden_uid, 13);
	assert_string_equal(d->own.socket_group, "adm");
	assert_int_equal(d->own.line_max, 999);
	assert_int_equal(d->jails_n, 3);
	assert_true(d->jails[0].filter.unverified);
	assert_int_equal(d->jails[0].bantime, 5400);
	assert_int_equal(d->jails[0].actions[1].kind, ACTION_NFTABLES);
	assert_string_equal(d->jails[0].logs_missing.v[0],
	    "/nonexistent/[ab]*");
	assert_non_null(strstr(d->jails[1].error, "never"));
	buf_fini(&one);
	buf_fini(&two);
	config_free(c);
	config_free(d);
	tree_remove(&t);
}

static void
test_read_refuses(void **state)
{
	static const char *const bad[] = {
		"", "x\n", "['set', 'loglevel']\n", "['gaol', 'dump', '2']\n",
		"['set', 'j', 'maxretry', 5]\n", "['add', 'j']\n",
		"['gaol', 'dump', '1']\n['add', 'j', 'auto']\n"
		"['set', 'k', 'maxretry', 5]\n",
		"['add', 'j', 'auto']\n['set', 'j', 'addaction', 'x']\n",
		"['add', 'j', 'auto']\n['multi-set', 'j', 'addfailregex', "
		"[['a']]]\n",
	};
	struct report report = { 0 };

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_null(dump_read(span_of(bad[i]), &report));
		assert_int_equal(report.errors, i + 1);
	}
	report_fini(&report);
}

/* fail2ban is told commands, the warden gets parameters: both are kept. */
static void
test_stock_action_keeps_both(void **state)
{
	static const char lines[] =
	    "['add', 'j', 'auto']\n"
	    "['gaol', 'action', 'j', 'n', 'nftables', 'nftables', 'stock']\n"
	    "['gaol', 'property', 'j', 'table', 't']\n"
	    "['gaol', 'property', 'j', 'type', 'allports']\n"
	    "['set', 'j', 'addaction', 'n']\n"
	    "['multi-set', 'j', 'action', 'n', [['actionban', 'x'], "
	    "['table', '<t>']]]\n"
	    "['gaol', 'filter', 'j', 'f', '']\n"
	    "['start', 'j']\n";
	struct tree t;
	struct config *c, *d;
	struct report report = { 0 };
	struct buf text = { 0 }, again = { 0 };

	(void)state;
	tree_make(&t);
	tree_write(&t, "jail.conf", "");
	c = load(&t);
	dump_write(c, DUMP_ENGINE, &text);
	buf_adds(&text, lines);
	d = dump_read(buf_span(&text), &report);
	assert_non_null(d);
	assert_int_equal(d->jails[0].actions[0].props.n, 2);
	assert_string_equal(properties_get(&d->jails[0].actions[0].props,
	    "table"), "t");
	assert_string_equal(properties_get(&d->jails[0].actions[0].sent,
	    "table"), "<t>");
	dump_write(d, DUMP_ENGINE, &again);
	assert_string_equal(text.p, again.p);
	buf_fini(&text);
	buf_fini(&again);
	config_free(c);
	config_free(d);
	tree_remove(&t);
}

static void
test_json_is_json(void **state)
{
	struct tree t;
	struct config *c;
	struct buf out = { 0 };
	json_t *root;

	(void)state;
	tree_make(&t);
	fill(&t);
	c = load(&t);
	dump_json(c, &out);
	root = json_loads(out.p, 0, NULL);
	assert_non_null(root);
	assert_int_equal(json_array_size(json_object_get(root, "jails")), 3);
	json_decref(root);
	buf_fini(&out);
	config_free(c);
	tree_remove(&t);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_repr),
		cmocka_unit_test(test_repr_parse_refuses),
		cmocka_unit_test(test_upstream_form),
		cmocka_unit_test(test_engine_form_reads_back),
		cmocka_unit_test(test_read_refuses),
		cmocka_unit_test(test_stock_action_keeps_both),
		cmocka_unit_test(test_json_is_json),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
