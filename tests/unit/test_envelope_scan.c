/*
 * Lines in envelopes: a log read block by block, what is passed by and all,
 * says what it says line by line without any search; and Docker's lines read
 * quickly are what the JSON library makes of them.
 */
#include "source/envelope.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "filter_scene.h"

#define NOW INT64_C(1795298892)     /* 2026-11-21 22:08:12 UTC */
#define LINE_MAX 10000
#define BLOCK 65536

static struct buf text;
static struct span *lines;
static size_t lines_n;
static size_t tame_n;         /* of them have their date at the begin, if any */

/* --- as runtimes write ----------------------------------------------------------- */

/* With the escapes that Docker writes, and now and then another one. */
static void
add_json(struct buf *out, struct span s)
{
	for (size_t i = 0; i < s.n; i++) {
		char c = s.p[i];

		if (c == '"' || c == '\\')
			buf_addf(out, "\\%c", c);
		else if (c == '\r' || c == '\t')
			buf_adds(out, c == '\r' ? "\\r" : "\\t");
		else if (c == '<' || c == '>' || c == '&' ||
		    (c >= 0 && c < ' ') || random_below(400) == 0)
			buf_addf(out, "\\u%04x", (unsigned char)c);
		else
			buf_addc(out, c);
	}
}

static const char *stream;      /* of all parts of a line */

static void
docker(struct buf *out, struct span part, bool last)
{
	buf_adds(out, "{\"log\":\"");
	add_json(out, part);
	buf_addf(out, "%s\",\"stream\":\"%s\",\"time\":\"2026-11-21T22:0%zu:"
	    "%02zu.467051123Z\"}\n", last ? "\\n" : "", stream,
	    random_below(8), random_below(60));
}

static void
cri(struct buf *out, struct span part, bool last)
{
	buf_addf(out, "2026-11-21T22:0%zu:%02zu.467051123+00:00 %s %c ",
	    random_below(8), random_below(60), stream, last ? 'F' : 'P');
	buf_add_span(out, part);
	buf_addc(out, '\n');
}

static void
syslog_line(struct buf *out, struct span part, bool last)
{
	(void)last;
	switch (random_below(6)) {
	case 0:
		buf_adds(out, "<22>");
		break;
	case 1:
		buf_adds(out, "<22>1 2026-11-21T22:05:51.467051Z mail "
		    "postfix/smtpd 241 - - ");
		break;
	default:
		break;
	}
	buf_add_span(out, part);
	buf_addc(out, '\n');
}

/* What is no line of such a log stands in it, too. */
static void
write_log(enum envelope_kind kind, size_t n, struct buf *out)
{
	struct buf line = { 0 };
	struct span rest;
	size_t at;

	while (n-- > 0) {
		void (*write)(struct buf *, struct span, bool) =
		    kind == ENVELOPE_DOCKER ? docker :
		    kind == ENVELOPE_CRI ? cri : syslog_line;

		buf_clear(&line);
		stream = random_below(8) == 0 ? "stderr" : "stdout";
		/* A date in the middle of a line ends all passing by, and
		 * these have them. */
		if (n < 2000) {
			random_line(lines, lines_n, &line);
		} else {
			buf_add_span(&line, lines[random_below(tame_n)]);
			buf_addc(&line, '\n');
		}
		rest = span_sub(buf_span(&line), 0, line.n - 1);
		if (random_below(200) == 0) {
			buf_add_span(out, buf_span(&line));
			continue;
		}
		while (kind != ENVELOPE_SYSLOG && random_below(20) == 0) {
			at = random_below(rest.n + 1);
			write(out, span_sub(rest, 0, at), false);
			rest = span_skip(rest, at);
		}
		write(out, rest, true);
	}
	buf_fini(&line);
}

/* --- reading ---------------------------------------------------------------------- */

static void
judge(struct filter *f, struct envelope *e, struct span line, struct buf *to)
{
	struct enveloped in = { 0 };

	switch (envelope_open(e, line, &in)) {
	case ENVELOPE_PLAIN:
		filter_line(f, in.text, FILTER_ASIS, note, to);
		break;
	case ENVELOPE_STAMPED:
		filter_stamped(f, in.text, in.time, FILTER_ASIS, note, to);
		break;
	case ENVELOPE_MESSAGE:
		filter_message(f, in.text, in.time, FILTER_ASIS, note, to);
		break;
	case ENVELOPE_PART:
	case ENVELOPE_REFUSED:
		break;
	}
}

/* As the daemon does (engine_log.c). */
static uint64_t
read_block(struct filter *f, struct envelope *e, struct span block,
    struct buf *to)
{
	struct span rest = block, whole, line;
	uint64_t passed = 0, n;
	struct wall time;
	size_t skipped;

	envelope_block(e);
	filter_block(f, block);
	while (rest.n > 0) {
		whole = span_sub(rest, 0, envelope_whole(e, rest));
		skipped = whole.n == 0 ? 0 :
		    filter_skip(f, whole, FILTER_ASIS, &n);
		if (skipped > 0) {
			passed += n;
			if (envelope_passed(e, span_sub(rest, 0, skipped),
			    &time))
				filter_passed(f, time);
		}
		rest = span_skip(rest, skipped);
		if (span_cut(&rest, '\n', &line))
			judge(f, e, line, to);
	}
	envelope_block(e);
	filter_block(f, (struct span){ NULL, 0 });
	return passed;
}

