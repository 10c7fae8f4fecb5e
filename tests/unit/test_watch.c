#include "source/watch.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define LOGS 8

static char dir[64], path[LOGS][128], moved[128];
static struct watcher *watcher;
static struct watch *watch;
static unsigned seen[3][LOGS];      /* by enum watch_what, log */
static int unbind_on_report;

static void
write_to(const char *name, const char *text)
{
	int fd = open(name, O_WRONLY | O_APPEND | O_CREAT, 0600);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	close(fd);
}

/* What the warden and the engine do about one log; the open's result. */
static int
open_and_bind(uint32_t log, const char *name)
{
	int fd = watcher_open(watcher, log, name), error = errno;

	if (fd != -1)
		close(fd);
	watch_bind(watch, log, watcher_wd_file(watcher, log),
	    watcher_wd_dir(watcher, log), strrchr(name, '/') + 1);
	errno = error;
	return fd == -1 ? -1 : 0;
}

static void
on_event(enum watch_what what, uint32_t log, void *arg)
{
	assert_ptr_equal(arg, seen);
	assert_true(log < LOGS);
	seen[what][log]++;
	if (unbind_on_report) {
		for (log = 0; log < LOGS; log++)
			watch_unbind(watch, log);
	}
}

/* inotify events are there when the system call that made them returns. */
static void
dispatch(void)
{
	memset(seen, 0, sizeof(seen));
	assert_int_equal(watch_dispatch(watch, watcher_fd(watcher), on_event,
	    seen), 0);
}

static void
expect(uint32_t log, unsigned grew, unsigned replaced)
{
	assert_int_equal(seen[WATCH_GREW][log], grew);
	assert_int_equal(seen[WATCH_REPLACED][log], replaced);
}

static int
setup(void **state)
{
	int i;

	(void)state;
	snprintf(dir, sizeof(dir), "/tmp/gaol-test-XXXXXX");
	if (mkdtemp(dir) == NULL)
		return -1;
	for (i = 0; i < LOGS; i++)
		snprintf(path[i], sizeof(path[i]), "%s/log%d", dir, i);
	snprintf(moved, sizeof(moved), "%s/moved", dir);
	watcher = watcher_new();
	watch = watch_new();
	unbind_on_report = 0;
	return watcher == NULL ? -1 : 0;
}

static int
teardown(void **state)
{
	int i;

	(void)state;
	watcher_free(watcher);
	watch_free(watch);
	for (i = 0; i < LOGS; i++)
		unlink(path[i]);
	unlink(moved);
	return rmdir(dir);
}

static void
test_grew(void **state)
{
	(void)state;
	write_to(path[0], "");
	write_to(path[1], "");
	assert_int_equal(open_and_bind(0, path[0]), 0);
	assert_int_equal(open_and_bind(1, path[1]), 0);
	assert_int_equal(watcher_wd_dir(watcher, 0),
	    watcher_wd_dir(watcher, 1));
	dispatch();
	expect(0, 0, 0);
	write_to(path[0], "a");
	write_to(path[0], "b");
	dispatch();
	expect(0, 1, 0);     /* once, however often it grew */
	expect(1, 0, 0);
	assert_int_equal(truncate(path[1], 0), 0);
	write_to(path[1], "b");
	dispatch();
	expect(0, 0, 0);
	expect(1, 1, 0);
}

static void
test_same_file(void **state)
{
	(void)state;
	write_to(path[0], "");
	assert_int_equal(open_and_bind(0, path[0]), 0);
	assert_int_equal(open_and_bind(3, path[0]), 0);
	assert_int_equal(watcher_wd_file(watcher, 0),
	    watcher_wd_file(watcher, 3));
	write_to(path[0], "a");
	dispatch();
	expect(0, 1, 0);
	expect(3, 1, 0);
	/* One of them goes; the other still needs the watch. */
	watcher_forget(watcher, 0);
	watch_unbind(watch, 0);
	assert_int_equal(watcher_wd_file(watcher, 0), -1);
	write_to(path[0], "a");
	dispatch();
	expect(0, 0, 0);
	expect(3, 1, 0);
	watcher_forget(watcher, 3);
	watch_unbind(watch, 3);
	write_to(path[0], "a");
	dispatch();
	expect(3, 0, 0);
}

