/* Reading journal files, the fields into a line, and the watch. */
#include "source/journal.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

#include "journal_scene.h"
#include "random.h"
#include "source/journal_line.h"

#define T0 1790000000000000ULL

/* --- a line ------------------------------------------------------------- */

static void
line_is(struct journal_line *l, const char *text)
{
	struct span s = journal_line_text(l, 12345678);

	assert_int_equal(s.n, strlen(text));
	assert_memory_equal(s.p, text, s.n);
}

static void
add(struct journal_line *l, const char *data)
{
	journal_line_add(l, span_of(data));
}

static void
test_line(void **state)
{
	struct journal_line l = { .line_max = 100 };

	(void)state;
	journal_line_clear(&l);
	add(&l, "MESSAGE=Failed password");
	line_is(&l, "Failed password");
	add(&l, "_HOSTNAME=mail");
	line_is(&l, "mail Failed password");
	add(&l, "_COMM=sshd-comm");
	line_is(&l, "mail sshd-comm: Failed password");
	add(&l, "_PID=007");
	line_is(&l, "mail sshd-comm[7]: Failed password");
	add(&l, "SYSLOG_IDENTIFIER=sshd");
	add(&l, "SYSLOG_PID=a 4");
	line_is(&l, "mail sshd[a 4]: Failed password");
	/* The first counts, but messages join. */
	add(&l, "_HOSTNAME=other");
	add(&l, "MESSAGE=for root\nfrom 192.0.2.1\n");
	line_is(&l, "mail sshd[a 4]: Failed password for root\\n"
	    "from 192.0.2.1\\n");
	journal_line_clear(&l);
	add(&l, "no field");
	add(&l, "XMESSAGE=no");
	assert_int_equal(l.seen, 0);
	line_is(&l, "");
	journal_line_fini(&l);
}

static void
test_line_of_the_kernel(void **state)
{
	struct journal_line l = { .line_max = 100 };

	(void)state;
	add(&l, "SYSLOG_IDENTIFIER=kernel");
	add(&l, "MESSAGE=IN=eth0");
	line_is(&l, "kernel: [   12.345678] IN=eth0");
	add(&l, "_SOURCE_MONOTONIC_TIMESTAMP=7000001");
	line_is(&l, "kernel: [    7.000001] IN=eth0");
	add(&l, "_PID=1");
	line_is(&l, "kernel[1]: IN=eth0");
	journal_line_fini(&l);
}

static void
test_line_is_bounded(void **state)
{
	struct journal_line l = { .line_max = 10 };

	(void)state;
	add(&l, "MESSAGE=0123456789abc");
	line_is(&l, "0123456789");
	add(&l, "MESSAGE=more");
	line_is(&l, "0123456789 ");
	add(&l, "MESSAGE=more");
	line_is(&l, "0123456789  ");
	journal_line_fini(&l);
}

static void
test_time(void **state)
{
	struct journal_line l = { .line_max = 100 };
	struct wall received = { 5 };

	(void)state;
	assert_int_equal(journal_line_time(&l, received).us, 5);
	add(&l, "_SOURCE_REALTIME_TIMESTAMP=-4");
	assert_int_equal(journal_line_time(&l, received).us, 5);
	journal_line_clear(&l);
	add(&l, "_SOURCE_REALTIME_TIMESTAMP=1234567");
	assert_int_equal(journal_line_time(&l, received).us, 1234567);
	journal_line_fini(&l);
}

/* Whatever the bytes: no newline comes out, nothing grows without bound. */
static void
test_line_of_random_bytes(void **state)
{
	static const char *const names[] = { "MESSAGE", "_HOSTNAME", "_COMM",
		"SYSLOG_IDENTIFIER", "_PID", "SYSLOG_PID" };
	(void)state;
	random_start();
	for (int round = 0; round < 2000; round++) {
		struct journal_line l = { .line_max = 64 };
		struct buf data = { 0 };
		struct span s;

		for (int f = 0; f < 12; f++) {
			size_t n = random_below(100);

			buf_clear(&data);
			buf_addf(&data, "%s=", names[random_below(6)]);
			while (n-- > 0)
				buf_addc(&data, "\n\0ab="[
				    random_below(5)]);
			journal_line_add(&l, buf_span(&data));
		}
		s = journal_line_text(&l, 0);
		assert_true(span_chr(s, '\n') == SPAN_NONE);
		assert_true(s.n <= 2 * 64 * 4 + 100);
		buf_fini(&data);
		journal_line_fini(&l);
	}
}

