/*
 * A probe: files are parsed in a child, one struct of fixed size comes back,
 * and nothing but such a struct is believed. And the command line it obeys.
 */
#include "process/probe.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/log.h"

static char dir[64];
static int log_fds[2];        /* what is logged, by this process and a child */

static int
setup(void **state)
{
	(void)state;
	snprintf(dir, sizeof(dir), "/tmp/gaol-probe-XXXXXX");
	if (mkdtemp(dir) == NULL ||
	    pipe2(log_fds, O_CLOEXEC | O_NONBLOCK) == -1)
		return -1;
	log_set_fd(log_fds[1]);
	return 0;
}

static int
teardown(void **state)
{
	char command[128];

	(void)state;
	snprintf(command, sizeof(command), "rm -rf '%s'", dir);
	return system(command);
}

/* --- files -------------------------------------------------------------- */

static void
put(const char *name, const char *text)
{
	char path[128];
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	f = fopen(path, "w");
	assert_non_null(f);
	fputs(text, f);
	assert_int_equal(fclose(f), 0);
}

#define USERS "users: { engine = 61001; warden = 61002; };\n"

static void
put_usual(void)
{
	put("gaol.conf", USERS);
	put("fail2ban.conf", "[Definition]\n"
	    "loglevel = NOTICE\n"
	    "logtarget = /var/log/x/y.log\n"
	    "socket = /run/x/s.sock\n"
	    "pidfile = /run/x/s.pid\n"
	    "dbfile = /var/lib/x/y.sqlite3\n");
}

/* Everything logged since the last call. */
static const char *
logged(void)
{
	static char text[16384];
	ssize_t n = read(log_fds[0], text, sizeof(text) - 1);

	text[n > 0 ? n : 0] = '\0';
	return text;
}

static int
probe(const struct start *more, struct probe_result *out)
{
	struct start start = more != NULL ? *more : (struct start){ 0 };

	logged();
	memset(out, 0, sizeof(*out));
	start.dir = dir;
	return probe_run(&start, out);
}

static void
assert_problem(const struct start *more, const char *said)
{
	struct probe_result r;
	const char *text;

	assert_int_equal(probe(more, &r), -1);
	text = logged();
	if (strstr(text, said) == NULL)
		fail_msg("'%s' is not in '%s'", said, text);
}

static void
files_say_what_to_open(void **state)
{
	struct probe_result r;

	(void)state;
	put_usual();
	assert_int_equal(probe(NULL, &r), 0);
	assert_string_equal(logged(), "");
	assert_int_equal(r.engine_uid, 61001);
	assert_int_equal(r.engine_gid, 61001);
	assert_int_equal(r.warden_uid, 61002);
	assert_int_equal(r.warden_gid, 61002);
	/* There is no _gaolr here: it runs as the engine. */
	assert_int_equal(r.resolver_uid, 61001);
	assert_int_equal(r.resolver_gid, 61001);
	assert_int_equal(r.socket_gid, 0);
	assert_int_equal(r.log_level, LEVEL_NOTICE);
	assert_int_equal(r.log.kind, LOGTARGET_FILE);
	assert_string_equal(r.log.file, "/var/log/x/y.log");
	assert_string_equal(r.socket, "/run/x/s.sock");
	assert_string_equal(r.pidfile, "/run/x/s.pid");
	assert_string_equal(r.state_dir, "/var/lib/x");
	assert_string_equal(r.db_name, "y.sqlite3");
	assert_string_equal(r.log.syslog_socket, "/dev/log");
}

static void
the_command_line_wins(void **state)
{
	const struct start given = {
		.socket = "/a/s", .pidfile = "/a/p", .log_level = "debug",
		.log_target = "stderr[datetime=off]",
		.syslog_socket = "/a/log",
	};
	struct probe_result r;

	(void)state;
	put_usual();
	assert_int_equal(probe(&given, &r), 0);
	assert_string_equal(r.socket, "/a/s");
	assert_string_equal(r.pidfile, "/a/p");
	assert_string_equal(r.log.syslog_socket, "/a/log");
	assert_string_equal(r.log.file, "");
	assert_int_equal(r.log.kind, LOGTARGET_STDERR);
	assert_int_equal(r.log_level, LEVEL_DEBUG);
}

