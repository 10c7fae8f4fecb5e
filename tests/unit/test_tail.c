#include "source/tail.h"

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
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/log.h"
#include "random.h"

static char dir[64], log_path[128], old_path[128];
static struct tail *tail;
static struct buf got;          /* lines, each with a '|' behind it */
static unsigned dead;           /* lines that were not live */
static unsigned pause_after;    /* 0: never */
static struct span block;       /* what lines are parts of just now */
static uint64_t last_serial;

static void
append_to(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_APPEND | O_CREAT, 0600);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	close(fd);
}

static int
open_log(void)
{
	return open(log_path, O_RDONLY | O_CLOEXEC);
}

static void
on_block(struct span announced, uint64_t serial, void *arg)
{
	last_serial = serial != 0 ? serial : last_serial;
	(void)arg;
	block = announced;
}

/* Whole in the block, or kept from an earlier one. */
static void
check_block(struct span line)
{
	assert_true(block.n > 0);
	if (line.p >= block.p && line.p < block.p + block.n)
		assert_true(line.p + line.n < block.p + block.n);
	else
		assert_true(line.p + line.n <= block.p || line.n == 0 ||
		    line.p >= block.p + block.n);
}

static bool
on_line(struct span line, bool live, void *arg)
{
	(void)arg;
	check_block(line);
	buf_add_span(&got, line);
	buf_addc(&got, '|');
	dead += !live;
	return pause_after == 0 || --pause_after > 0;
}

static void
start(bool from_end, const struct tail_position *stored)
{
	struct tail_options options = { log_path, 100, from_end, stored,
	    on_block, NULL };

	tail_free(tail);
	tail = tail_new(&options);
}

static void
attach(void)
{
	assert_int_equal(tail_attach(tail, open_log()), 0);
}

/* What one wake brings, to the end of the file. */
static void
expect(const char *lines)
{
	int rc;

	buf_clear(&got);
	buf_adds(&got, "");
	while ((rc = tail_read(tail, 4096, on_line, NULL)) == 1)
		;
	assert_int_equal(rc, 0);
	assert_int_equal(block.n, 0);
	assert_string_equal(got.p, lines);
}

static void
expect_offset(int64_t offset)
{
	struct tail_position pos;

	tail_position(tail, &pos);
	assert_true(pos.offset == offset);
}

static int
setup(void **state)
{
	(void)state;
	snprintf(dir, sizeof(dir), "/tmp/gaol-test-XXXXXX");
	if (mkdtemp(dir) == NULL)
		return -1;
	snprintf(log_path, sizeof(log_path), "%s/log", dir);
	snprintf(old_path, sizeof(old_path), "%s/log.1", dir);
	log_set_level(LEVEL_ERROR);
	clock_freeze(wall_from_seconds(1000), (struct boot){ 0 });
	dead = pause_after = 0;
	start(false, NULL);
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	tail_free(tail);
	tail = NULL;
	buf_fini(&got);
	unlink(log_path);
	unlink(old_path);
	return rmdir(dir);
}

static void
test_follow(void **state)
{
	(void)state;
	append_to(log_path, "one\ntwo\nthr");
	assert_false(tail_attached(tail));
	assert_int_equal(tail_read(tail, 4096, on_line, NULL), 0);
	attach();
	assert_true(tail_attached(tail));
	expect("one|two|");
	assert_int_equal(dead, 2);
	expect_offset(8);
	expect("");
	append_to(log_path, "ee\r");
	expect("");
	expect_offset(8);
	append_to(log_path, "\n\nfour\n");
	expect("three\r||four|");
	assert_int_equal(dead, 2);
	expect_offset(21);
	attach();      /* the same file: no change */
	expect("");
	assert_int_equal(tail_counters(tail)->lines, 5);
	assert_int_equal(tail_counters(tail)->bytes, 21);
	assert_int_equal(tail_counters(tail)->rotations, 0);
}

