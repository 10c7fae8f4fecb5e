#include "match/regex.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "match/prefix.h"
#include "match/text.h"

#define LIMIT 100000

static struct regex *
compile(const char *text, unsigned flags)
{
	struct regex_error error;
	struct regex *r = regex_new(span_of(text), flags, &error);

	if (r == NULL)
		fail_msg("%s: %s", text, error.text);
	return r;
}

/* What group `name` caught in the subject, or NULL. */
static char *
caught(const char *regex, const char *subject, const char *name)
{
	struct regex *r = compile(regex, 0);
	struct matcher *m = matcher_new(LIMIT);
	struct span value, s = span_of(subject);
	char *text = NULL;

	if (matcher_search(m, r, s, 0, text_is_ascii(s)) == REGEX_MATCH &&
	    matcher_group(m, regex_group(r, name), &value))
		text = span_dup(value);
	regex_free(r);
	matcher_free(m);
	return text;
}

static void
check(const char *regex, const char *subject, const char *name,
    const char *want)
{
	char *got = caught(regex, subject, name);

	if (want == NULL)
		assert_null(got);
	else if (got == NULL)
		fail_msg("%s does not match %s", regex, subject);
	else
		assert_string_equal(got, want);
	free(got);
}

static void
hosts(void **state)
{
	(void)state;
	check("^from <HOST>$", "from 192.0.2.7\n", "ip4", "192.0.2.7");
	check("^from <HOST>$", "from ::ffff:192.0.2.7", "ip4", "192.0.2.7");
	check("^from <HOST>$", "from [192.0.2.7]", "ip4", "192.0.2.7");
	check("^from <HOST>$", "from 2001:db8::7", "ip6", "2001:db8::7");
	check("^from <HOST>$", "from [::1]", "ip6", "::1");
	check("^from <HOST>$", "from ::", "ip6", "::");
	check("^from <HOST>$", "from a.example.com", "dns", "a.example.com");
	check("^from <HOST>$", "from 1.2.3", "dns", "1.2.3");
	check("^from <HOST>$", "from 1.2.3.4444", "ip4", NULL);
	check("^from <ADDR>$", "from a.example.com", "ip4", NULL);
	check("^from <SUBNET>$", "from 192.0.2.0/24", "cidr", "24");
	check("^from <SUBNET>$", "from [2001:db8::/32]", "ip6",
	    "2001:db8::");
}

static void
unicode_as_in_python(void **state)
{
	(void)state;
	check("^u=<F-USER>\\w+</F-USER> ", "u=caf\xc3\xa9 x", "user",
	    "caf\xc3\xa9");
	check("(?i)^<F-USER>\xc3\x89</F-USER>$", "\xc3\xa9\n", "user",
	    "\xc3\xa9");
	check("^<F-USER>.</F-USER>$", "\xf0\x9f\x98\x80", "user",
	    "\xf0\x9f\x98\x80");
	/* Python's \Z is the very end; $ forgives one newline. */
	check("<F-USER>a</F-USER>\\Z", "a\n", "user", NULL);
	check("<F-USER>a</F-USER>$", "a\n", "user", "a");
	check("<F-USER>a{,2}</F-USER>b", "aaab", "user", "aa");
}

static void
errors_show_the_place(void **state)
{
	static const struct { const char *regex; size_t offset; } bad[] = {
		{ "ab<HOST>\\h", 8 }, { "<HOST> (x", 7 }, { "( <HOST>", 0 }, { "", 0 },
		{ "<HOST>a**b[", 8 }, { "<HOST>(?P<ip4>x)", 10 },
	};
	struct regex_error error;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_null(regex_new(span_of(bad[i].regex), 0, &error));
		assert_true(error.text[0] != '\0');
		assert_int_equal(error.offset, bad[i].offset);
	}
}

static void
hostile_patterns_give_up(void **state)
{
	struct regex *r = compile("^(a+)+$|<F-ID>zz</F-ID>", 0);
	struct matcher *m = matcher_new(LIMIT);
	char text[61];
	struct timespec a, b;

	(void)state;
	memset(text, 'a', sizeof(text));
	text[60] = '!';
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &a);
	assert_int_equal(matcher_search(m, r, span_from(text, sizeof(text)),
	    0, true), REGEX_LIMIT);
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &b);
	assert_true(b.tv_sec - a.tv_sec < 5);
	/* And it still works after that. */
	assert_int_equal(matcher_search(m, r, SPAN("aaa"), 0, true),
	    REGEX_MATCH);
	regex_free(r);
	matcher_free(m);
}

