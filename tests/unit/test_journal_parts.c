/* Lines that came as several journal entries. */
#include "source/journal_parts.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "random.h"

#define LINE_MAX 40

static struct journal_line l = { .line_max = LINE_MAX };
static struct journal_parts p;

static int
fresh(void **state)
{
	(void)state;
	journal_parts_fini(&p);
	journal_line_fini(&l);
	p = (struct journal_parts){ 0 };
	l = (struct journal_line){ .line_max = LINE_MAX };
	return 0;
}

/* One entry: "FIELD=value" between bars. */
static enum journal_parts_what
take(const char *fields)
{
	struct span rest = span_of(fields), field;

	journal_line_clear(&l);
	while (span_cut(&rest, '|', &field))
		journal_line_add(&l, field);
	return journal_parts_take(&p, &l);
}

static void
taken(const char *fields)
{
	assert_int_equal(take(fields), JOURNAL_PARTS_TAKEN);
}

static void
line(const char *fields, enum journal_parts_what what, const char *text)
{
	struct span s;

	assert_int_equal(take(fields), what);
	s = journal_line_text(&l, 0);
	if (!span_eq(s, span_of(text)))
		fail_msg("%s: '%.*s'", fields, SPAN_FMT(s));
}

#define WHO "_PID=7|_HOSTNAME=h|SYSLOG_IDENTIFIER=c|CONTAINER_ID_FULL=f"
#define MORE "|CONTAINER_PARTIAL_MESSAGE=true"
#define PART(id, ordinal) "|CONTAINER_PARTIAL_ID=" id \
	"|CONTAINER_PARTIAL_ORDINAL=" ordinal
#define FIRST(id, ordinal, text) WHO PART(id, ordinal) MORE \
	"|CONTAINER_PARTIAL_LAST=false|MESSAGE=" text
#define LAST(id, ordinal, text) WHO PART(id, ordinal) \
	"|CONTAINER_PARTIAL_LAST=true|MESSAGE=" text

static void
test_docker(void **state)
{
	(void)state;
	line("MESSAGE=a", JOURNAL_PARTS_NONE, "a");
	taken(FIRST("x", "1", "one "));
	taken(FIRST("y", "1", "other "));
	line(WHO "|MESSAGE=between", JOURNAL_PARTS_NONE, "h c[7]: between");
	taken(FIRST("x", "2", "two "));
	line(LAST("y", "2", "text"), JOURNAL_PARTS_WHOLE, "h c[7]: other text");
	line(LAST("x", "3", "three"), JOURNAL_PARTS_WHOLE,
	    "h c[7]: one two three");
	assert_int_equal(p.open, 0);
	/* The same id anew: a runtime may count them. */
	taken(FIRST("x", "1", "four "));
	line(LAST("x", "2", "five"), JOURNAL_PARTS_WHOLE, "h c[7]: four five");
	assert_int_equal(p.counters.lost, 0);
	assert_int_equal(p.counters.cut, 0);
}

/* Before it had ids, and podman: the container and its stream say it. */
static void
test_without_ids(void **state)
{
	(void)state;
	taken(WHO "|PRIORITY=6" MORE "|MESSAGE=one ");
	taken(WHO "|PRIORITY=3" MORE "|MESSAGE=error ");
	line("_PID=7|MESSAGE=b", JOURNAL_PARTS_NONE, "b");
	taken(WHO "|PRIORITY=6" MORE "|MESSAGE=two ");
	line(WHO "|PRIORITY=3|MESSAGE=text", JOURNAL_PARTS_WHOLE,
	    "h c[7]: error text");
	line(WHO "|PRIORITY=6|MESSAGE=three", JOURNAL_PARTS_WHOLE,
	    "h c[7]: one two three");
	line(WHO "|PRIORITY=6|MESSAGE=three", JOURNAL_PARTS_NONE,
	    "h c[7]: three");
	line(WHO "|CONTAINER_PARTIAL_MESSAGE=false|MESSAGE=x",
	    JOURNAL_PARTS_NONE, "h c[7]: x");
}

/* The tail of a line, that of whoever sent it, never is a line. */
static void
test_missing_parts(void **state)
{
	(void)state;
	taken(LAST("x", "2", "Failed password for root from 192.0.2.1"));
	taken(FIRST("x", "3", "forged"));
	assert_int_equal(p.counters.lost, 2);
	taken(FIRST("y", "1", "one"));
	taken(LAST("y", "3", "three"));
	assert_int_equal(p.counters.lost, 3);
	assert_int_equal(p.open, 0);
	taken(FIRST("z", "1", "one"));
	taken(FIRST("z", "1", "one"));
	taken(LAST("z", "2", "two"));
	assert_int_equal(p.counters.lost, 5);
	assert_int_equal(p.open, 0);
}