#ifdef GAOL_JOURNAL
/* --- matches --------------------------------------------------------------- */

static int
check(const char *text)
{
	struct strings list = { 0 };
	struct buf why = { 0 };
	int rc;

	strings_add(&list, span_of(text));
	rc = journal_check(&list, &why);
	assert_true((rc == 0) == (why.n == 0));
	strings_fini(&list);
	buf_fini(&why);
	return rc;
}

static void
test_check(void **state)
{
	(void)state;
	assert_int_equal(check("_SYSTEMD_UNIT=ssh.service"), 0);
	assert_int_equal(check("_A=1 _B='x y' + C=2 + "), 0);
	assert_int_equal(check(""), 0);
	assert_int_equal(check("sshd"), -1);
	assert_int_equal(check("_a=1"), -1);
	assert_int_equal(check("=1"), -1);
	assert_int_equal(check("1A=1"), -1);
	assert_int_equal(check("A='1"), -1);
	assert_int_equal(check("A=1 ++ B=2"), -1);
}

/* --- files ------------------------------------------------------------------ */

struct heard {
	struct buf text;       /* one line each */
	size_t n;
	size_t live;
	int64_t time;          /* of the last */
};

static void
hear(struct span message, struct wall time, bool live, void *arg)
{
	struct heard *h = arg;

	buf_add_span(&h->text, message);
	buf_addc(&h->text, '\n');
	h->n++;
	h->live += live;
	h->time = time.us;
}

static struct journal *
reader(const char *match, uint64_t begin)
{
	struct strings matches = { 0 };
	struct span rest = span_of(match), line;
	struct journal_options o = {
		.matches = &matches, .begin = { (int64_t)begin },
		.line_max = 65536,
	};
	struct journal *j;

	while (span_cut(&rest, '\n', &line))
		strings_add(&matches, line);
	j = journal_new(&o);
	strings_fini(&matches);
	return j;
}

static int
attach(struct journal *j, const char *const *names)
{
	int fds[8] = { 0 }, n = 0, attached;
	char path[160];

	for (; names[n] != NULL; n++) {
		snprintf(path, sizeof(path), "%s/%s", scene_dir, names[n]);
		fds[n] = open(path, O_RDONLY | O_CLOEXEC);
		assert_int_not_equal(fds[n], -1);
	}
	attached = journal_attach(j, fds, (size_t)n);
	while (n > 0)
		assert_int_equal(close(fds[--n]), 0);
	return attached;
}

#define NAMES(...) ((const char *const[]){ __VA_ARGS__, NULL })

/* Reads all; what came, as text. */
static const char *
read_all(struct journal *j, struct heard *h)
{
	int rc;

	buf_clear(&h->text);
	h->n = h->live = 0;
	while ((rc = journal_read(j, 3, hear, h)) == 1)
		;
	assert_int_equal(rc, 0);
	return h->text.p != NULL ? h->text.p : "";
}

static void
write_three(const char *name, unsigned long long from)
{
	scene_entry(name, from + 1, "ssh.service", "one");
	scene_entry(name, from + 2, "cron.service", "two");
	scene_entry(name, from + 3, "sshd.service", "three");
}

