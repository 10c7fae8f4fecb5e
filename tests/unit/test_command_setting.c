/*
 * `get JAIL` and `set JAIL` through the control socket: what is shown, what a
 * change does to the jail at work, and that a bad one does nothing.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <signal.h>

#include "engine_scene.h"
#include "process/engine_run.h"

#define JAILS \
	"[DEFAULT]\nbantime = 1h\nmaxretry = 3\nfindtime = 1h/7\nfilter = f\n" \
	"ignoreip =\nlogpath =\naction = nftables[port=\"22\"]\n" \
	"datepattern = {NONE}\n" \
	"[one]\nenabled = true\n" \
	"ignoreip = 192.0.2.9\n" \
	"bantime.increment = true\nbantime.maxtime = 1d\n" \
	"bantime.factor = 2\nignorecache = key=\"<ip>\", max-time=10m\n" \
	"[two]\nenabled = true\nmaxretry = 1\nbantime.overalljails = true\n" \
	"[three]\nenabled = true\nmaxretry = 1\n" \
	"ignorecommand = true <ip>\n" \
	"[four]\nenabled = true\n" \
	"ignoreip = 192.0.2.9 198.51.100.7/24 example.com 192.0.2.9\n"

static int
setup(void **state)
{
	(void)state;
	scene_start(JAILS);
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	scene_end();
	return 0;
}

/* The reply to the words between bars as compact JSON, ' for ". */
static const char *
say(const char *words)
{
	static char text[8192];
	struct buf request = { 0 };
	struct span rest = span_of(words), word;
	json_t *json;
	char *dump;
	int fd;

	buf_addc(&request, '[');
	while (span_cut(&rest, '|', &word))
		buf_addf(&request, "%s\"%.*s\"", request.n > 1 ? "," : "",
		    SPAN_FMT(word));
	/* Nothing behind the last one is an empty word. */
	buf_adds(&request, words[strlen(words) - 1] == '|' ? ",\"\"]" : "]");
	fd = ask(request.p);
	work_all();
	json = reply(fd);
	assert_non_null(json);
	dump = json_dumps(json_object_get(json, "ok") != NULL ?
	    json_object_get(json, "ok") : json_object_get(json, "error"),
	    JSON_COMPACT | JSON_ENCODE_ANY);
	snprintf(text, sizeof(text), "%s", dump);
	for (char *c = text; *c != '\0'; c++)
		if (*c == '"')
			*c = '\'';
	free(dump);
	json_decref(json);
	buf_fini(&request);
	return text;
}

#define SAY(words, expected) assert_string_equal(say(words), expected)

static struct engine_jail *
jail(const char *name)
{
	struct engine_jail *j = engine_jail_find(s->e, name);

	assert_non_null(j);
	return j;
}

static void
found(const struct failure *f, void *arg)
{
	engine_jail_failure(arg, f);
}

/* A line of a log of the jail's. */
static void
line(const char *name, const char *text)
{
	filter_line(jail(name)->filter, span_of(text), FILTER_LIVE, found,
	    jail(name));
	work_all();
}

/* --- get ------------------------------------------------------------------ */

static void
what_is_shown(void **state)
{
	(void)state;
	SAY("get|one|maxretry", "3");
	SAY("get|one|maxmatches", "5");
	SAY("get|one|bantime", "3600");
	SAY("get|one|findtime", "514.28571428571433");
	SAY("get|one|ignoreself", "true");
	SAY("get|four|ignoreip", "['198.51.100.0/24','example.com',"
	    "'192.0.2.9']");
	SAY("get|one|ignorecommand", "false");
	SAY("get|three|ignorecommand", "'true <ip>'");
	SAY("get|one|ignorecache", "['<ip>',100,600]");
	SAY("get|two|ignorecache", "null");
	SAY("get|one|prefregex", "''");
	SAY("get|one|ignoreregex", "[]");
	SAY("get|one|usedns", "'warn'");
	SAY("get|one|maxlines", "1");
	SAY("get|one|logencoding", "'UTF-8'");
	SAY("get|one|logtimezone", "null");
	SAY("get|one|journalmatch", "[]");
	SAY("get|one|logpath", "[]");
	SAY("get|one|datepattern", "['{UNB}^','^']");
	SAY("get|one|bantime.increment", "true");
	SAY("get|one|bantime.maxtime", "86400");
	SAY("get|one|bantime.factor", "'2'");
	SAY("get|one|bantime.formula", "null");
	SAY("get|two|bantime.increment", "null");
	SAY("get|two|bantime.overalljails", "true");
	SAY("get|one|banned", "[]");
	SAY("get|one|banip", "[]");
	assert_non_null(strstr(say("get|one|failregex"), "(?P<ip4>"));
}

