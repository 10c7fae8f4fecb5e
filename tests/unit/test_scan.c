#include "match/scan.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "random.h"
#include "scan_first.h"

#define TEXT_MAX 700

static const enum scan_kind kinds[] = { SCAN_PLAIN, SCAN_NARROW, SCAN_WIDE };

static struct literal
literal(const char *text, bool nocase)
{
	struct literal l = { .n = (unsigned char)strlen(text),
	    .nocase = nocase };

	memcpy(l.text, text, l.n);
	return l;
}

static char
lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c + ('a' - 'A')) : c;
}

static bool
is_at(const struct literal *l, struct span text, size_t at)
{
	size_t i;

	if (at + l->n > text.n)
		return false;
	for (i = 0; i < l->n; i++)
		if (l->text[i] != (l->nocase ? lower(text.p[at + i]) :
		    text.p[at + i]))
			return false;
	return true;
}

static bool
any_at(const struct literal *v, size_t n, struct span text, size_t at)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (is_at(&v[i], text, at))
			return true;
	return false;
}

static size_t
naive(const struct literal *v, size_t n, struct span text, size_t from)
{
	for (; from < text.n; from++)
		if (any_at(v, n, text, from))
			return from;
	return SPAN_NONE;
}

static size_t
line_of(struct span text, size_t at)
{
	size_t i, line = 0;

	for (i = 0; i < at; i++)
		line += text.p[i] == '\n';
	return line;
}

/* Walks through the text as a reader of lines does. */
static void
compare(const struct literal *v, size_t n, enum scan_kind kind,
    struct span text)
{
	struct scan *s = scan_new(v, n, kind, span_sub(text, 0,
	    random_below(2) * text.n));
	size_t from = 0, want, got;

	while (from <= text.n) {
		want = naive(v, n, text, from);
		got = scan_first(s, text, from);
		if (want == SPAN_NONE) {
			assert_true(got == SPAN_NONE);
			break;
		}
		assert_true(got != SPAN_NONE && got >= from);
		assert_true(any_at(v, n, text, got));
		assert_int_equal(line_of(text, got), line_of(text, want));
		from = want + 1 + random_below(20);
		while (from < text.n && text.p[from - 1] != '\n')
			from++;
	}
	scan_free(s);
}

/* --- all of them ------------------------------------------------------------ */

struct tally {
	const struct literal *v;
	struct span text;
	size_t found, line;
};

static size_t
count(unsigned literal, size_t start, void *arg)
{
	struct tally *t = arg;

	assert_true(is_at(&t->v[literal], t->text, start));
	assert_true(line_of(t->text, start) >= t->line);
	t->line = line_of(t->text, start);
	t->found++;
	return 0;
}

/* Each literal at each place, once. */
static void
compare_all(const struct literal *v, size_t n, enum scan_kind kind,
    struct span text)
{
	struct scan *s = scan_new(v, n, kind, span_sub(text, 0,
	    random_below(2) * text.n));
	struct tally tally = { v, text, 0, 0 };
	size_t want = 0, i, k;

	for (i = 0; i < text.n; i++)
		for (k = 0; k < n; k++)
			want += is_at(&v[k], text, i);
	scan_each(s, text, count, &tally);
	assert_int_equal(tally.found, want);
	scan_free(s);
}

/* Few letters, so that literals are often there, or nearly. */
static char
letter(size_t variety)
{
	static const char all[] = "abABk[ \xc3\xa9sz{@`0\x80\xff";

	return all[random_below(variety)];
}

static void
random_literals(struct literal *v, size_t n)
{
	size_t i, k;

	for (i = 0; i < n; i++) {
		v[i] = (struct literal){ 0 };
		v[i].n = (unsigned char)(LITERAL_MIN +
		    random_below(LITERAL_MAX - LITERAL_MIN + 1) *
		    random_below(2));
		v[i].nocase = random_below(3) == 0;
		for (k = 0; k < v[i].n; k++) {
			v[i].text[k] = letter(6);
			if (v[i].nocase)
				v[i].text[k] = lower(v[i].text[k]);
		}
	}
}

static void
random_text(char *p, size_t n, const struct literal *v, size_t count)
{
	const struct literal *l;
	size_t i;

	for (i = 0; i < n; i++)
		p[i] = random_below(40) == 0 ? '\n' : letter(16);
	while (random_below(3) != 0) {
		l = &v[random_below(count)];
		if (l->n < n)
			memcpy(p + random_below(n - l->n + 1), l->text, l->n);
	}
}

