#include "match/literal.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/buf.h"
#include "match/python.h"
#include "match/regex.h"
#include "match/scan.h"
#include "match/text.h"
#include "random.h"
#include "scan_first.h"

static int
by_text(const void *a, const void *b)
{
	const struct literal *x = a, *y = b;

	return span_cmp(span_from(x->text, x->n), span_from(y->text, y->n));
}

/* "a|b", in order, "~" before one without case; "-" for nothing known. */
static const char *
read(const char *pattern)
{
	static struct buf out;
	struct literals set;
	size_t i;

	buf_clear(&out);
	if (!literal_read(span_of(pattern), &set))
		return "-";
	qsort(set.v, set.n, sizeof(set.v[0]), by_text);
	for (i = 0; i < set.n; i++) {
		if (i > 0)
			buf_addc(&out, '|');
		if (set.v[i].nocase)
			buf_addc(&out, '~');
		buf_add(&out, set.v[i].text, set.v[i].n);
	}
	return out.p;
}

static void
plain_texts(void **state)
{
	(void)state;
	assert_string_equal(read("^Failed \\S+ for"), "Failed ");
	assert_string_equal(read("ab"), "-");
	assert_string_equal(read(".*"), "-");
	assert_string_equal(read("^\\s*\\[\\]: no"), "[]: no");
	assert_string_equal(read("a\\.b\\x41c"), "a.bAc");
	assert_string_equal(read("\\bword\\b"), "word");
	assert_string_equal(read("three\\ntwo"), "three");
	assert_string_equal(read("gr\xc3\xbc\xc3\x9f" "e nach Hause"),
	    "e nach Hause");
	assert_string_equal(read("password\xc3\xbc?"), "password");
	assert_string_equal(read("123456789 abcdefghijklmnopqrstuvw"),
	    "123456789 abcdefghijklmn");
}

static void
quantifiers(void **state)
{
	(void)state;
	assert_string_equal(read("colou?r"), "color|colour");
	assert_string_equal(read("abcd*eHg"), "eHg");
	assert_string_equal(read("foo(bar)+baz"), "barbaz");
	assert_string_equal(read("xy(?:zz1){2,3}y"), "xyzz1");
	assert_string_equal(read("xyz(?:qqqq){0}y"), "xyz");
	assert_string_equal(read("xyz(?:qqqq){0,2}y"), "xyz");
	assert_string_equal(read("(?:qqqq)?+xy"), "-");
	/* Text here, a quantifier elsewhere: better nothing. */
	assert_string_equal(read("longer{,5} text"), "-");
	assert_string_equal(read("{\"key\":"), "{\"key\":");
}

static void
groups(void **state)
{
	(void)state;
	assert_string_equal(read("(?P<a>User )(?<b>not)"), "User not");
	assert_string_equal(read("[iI](?:llegal|nvalid) x"),
	    "Illegal x|Invalid x|illegal x|invalid x");
	assert_string_equal(read("^(?:failed|\\S+) for"), " for");
	assert_string_equal(read("abc|def"), "abc|def");
	assert_string_equal(read("abc|de"), "-");
	assert_string_equal(read("abc.x|.*defg"), "abc|defg");
	assert_string_equal(read("foo(?=barbar)baz"), "foobaz");
	assert_string_equal(read("foo(?!barbar)baz"), "foobaz");
	assert_string_equal(read("(?<!barbar)baz"), "baz");
	assert_string_equal(read("(xxx)?(?(1)yyyyy|zzz)"), "-");
	assert_string_equal(read("(a)(?(1)yy|zz) was"), 
	    "a was|ayy was|azz was");
	assert_string_equal(read("(a)\\1bcd"), "bcd");
	assert_string_equal(read("(?>atomic)"), "atomic");
	assert_string_equal(read("[abc]def"), "adef|bdef|cdef");
	assert_string_equal(read("[^a]def"), "def");
	assert_string_equal(read("[a-z]def"), "def");
	assert_string_equal(read("[]a]def"), "]def|adef");
}

static void
any_case(void **state)
{
	struct literals set;

	(void)state;
	assert_string_equal(read("(?i)FooBar"), "~foobar");
	assert_string_equal(read("(?i:Foo)Bar"), "~foobar");
	assert_string_equal(read("((?i)Foo|Bar)"), "~bar|~foo");
	assert_string_equal(read("((?i)foo)x"), "~foox");
	assert_true(literal_read(SPAN("(?i)task"), &set));
	assert_true(set.ascii_only);
	assert_true(literal_read(SPAN("(?i)word"), &set));
	assert_false(set.ascii_only);
	assert_true(literal_read(SPAN("task"), &set));
	assert_false(set.ascii_only);
}

static void
refused(void **state)
{
	(void)state;
	assert_string_equal(read("(?x)blank word"), "-");
	assert_string_equal(read("(?R)?word"), "-");
	assert_string_equal(read("(*ACCEPT)word"), "-");
	assert_string_equal(read("\\Qword\\E"), "-");
	assert_string_equal(read("(?(?=a)word|word)"), "-");
	assert_string_equal(read("[[:alpha:]]word"), "-");
	assert_string_equal(read("\\p{L}word"), "-");
}

/* --- a random regex, and a text that it is likely to match ----------------- */

struct made {
	struct buf regex, text;
	int groups;
};

static const char letters[] = "abkS .:";

static void make(struct made *m, int depth, bool write);