static void
log_targets_have_names(void **state)
{
	static const struct { const char *text; enum logtarget_kind kind; } all[] = {
		{ "STDOUT", LOGTARGET_STDOUT }, { "SYSOUT", LOGTARGET_STDOUT },
		{ "STDERR", LOGTARGET_STDERR }, { "SYSLOG", LOGTARGET_SYSLOG },
		{ "syslog [facility=daemon]", LOGTARGET_SYSLOG },
		{ "SYSTEMD-JOURNAL", LOGTARGET_JOURNAL },
		{ "/x/y.log[padding=off]", LOGTARGET_FILE },
	};
	struct probe_result r;

	(void)state;
	put_usual();
	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		const struct start given = { .log_target = all[i].text };

		assert_int_equal(probe(&given, &r), 0);
		assert_int_equal(r.log.kind, all[i].kind);
		assert_string_equal(r.log.file,
		    all[i].kind == LOGTARGET_FILE ? "/x/y.log" : "");
	}
}

static void
log_options_rule_the_layout(void **state)
{
	static const struct {
		const char *text;
		uint32_t date, padding, facility;
		const char *format, *said;
	} all[] = {
		{ "STDOUT", 1, 1, 24, "", "" },
		{ "SYSOUT", 0, 1, 24, "", "" },
		{ "SYSLOG", 0, 0, 24, "", "" },
		{ "SYSLOG[padding=on, datetime=on]", 1, 1, 24, "", "" },
		{ "SYSLOG[facility=local3]", 0, 0, 152, "", "" },
		{ "SYSLOG[facility=nonsense]", 0, 0, 24, "",
		    "facility 'nonsense' is none, DAEMON is used" },
		{ "/x/y.log[padding=off][datetime=off]", 0, 0, 24, "", "" },
		{ "/x/y.log[datetime=perhaps]", 0, 1, 24, "",
		    "datetime=perhaps counts as off; accepted: on or off" },
		{ "/x/y.log[format=\"%(levelname)s: %(message)s\"]", 1, 1,
		    24, "%(levelname)s: %(message)s", "" },
		{ "/x/y.log[format=\"%(nonsense)s\"]", 1, 1, 24, "",
		    "'%(nonsense)s' is no format, the usual one is used" },
		{ "/x/y.log[colour=red]", 1, 1, 24, "",
		    "there is no option 'colour'; accepted: padding" },
	};
	struct probe_result r;

	(void)state;
	put_usual();
	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		const struct start given = { .log_target = all[i].text };
		const char *said;

		assert_int_equal(probe(&given, &r), 0);
		assert_int_equal(r.log.layout.date, all[i].date);
		assert_int_equal(r.log.layout.padding, all[i].padding);
		assert_int_equal(r.log.layout.facility, all[i].facility);
		assert_string_equal(r.log.layout.format, all[i].format);
		said = logged();
		if (strstr(said, all[i].said) == NULL ||
		    (*all[i].said == '\0' && *said != '\0'))
			fail_msg("%s: '%s'", all[i].text, said);
	}
}

static void
no_database_is_no_directory(void **state)
{
	static const char *const none[] = { "None", ":memory:" };
	struct probe_result r;
	char text[128];

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		put_usual();
		snprintf(text, sizeof(text), "[Definition]\ndbfile = %s\n",
		    none[i]);
		put("fail2ban.local", text);
		assert_int_equal(probe(NULL, &r), 0);
		assert_string_equal(r.state_dir, "");
		assert_string_equal(r.db_name, "");
	}
	put("fail2ban.local", "[Definition]\ndbfile = /y.sqlite3\n");
	assert_problem(NULL, "dbfile: '/y.sqlite3' is no file in a directory");
	put("fail2ban.local", "");
}

static void
problems_name_the_option(void **state)
{
	static char long_path[2000];
	const struct start relative = { .log_target = "x.log" };
	const struct start level = { .log_level = "LOUD" };
	const struct start path = { .pidfile = long_path };
	char socket[140];
	const struct start sun = { .socket = socket };

	(void)state;
	put_usual();
	assert_problem(&relative, "logtarget: 'x.log' is not an absolute");
	assert_problem(&level, "loglevel: 'LOUD' is no level");
	memset(long_path, 'x', sizeof(long_path) - 1);
	long_path[0] = '/';
	assert_problem(&path, "accepted: up to 1023");
	memset(socket, 'x', sizeof(socket) - 1);
	socket[0] = '/';
	socket[sizeof(socket) - 1] = '\0';
	assert_problem(&sun, "accepted: up to 107");
	put("gaol.conf", "users: { engine = 0; warden = 61002; };\n");
	assert_problem(NULL, "users.engine: no such user, or it is root");
	put("gaol.conf", "users: { engine = 61001; warden = 61001; };\n");
	assert_problem(NULL, "engine and warden are both uid 61001");
	put("gaol.conf", USERS "socket_group = \"no-such-group\";\n");
	assert_problem(NULL, "there is no group 'no-such-group'");
}

