/* Layouts of records, beside Python's own. */
#include "base/log_format.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log_journal.h"

static const struct log_record record = {
	.level = LEVEL_NOTICE, .level_name = "NOTICE",
	.logger = "fail2ban.actions", .priority = 5,
	.message = { "[j] Ban 192.0.2.7", 17 },
};

static int
setup(void **state)
{
	(void)state;
	setenv("TZ", "UTC", 1);
	clock_freeze((struct wall){ 1795299492717000 }, (struct boot){ 0 });
	return 0;
}

static const char *
put(const char *format)
{
	static char out[512];

	out[log_format_put(out, sizeof(out) - 1, format, &record)] = '\0';
	return out;
}

static void
fields_are_filled_in_as_python_does(void **state)
{
	static const struct { const char *format, *out; } cases[] = {
		{ "", "" },
		{ "plain", "plain" },
		{ "%(message)s", "[j] Ban 192.0.2.7" },
		{ "100 %% %(levelname)s", "100 % NOTICE" },
		{ "%(asctime)s|", "2026-11-21 22:18:12,717|" },
		{ "%(asctime)-15s|", "2026-11-21 22:18:12,717|" },
		{ "%(name)-24s|", "fail2ban.actions        |" },
		{ "%(name)20s|", "    fail2ban.actions|" },
		{ "%(name)-10.8s|", "fail2ban  |" },
		{ "%(module)s", "actions" },
		{ "%(levelno)d %(levelno)05d %(levelno)-4d|", "25 00025 25  |" },
		{ "%(levelno)s %(levelno)x %(levelno)X", "25 19 19" },
		{ "%(msecs)d %(msecs).1f %(created)d", "717 717.0 1795299492" },
		{ "%(lineno)d %(funcName)-3s|", "0 -  |" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_true(log_format_valid(span_of(cases[i].format)));
		assert_string_equal(put(cases[i].format), cases[i].out);
	}
}

static void
verbose_layouts_are_upstreams(void **state)
{
	static const struct {
		unsigned verbosity;
		bool date, padding;
		const char *format;
	} cases[] = {
		{ 0, true, true, "" },
		{ 1, true, true, "" },
		{ 2, true, true, " %(asctime)-15s %(thread)X %(levelname)-5.5s "
		    "%(message)s" },
		{ 2, false, true, " %(thread)X %(levelname)-5.5s %(message)s" },
		{ 2, true, false, " %(asctime)s %(thread)X %(levelname)s "
		    "%(message)s" },
		{ 3, true, true, " +%(relativeCreated)5d %(thread)X "
		    "%(name)-25.25s %(levelname)-5.5s %(message)s" },
		{ 4, true, true, " +%(relativeCreated)5d %(thread)X "
		    "%(name)-25.25s %(levelname)-5.5s | "
		    "%(module)15.15s-%(levelno)-2d: %(funcName)-20.20s | "
		    "%(message)s" },
		{ 99, false, false, " +%(relativeCreated)5d %(thread)X "
		    "%(name)s %(levelname)s | %(module)s-%(levelno)-2d: "
		    "%(funcName)s | %(message)s" },
	};
	char format[LOG_FORMAT_MAX];

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		log_format_verbose(format, cases[i].verbosity, cases[i].date,
		    cases[i].padding);
		assert_string_equal(format, cases[i].format);
		assert_true(log_format_valid(span_of(format)));
	}
}

static void
what_python_refuses_is_refused(void **state)
{
	static const char *const cases[] = {
		"%", "%s", "%(", "%()s", "%(message", "%(message)",
		"%(nothing)s", "%(message)d", "%(message)q", "%(name)-",
		"%(name)9999999999s", "%(levelno)", "two\nlines", "%(levelno)c",
		"%(name).", "%d",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		if (log_format_valid(span_of(cases[i])))
			fail_msg("'%s' is taken", cases[i]);
	}
}

/* Whatever the format, and however little room there is. */
static void
a_record_is_cut_at_its_end(void **state)
{
	static const char *const formats[] = {
		"%(name)-200s%(message)s", "%(message)s%(message)s",
		"%(asctime)s %(process)d %(thread)X", "plain text only %%",
	};
	char out[64];

	(void)state;
	for (size_t i = 0; i < 4; i++) {
		for (size_t size = 0; size < sizeof(out); size++) {
			memset(out, '#', sizeof(out));
			assert_true(log_format_put(out, size, formats[i],
			    &record) <= size);
			for (size_t k = size; k < sizeof(out); k++)
				assert_int_equal(out[k], '#');
		}
	}
}