/* The byte compile and the UTF compile agree on every ASCII text. */
static void
bytes_and_utf_agree(void **state)
{
	static const char *const regexes[] = {
		"^(?:\\w+\\s)?(?i:fail)ed \\S+ for (?P<u>.*?) from <HOST>\\b",
		"[^\\W\\d_]+(?<=a)\\d?<F-ID>\\S+</F-ID>\\s*$",
		"(?i)k<F-ID>[^s]*</F-ID>S",
	};
	static const char alphabet[] = "faILed for  from 1.2:\t[]k_sS0\n";
	unsigned seed = (unsigned)time(NULL);
	struct matcher *a = matcher_new(LIMIT), *b = matcher_new(LIMIT);
	struct regex *r;
	struct span x, y;
	char text[64];
	size_t i, n, k;
	int round;

	(void)state;
	print_message("# seed %u\n", seed);
	srand(seed);
	for (k = 0; k < 3; k++) {
		r = compile(regexes[k], 0);
		for (round = 0; round < 20000; round++) {
			n = (size_t)rand() % sizeof(text);
			for (i = 0; i < n; i++)
				text[i] = alphabet[(size_t)rand() %
				    (sizeof(alphabet) - 1)];
			assert_int_equal(
			    matcher_search(a, r, span_from(text, n), 0, true),
			    matcher_search(b, r, span_from(text, n), 0,
			    false));
			for (i = 0; i < 4; i++) {
				x = y = (struct span){ NULL, 0 };
				assert_int_equal(
				    matcher_group(a, (unsigned)i, &x),
				    matcher_group(b, (unsigned)i, &y));
				assert_true(x.p == y.p && x.n == y.n);
			}
		}
		regex_free(r);
	}
	matcher_free(a);
	matcher_free(b);
}

/* What it says no to does not match. */
static void
check_starts(const char *pattern, const char *subject, bool fits)
{
	struct regex_error error;
	struct regex *r = regex_new(span_of(pattern), 0, &error);
	struct matcher *m = matcher_new(1000);
	struct span s = span_of(subject);

	assert_non_null(r);
	assert_int_equal(starts_may_fit(regex_starts(r), starts_of(s)), fits);
	if (!fits)
		assert_int_equal(matcher_search(m, r, s, 0, false),
		    REGEX_NONE);
	regex_free(r);
	matcher_free(m);
}

static void
starts(void **state)
{
	(void)state;
	check_starts("^(?:imap|pop3)-login: x", "imap-login: y", true);
	check_starts("^(?:imap|pop3)-login: x", "pop3-log", true);
	check_starts("^(?:imap|pop3)-login: x", "imap(joe)", false);
	check_starts("^(?:imap|pop3)-login: x", "imap", false);
	check_starts("^(?:imap|pop3)-login: x", "", false);
	check_starts("^<F-SERVICE>a|bc</F-SERVICE>\\(d", "bc(d", true);
	check_starts("^<F-SERVICE>a|bc</F-SERVICE>\\(d", "bcd", false);
	check_starts("^(a|managesieve)x", "managesieve", true);
	check_starts("^(a|managesieve)x", "managesi", true);
	check_starts("^(a|managesieve)x", "manages", false);
	/* Not the whole of what may begin. */
	check_starts("^(?:a|b)c|d", "d", true);
	check_starts("^(?:a|b)(?:x|y)|d", "d", true);
	check_starts("^(?:a|b)?c", "c", true);
	check_starts("^(?:a|b|)c", "c", true);
	check_starts("^(?:a|b?)c", "c", true);
	check_starts("^(?:a|\\d)c", "7c", true);
	check_starts("^(?:a|[bc])d", "cd", true);
	check_starts("^(?:a|(?:b|c))d", "cd", true);
	check_starts("^(?:a|b)c?d", "ad", true);
	check_starts("^(?:a|b)c{0,1}d", "ad", true);
	check_starts("^(?!a|b)c", "c", true);
	check_starts("^(?i:a|b)c", "Ac", true);
	check_starts("(?:a|b)c", "xac", true);
	check_starts("^(?:1|2|3|4|5|6|7|8)x", "8x", true);
	check_starts("^(?:1|2|3|4|5|6|7|8)x", "9x", false);
	check_starts("^(?:1|2|3|4|5|6|7|8|9)x", "9x", true);
}