static void
what_is_none(void **state)
{
	(void)state;
	SAY("get|one", "{'type':'IndexError','message':"
	    "'list index out of range'}");
	SAY("set|one", "{'type':'IndexError','message':"
	    "'list index out of range'}");
	SAY("set|one|bantime", "{'type':'IndexError','message':"
	    "'list index out of range'}");
	SAY("get|none|bantime", "{'type':'UnknownJailException','message':"
	    "'none'}");
	SAY("get|none|nothing", "{'type':'Exception','message':'Invalid "
	    "command (no get action or not yet implemented)'}");
	SAY("get|one|addfailregex", "{'type':'Exception','message':'Invalid "
	    "command (no get action or not yet implemented)'}");
	SAY("set|one|nothing|1", "{'type':'Exception','message':'Invalid "
	    "command 'nothing' (no set action or not yet implemented)'}");
	SAY("set|one|failregex|1", "{'type':'Exception','message':'Invalid "
	    "command 'failregex' (no set action or not yet implemented)'}");
}

/* --- set ------------------------------------------------------------------ */

static void
a_regex_of_run_time_matches(void **state)
{
	(void)state;
	line("two", "192.0.2.1 new");
	SAY("get|two|banned", "[]");
	assert_non_null(strstr(say("set|two|addfailregex|^<ADDR> new$"),
	    "new$"));
	line("two", "192.0.2.1 new");
	SAY("get|two|banned", "['192.0.2.1']");
	SAY("set|two|addignoreregex|^192\\\\.0\\\\.2\\\\.2 ",
	    "['^192\\\\.0\\\\.2\\\\.2 ']");
	line("two", "192.0.2.2 new");
	SAY("set|two|delignoreregex|0", "[]");
	SAY("get|two|banned", "['192.0.2.1']");
	say("set|two|delfailregex|-1");
	line("two", "192.0.2.3 new");
	SAY("get|two|banned", "['192.0.2.1']");
	SAY("set|two|addfailregex|nobody", "{'type':'RegexException',"
	    "'message':'No failure-id group in 'nobody''}");
	SAY("set|two|delfailregex|x", "{'type':'ValueError','message':"
	    "'invalid literal for int() with base 10: 'x''}");
	/* The other jail has its own. */
	assert_null(strstr(say("get|one|failregex"), "new"));
}

static void
limits_count_at_once(void **state)
{
	(void)state;
	line("one", "192.0.2.1 x");
	line("one", "192.0.2.1 x");
	SAY("get|one|banned", "[]");
	SAY("set|one|maxretry|2", "2");
	line("one", "192.0.2.1 x");
	SAY("get|one|banned", "['192.0.2.1']");
	SAY("set|one|findtime|1d 1h", "90000");
	SAY("set|one|findtime|1y", "31557600.0");
	SAY("set|one|findtime|-1", "{'type':'ValueError','message':"
	    "'findtime: '-1' is negative; accepted: 0 and more'}");
	SAY("set|one|findtime|abc", "{'type':'NameError','message':"
	    "'name 'abc' is not defined'}");
	SAY("get|one|findtime", "31557600.0");
	SAY("set|one|maxretry|abc", "{'type':'ValueError','message':"
	    "'invalid literal for int() with base 10: 'abc''}");
	SAY("set|one|maxmatches|7", "7");
	SAY("get|one|maxretry", "2");
	SAY("get|two|maxretry", "1");
}