/* Foreign text of a message is printable; it may be anybody's file. */
static void
messages_are_printable(void **state)
{
	const struct start given = { .log_target = "x\033[2J\n.log" };
	struct probe_result r;
	const char *text;

	(void)state;
	put_usual();
	assert_int_equal(probe(&given, &r), -1);
	text = logged();
	assert_null(strchr(text, '\033'));
	assert_non_null(strstr(text, "x\\x1b"));
}

static void
the_resolver_has_its_user(void **state)
{
	struct probe_result r;

	(void)state;
	put_usual();
	put("gaol.conf", "users: { engine = 61001; warden = 61002; "
	    "resolver = 61003; };\n");
	assert_int_equal(probe(NULL, &r), 0);
	assert_int_equal(r.resolver_uid, 61003);
	assert_int_equal(r.resolver_gid, 61003);
	put("gaol.conf", "users: { engine = 61001; warden = 61002; "
	    "resolver = 61002; };\n");
	assert_problem(NULL, "resolver and warden are both uid 61002");
	put("gaol.conf", "users: { engine = 61001; warden = 61002; "
	    "resolver = 0; };\n");
	assert_problem(NULL, "users.resolver: no such user, or it is root");
}

static void
one_process_needs_no_users(void **state)
{
	const struct start single = { .single = true };
	struct probe_result r;

	(void)state;
	put_usual();
	put("gaol.conf", "users: { engine = 0; warden = 0; };\n");
	assert_int_equal(probe(&single, &r), 0);
	assert_int_equal(r.engine_uid, 0);
}

static void
without_files_there_is_none(void **state)
{
	struct start start = { .dir = "/no/such/configuration" };
	struct probe_result r;

	(void)state;
	logged();
	assert_int_equal(probe_run(&start, &r), -1);
	assert_non_null(strstr(logged(), "/no/such/configuration"));
}

/* --- what is believed --------------------------------------------------- */

static struct probe_result
good(void)
{
	return (struct probe_result){
		.engine_uid = 1, .log_level = LEVEL_INFO,
		.log.kind = LOGTARGET_FILE, .socket = "/s", .pidfile = "/p",
		.log.file = "/l", .log.syslog_socket = "/dev/log",
		.state_dir = "/d", .db_name = "n",
	};
}

static void
only_whole_results_are_valid(void **state)
{
	struct probe_result r = good();

	(void)state;
	assert_true(probe_valid(&r));
#define BREAK(statement) do { \
		r = good(); \
		statement; \
		assert_false(probe_valid(&r)); \
	} while (0)
	BREAK(memset(r.socket, '/', sizeof(r.socket)));
	BREAK(memset(r.pidfile, '/', sizeof(r.pidfile)));
	BREAK(memset(r.log.file, '/', sizeof(r.log.file)));
	BREAK(memset(r.log.syslog_socket, '/', sizeof(r.log.syslog_socket)));
	BREAK(memset(r.state_dir, '/', sizeof(r.state_dir)));
	BREAK(memset(r.db_name, 'x', sizeof(r.db_name)));
	BREAK(strcpy(r.socket, "relative"));
	BREAK(strcpy(r.pidfile, ""));
	BREAK(strcpy(r.log.file, "relative"));
	BREAK(strcpy(r.log_dir, "relative"));
	BREAK(memset(r.log_dir, '/', sizeof(r.log_dir)));
	BREAK(strcpy(r.log.file, ""));
	BREAK(strcpy(r.state_dir, "relative"));
	BREAK(strcpy(r.state_dir, ""));
	BREAK(strcpy(r.db_name, ""));
	BREAK(strcpy(r.db_name, "../etc/shadow"));
	BREAK(r.log.kind = 0);
	BREAK(r.log.kind = LOGTARGET_STDOUT);
	BREAK(r.log.kind = 99);
	BREAK(r.log_level = 0);
	BREAK(r.log_level = 51);
#undef BREAK
}

/* A child that says too little, or too much, is not believed. */
static int
hear(const void *said, size_t n)
{
	struct probe p = { .got = 0 };
	int ends[2], rc;

	assert_int_equal(pipe2(ends, O_CLOEXEC | O_NONBLOCK), 0);
	assert_int_equal(write(ends[1], said, n), (ssize_t)n);
	p.fd = ends[0];
	rc = probe_more(&p);
	assert_int_not_equal(rc, 1);   /* it may go on */
	close(ends[1]);
	if (rc == 0)
		rc = probe_more(&p);
	close(ends[0]);
	return rc;
}