static void
make_text(struct made *m, bool write)
{
	size_t n = 1 + random_below(4);
	char c;

	while (n-- > 0) {
		c = letters[random_below(sizeof(letters) - 1)];
		if (c == '.')
			buf_addc(&m->regex, '\\');
		buf_addc(&m->regex, c);
		if (write)
			buf_addc(&m->text, c);
	}
}

static void
make_group(struct made *m, int depth, bool write)
{
	static const char *const opens[] = { "(?:", "(", "(?i:", "(?>" };
	static const char *const closes[] = { ")", ")?", ")+", ")*", "){2}",
	    "){0,2}", ")??" };
	size_t branches = 1 + random_below(3), chosen, i, close;

	i = random_below(4);
	m->groups += i == 1;
	buf_adds(&m->regex, opens[i]);
	chosen = random_below(branches);
	close = random_below(7);
	/* Twice the same, or not at all. */
	if (close == 4)
		branches = 1, chosen = 0;
	i = m->text.n;
	for (size_t k = 0; k < branches; k++) {
		if (k > 0)
			buf_addc(&m->regex, '|');
		make(m, depth - 1, write && k == chosen);
	}
	buf_adds(&m->regex, closes[close]);
	if (close == 4 && write) {
		struct span once = span_skip(buf_span(&m->text), i);
		char *copy = span_dup(once);

		buf_add(&m->text, copy, once.n);
		free(copy);
	} else if (close != 0 && close != 2 && random_below(2) == 0) {
		m->text.n = i;
	}
}

static void
make_one(struct made *m, int depth, bool write)
{
	static const struct { const char *regex, *text; } more[] = {
		{ ".", "x" }, { "\\S+", "some" }, { "\\d+", "42" },
		{ ".*?", "any thing" }, { "[aA]", "A" }, { "[a-f]", "c" },
		{ "[^k]", "." }, { "(?!xx)", "" }, { "(?=.)", "" },
		{ "\\b", "" }, { "\\x6b", "k" }, { "(?i:K)", "\xe2\x84\xaa" },
		{ "(?i:s)", "\xc5\xbf" }, { "\xc3\xa9?", "\xc3\xa9" },
		{ "(c)?(?(1)d|e)", "cd" }, { "(?<=.)", "" }, { "a{,2}", "aa" },
		{ "\\s*", "  " },
	};
	size_t i = random_below(40);

	if (i < 18 && (i != 14 || m->groups == 0)) {
		m->groups += i == 14;
		buf_adds(&m->regex, more[i].regex);
		if (write)
			buf_adds(&m->text, more[i].text);
	} else if (i < 26 && depth > 0) {
		make_group(m, depth, write);
	} else {
		make_text(m, write);
	}
}

static void
make(struct made *m, int depth, bool write)
{
	size_t n = 1 + random_below(4);

	while (n-- > 0)
		make_one(m, depth, write);
}

static bool
holds_one(const struct literals *set, struct span text)
{
	struct scan *s = scan_new(set->v, set->n, SCAN_PLAIN, SPAN(""));
	bool holds = scan_first(s, text, 0) != SPAN_NONE;

	scan_free(s);
	return holds;
}

/* Nothing that matches is without a literal. */
static void
sound(void **state)
{
	struct matcher *matcher = matcher_new(100000);
	size_t rounds = getenv("SOAK") != NULL ? 500000 : 20000;
	size_t matched = 0, known = 0, i, k;
	struct regex_error error;
	struct python_error wrong;
	struct literals set;
	struct regex *r;

	(void)state;
	for (i = 0; i < rounds; i++) {
		struct made m = { 0 };
		struct mapped pattern = { 0 };
		bool ascii;

		if (random_below(4) == 0)
			buf_addc(&m.regex, '^');
		buf_adds(&m.text, m.regex.n > 0 ? "" : "log: ");
		make(&m, 3, true);
		buf_adds(&m.text, " end");
		r = regex_new(buf_span(&m.regex), 0, &error);
		assert_int_equal(python_translate(buf_span(&m.regex),
		    &pattern, &wrong), 0);
		if (r != NULL && literal_read(buf_span(&pattern.text), &set)) {
			known++;
			for (k = 0; k < 3; k++) {
				if (k > 0 && m.text.n > 0)
					m.text.p[random_below(m.text.n)] = 'b';
				ascii = text_is_ascii(buf_span(&m.text));
				if (!text_is_utf8(buf_span(&m.text)) ||
				    (set.ascii_only && !ascii) ||
				    matcher_search(matcher, r,
				    buf_span(&m.text), 0, ascii) !=
				    REGEX_MATCH)
					continue;
				matched++;
				if (holds_one(&set, buf_span(&m.text)))
					continue;
				printf("# \"%s\" matches \"%s\"\n", m.regex.p,
				    m.text.p);
				fail();
			}
		}
		regex_free(r);
		mapped_fini(&pattern);
		buf_fini(&m.regex);
		buf_fini(&m.text);
	}
	matcher_free(matcher);
	printf("# %zu of %zu regexes have literals, %zu texts matched\n",
	    known, rounds, matched);
	assert_true(known > rounds / 4 && matched > rounds / 4);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(plain_texts),
		cmocka_unit_test(quantifiers),
		cmocka_unit_test(groups),
		cmocka_unit_test(any_case),
		cmocka_unit_test(refused),
		cmocka_unit_test(sound),
	};

	random_start();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