/* Running bans follow, and so does the kernel. */
static void
a_bantime_reaches_running_bans(void **state)
{
	struct addr a = { .family = ADDR_V4, .plen = 32,
		.b = { 192, 0, 2, 1 } };

	(void)state;
	SAY("set|one|banip|192.0.2.1", "1");
	assert_true(kernel_find(0, 0, &a)->end != INT64_MAX);
	SAY("set|one|bantime|-1", "-1");
	work_all();
	assert_true(kernel_find(0, 0, &a)->end == INT64_MAX);
	assert_non_null(strstr(say("get|one|banip|--with-time"),
	    " + -1 = 9999-12-31 23:59:59']"));
	SAY("set|one|bantime|1h", "3600");
	work_all();
	assert_true(kernel_find(0, 0, &a)->end != INT64_MAX);
}

static void
growth_is_set(void **state)
{
	(void)state;
	SAY("set|one|bantime.maxtime|2d", "172800");
	SAY("set|one|bantime.maxtime|", "null");
	SAY("set|one|bantime.increment|no", "false");
	SAY("set|one|bantime.formula|ban.Time", "'ban.Time'");
	assert_non_null(strstr(say("set|one|bantime.formula|exec(x)"),
	    "'type':'ValueError'"));
	SAY("get|one|bantime.formula", "'ban.Time'");
	SAY("set|one|bantime.whatever|7", "'7'");
	SAY("set|one|bantime.whatever|", "null");
	for (int i = 0; i < 40; i++) {
		char words[64];

		snprintf(words, sizeof(words), "set|one|bantime.x%d|1", i);
		say(words);
	}
	assert_non_null(strstr(say("set|one|bantime.y|1"), "too many"));
}

static void
who_is_left_alone(void **state)
{
	(void)state;
	SAY("set|two|addignoreip|192.0.2.0/24|198.51.100.1|192.0.2.0/24",
	    "['192.0.2.0/24','198.51.100.1']");
	line("two", "192.0.2.1 x");
	SAY("get|two|banned", "[]");
	SAY("set|two|delignoreip|192.0.2.77/24", "['198.51.100.1']");
	SAY("set|two|delignoreip|192.0.2.77", "{'type':'ValueError',"
	    "'message':'list.remove(x): x not in list'}");
	SAY("set|two|addignoreip", "['198.51.100.1']");
	SAY("set|three|ignorecommand|", "''");
	line("three", "192.0.2.1 x");
	SAY("get|three|banned", "['192.0.2.1']");
	SAY("set|two|ignoreself|off", "false");
	SAY("set|two|ignorecache|key=<ip>, max-count=7", "['<ip>',7,300]");
	SAY("set|two|ignorecache|max-count=7", "{'type':'KeyError',"
	    "'message':'key'}");
	SAY("set|two|ignorecache|", "null");
	SAY("set|three|ignorecommand|true <ip>", "'true <ip>'");
	assert_non_null(strstr(say("set|three|ignorecommand|rm -rf /"),
	    "PermissionError"));
	SAY("get|three|ignorecommand", "'true <ip>'");
}

static void
attempts_count(void **state)
{
	(void)state;
	SAY("set|one|attempt|192.0.2.1", "1");
	SAY("get|one|banned", "[]");
	SAY("set|one|attempt|192.0.2.1|line 1|line 2", "1");
	SAY("get|one|banned|192.0.2.1", "1");
	SAY("get|one|banned|192.0.2.1|192.0.2.2", "[1,0]");
	SAY("set|one|attempt|192.0.2.9|1|2|3|4", "0");
	SAY("get|one|banned|192.0.2.9", "0");
	assert_non_null(strstr(say("set|one|attempt"), "TypeError"));
}