static void
test_matches(void **state)
{
	static const struct { const char *match, *text; } v[] = {
		{ "", "mail sshd[42]: one\nmail sshd[42]: two\n"
		    "mail sshd[42]: three\n" },
		{ "_SYSTEMD_UNIT=ssh.service", "mail sshd[42]: one\n" },
		{ "_SYSTEMD_UNIT=ssh.service + _SYSTEMD_UNIT=sshd.service",
		    "mail sshd[42]: one\nmail sshd[42]: three\n" },
		{ "_SYSTEMD_UNIT=ssh.service\n_SYSTEMD_UNIT=cron.service",
		    "mail sshd[42]: one\nmail sshd[42]: two\n" },
		/* one field twice: either; different fields: both */
		{ "_SYSTEMD_UNIT=ssh.service _SYSTEMD_UNIT=cron.service",
		    "mail sshd[42]: one\nmail sshd[42]: two\n" },
		{ "_SYSTEMD_UNIT=ssh.service _PID=42", "mail sshd[42]: one\n" },
		{ "_SYSTEMD_UNIT=ssh.service _PID=43", "" },
		{ "_SYSTEMD_UNIT=ssh.service _PID=43\nMESSAGE=two",
		    "mail sshd[42]: two\n" },
	};
	struct heard h = { 0 };

	(void)state;
	if (!scene_can_write(__func__))
		return;
	write_three("m.journal", T0);
	for (size_t i = 0; i < sizeof(v) / sizeof(v[0]); i++) {
		struct journal *j = reader(v[i].match, T0 - 5);

		assert_int_equal(attach(j, NAMES("m.journal")), 1);
		assert_string_equal(read_all(j, &h), v[i].text);
		journal_free(j);
	}
	buf_fini(&h.text);
}

static void
test_place(void **state)
{
	struct journal *j = reader("", T0 + 1);
	struct heard h = { 0 };

	(void)state;
	if (!scene_can_write(__func__))
		goto out;
	write_three("p.journal", T0);
	assert_int_equal(attach(j, NAMES("p.journal")), 1);
	assert_string_equal(read_all(j, &h),
	    "mail sshd[42]: two\nmail sshd[42]: three\n");
	assert_int_equal(h.live, 0);
	assert_int_equal(h.time, T0 + 3);
	assert_int_equal(journal_place(j).us, T0 + 3);
	/* Appended to what is open. */
	scene_entry("p.journal", T0 + 4, "x", "four");
	assert_string_equal(read_all(j, &h), "mail sshd[42]: four\n");
	assert_int_equal(h.live, 1);
	assert_string_equal(read_all(j, &h), "");
out:
	journal_free(j);
	buf_fini(&h.text);
}

static void
write_part(const char *name, unsigned long long us, int ordinal, bool last,
    const char *message)
{
	char text[1024];
	int n = snprintf(text, sizeof(text), "__REALTIME_TIMESTAMP=%llu\n"
	    "__MONOTONIC_TIMESTAMP=%llu\n_BOOT_ID=" BOOT "\n"
	    "_HOSTNAME=mail\nSYSLOG_IDENTIFIER=c\n_PID=42\n"
	    "CONTAINER_PARTIAL_ID=x\nCONTAINER_PARTIAL_ORDINAL=%d\n"
	    "CONTAINER_PARTIAL_LAST=%s\n%sMESSAGE=%s\n\n", us,
	    us % 1000000000, ordinal, last ? "true" : "false",
	    last ? "" : "CONTAINER_PARTIAL_MESSAGE=true\n", message);

	scene_write(name, text, (size_t)n);
}

/* Also by a reader that begins in the middle of the line, as after a restart,
 * and across a change of the files. */
static void
test_parts(void **state)
{
	struct journal *j = reader("", T0), *again = reader("", T0 + 2),
	    *late = reader("", T0 + 20 * CLOCK_SECOND);
	struct heard h = { 0 };

	(void)state;
	if (!scene_can_write(__func__))
		goto out;
	write_part("q.journal", T0 + 1, 1, false, "one ");
	write_part("q.journal", T0 + 2, 2, false, "two ");
	assert_int_equal(attach(j, NAMES("q.journal")), 1);
	assert_string_equal(read_all(j, &h), "");
	assert_int_equal(journal_place(j).us, T0 + 2);
	write_part("q.journal", T0 + 20 * CLOCK_SECOND + 1, 3, true, "three");
	scene_entry("q.journal", T0 + 20 * CLOCK_SECOND + 2, "x", "four");
	assert_int_equal(attach(j, NAMES("q.journal")), 1);
	assert_string_equal(read_all(j, &h),
	    "mail c[42]: one two three\nmail sshd[42]: four\n");
	assert_int_equal(attach(again, NAMES("q.journal")), 1);
	assert_string_equal(read_all(again, &h),
	    "mail c[42]: one two three\nmail sshd[42]: four\n");
	assert_int_equal(journal_parts_lost(again), 0);
	/* Its parts are too old: no line of its own. */
	assert_int_equal(attach(late, NAMES("q.journal")), 1);
	assert_string_equal(read_all(late, &h), "mail sshd[42]: four\n");
	assert_int_equal(journal_parts_lost(late), 1);
out:
	journal_free(j);
	journal_free(again);
	journal_free(late);
	buf_fini(&h.text);
}

