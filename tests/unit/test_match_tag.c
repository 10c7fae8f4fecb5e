#include "match/tag.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "match/python.h"

static void
check_tag(const char *regex, bool dns, const char *want)
{
	struct mapped out = { 0 };

	tag_expand(span_of(regex), dns, &out);
	assert_string_equal(out.text.n > 0 ? out.text.p : "", want);
	mapped_fini(&out);
}

static void
tags_become_groups(void **state)
{
	(void)state;
	check_tag("a<F-USER>b</F-USER>", true, "a(?P<user>b)");
	check_tag("<F-ID>x</F-ID>", true, "(?P<fid>x)");
	check_tag("<F-ID/>:<F-PORT/>", true, "(?P<fid>\\S+):(?P<fport>\\w+)");
	check_tag("<F-PORT>1</F-PORT>", true, "(?P<fport>1)");
	check_tag("<F-ALT_USER_1>x</F-ALT_USER_1>", true,
	    "(?P<alt_user_1>x)");
	check_tag("<DNS>", true, "(?P<dns>[-.^\\w]*\\w)");
	check_tag("<CIDR>", true, "(?P<cidr>\\d+)");
	check_tag("a<SKIPLINES>b<SKIPLINES>", true,
	    "a\\n(?P<skiplines0>(?:(?:.*\\n)*?))"
	    "b\\n(?P<skiplines1>(?:(?:.*\\n)*?))");
}

static void
what_is_no_tag_stays(void **state)
{
	(void)state;
	check_tag("<host> <F-USER/> <F-user> <x", true,
	    "<host> <F-USER/> <F-user> <x");
	check_tag("a</F-USER>", true, "a</F-USER>");
	check_tag("(?P<n>x) <>", true, "(?P<n>x) <>");
	check_tag("<HOST", true, "<HOST");
}

static void
host_drops_names_without_dns(void **state)
{
	struct mapped with = { 0 }, without = { 0 };

	(void)state;
	tag_expand(SPAN("<HOST>"), true, &with);
	tag_expand(SPAN("<HOST>"), false, &without);
	assert_non_null(strstr(with.text.p, "(?P<dns>"));
	assert_null(strstr(without.text.p, "(?P<dns>"));
	assert_non_null(strstr(without.text.p, "(?P<ip6>"));
	mapped_fini(&with);
	mapped_fini(&without);
}

static void
flags_in_groups_become_local(void **state)
{
	(void)state;
	check_tag("((?i)abc)", true, "(?i:abc)");
	check_tag("x(?:(?im)abc)", true, "x(?im:abc)");
	check_tag("\\((?i)", true, "\\((?i)");
	check_tag("(?i)abc", true, "(?i)abc");
}

static void
places_lead_back(void **state)
{
	struct mapped out = { 0 };
	size_t i;

	(void)state;
	tag_expand(SPAN("ab<HOST>cd"), true, &out);
	assert_int_equal(mapped_at(&out, 0), 0);
	assert_int_equal(mapped_at(&out, 1), 1);
	assert_int_equal(mapped_at(&out, 5), 2);
	i = out.text.n - 2;
	assert_int_equal(mapped_at(&out, i), 8);
	assert_int_equal(mapped_at(&out, out.text.n), SPAN_NONE);
	mapped_fini(&out);
}

static void
kinds_of_names(void **state)
{
	struct span target;

	(void)state;
	assert_int_equal(tag_kind(SPAN("user"), &target), TAG_PLAIN);
	assert_int_equal(tag_kind(SPAN("alt_user_12"), &target), TAG_ALT);
	assert_true(span_eq(target, SPAN("user")));
	assert_int_equal(tag_kind(SPAN("alt_user1"), &target), TAG_ALT);
	assert_true(span_eq(target, SPAN("user1")));
	assert_int_equal(tag_kind(SPAN("tuple_id"), &target), TAG_TUPLE);
	assert_true(span_eq(target, SPAN("fid")));
}

static void
check_python(const char *regex, const char *want)
{
	struct mapped out = { 0 };
	struct python_error error;
	int rc = python_translate(span_of(regex), &out, &error);

	if (want == NULL) {
		assert_int_equal(rc, -1);
	} else {
		assert_int_equal(rc, 0);
		assert_string_equal(out.text.n > 0 ? out.text.p : "", want);
	}
	mapped_fini(&out);
}