static void
sizes_are_exact(void **state)
{
	struct { struct probe_result r; char more; } said = { .r = good() };

	(void)state;
	assert_int_equal(hear(&said, sizeof(said.r)), 1);
	assert_int_equal(hear(&said, sizeof(said.r) - 1), -1);
	assert_int_equal(hear(&said, sizeof(said.r) + 1), -1);
	assert_int_equal(hear(&said, 1), -1);
}

/* --- the command line --------------------------------------------------- */

#define PARSE(s, ...) do { \
		char *argv_[] = { __VA_ARGS__, NULL }; \
		int n_ = 0; \
		while (argv_[n_] != NULL) \
			n_++; \
		optind = 0; \
		start_parse((s), n_, argv_); \
	} while (0)

static void
options_are_upstreams(void **state)
{
	struct start s;

	(void)state;
	PARSE(&s, "/usr/bin/fail2ban-server", "-xf", "-c", "/etc/x", "-s",
	    "/s", "--pidfile=/p", "--loglevel", "INFO", "--logtarget",
	    "sysout", "--syslogsocket", "auto", "--pname", "n", "-v", "start");
	assert_int_equal(s.what, START_DAEMON);
	assert_true(s.compat && s.foreground && !s.single);
	assert_string_equal(s.dir, "/etc/x");
	assert_string_equal(s.socket, "/s");
	assert_string_equal(s.pidfile, "/p");
	assert_string_equal(s.log_level, "INFO");
	assert_string_equal(s.log_target, "sysout");
	assert_int_equal(start_failed(&s), 255);
	PARSE(&s, "gaold", "-1f", "--share", "/usr/share/x");
	assert_true(!s.compat && s.foreground && s.single);
	assert_string_equal(s.share, "/usr/share/x");
	assert_int_equal(start_failed(&s), 1);
	PARSE(&s, "gaold", "-f", "-b");
	assert_false(s.foreground);
	PARSE(&s, "gaold", "-t");
	assert_int_equal(s.what, START_TEST);
	PARSE(&s, "gaold", "--dp");
	assert_int_equal(s.what, START_DUMP);
	PARSE(&s, "gaold", "-V", "--nonsense");
	assert_int_equal(s.what, START_VERSION_SHORT);
	PARSE(&s, "gaold", "--version");
	assert_int_equal(s.what, START_VERSION);
	PARSE(&s, "gaold", "-h");
	assert_int_equal(s.what, START_HELP);
}

/* The daemon leaves the directory it was started from. */
static void
paths_become_absolute(void **state)
{
	struct start s;
	char cwd[512], expected[600];

	(void)state;
	assert_non_null(getcwd(cwd, sizeof(cwd)));
	PARSE(&s, "gaold", "-c", "etc", "--logtarget", "./STDOUT");
	snprintf(expected, sizeof(expected), "%s/etc", cwd);
	assert_string_equal(s.dir, expected);
	snprintf(expected, sizeof(expected), "%s/./STDOUT", cwd);
	assert_string_equal(s.log_target, expected);
	start_fini(&s);
}

static void
misuse_is_told(void **state)
{
	struct start s;
	int saved = dup(STDERR_FILENO);

	(void)state;
	assert_true(dup2(log_fds[1], STDERR_FILENO) >= 0);
	PARSE(&s, "gaold", "--nonsense");
	assert_int_equal(s.what, START_MISUSE);
	PARSE(&s, "gaold", "stop");
	assert_int_equal(s.what, START_MISUSE);
	PARSE(&s, "gaold", "start", "now");
	assert_int_equal(s.what, START_MISUSE);
	PARSE(&s, "fail2ban-server", "status", "--all");
	assert_int_equal(s.what, START_CLIENT);
	dup2(saved, STDERR_FILENO);
	close(saved);
	assert_non_null(strstr(logged(), "gaold: unknown verb stop"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(files_say_what_to_open),
		cmocka_unit_test(the_command_line_wins),
		cmocka_unit_test(log_targets_have_names),
		cmocka_unit_test(log_options_rule_the_layout),
		cmocka_unit_test(no_database_is_no_directory),
		cmocka_unit_test(problems_name_the_option),
		cmocka_unit_test(messages_are_printable),
		cmocka_unit_test(the_resolver_has_its_user),
		cmocka_unit_test(one_process_needs_no_users),
		cmocka_unit_test(without_files_there_is_none),
		cmocka_unit_test(only_whole_results_are_valid),
		cmocka_unit_test(sizes_are_exact),
		cmocka_unit_test(options_are_upstreams),
		cmocka_unit_test(paths_become_absolute),
		cmocka_unit_test(misuse_is_told),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