/* Rotated, a new one beside it, then the old one vacuumed: once each. */
static void
test_rotation(void **state)
{
	struct journal *j = reader("", T0);
	struct heard h = { 0 };
	char from[160], to[160];

	(void)state;
	if (!scene_can_write(__func__))
		goto out;
	write_three("system.journal", T0);
	assert_int_equal(attach(j, NAMES("system.journal")), 1);
	read_all(j, &h);
	assert_int_equal(h.n, 3);
	scene_entry("system.journal", T0 + 4, "x", "four");
	snprintf(from, sizeof(from), "%s/system.journal", scene_dir);
	snprintf(to, sizeof(to), "%s/system@1.journal", scene_dir);
	assert_int_equal(rename(from, to), 0);
	scene_entry("system.journal", T0 + 5, "x", "five");
	assert_int_equal(attach(j, NAMES("system.journal",
	    "system@1.journal")), 2);
	assert_string_equal(read_all(j, &h),
	    "mail sshd[42]: four\nmail sshd[42]: five\n");
	assert_int_equal(unlink(to), 0);
	assert_int_equal(attach(j, NAMES("system.journal")), 1);
	scene_entry("system.journal", T0 + 6, "x", "six");
	assert_string_equal(read_all(j, &h), "mail sshd[42]: six\n");
	/* The place it remembers is in no file any more. */
	assert_int_equal(unlink(from), 0);
	scene_entry("system.journal", T0 + 7, "x", "seven");
	assert_int_equal(attach(j, NAMES("system.journal")), 1);
	assert_string_equal(read_all(j, &h), "mail sshd[42]: seven\n");
out:
	journal_free(j);
	buf_fini(&h.text);
}

static void
test_nothing_yet(void **state)
{
	struct journal *j = reader("_SYSTEMD_UNIT=ssh.service", T0);
	struct heard h = { 0 };

	(void)state;
	assert_int_equal(journal_attach(j, NULL, 0), 0);
	assert_string_equal(read_all(j, &h), "");
	if (!scene_can_write(__func__))
		goto out;
	/* An entry that does not fit, then, in the open file, one that does. */
	scene_entry("n.journal", T0 + 1, "cron.service", "no");
	assert_int_equal(attach(j, NAMES("n.journal")), 1);
	assert_string_equal(read_all(j, &h), "");
	scene_entry("n.journal", T0 + 2, "ssh.service", "yes");
	assert_string_equal(read_all(j, &h), "mail sshd[42]: yes\n");
out:
	journal_free(j);
	buf_fini(&h.text);
}

static void
write_bytes(const char *name, const void *p, size_t n)
{
	char path[160];
	int fd;

	snprintf(path, sizeof(path), "%s/%s", scene_dir, name);
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	assert_int_equal(write(fd, p, n), n);
	close(fd);
}

static void
test_bad_files_are_left_out(void **state)
{
	struct journal *j = reader("", T0);
	struct heard h = { 0 };

	(void)state;
	write_bytes("empty.journal", "", 0);
	write_bytes("rubbish.journal", "LPKSHHRH-not really-", 20);
	assert_int_equal(attach(j, NAMES("empty.journal", "rubbish.journal")),
	    0);
	if (!scene_can_write(__func__))
		goto out;
	write_three("good.journal", T0);
	assert_int_equal(attach(j, NAMES("empty.journal", "good.journal",
	    "rubbish.journal")), 1);
	read_all(j, &h);
	assert_int_equal(h.n, 3);
out:
	journal_free(j);
	buf_fini(&h.text);
}