static void
as_naive(void **state)
{
	struct literal *v = calloc(200, sizeof(*v));
	size_t rounds = getenv("SOAK") != NULL ? 20000 : 4000;
	size_t round, n, size, i;
	char *text;

	(void)state;
	for (round = 0; round < rounds; round++) {
		n = 1 + (round % 4 == 0 ? random_below(200) :
		    random_below(12));
		random_literals(v, n);
		size = random_below(round % 5 == 0 ? TEXT_MAX : 90);
		text = malloc(size > 0 ? size : 1);    /* guarded by ASan */
		assert_non_null(text);
		random_text(text, size, v, n);
		for (i = 0; i < 3; i++)
			compare(v, n, kinds[i], span_from(text, size));
		for (i = 0; i < 3; i++)
			compare_all(v, n, kinds[i], span_from(text, size));
		free(text);
	}
	free(v);
}

/* Each place in a vector, with the literal at the very end as well. */
static void
every_place(void **state)
{
	struct literal v[2] = { literal("Failed ", false),
	    literal("invalid", true) };
	struct scan *s;
	char text[150];
	size_t i, k, at;

	(void)state;
	for (i = 0; i < 3; i++) {
		s = scan_new(v, 2, kinds[i], SPAN(""));
		for (k = 8; k <= sizeof(text); k++) {
			for (at = 0; at + 7 <= k; at++) {
				memset(text, '.', sizeof(text));
				memcpy(text + at, at % 2 ? "Failed " :
				    "iNVALId", 7);
				assert_int_equal(scan_first(s,
				    span_from(text, k), 0), at);
				assert_true(scan_first(s,
				    span_from(text, k), at + 1) == SPAN_NONE);
				assert_true(scan_first(s,
				    span_from(text, at + 6), 0) == SPAN_NONE);
			}
		}
		scan_free(s);
	}
}

/* Long ones of which no two have three bytes in common. */
static void
unlike(struct literal *v, size_t n)
{
	char text[] = "xxyyxxyyxx";
	size_t i, k, x = 0, y = 1;

	for (i = 0; i < n; i++) {
		for (k = 0; k + 1 < sizeof(text); k++)
			text[k] = (char)('a' + (k & 2 ? y : x));
		v[i] = literal(text, false);
		if (++y == 26)
			y = ++x + 1;
	}
}

static void
words(struct literal *v, size_t n)
{
	char text[16];
	size_t i;

	for (i = 0; i < n; i++) {
		snprintf(text, sizeof(text), "word %zu", i);
		v[i] = literal(text, false);
	}
}

static enum scan_kind
kind_for(const struct literal *v, size_t n, enum scan_kind wanted)
{
	struct scan *s = scan_new(v, n, wanted, SPAN(""));
	enum scan_kind kind = scan_kind(s);

	scan_free(s);
	return kind;
}

static void
chooses(void **state)
{
	struct literal *v = calloc(1000, sizeof(*v));
	enum scan_kind best;
	struct scan *s;

	(void)state;
	words(v, 1000);
	best = kind_for(v, 1, SCAN_BEST);
	/* Of all of these "wor" is enough. */
	assert_int_equal(kind_for(v + 100, 200, SCAN_BEST), best);
	s = scan_new(v, 1000, SCAN_WIDE, SPAN(""));
	assert_int_equal(scan_count(s), 1000);
	assert_int_equal(scan_first(s, SPAN("some word 99 "), 0), 5);
	assert_true(scan_first(s, SPAN("some word x99"), 0) == SPAN_NONE);
	scan_free(s);
	unlike(v, SCAN_NEAR_MAX + 1);
	assert_int_equal(kind_for(v, SCAN_NEAR_MAX, SCAN_BEST), best);
	assert_int_equal(kind_for(v, SCAN_NEAR_MAX + 1, SCAN_BEST),
	    SCAN_PLAIN);
	s = scan_new(v, 1, SCAN_PLAIN, SPAN(""));
	assert_int_equal(scan_kind(s), SCAN_PLAIN);
	assert_string_equal(scan_kind_name(scan_kind(s)), "plain");
	scan_free(s);
#if defined(__x86_64__)
	s = scan_new(v, 1, SCAN_BEST, SPAN(""));
	assert_int_equal(scan_kind(s), __builtin_cpu_supports("avx2") ?
	    SCAN_WIDE : __builtin_cpu_supports("ssse3") ? SCAN_NARROW :
	    SCAN_PLAIN);
	printf("# best here: %s\n", scan_kind_name(scan_kind(s)));
	scan_free(s);
#endif
	free(v);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(as_naive),
		cmocka_unit_test(every_place),
		cmocka_unit_test(chooses),
	};

	random_start();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