static void
test_budget_and_pause(void **state)
{
	(void)state;
	append_to(log_path, "a\nbb\nccc\ndddd\n");
	attach();
	buf_clear(&got);
	assert_int_equal(tail_read(tail, 3, on_line, NULL), 1);
	assert_string_equal(got.p, "a|");
	expect_offset(2);
	assert_int_equal(tail_read(tail, 2, on_line, NULL), 1);
	assert_string_equal(got.p, "a|bb|");
	pause_after = 1;
	assert_int_equal(tail_read(tail, 4096, on_line, NULL), 1);
	assert_string_equal(got.p, "a|bb|ccc|");
	expect_offset(9);
	/* Also when the line is the last one there is. */
	pause_after = 1;
	assert_int_equal(tail_read(tail, 4096, on_line, NULL), 1);
	assert_string_equal(got.p, "a|bb|ccc|dddd|");
	assert_int_equal(dead, 4);
	expect("");
	append_to(log_path, "e\n");
	expect("e|");
	assert_int_equal(dead, 4);
	assert_int_equal(tail_counters(tail)->bytes, 16);
}

static void
test_rename(void **state)
{
	(void)state;
	append_to(log_path, "1\n2\n");
	attach();
	expect("1|2|");
	append_to(log_path, "3\n4");
	rename(log_path, old_path);
	append_to(log_path, "");
	attach();
	assert_int_equal(tail_counters(tail)->rotations, 1);
	expect("3|");
	/* The writer was not told yet; its last line gets its newline late. */
	append_to(old_path, "\n5\n");
	expect("4|5|");
	expect_offset(10);
	append_to(old_path, "6\n");
	append_to(log_path, "7\n");
	expect("6|7|");
	expect_offset(2);
	append_to(log_path, "8\n");
	append_to(old_path, "late\n");
	expect("late|8|");
	expect_offset(4);
	/* A minute later the old file is let go. */
	clock_advance(61 * CLOCK_SECOND);
	append_to(old_path, "last\n");
	expect("last|");
	append_to(old_path, "too late\n");
	expect("");
	assert_int_equal(tail_counters(tail)->truncations, 0);
	assert_int_equal(dead, 2);
}

/* Gzipped away: a new file, the old one gone from the disk but not read. */
static void
test_gzip(void **state)
{
	(void)state;
	append_to(log_path, "1\n");
	attach();
	expect("1|");
	append_to(log_path, "2\n");
	unlink(log_path);
	append_to(log_path, "3\n");
	attach();
	expect("2|3|");
	expect_offset(2);
}

/* Rotated several times before anybody looked; some stayed empty. */
static void
test_many_rotations(void **state)
{
	char line[16];
	int i;

	(void)state;
	append_to(log_path, "0\n");
	attach();
	for (i = 1; i <= 5; i++) {
		unlink(log_path);
		append_to(log_path, "");
		if (i % 2 == 1) {
			snprintf(line, sizeof(line), "%d\n", i);
			append_to(log_path, line);
		}
		attach();
	}
	expect("0|1|3|5|");
	assert_int_equal(tail_counters(tail)->rotations, 5);
	for (i = 0; i < 20; i++) {
		unlink(log_path);
		append_to(log_path, "x\n");
		attach();
	}
	/* Eight are kept, the oldest went; no unread one unnoticed. */
	assert_int_equal(tail_counters(tail)->dropped, 13);
	expect("x|x|x|x|x|x|x|x|");
}

static void
test_renamed_back(void **state)
{
	(void)state;
	append_to(log_path, "1\n");
	attach();
	expect("1|");
	rename(log_path, old_path);
	append_to(log_path, "2\n");
	attach();
	expect("2|");
	unlink(log_path);
	rename(old_path, log_path);
	append_to(log_path, "3\n");
	attach();
	expect("3|");
	expect_offset(4);
	append_to(log_path, "4\n");
	expect("4|");
}

