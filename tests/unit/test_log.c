#include "base/log.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/xalloc.h"

const char *__asan_default_options(void);

static int out[2];

/* Under ASan too, an impossible allocation is to reach our own check. */
const char *
__asan_default_options(void)
{
	return "allocator_may_return_null=1";
}

/* What one log call wrote. */
static const char *
record(void)
{
	static char text[16384];
	ssize_t n = read(out[0], text, sizeof(text) - 1);

	text[n > 0 ? n : 0] = '\0';
	return text;
}

static int
setup(void **state)
{
	(void)state;
	setenv("TZ", "UTC", 1);
	clock_freeze((struct wall){ 1795299492717000 }, (struct boot){ 0 });
	return pipe2(out, O_NONBLOCK);
}

static int
teardown(void **state)
{
	(void)state;
	log_set_fd(-1);
	log_set_level(LEVEL_INFO);
	close(out[0]);
	close(out[1]);
	return 0;
}

static void
test_layout(void **state)
{
	char expected[256];

	(void)state;
	log_set_fd(out[1]);
	errno = ENOENT;
	log_notice("fail2ban.actions", "[%s] Ban %s", "sshd", "192.0.2.7");
	assert_int_equal(errno, ENOENT);
	snprintf(expected, sizeof(expected),
	    "2026-11-21 22:18:12,717 fail2ban.actions        [%d]: "
	    "NOTICE  [sshd] Ban 192.0.2.7\n", (int)getpid());
	assert_string_equal(record(), expected);
	log_warning("gaol.base", "x");
	snprintf(expected, sizeof(expected),
	    "2026-11-21 22:18:12,717 gaol.base               [%d]: "
	    "WARNING x\n", (int)getpid());
	assert_string_equal(record(), expected);
	log_set_layout(false, true);
	log_info("fail2ban.filter", "x");
	snprintf(expected, sizeof(expected),
	    "fail2ban.filter         [%d]: INFO    x\n", (int)getpid());
	assert_string_equal(record(), expected);
	log_set_layout(true, false);
	log_info("fail2ban.filter", "x");
	snprintf(expected, sizeof(expected),
	    "2026-11-21 22:18:12,717 fail2ban.filter[%d]: INFO x\n",
	    (int)getpid());
	assert_string_equal(record(), expected);
}

static void
test_levels(void **state)
{
	enum log_level level = LEVEL_MSG;

	(void)state;
	log_set_fd(out[1]);
	log_debug("gaol.base", "not shown");
	assert_string_equal(record(), "");
	log_set_level(LEVEL_DEBUG);
	assert_true(log_on(LEVEL_DEBUG));
	assert_false(log_on(LEVEL_TRACEDEBUG));
	log_debug("gaol.base", "shown");
	assert_non_null(strstr(record(), "]: DEBUG   shown\n"));
	assert_int_equal(log_level_parse(SPAN("notice"), &level), 0);
	assert_int_equal(level, LEVEL_NOTICE);
	assert_int_equal(log_level_parse(SPAN("7"), &level), 0);
	assert_int_equal(level, LEVEL_TRACEDEBUG);
	assert_int_equal(log_level_parse(SPAN("50"), &level), 0);
	assert_int_equal(level, LEVEL_CRITICAL);
	assert_int_equal(log_level_parse(SPAN("0"), &level), -1);
	assert_int_equal(log_level_parse(SPAN("51"), &level), -1);
	assert_int_equal(log_level_parse(SPAN("LOUD"), &level), -1);
	assert_int_equal(level, LEVEL_CRITICAL);
	assert_string_equal(log_level_name(LEVEL_HEAVYDEBUG), "HEAVYDEBUG");
	assert_string_equal(log_level_name(29), "NOTICE");
	assert_string_equal(log_level_name(1), "HEAVYDEBUG");
}

/* The message, without the stamp before it. */
static const char *
said(void)
{
	return strstr(record(), "ERROR");
}

/* Formats of strings only are put together by us: as printf would, cut too. */
static void
test_strings_as_printf(void **state)
{
	static char text[9000], want[10000];
	const int no_number = 0;

	(void)state;
	log_set_fd(out[1]);
	log_error("gaol.base", "[%s] %s%s is%s", "j", "", "a", " b");
	assert_string_equal(strchr(said(), '['), "[j] a is b\n");
	log_error("gaol.base", "no more");
	assert_non_null(strstr(said(), "no more\n"));
	memset(text, 'a', sizeof(text) - 1);
	for (int n = 7900; n < 8300; n++) {
		log_error("gaol.base", "x%.*s y%.*d", n, text, 0, no_number);
		snprintf(want, sizeof(want), "%s", said());
		text[n] = '\0';
		log_error("gaol.base", "x%s y%s", text, "");
		text[n] = 'a';
		assert_string_equal(said(), want);
	}
}