static uint64_t
read_blocks(struct filter *f, struct envelope *e, struct span all,
    struct buf *to)
{
	uint64_t passed = 0;
	struct span block;
	size_t end;

	while (all.n > 0) {
		block = span_sub(all, 0, BLOCK);
		end = span_find_last(block, SPAN("\n"));
		block = span_sub(all, 0, end + 1);
		passed += read_block(f, e, block, to);
		all = span_skip(all, block.n);
	}
	return passed;
}

static void
compare(const char *name, enum envelope_kind kind, struct span all)
{
	struct filter_options with = { .line_max = LINE_MAX }, without = {
		.line_max = LINE_MAX, .scan_off = true };
	struct envelope *a = envelope_new(kind, LINE_MAX),
	    *b = envelope_new(kind, LINE_MAX);
	struct buf want = { 0 }, got = { 0 };
	struct filter_config config = { 0 };
	struct span rest = all, line;
	struct filter *f, *g;
	uint64_t passed;

	assert_true(load(".", name, &config));
	f = filter_new(&config, &without, NULL);
	g = filter_new(&config, &with, NULL);
	while (span_cut(&rest, '\n', &line))
		judge(f, a, line, &want);
	passed = read_blocks(g, b, all, &got);
	if (!span_eq(buf_span(&want), buf_span(&got))) {
		show_difference(name, envelope_kind_name(kind), &want, &got);
		fail();
	}
	assert_true(want.n > 1000);
	assert_int_equal(envelope_counters(a)->refused,
	    envelope_counters(b)->refused);
	assert_int_equal(filter_counters(f)->lines,
	    filter_counters(g)->lines);
	assert_int_equal(filter_counters(f)->missed,
	    filter_counters(g)->missed);
	/* Else the test says nothing. */
	if (passed < 200)
		fail_msg("%s: only %llu lines passed by", name,
		    (unsigned long long)passed);
	filter_free(f);
	filter_free(g);
	filter_config_fini(&config);
	envelope_free(a);
	envelope_free(b);
	buf_fini(&want);
	buf_fini(&got);
}

static void
test_blocks(void **state)
{
	static const enum envelope_kind kinds[] = {
		ENVELOPE_DOCKER, ENVELOPE_CRI, ENVELOPE_SYSLOG,
	};
	static const char *const filters[] = { "postfix", "dovecot", "sshd" };
	struct buf log = { 0 };

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		buf_clear(&log);
		write_log(kinds[i], 12000, &log);
		for (size_t k = 0; k < 3; k++)
			compare(filters[k], kinds[i], buf_span(&log));
	}
	buf_fini(&log);
}

static void
test_docker(void **state)
{
	struct envelope *a = envelope_new(ENVELOPE_DOCKER, LINE_MAX),
	    *b = envelope_new(ENVELOPE_DOCKER, LINE_MAX);
	struct buf log = { 0 }, slow = { 0 };
	struct enveloped x, y;
	struct span rest, line;
	size_t n = 0;

	(void)state;
	write_log(ENVELOPE_DOCKER, 20000, &log);
	rest = buf_span(&log);
	while (span_cut(&rest, '\n', &line)) {
		enum envelope_what what;

		if (!span_starts(line, SPAN("{")))
			continue;
		/* A blank that Docker does not write, nor a quick look take. */
		buf_clear(&slow);
		buf_adds(&slow, "{ ");
		buf_add_span(&slow, span_skip(line, 1));
		what = envelope_open(a, line, &x);
		assert_int_equal(what, envelope_open(b, buf_span(&slow), &y));
		if (what == ENVELOPE_PART || what == ENVELOPE_REFUSED)
			continue;
		n++;
		assert_true(span_eq(x.text, y.text));
		assert_int_equal(x.time.us, y.time.us);
	}
	assert_true(n > 10000);
	assert_int_equal(envelope_counters(a)->refused,
	    envelope_counters(b)->refused);
	envelope_free(a);
	envelope_free(b);
	buf_fini(&log);
	buf_fini(&slow);
}

int
main(void)
{
	static const char *const logs[] = { "postfix-3.7.11.log",
		"dovecot-2.3.19-file.log", "cyrus-3.6.1.log" };
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_docker),
		cmocka_unit_test(test_blocks),
	};
	int failed;

	setenv("TZ", "UTC", 1);
	clock_freeze((struct wall){ NOW * CLOCK_SECOND }, (struct boot){ 1 });
	random_start();
	for (size_t i = 0; i < sizeof(logs) / sizeof(logs[0]); i++)
		add_file("tests/data/mail", logs[i], &text);
	split(&text, &lines, &tame_n);
	add_samples("sshd", &text);
	add_samples("postfix", &text);
	split(&text, &lines, &lines_n);
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	free(lines);
	buf_fini(&text);
	return failed;
}