static void
check_prefix(const char *pattern, const char *want)
{
	struct prefix prefix;

	prefix_read(span_of(pattern), &prefix);
	assert_int_equal(prefix.n, strlen(want));
	assert_memory_equal(prefix.a, want, prefix.n);
}

static void
prefixes(void **state)
{
	struct prefix prefix;

	(void)state;
	check_prefix("^Failed \\S+", "Failed ");
	check_prefix("Failed", "");
	check_prefix("^Failed|x", "");
	check_prefix("^Fa(?:il|x)", "Fa");
	check_prefix("^(?P<nofail>Conn )from", "Conn from");
	check_prefix("^(?P<nofail>Conn )?from", "");
	check_prefix("^(?:ab|cd)e", "");
	check_prefix("^ab?", "a");
	check_prefix("^ab+c", "ab");
	check_prefix("^ab{0,1}", "a");
	check_prefix("^\\[x\\]", "[x]");
	check_prefix("^\\d", "0");
	check_prefix("^\\d?a", "");
	check_prefix("^\\d{4}a", "");
	check_prefix("^\\D", "");
	check_prefix("^\\d+a", "0");
	check_prefix("^[\\s\\x1c-\\x1f][+\\-]x", " +x");
	check_prefix("^[\\s\\x1c-\\x1f]*x", "");
	check_prefix("^[\\sa]x", "");
	check_prefix("^[^\\s\\x1c-\\x1f]x", "");
	check_prefix("^[a-]", "");
	check_prefix("^[a\\d]", "");
	check_prefix("^a[b-d]", "a");
	check_prefix("^[^a]", "");
	check_prefix("^(?i:a)", "");
	check_prefix("^a\xc3\xa9?", "a");
	check_prefix("^?a", "");
	prefix_read(SPAN("^[iI]nvalid"), &prefix);
	assert_true(prefix_fits(&prefix, SPAN("Invalid")));
	assert_true(prefix_fits(&prefix, SPAN("invalid user")));
	assert_false(prefix_fits(&prefix, SPAN("xnvalid")));
	assert_false(prefix_fits(&prefix, SPAN("in")));
	prefix_read(SPAN("^a[\\s\\x1c-\\x1f]\\d[+\\-]"), &prefix);
	assert_true(prefix_fits(&prefix, SPAN("a 7-")));
	assert_true(prefix_fits(&prefix, SPAN("a\x1f" "0+")));
	assert_false(prefix_fits(&prefix, SPAN("a 7x")));
	assert_false(prefix_fits(&prefix, SPAN("a x+")));
	assert_false(prefix_fits(&prefix, SPAN("a_7+")));
	/* An Arabic digit, a no-break space. */
	assert_true(prefix_fits(&prefix, SPAN("a \xd9\xa3+")));
	assert_true(prefix_fits(&prefix, SPAN("a\xc2\xa0" "7+")));
	assert_true(prefix_may_fit(&prefix, prefix_start(SPAN("a\xc2\xa0" "7"))));
	assert_false(prefix_may_fit(&prefix, prefix_start(SPAN("b 7+"))));
}

static void
broken_text_is_repaired(void **state)
{
	static const struct { const char *in, *out; } cases[] = {
		{ "a\xff" "b", "a\xef\xbf\xbd" "b" },
		{ "\xe2\x82", "\xef\xbf\xbd" },
		{ "\xe2\x82x", "\xef\xbf\xbdx" },
		{ "\xf0\x80\x80", "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd" },
		{ "\xed\xa0\x80", "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd" },
		{ "\xc3\xa9", "\xc3\xa9" },
	};
	struct buf out = { 0 };
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		text_repair(span_of(cases[i].in), &out);
		assert_true(span_eq(buf_span(&out), span_of(cases[i].out)));
		assert_true(text_is_utf8(buf_span(&out)));
	}
	buf_fini(&out);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(hosts),
		cmocka_unit_test(unicode_as_in_python),
		cmocka_unit_test(errors_show_the_place),
		cmocka_unit_test(hostile_patterns_give_up),
		cmocka_unit_test(bytes_and_utf_agree),
		cmocka_unit_test(starts),
		cmocka_unit_test(prefixes),
		cmocka_unit_test(broken_text_is_repaired),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