static void
test_rename(void **state)
{
	int before;

	(void)state;
	write_to(path[0], "");
	write_to(path[1], "");
	open_and_bind(0, path[0]);
	open_and_bind(1, path[1]);
	before = watcher_wd_file(watcher, 0);
	rename(path[0], moved);
	dispatch();
	expect(0, 0, 1);
	expect(1, 0, 0);
	assert_int_equal(open_and_bind(0, path[0]), -1);
	assert_int_equal(errno, ENOENT);
	assert_int_equal(watcher_wd_file(watcher, 0), before);
	write_to(moved, "still the log");
	dispatch();
	expect(0, 1, 0);
	write_to(path[0], "");
	dispatch();
	expect(0, 0, 1);
	expect(1, 0, 0);
	assert_int_equal(open_and_bind(0, path[0]), 0);
	assert_int_not_equal(watcher_wd_file(watcher, 0), before);
	write_to(moved, "late");
	dispatch();
	expect(0, 1, 0);
	unlink(moved);      /* the old one is nobody's name any more */
	dispatch();
	expect(0, 0, 0);
	write_to(path[0], "new");
	dispatch();
	expect(0, 1, 0);
	/* Twice rotated: only the last old one is watched. */
	rename(path[0], moved);
	write_to(path[0], "");
	open_and_bind(0, path[0]);
	dispatch();
	write_to(moved, "late");
	dispatch();
	expect(0, 1, 0);
}

static void
test_late_create(void **state)
{
	(void)state;
	assert_int_equal(open_and_bind(2, path[2]), -1);
	assert_int_equal(errno, ENOENT);
	assert_int_equal(watcher_wd_file(watcher, 2), -1);
	assert_int_not_equal(watcher_wd_dir(watcher, 2), -1);
	write_to(path[1], "another name");
	write_to(moved, "x");
	dispatch();
	expect(2, 0, 0);
	rename(moved, path[2]);
	dispatch();
	expect(2, 0, 1);
	assert_int_equal(open_and_bind(2, path[2]), 0);
	write_to(path[2], "y");
	dispatch();
	expect(2, 1, 0);
	unlink(path[2]);
	dispatch();
	expect(2, 0, 1);
}

/* The file came between the watcher's look and the binding. */
static void
test_created_before_bind(void **state)
{
	int wd;

	(void)state;
	assert_int_equal(watcher_open(watcher, 2, path[2]), -1);
	wd = watcher_wd_dir(watcher, 2);
	write_to(path[2], "x");
	dispatch();
	expect(2, 0, 0);
	assert_true(watch_bind(watch, 2, -1, wd, "log2"));
	assert_false(watch_bind(watch, 2, -1, wd, "log2"));
	assert_false(watch_bind(watch, 3, -1, wd, "log3"));
	assert_true(watch_bind(watch, 3, -1, wd, "log2"));
}

static void
test_moved_before_bind(void **state)
{
	int fd;

	(void)state;
	write_to(path[0], "x");
	fd = watcher_open(watcher, 0, path[0]);
	assert_true(fd >= 0);
	close(fd);
	rename(path[0], moved);
	dispatch();
	assert_true(watch_bind(watch, 0, watcher_wd_file(watcher, 0), -1,
	    "log0"));
}

static void
test_directory_gone(void **state)
{
	char sub[128], other[128], log[160];

	(void)state;
	snprintf(sub, sizeof(sub), "%s/sub", dir);
	snprintf(other, sizeof(other), "%s/other", dir);
	snprintf(log, sizeof(log), "%s/log", sub);
	assert_int_equal(open_and_bind(0, log), -1);
	assert_int_equal(errno, ENOENT);
	assert_int_equal(watcher_wd_dir(watcher, 0), -1);
	mkdir(sub, 0700);
	assert_int_equal(open_and_bind(0, log), -1);
	assert_int_not_equal(watcher_wd_dir(watcher, 0), -1);
	rename(sub, other);
	dispatch();
	expect(0, 0, 1);
	mkdir(sub, 0700);
	write_to(log, "x");
	assert_int_equal(open_and_bind(0, log), 0);
	dispatch();
	write_to(log, "x");
	dispatch();
	expect(0, 1, 0);
	unlink(log);
	rmdir(sub);
	dispatch();
	expect(0, 0, 1);
	rmdir(other);
}