/* _PID is the journal's own word, the others are the writer's. */
static void
test_other_writers(void **state)
{
	(void)state;
	taken(FIRST("x", "1", "one "));
	taken("_PID=8|CONTAINER_ID_FULL=f" PART("x", "2") MORE
	    "|MESSAGE=from 192.0.2.1 ");
	taken("_PID=8|CONTAINER_ID_FULL=f" PART("x", "2") "|MESSAGE=forged");
	line(LAST("x", "2", "two"), JOURNAL_PARTS_WHOLE, "h c[7]: one two");
	/* Nor does another split of the same bytes name the same line. */
	taken("_PID=1|CONTAINER_PARTIAL_ID=2" MORE "|MESSAGE=a");
	line("_PID=12|CONTAINER_ID_FULL=|MESSAGE=b", JOURNAL_PARTS_NONE, "b");
	line("_PID=1|CONTAINER_PARTIAL_ID=2|MESSAGE=b", JOURNAL_PARTS_WHOLE,
	    "ab");
}

static void
test_bounds(void **state)
{
	struct buf text = { 0 };

	(void)state;
	for (int i = 0; i < 3; i++) {
		taken(FIRST("x", "1", "0123456789012345678901234567"));
		line(LAST("x", "2", "0123456789abcdef"), JOURNAL_PARTS_WHOLE,
		    "h c[7]: 01234567890123456789012345670123456789ab");
		assert_int_equal(p.counters.cut, i + 1);
	}
	for (int i = 0; i < JOURNAL_PARTS_MAX + 2; i++) {
		buf_clear(&text);
		buf_addf(&text, WHO "|CONTAINER_PARTIAL_ID=%d"
		    "|CONTAINER_PARTIAL_ORDINAL=1" MORE "|MESSAGE=%d ", i, i);
		taken(text.p);
	}
	assert_int_equal(p.open, JOURNAL_PARTS_MAX);
	assert_int_equal(p.counters.evicted, 2);
	taken(LAST("1", "2", "evicted"));
	assert_int_equal(p.counters.lost, 1);
	line(LAST("2", "2", "kept"), JOURNAL_PARTS_WHOLE, "h c[7]: 2 kept");
	line(LAST("33", "2", "kept"), JOURNAL_PARTS_WHOLE, "h c[7]: 33 kept");
	assert_int_equal(p.open, JOURNAL_PARTS_MAX - 2);
	buf_fini(&text);
}

/* Lines of several writers at once, mixed: each comes out as it was. */
static void
test_mixed(void **state)
{
	enum { WRITERS = JOURNAL_PARTS_MAX };
	struct buf lines[WRITERS] = { 0 }, entry = { 0 };
	unsigned ordinal[WRITERS] = { 0 };

	(void)state;
	random_start();
	l.line_max = 4096;
	for (int round = 0; round < 20000; round++) {
		unsigned w = random_below(WRITERS);
		bool more = random_below(3) > 0;
		unsigned word = random_below(1000);

		buf_addf(&lines[w], "%u ", word);
		buf_clear(&entry);
		buf_addf(&entry, "_PID=%u%s|CONTAINER_ID_FULL=f|MESSAGE=%u ",
		    w / 2, more ? MORE : "", word);
		if (w % 2 == 0)
			buf_addf(&entry, "|CONTAINER_PARTIAL_ID=x"
			    "|CONTAINER_PARTIAL_ORDINAL=%u", ++ordinal[w]);
		if (more) {
			taken(entry.p);
			continue;
		}
		assert_int_not_equal(take(entry.p), JOURNAL_PARTS_TAKEN);
		assert_true(span_eq(journal_line_message(&l),
		    buf_span(&lines[w])));
		buf_clear(&lines[w]);
		ordinal[w] = 0;
	}
	assert_int_equal(p.counters.lost + p.counters.evicted, 0);
	for (unsigned w = 0; w < WRITERS; w++)
		buf_fini(&lines[w]);
	buf_fini(&entry);
}

int
main(void)
{
#define CASE(f) cmocka_unit_test_setup_teardown(f, fresh, fresh)
	const struct CMUnitTest tests[] = {
		CASE(test_docker),
		CASE(test_without_ids),
		CASE(test_missing_parts),
		CASE(test_other_writers),
		CASE(test_bounds),
		CASE(test_mixed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