/* It is told what came of it when the command has answered. */
static void
an_attempt_waits_for_ignorecommand(void **state)
{
	static const struct { uint32_t outcome; const char *reply; } rows[] = {
		{ IGNORED_YES, "0" }, { IGNORED_NO, "1" },
	};
	struct engine_run *run = s->e->run;

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		int fd = ask("[\"set\",\"three\",\"attempt\","
		    "\"192.0.2.1\",\"a line\"]");
		json_t *json;
		char *text;

		assert_null(reply(fd));
		assert_true(engine_ignore_done(run->ignore, run->seq,
		    rows[i].outcome));
		work_all();
		json = reply(fd);
		assert_non_null(json);
		text = json_dumps(json_object_get(json, "ok"),
		    JSON_ENCODE_ANY);
		assert_string_equal(text, rows[i].reply);
		free(text);
		json_decref(json);
	}
	SAY("get|three|banned", "['192.0.2.1']");
	/* The end finds one that waits, and a client that has gone. */
	close(ask("[\"set\",\"three\",\"attempt\",\"192.0.2.2\"]"));
	assert_int_equal(engine_ignore_waiting(run->ignore), 1);
}

static void
bans_by_hand(void **state)
{
	(void)state;
	SAY("set|one|banip|192.0.2.1|198.51.100.0/24|raw id", "3");
	SAY("set|one|banip|192.0.2.1", "0");
	SAY("set|one|banip", "0");
	SAY("get|one|banip", "['192.0.2.1','198.51.100.0/24','raw id']");
	SAY("set|one|unbanip|--report-absent|192.0.2.8|192.0.2.1|nobody",
	    "{'type':'ValueError','message':'not banned: ['192.0.2.8', "
	    "'nobody']'}");
	SAY("get|one|banip", "['198.51.100.0/24','raw id']");
	SAY("set|one|unbanip|192.0.2.8|raw id", "1");
	SAY("set|one|unbanip|--report-absent", "0");
}

static void
the_filter_is_set(void **state)
{
	(void)state;
	SAY("set|one|usedns|NO", "'no'");
	SAY("set|one|maxlines|3", "3");
	SAY("set|one|maxlines|0", "{'type':'ValueError','message':"
	    "'maxlines must be integer greater than zero'}");
	SAY("set|one|datepattern|%Y", "['%Y','Year']");
	SAY("set|one|datepattern|", "[null,'Default Detectors']");
	SAY("set|one|logtimezone|UTC+0200", "'UTC+0200'");
	SAY("set|one|logtimezone|Nowhere", "{'type':'ValueError','message':"
	    "'Unknown or unsupported time zone: 'Nowhere''}");
	SAY("set|one|logencoding|latin1", "'latin1'");
	SAY("set|one|logencoding|nothing", "{'type':'LookupError','message':"
	    "'unknown encoding: nothing'}");
	SAY("get|one|logencoding", "'latin1'");
	SAY("set|one|logencoding|auto", "'UTF-8'");
	SAY("set|one|prefregex|^p <F-CONTENT>.+</F-CONTENT>$",
	    "'^p (?P<content>.+)$'");
	SAY("set|one|prefregex|", "''");
	SAY("set|one|addjournalmatch|_COMM=x", "[]");
}

/* What the files say counts again, but where the reload is another jail's. */
static void
a_reload_brings_the_files_back(void **state)
{
	(void)state;
	say("set|one|maxretry|9");
	say("set|one|addignoreregex|^x$");
	say("set|two|maxlines|5");
	s->e->reload_jail = xstrdup("two");
	send_config(JAILS);
	work_all();
	free(s->e->reload_jail);
	s->e->reload_jail = NULL;
	SAY("get|one|maxretry", "9");
	SAY("get|one|ignoreregex", "['^x$']");
	SAY("get|two|maxlines", "1");
	send_config(JAILS);
	work_all();
	SAY("get|one|maxretry", "3");
	SAY("get|one|ignoreregex", "[]");
}

#define CASE(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(what_is_shown),
		CASE(what_is_none),
		CASE(a_regex_of_run_time_matches),
		CASE(limits_count_at_once),
		CASE(a_bantime_reaches_running_bans),
		CASE(growth_is_set),
		CASE(who_is_left_alone),
		CASE(attempts_count),
		CASE(an_attempt_waits_for_ignorecommand),
		CASE(bans_by_hand),
		CASE(the_filter_is_set),
		CASE(a_reload_brings_the_files_back),
	};

	signal(SIGPIPE, SIG_IGN);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