static void
python_becomes_pcre2(void **state)
{
	(void)state;
	check_python("a{,3}b{,}c{x,3}{}", "a{0,3}b{0,}c\\{x,3}\\{}");
	check_python("a\\Z", "a\\z");
	check_python("\\v[\\v]", "\\x0b[\\x0b]");
	check_python("\\x1D\\u20ac", "\\x{1D}\\x{20ac}");
	check_python("(?iu)a", "(?i)a");
	check_python("(?u)a", "a");
	check_python("x(?is:a)", "x(?is:a)");
	check_python("x(?i-s:a)", "x(?i-s:a)");
	check_python("(?P<R>a)?(?(R)b|c)", "(?P<R>a)?(?(<R>)b|c)");
	check_python("(a)?(?(1)b|c)", "(a)?(?(1)b|c)");
	check_python("[[:alpha:]]", "[\\[:alpha:]]");
	check_python("[]a][^]b]", "[\\]a][^\\]b]");
	check_python("a(?#com\\)ment)b", "ab");
	check_python("[::][^:a:][a:]", "[\\::][^\\:a:][a:]");
	check_python("(?P<n>)(?P=n)(?=a)(?!b)(?<=c)(?<!d)(?>e)",
	    "(?P<n>)(?P=n)(?=a)(?!b)(?<=c)(?<!d)(?>e)");
	check_python("\\s\\S[\\s-]", "[\\s\\x1c-\\x1f][^\\s\\x1c-\\x1f]"
	    "[\\s\\x1c-\\x1f\\-]");
	check_python("[\\S][^\\S]", "[^\\s\\x1c-\\x1f][\\s\\x1c-\\x1f]");
	check_python("[\\Sa][^\\Sa]", "(?:[a]|[^\\s\\x1c-\\x1f])"
	    "(?:(?![a])[\\s\\x1c-\\x1f])");
	check_python("[\\s\\S][^\\S\\s]", "[\\s\\S](?!)");
	/* PCRE2 has to see the rest: b-a is no range. */
	check_python("[\\s\\Sb-a][^b-a\\S\\s]",
	    "(?:[\\s\\x1c-\\x1fb-a]|[\\s\\S])"
	    "(?:[b-a\\s\\x1c-\\x1f](?!))");
	check_python("(a)\\1\\07\\101[\\1]", "(a)\\g{1}\\x{7}\\x{41}[\\x{1}]");
	check_python("(?x) a b # c (\n{2}", "ab{2}");
	check_python("(?i)(?#x)(?m)a", "(?i)(?m)a");
	check_python("[\xc3\xa4-\xc3\xb6]", "[\xc3\xa4-\xc3\xb6]");
}

static void
python_refusals(void **state)
{
	static const char *const bad[] = {
		"\\h", "\\K", "\\R", "\\Qa\\E", "\\X", "\\p{L}", "\\z", "\\G",
		"a\\", "(*FAIL)", "(?|a|b)", "(?<n>a)", "(?R)", "(?1)",
		"(?&n)", "(?P>n)", "(?C1)", "a(?i)b", "(?a)x", "(?L)x",
		"[a", "[", "[\\B]", "\\x1", "\\u12", "\\N{DASH}", "(?#a",
		"(?(n-1)a)", "(?(", "(?", "(?P", "(?<", "(?)", "(?i-:a)",
		"(?i-i:a)", "a**", "*", "^*", "\\b+", "a{2}{3}", "a{3,2}",
		"a)", "(a", "\\1", "(\\1)", "(?P=n)", "(?P<n>(?P=n))",
		"[\\s-a]", "[a-\\d]", "[\\8]", "\\477", "(?(n)a)", "{2}",
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		check_python(bad[i], NULL);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tags_become_groups),
		cmocka_unit_test(what_is_no_tag_stays),
		cmocka_unit_test(host_drops_names_without_dns),
		cmocka_unit_test(flags_in_groups_become_local),
		cmocka_unit_test(places_lead_back),
		cmocka_unit_test(kinds_of_names),
		cmocka_unit_test(python_becomes_pcre2),
		cmocka_unit_test(python_refusals),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