static void
test_long_record(void **state)
{
	static char text[20000];
	const char *written;
	size_t n;

	(void)state;
	memset(text, 'a', sizeof(text) - 1);
	log_set_fd(out[1]);
	log_error("gaol.base", "%s", text);
	written = record();
	n = strlen(written);
	assert_in_range(n, 8000, 9000);
	assert_string_equal(written + n - 5, "a…\n");
	assert_string_equal(record(), "");
}

static void
test_lost(void **state)
{
	unsigned long before = log_lost();
	int i;

	(void)state;
	log_set_fd(out[1]);
	for (i = 0; i < 5000; i++) {
		errno = ENOENT;
		log_info("gaol.base", "fills the pipe");
		assert_int_equal(errno, ENOENT);
	}
	assert_in_range(log_lost() - before, 1, 4999);
}

/* Many at once, in order and whole; nothing is lost in between. */
static void
test_gather(void **state)
{
	char path[] = "/tmp/gaol-log-XXXXXX", line[256];
	int fd = mkstemp(path), i;
	struct log_layout l = {
		.target = LOG_TARGET_FD, .format = "%(message)s",
	};
	FILE *f;

	(void)state;
	unlink(path);
	log_set_target(fd, &l);
	log_gather();
	log_gather();
	log_info("gaol.base", "%d", 0);
	assert_int_equal(lseek(fd, 0, SEEK_END), 0);
	for (i = 1; i < 50000; i++)
		log_info("gaol.base", "%d", i);
	log_gather_end();
	log_gather_end();
	log_info("gaol.base", "%d", i);
	lseek(fd, 0, SEEK_SET);
	f = fdopen(fd, "r");
	for (i = 0; fgets(line, sizeof(line), f) != NULL; i++)
		assert_int_equal(atoi(line), i);
	assert_int_equal(i, 50001);
	fclose(f);
	/* Each record counts when all of them cannot be written. */
	log_set_fd(open("/dev/full", O_WRONLY | O_CLOEXEC));
	i = (int)log_lost();
	log_gather();
	log_info("gaol.base", "x");
	log_info("gaol.base", "y");
	assert_int_equal(log_lost(), i);
	errno = EDOM;
	log_gather_end();
	assert_int_equal(errno, EDOM);
	assert_int_equal(log_lost(), i + 2);
}

/* After a fork the child's records are the child's. */
static void
test_fork(void **state)
{
	char expected[32];
	pid_t pid;

	(void)state;
	log_set_fd(out[1]);
	log_info("gaol.base", "x");
	record();
	pid = fork();
	if (pid == 0) {
		log_info("gaol.base", "x");
		_exit(0);
	}
	assert_int_equal(waitpid(pid, NULL, 0), pid);
	snprintf(expected, sizeof(expected), "[%d]: ", (int)pid);
	assert_non_null(strstr(record(), expected));
}