static void
test_not_regular(void **state)
{
	int fd;

	(void)state;
	assert_int_equal(open_and_bind(0, dir), -1);
	assert_int_equal(errno, EINVAL);
	assert_int_equal(mkfifo(path[0], 0600), 0);
	assert_int_equal(open_and_bind(0, path[0]), -1);
	assert_int_equal(errno, EINVAL);
	/* A symbolic link to a log is a log. */
	write_to(path[1], "x");
	assert_int_equal(symlink(path[1], path[2]), 0);
	fd = watcher_open(watcher, 2, path[2]);
	assert_true(fd >= 0);
	assert_int_equal(fcntl(fd, F_GETFD) & FD_CLOEXEC, FD_CLOEXEC);
	assert_int_equal(fcntl(fd, F_GETFL) & O_ACCMODE, O_RDONLY);
	close(fd);
	watch_bind(watch, 2, watcher_wd_file(watcher, 2),
	    watcher_wd_dir(watcher, 2), "log2");
	dispatch();
	write_to(path[1], "y");
	dispatch();
	expect(2, 1, 0);
}

/* More events than the kernel keeps: told so, instead of missing some. */
static void
test_overflow(void **state)
{
	FILE *f = fopen("/proc/sys/fs/inotify/max_queued_events", "r");
	unsigned max = 0, overflows = 0, i;
	struct pollfd pfd = { watcher_fd(watcher), POLLIN, 0 };

	(void)state;
	if (f == NULL || fscanf(f, "%u", &max) != 1 || max > 100000)
		skip();
	fclose(f);
	write_to(path[0], "");
	write_to(path[1], "");
	open_and_bind(0, path[0]);
	open_and_bind(1, path[1]);
	/* In turn, because the kernel merges equal neighbours. */
	for (i = 0; i < max + 10; i++)
		assert_int_equal(truncate(path[i % 2], i / 2 % 2), 0);
	while (poll(&pfd, 1, 0) == 1) {
		dispatch();
		overflows += seen[WATCH_OVERFLOW][0];
		if (seen[WATCH_GREW][0] > 1 || seen[WATCH_GREW][1] > 1)
			fail_msg("a log was reported twice");
	}
	assert_int_equal(overflows, 1);
	write_to(path[0], "x");
	dispatch();
	expect(0, 1, 0);
	assert_int_equal(seen[WATCH_OVERFLOW][0], 0);
}

static void
test_unbind_in_report(void **state)
{
	unsigned reports = 0, i;

	(void)state;
	for (i = 0; i < 3; i++) {
		write_to(path[i], "");
		open_and_bind(i, path[i]);
	}
	for (i = 0; i < 3; i++)
		write_to(path[i], "x");
	unbind_on_report = 1;
	dispatch();
	for (i = 0; i < 3; i++)
		reports += seen[WATCH_GREW][i];
	assert_int_equal(reports, 1);
	write_to(path[0], "x");
	dispatch();
	expect(0, 0, 0);
}

static void
test_bad_descriptor(void **state)
{
	(void)state;
	assert_int_equal(watch_dispatch(watch, -1, on_event, seen), -1);
	assert_int_equal(errno, EBADF);
	dispatch();          /* nothing to read is no error */
}

#define WATCH_TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		WATCH_TEST(test_grew),
		WATCH_TEST(test_same_file),
		WATCH_TEST(test_rename),
		WATCH_TEST(test_late_create),
		WATCH_TEST(test_created_before_bind),
		WATCH_TEST(test_moved_before_bind),
		WATCH_TEST(test_directory_gone),
		WATCH_TEST(test_not_regular),
		WATCH_TEST(test_overflow),
		WATCH_TEST(test_unbind_in_report),
		WATCH_TEST(test_bad_descriptor),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