static void
test_copytruncate(void **state)
{
	struct tail_position before, after;

	(void)state;
	append_to(log_path, "first\nsecond\npart");
	attach();
	expect("first|second|");
	tail_position(tail, &before);
	assert_int_equal(truncate(log_path, 0), 0);
	expect("");
	expect_offset(0);
	append_to(log_path, "new\n");
	expect("new|");      /* without the old part */
	assert_int_equal(tail_counters(tail)->truncations, 1);
	tail_position(tail, &after);
	assert_string_not_equal(before.hash, after.hash);
	assert_int_equal(strlen(after.hash), 40);
	assert_true(after.offset == 4);
}

/* Between two looks it was truncated and grew past where we were. */
static void
test_truncate_and_grow(void **state)
{
	(void)state;
	append_to(log_path, "1 a\n2 b\n");
	attach();
	expect("1 a|2 b|");
	assert_int_equal(truncate(log_path, 0), 0);
	append_to(log_path, "3 c\n4 d\n5 e\n");
	expect("3 c|4 d|5 e|");
	assert_int_equal(tail_counters(tail)->truncations, 1);
	/* To the same length. */
	assert_int_equal(truncate(log_path, 0), 0);
	append_to(log_path, "6 f\n7 g\n8 h\n");
	expect("6 f|7 g|8 h|");
	assert_int_equal(tail_counters(tail)->truncations, 2);
	assert_int_equal(dead, 2);
}

static void
test_late_create(void **state)
{
	(void)state;
	start(true, NULL);
	tail_missing(tail);
	append_to(log_path, "all\nis new\n");
	attach();
	expect("all|is new|");
}

static void
test_from_end(void **state)
{
	(void)state;
	append_to(log_path, "old\nolder\nhal");
	start(true, NULL);
	attach();
	expect_offset(10);
	expect("");
	append_to(log_path, "f\nnew\n");
	expect("half|new|");
	assert_int_equal(dead, 0);
	/* Only the first file: what comes by rotation is new. */
	unlink(log_path);
	append_to(log_path, "next\n");
	attach();
	expect("next|");
	assert_int_equal(dead, 0);
	assert_int_equal(tail_counters(tail)->truncations, 0);
}