static void
test_text(void **state)
{
	static const struct { struct span in; const char *out; } cases[] = {
		{ SPAN("plain äö€😀"), "plain äö€😀" },
		{ SPAN("a\\x41"), "a\\x5cx41" },
		{ SPAN("\0\t\r\n\x1b[2J\x7f"),
		    "\\x00\\x09\\x0d\\x0a\\x1b[2J\\x7f" },
		{ SPAN("\xc2\x85" "\xc2\xa0"), "\\xc2\\x85\xc2\xa0" },
		{ SPAN("\u202a|\u202e|\u2066|\u2069"),
		    "\\xe2\\x80\\xaa|\\xe2\\x80\\xae|"
		    "\\xe2\\x81\\xa6|\\xe2\\x81\\xa9" },
		{ SPAN("\xff\xc0\x80\xe0\x80\x80"),
		    "\\xff\\xc0\\x80\\xe0\\x80\\x80" },
		{ SPAN("\xed\xa0\x80"), "\\xed\\xa0\\x80" },
		{ SPAN("\xf4\x90\x80\x80"), "\\xf4\\x90\\x80\\x80" },
		{ SPAN("\xe2\x82"), "\\xe2\\x82" },
		{ SPAN("\xe2\x82z"), "\\xe2\\x82z" },
		{ { NULL, 0 }, "" },
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_string_equal(log_text(cases[i].in), cases[i].out);
}

static void
test_text_cut(void **state)
{
	char text[300];
	const char *shown[4];
	int i;

	(void)state;
	memset(text, 'a', sizeof(text));
	shown[0] = log_text(span_from(text, 256));
	assert_int_equal(strlen(shown[0]), 256);
	shown[1] = log_text(span_from(text, 257));
	assert_int_equal(strlen(shown[1]), 256 + strlen("…"));
	assert_string_equal(shown[1] + 255, "a…");
	/* A character across the cut goes as a whole. */
	memcpy(text + 255, "ä", 2);
	shown[2] = log_text(span_from(text, 300));
	assert_string_equal(shown[2] + 254, "a…");
	memset(text, 0xff, sizeof(text));
	shown[3] = log_text(span_from(text, 300));
	assert_int_equal(strlen(shown[3]), 256 * 4 + strlen("…"));
	for (i = 1; i < 4; i++)
		assert_ptr_not_equal(shown[i], shown[i - 1]);
	assert_int_equal(strlen(shown[0]), 256);
	assert_ptr_equal(log_text(SPAN("x")), shown[0]);
}

static int
bind_syslog(char *path, struct sockaddr_un *sun)
{
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0);

	*sun = (struct sockaddr_un){ .sun_family = AF_UNIX };
	snprintf(sun->sun_path, sizeof(sun->sun_path), "%s/log", path);
	assert_int_equal(bind(fd, (const void *)sun, sizeof(*sun)), 0);
	return fd;
}

static void
expect_datagram(int fd, const char *expected)
{
	char text[512] = { 0 };
	ssize_t n = recv(fd, text, sizeof(text) - 1, 0);

	assert_true(n > 0);
	assert_string_equal(text, expected);
}

static void
test_syslog(void **state)
{
	char path[] = "/tmp/gaol-test-XXXXXX", expected[256];
	struct sockaddr_un sun;
	unsigned long before;
	int server, fd, i;

	(void)state;
	assert_non_null(mkdtemp(path));
	server = bind_syslog(path, &sun);
	fd = log_open_syslog(sun.sun_path);
	assert_true(fd >= 0);
	log_set_syslog_fd(fd, NULL);
	log_notice("fail2ban.actions", "[j] Ban %s", "x");
	snprintf(expected, sizeof(expected),
	    "<29>fail2ban.actions[%d]: NOTICE [j] Ban x", (int)getpid());
	expect_datagram(server, expected);

	/* The daemon comes back under the same name. */
	close(server);
	unlink(sun.sun_path);
	before = log_lost();
	log_info("gaol.base", "nobody listens");
	assert_int_equal(log_lost() - before, 1);
	server = bind_syslog(path, &sun);
	log_set_syslog_fd(fd, "gaol");
	log_error("gaol.base", "again");
	snprintf(expected, sizeof(expected),
	    "<27>gaol: gaol.base[%d]: ERROR again", (int)getpid());
	expect_datagram(server, expected);

	/* One that does not read loses records, but never holds us up. */
	before = log_lost();
	for (i = 0; i < 5000; i++)
		log_info("gaol.base", "fills the queue");
	assert_true(log_lost() > before);
	close(fd);
	close(server);
	unlink(sun.sun_path);
	rmdir(path);
	assert_int_equal(log_open_syslog(sun.sun_path), -1);
}

static void
test_fatal(void **state)
{
	int status;
	pid_t pid;

	(void)state;
	log_set_fd(out[1]);
	pid = fork();
	if (pid == 0) {
		log_gather();
		log_fatal("gaol.base", "the end of %d", 7);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 1);
	assert_non_null(strstr(record(), "]: CRITICAL the end of 7\n"));
}

/* An overflowing product is refused before anybody writes behind it. */
static void
test_overflow(void **state)
{
	int status;
	pid_t pid;

	(void)state;
	log_set_fd(out[1]);
	pid = fork();
	if (pid == 0) {
		xreallocarray(NULL, SIZE_MAX / 2, 3);
		_exit(0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 1);
	assert_non_null(strstr(record(), "out of memory"));
}

#define LOG_TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		LOG_TEST(test_layout),
		LOG_TEST(test_levels),
		LOG_TEST(test_strings_as_printf),
		LOG_TEST(test_long_record),
		LOG_TEST(test_lost),
		LOG_TEST(test_gather),
		LOG_TEST(test_fork),
		LOG_TEST(test_text),
		LOG_TEST(test_text_cut),
		LOG_TEST(test_syslog),
		LOG_TEST(test_fatal),
		LOG_TEST(test_overflow),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