/* Long enough to be compressed, and with a newline and a NUL in it. */
static void
test_binary_message(void **state)
{
	struct journal *j = reader("", T0);
	struct heard h = { 0 };
	struct buf entry = { 0 };
	uint64_t size = 4000;

	(void)state;
	if (!scene_can_write(__func__))
		goto out;
	buf_addf(&entry, "__REALTIME_TIMESTAMP=%llu\n_BOOT_ID=" BOOT "\n"
	    "__MONOTONIC_TIMESTAMP=1\nMESSAGE\n", T0 + 1);
	buf_add(&entry, &size, sizeof(size));   /* little-endian */
	buf_add(&entry, "a\nb\0c", 5);
	for (size_t i = 5; i < size; i++)
		buf_addc(&entry, 'x');
	buf_adds(&entry, "\n\n");
	scene_write("b.journal", entry.p, entry.n);
	assert_int_equal(attach(j, NAMES("b.journal")), 1);
	read_all(j, &h);
	assert_int_equal(h.n, 1);
	assert_int_equal(h.text.n, size + 2);
	assert_memory_equal(h.text.p, "a\\nb\0cxxx", 9);
out:
	journal_free(j);
	buf_fini(&entry);
	buf_fini(&h.text);
}

/* Whoever is fed with files for months has no more open than the last. */
static void
test_descriptors_are_closed(void **state)
{
	struct journal *j = reader("", T0);
	int before, after;

	(void)state;
	if (!scene_can_write(__func__))
		goto out;
	write_three("d.journal", T0);
	write_bytes("e.journal", "", 0);
	before = dup(0);
	close(before);
	for (int i = 0; i < 20; i++)
		assert_int_equal(attach(j, NAMES("d.journal", "e.journal")),
		    1);
	assert_int_equal(journal_attach(j, NULL, 0), 0);
	after = dup(0);
	close(after);
	assert_int_equal(before, after);
out:
	journal_free(j);
}

#endif
/* --- the watch ------------------------------------------------------------------ */

struct events {
	unsigned seen;
	int wd;
};

static void
note(enum journal_event event, int wd, void *arg)
{
	struct events *e = arg;

	e->seen |= 1u << event;
	e->wd = wd;
}

static unsigned
events_of(int fd, int wd)
{
	struct events e = { 0, wd };

	assert_int_equal(journal_watch_read(fd, note, &e), 0);
	assert_int_equal(e.wd, wd);
	return e.seen;
}

static void
test_watch(void **state)
{
	int fd = journal_watch_open(), wd, file;
	char path[160];

	(void)state;
	assert_int_not_equal(fd, -1);
	wd = journal_watch_dir(fd, scene_dir);
	assert_int_not_equal(wd, -1);
	assert_int_equal(journal_watch_dir(fd, "/nowhere"), -1);
	assert_int_equal(events_of(fd, wd), 0);
	snprintf(path, sizeof(path), "%s/w.journal", scene_dir);
	file = open(path, O_RDWR | O_CREAT, 0600);
	assert_int_equal(events_of(fd, wd), 1u << JOURNAL_CHANGED);
	/* as journald tells of what it wrote through a map */
	assert_int_equal(ftruncate(file, 100), 0);
	assert_int_equal(ftruncate(file, 100), 0);
	assert_int_equal(events_of(fd, wd), 1u << JOURNAL_GREW);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(events_of(fd, wd), 1u << JOURNAL_CHANGED);
	journal_watch_forget(fd, wd);
	assert_int_equal(events_of(fd, wd), 0);
	close(file);
	close(fd);
}

int
main(void)
{
#define CASE(f) cmocka_unit_test_setup_teardown(f, scene_setup, scene_teardown)
	const struct CMUnitTest tests[] = {
		CASE(test_line),
		CASE(test_line_of_the_kernel),
		CASE(test_line_is_bounded),
		CASE(test_time),
		CASE(test_line_of_random_bytes),
#ifdef GAOL_JOURNAL
		CASE(test_check),
		CASE(test_matches),
		CASE(test_place),
		CASE(test_parts),
		CASE(test_rotation),
		CASE(test_nothing_yet),
		CASE(test_bad_files_are_left_out),
		CASE(test_binary_message),
		CASE(test_descriptors_are_closed),
#endif
		CASE(test_watch),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