static void
test_from_end_edges(void **state)
{
	char text[2000];
	int i;

	(void)state;
	append_to(log_path, "no newline");
	start(true, NULL);
	attach();
	append_to(log_path, " yet\n");
	expect("no newline yet|");
	assert_int_equal(truncate(log_path, 0), 0);
	start(true, NULL);
	attach();
	append_to(log_path, "a\n");
	expect("a|");
	/* A last line longer than any buffer. */
	memset(text, 'x', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	for (i = 0; i < 300; i++)
		append_to(log_path, text);
	start(true, NULL);
	attach();
	append_to(log_path, "\nb\n");
	expect("|b|");
}

static void
test_stored(void **state)
{
	struct tail_position pos, start_pos;

	(void)state;
	append_to(log_path, "1\n2\n3");
	attach();
	expect("1|2|");
	tail_position(tail, &pos);
	assert_string_equal(pos.hash,   /* sha1 of "1\n" */
	    "e5fa44f2b31c1fb553b6021e7360d07d5d91ff5e");
	append_to(log_path, "\n4\n");
	start(true, &pos);      /* stored wins over `tail` */
	tail_position(tail, &start_pos);
	assert_memory_equal(&start_pos, &pos, sizeof(pos));
	attach();
	expect("3|4|");
	assert_int_equal(dead, 2 + 2);
	expect_offset(8);
	assert_int_equal(tail_counters(tail)->truncations, 0);
	/* What was resumed is guarded against truncation, too. */
	assert_int_equal(truncate(log_path, 0), 0);
	append_to(log_path, "9\n8\n7\n6\n5\n");
	expect("9|8|7|6|5|");
}

static void
test_stored_elsewhere(void **state)
{
	struct tail_position pos = { .offset = 4 };

	(void)state;
	/* Rotated while we were down. */
	append_to(log_path, "a\nb\nc\n");
	snprintf(pos.hash, sizeof(pos.hash),
	    "e5fa44f2b31c1fb553b6021e7360d07d5d91ff5e");
	start(false, &pos);
	attach();
	expect("a|b|c|");
	assert_int_equal(dead, 3);
	/* Nothing was known of the first line. */
	pos.hash[0] = '\0';
	start(false, &pos);
	attach();
	expect("a|b|c|");
	/* The same first line, but shorter than the position. */
	tail_position(tail, &pos);
	pos.offset = 7;
	start(false, &pos);
	attach();
	expect("a|b|c|");
	assert_int_equal(tail_counters(tail)->truncations, 0);
	pos.offset = 6;
	start(false, &pos);
	attach();
	expect("");
	/* Any first line is something else than none. */
	assert_int_equal(truncate(log_path, 0), 0);
	start(false, &pos);
	attach();
	append_to(log_path, "a\n");
	expect("a|");
}

static void
test_long_first_line(void **state)
{
	struct tail_position pos;
	char text[1001];
	int i;

	(void)state;
	memset(text, 'x', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	for (i = 0; i < 300; i++)
		append_to(log_path, text);
	attach();
	expect("");
	expect_offset(0);
	append_to(log_path, "\n2\n");
	text[100] = '\0';
	buf_clear(&got);
	while (tail_read(tail, 100000, on_line, NULL) == 1)
		;
	assert_int_equal(got.n, 100 + 1 + 2);
	assert_memory_equal(got.p, text, 100);
	assert_int_equal(tail_counters(tail)->cut, 1);
	tail_position(tail, &pos);
	assert_int_equal(strlen(pos.hash), 40);
	append_to(log_path, "3\n");
	start(false, &pos);
	attach();
	expect("3|");
}

static void
test_refused(void **state)
{
	int fds[2];

	(void)state;
	assert_int_equal(tail_attach(tail, open(dir, O_RDONLY)), -1);
	assert_int_equal(errno, EINVAL);
	assert_int_equal(pipe(fds), 0);
	assert_int_equal(tail_attach(tail, fds[0]), -1);
	assert_int_equal(errno, EINVAL);
	assert_int_equal(close(fds[0]), -1);   /* it was taken over */
	close(fds[1]);
	assert_int_equal(tail_attach(tail, -1), -1);
	assert_int_equal(errno, EBADF);
	assert_false(tail_attached(tail));
}

/* After a read error the next descriptor goes on where we were. */
static void
test_read_error(void **state)
{
	(void)state;
	append_to(log_path, "1\n2\n");
	assert_int_equal(tail_attach(tail, open_log()), 0);
	expect("1|2|");
	unlink(log_path);
	append_to(log_path, "3\n");
	/* Not readable, though a regular file. */
	assert_int_equal(tail_attach(tail, open(log_path, O_WRONLY)), 0);
	assert_int_equal(tail_read(tail, 4096, on_line, NULL), -1);
	assert_int_equal(errno, EBADF);
	assert_false(tail_attached(tail));
	attach();
	expect("3|");
}

/* The writer goes on, and reopens, while we are reading the old file. */
static bool
on_line_rotate(struct span line, bool live, void *arg)
{
	if (span_eq(line, SPAN("a"))) {
		append_to(old_path, "b\n");
		append_to(log_path, "c\n");
	}
	return on_line(line, live, arg);
}

static void
test_rotated_while_reading(void **state)
{
	(void)state;
	append_to(log_path, "a\n");
	attach();
	rename(log_path, old_path);
	append_to(log_path, "");
	attach();
	buf_clear(&got);
	while (tail_read(tail, 4096, on_line_rotate, NULL) == 1)
		;
	assert_string_equal(got.p, "a|");
	expect("b|c|");      /* in the order they were written */
}

/* Cut to a length that leaves the beginning as it was. */
static void
test_truncated_to_part(void **state)
{
	char text[302];

	(void)state;
	memset(text, 'x', sizeof(text));
	text[99] = text[300] = '\n';
	text[301] = '\0';
	append_to(log_path, text);
	attach();
	buf_clear(&got);
	assert_int_equal(tail_read(tail, 4096, on_line, NULL), 0);
	assert_int_equal(truncate(log_path, 290), 0);
	append_to(log_path, "\nnew\n");
	while (tail_read(tail, 4096, on_line, NULL) == 1)
		;
	assert_int_equal(tail_counters(tail)->truncations, 1);
	assert_int_equal(tail_counters(tail)->lines, 2 + 3);
	assert_memory_equal(got.p + got.n - 5, "|new|", 5);
}

/*
 * A writer that knows nothing of us: it renames its log, goes on writing to
 * the old file for a while, then reopens. One byte over the pipe says that
 * the name changed, one back that the new file was seen.
 */
static void
write_and_rotate(int tell, int hear)
{
	FILE *f = fopen(log_path, "a"), *next = NULL;
	char c = 0;
	int line;

	for (line = 0; line < 20000; line++) {
		if (line % 1000 == 990) {
			rename(log_path, old_path);
			next = fopen(log_path, "a");
			if (write(tell, "r", 1) != 1 ||
			    read(hear, &c, 1) != 1)
				_exit(1);
		}
		if (line % 1000 == 999) {
			fclose(f);
			f = next;
		}
		fprintf(f, "%d\n", line);
		/* Else stdio flushes, mostly inside of a line. */
		if (line % 700 < 100)
			fflush(f);
	}
	fclose(f);
	_exit(0);
}

static bool
on_number(struct span line, bool live, void *arg)
{
	char text[16];
	int *next = arg;

	(void)live;
	snprintf(text, sizeof(text), "%d", *next);
	if (span_eq(line, span_of(text)))
		++*next;
	return true;
}

static void
test_writer(void **state)
{
	int there[2], back[2], status, next = 0;
	char c;
	pid_t pid;

	(void)state;
	append_to(log_path, "");
	attach();
	assert_int_equal(pipe2(there, O_NONBLOCK), 0);
	assert_int_equal(pipe(back), 0);
	pid = fork();
	if (pid == 0) {
		fcntl(there[1], F_SETFL, 0);
		write_and_rotate(there[1], back[0]);
	}
	while (waitpid(pid, &status, WNOHANG) == 0) {
		tail_read(tail, 65536, on_number, &next);
		if (read(there[0], &c, 1) == 1) {
			attach();
			assert_int_equal(write(back[1], "s", 1), 1);
		}
	}
	while (tail_read(tail, 4096, on_number, &next) == 1)
		;
	assert_int_equal(status, 0);
	/* Every line, once, in order: any other leaves `next` behind. */
	assert_int_equal(next, 20000);
	assert_int_equal(tail_counters(tail)->lines, 20000);
	assert_int_equal(tail_counters(tail)->rotations, 20);
	assert_int_equal(tail_counters(tail)->dropped, 0);
	close(there[0]);
	close(there[1]);
	close(back[0]);
	close(back[1]);
}

/* Random writes, rotations and truncations; no line lost, none twice. */
static void
test_random(void **state)
{
	static char expected[1 << 16];
	char text[64];
	size_t n;
	int round, step, line;

	(void)state;
	for (round = 0; round < 30; round++) {
		unlink(log_path);
		unlink(old_path);
		append_to(log_path, "");
		start(false, NULL);
		attach();
		buf_clear(&got);
		buf_adds(&got, "");
		n = 0;
		line = 0;
		expected[0] = '\0';
		for (step = 0; step < 300; step++) {
			switch (random_below(8)) {
			default:
				snprintf(text, sizeof(text), "line %d\n",
				    line);
				append_to(log_path, text);
				n += (size_t)snprintf(expected + n,
				    sizeof(expected) - n, "line %d|", line++);
				break;
			case 4:
			case 5:
				tail_read(tail, 1 + random_below(60), on_line,
				    NULL);
				break;
			case 6:
				rename(log_path, old_path);
				append_to(log_path, "");
				attach();
				tail_read(tail, 300, on_line, NULL);
				break;
			case 7:
				while (tail_read(tail, 4096, on_line, NULL) ==
				    1)
					;
				assert_int_equal(truncate(log_path, 0), 0);
				break;
			}
		}
		while (tail_read(tail, 4096, on_line, NULL) == 1)
			;
		assert_int_equal(tail_counters(tail)->dropped, 0);
		assert_string_equal(got.p, expected);
	}
}

#define TAIL_TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

/* Others of the same log get the same block, unless it is another one. */
static void
test_shared_blocks(void **state)
{
	struct buf text = { 0 }, first = { 0 };
	struct tail *other;
	uint64_t serial;
	int i;

	(void)state;
	for (i = 0; i < 60000; i++)
		buf_addf(&text, "line %d\n", i);
	append_to(log_path, text.p);
	attach();
	buf_clear(&got);
	assert_int_equal(tail_read(tail, TAIL_BUDGET, on_line, NULL), 1);
	serial = last_serial;
	assert_true(serial != 0);
	buf_add_span(&first, buf_span(&got));
	other = tail;
	tail = NULL;
	start(false, NULL);
	attach();
	buf_clear(&got);
	assert_int_equal(tail_read(tail, TAIL_BUDGET, on_line, NULL), 1);
	/* Looking at its first line was in between: it was read once more. */
	assert_true(last_serial == serial + 1);
	assert_true(span_eq(buf_span(&got), buf_span(&first)));
	buf_clear(&got);
	assert_int_equal(tail_read(other, TAIL_BUDGET, on_line, NULL), 1);
	serial = last_serial;
	buf_clear(&first);
	buf_add_span(&first, buf_span(&got));
	buf_clear(&got);
	assert_int_equal(tail_read(tail, TAIL_BUDGET, on_line, NULL), 1);
	assert_true(last_serial == serial);
	assert_true(span_eq(buf_span(&got), buf_span(&first)));
	/* A log written anew is read anew, in the same wake. */
	assert_int_equal(truncate(log_path, 0), 0);
	text.p[0] = 'L';
	append_to(log_path, text.p);
	buf_clear(&got);
	assert_int_equal(tail_read(tail, TAIL_BUDGET, on_line, NULL), 1);
	assert_true(last_serial > serial && got.p[0] == 'L');
	tail_free(other);
	buf_fini(&text);
	buf_fini(&first);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TAIL_TEST(test_follow),
		TAIL_TEST(test_budget_and_pause),
		TAIL_TEST(test_rename),
		TAIL_TEST(test_gzip),
		TAIL_TEST(test_many_rotations),
		TAIL_TEST(test_renamed_back),
		TAIL_TEST(test_copytruncate),
		TAIL_TEST(test_truncate_and_grow),
		TAIL_TEST(test_late_create),
		TAIL_TEST(test_from_end),
		TAIL_TEST(test_from_end_edges),
		TAIL_TEST(test_stored),
		TAIL_TEST(test_stored_elsewhere),
		TAIL_TEST(test_long_first_line),
		TAIL_TEST(test_refused),
		TAIL_TEST(test_read_error),
		TAIL_TEST(test_rotated_while_reading),
		TAIL_TEST(test_truncated_to_part),
		TAIL_TEST(test_writer),
		TAIL_TEST(test_shared_blocks),
		TAIL_TEST(test_random),
	};

	random_start();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