static void
any_bytes_are_a_format_or_none(void **state)
{
	static const char bytes[] = "%%%()-.0129sdxXofnameprocesslevelno ";
	unsigned seed = (unsigned)getpid();
	char format[40], out[300];

	(void)state;
	printf("# seed %u\n", seed);
	srand(seed);
	for (int i = 0; i < 200000; i++) {
		size_t n = (size_t)rand() % (sizeof(format) - 1);

		for (size_t k = 0; k < n; k++)
			format[k] = bytes[(size_t)rand() %
			    (sizeof(bytes) - 1)];
		format[n] = '\0';
		if (log_format_valid(span_of(format)))
			assert_true(log_format_put(out, sizeof(out), format,
			    &record) <= sizeof(out));
	}
}

static void
a_layout_from_elsewhere_is_checked(void **state)
{
	struct log_layout l = { .target = LOG_TARGET_SYSLOG, .facility = 24 };

	(void)state;
	assert_true(log_layout_valid(&l));
	strcpy(l.format, "%(message)s");
	assert_true(log_layout_valid(&l));
	strcpy(l.format, "%(message)");
	assert_false(log_layout_valid(&l));
	memset(l.format, 'x', sizeof(l.format));
	assert_false(log_layout_valid(&l));
	l.format[0] = '\0';
	l.facility = 25;
	assert_false(log_layout_valid(&l));
	l.facility = 24;
	l.date = 2;
	assert_false(log_layout_valid(&l));
	l.date = 0;
	l.target = 3;
	assert_false(log_layout_valid(&l));
}

static void
the_layout_rules_records(void **state)
{
	struct log_layout l = {
		.target = LOG_TARGET_SYSLOG, .facility = 16 << 3,
		.format = "%(name)s|%(message)s",
	};
	char text[256], expected[256];
	int ends[2];
	ssize_t n;

	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_DGRAM, 0, ends), 0);
	log_set_target(ends[0], &l);
	log_notice("fail2ban.actions", "[j] Ban %d", 1);
	n = recv(ends[1], text, sizeof(text), 0);
	assert_string_equal(log_level_name(LEVEL_NOTICE), "NOTICE");
	assert_memory_equal(text, "<133>fail2ban.actions|[j] Ban 1", n);
	l.format[0] = '\0';
	l.padding = 1;
	log_set_target(ends[0], &l);
	log_notice("fail2ban.actions", "x");
	n = recv(ends[1], text, sizeof(text) - 1, 0);
	text[n] = '\0';
	snprintf(expected, sizeof(expected), "<133>fail2ban.actions        "
	    "[%d]: NOTICE  x", (int)getpid());
	assert_string_equal(text, expected);
	l.target = LOG_TARGET_FD;
	strcpy(l.format, "%(levelname)s %(message)s");
	log_set_target(ends[0], &l);
	log_warning("gaol.base", "y");
	n = recv(ends[1], text, sizeof(text) - 1, 0);
	text[n] = '\0';
	assert_string_equal(text, "WARNING y\n");
	log_set_fd(-1);
	close(ends[0]);
	close(ends[1]);
}

static void
the_journal_gets_fields(void **state)
{
	static const char head[] = "PRIORITY=3\nSYSLOG_IDENTIFIER=fail2ban\n"
	    "LOGGER=fail2ban.server\nMESSAGE\n"
	    "\x0c\0\0\0\0\0\0\0two\nlines: 7\n";
	struct log_layout l = { .target = LOG_TARGET_JOURNAL };
	unsigned long before;
	char text[512];
	int ends[2];
	ssize_t n;

	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_DGRAM, 0, ends), 0);
	log_set_target(ends[0], &l);
	log_error("fail2ban.server", "two\nlines: %d", 7);
	n = recv(ends[1], text, sizeof(text), 0);
	assert_int_equal(n, sizeof(head) - 1);
	assert_memory_equal(text, head, sizeof(head) - 1);
	/* Who does not read loses records, and holds nobody up. */
	before = log_lost();
	for (int i = 0; i < 5000; i++)
		log_error("fail2ban.server", "fills the queue");
	assert_true(log_lost() > before);
	log_set_fd(-1);
	close(ends[0]);
	close(ends[1]);
}

#define FORMAT_TEST(f) cmocka_unit_test_setup(f, setup)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		FORMAT_TEST(fields_are_filled_in_as_python_does),
		FORMAT_TEST(verbose_layouts_are_upstreams),
		FORMAT_TEST(what_python_refuses_is_refused),
		FORMAT_TEST(a_record_is_cut_at_its_end),
		FORMAT_TEST(any_bytes_are_a_format_or_none),
		FORMAT_TEST(a_layout_from_elsewhere_is_checked),
		FORMAT_TEST(the_layout_rules_records),
		FORMAT_TEST(the_journal_gets_fields),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
