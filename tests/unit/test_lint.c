#include "match/lint.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "match/sample.h"

static struct regex *
compile(const char *text)
{
	struct regex_error error;
	struct regex *r = regex_new(span_of(text), REGEX_NO_DNS, &error);

	if (r == NULL)
		fail_msg("%s: %s", text, error.text);
	return r;
}

/* A sample of the pattern, short or rich, is matched by it. */
static void
check_sample(const char *text, bool rich)
{
	struct regex *r = compile(text);
	struct node *tree = pattern_parse(span_of(regex_text(r)));
	struct matcher *m = matcher_new(100000);
	struct sample s = { .ip4 = LINT_REAL, .ip6 = "::1", .rich = rich };

	sample_make(&s, tree);
	buf_addc(&s.text, '\n');
	if (matcher_search(m, r, buf_span(&s.text), 0, true) != REGEX_MATCH)
		fail_msg("%s does not match %s", text, s.text.p);
	assert_true(s.addr != SAMPLE_NOWHERE);
	assert_memory_equal(s.text.p + s.addr, LINT_REAL, strlen(LINT_REAL));
	sample_fini(&s);
	pattern_free(tree);
	matcher_free(m);
	regex_free(r);
}

static void
samples_match(void **state)
{
	static const char *const patterns[] = {
		"^Failed \\S+ for (?:invalid user )?.* from <HOST> port \\d+$",
		"^[^\\]\\[a-z]{3,5}[.-]?\\x41\\u0042\\t<ADDR>$",
		"^(?i:ab)(?P<x>c|d)(?P=x)\\s*<HOST>(?#comment)(?:\\s(\\w))?\\1?$",
		"^a{2}b{1,}c{,3}d{x}e{} <HOST>",
		"^(?P<q>\")?x(?(q)\"|') <HOST>",
		"(?s)^.+?(?>a+)b <HOST>(?=\\s)(?!x)\\b",
		"^\\[\\]\\s\\[(:?error|\\S+:\\S+)\\] <HOST>$",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(patterns) / sizeof(patterns[0]); i++) {
		check_sample(patterns[i], false);
		if (strstr(patterns[i], "(?=") == NULL &&
		    strstr(patterns[i], "\\1") == NULL)
			check_sample(patterns[i], true);
	}
}

static void
fooled(const char *text, int where)
{
	struct regex *r = compile(text);
	struct lint lint = { 0 };
	bool found = lint_fooled(r, &lint);

	if (found != (where != -1) || (found && (int)lint.where != where))
		fail_msg("%s: %d, at %d: %s", text, found, (int)lint.where,
		    found ? lint.proof.p : "");
	lint_fini(&lint);
	regex_free(r);
}

static void
the_place_is_told(void **state)
{
	(void)state;
	fooled("^x .*? from <HOST>", LINT_BEFORE);
	fooled("^x .*? from <HOST>$", -1);
	fooled("^x .* from <HOST>", LINT_AT_END);
	fooled("^x .* from <HOST>$", -1);
	fooled("^x .* from <HOST>.*$", LINT_BEHIND);
	fooled("^x \\S+ from <HOST>.*$", -1);
	fooled("x from <HOST>$", -1);
	fooled("x from <HOST>", LINT_IN_FRONT);
	fooled("^x from <HOST>", -1);
	fooled("^nobody", -1);
	fooled("^\\S+(?=<HOST>)", -1);
}

static void
explodes(const char *text, bool soon, bool late)
{
	struct regex *r = compile(text);
	struct lint lint = { 0 };

	assert_int_equal(lint_explodes(r, LINT_SHORT, &lint), soon);
	assert_int_equal(lint_explodes(r, LINT_LONG, &lint), late);
	lint_fini(&lint);
	regex_free(r);
}

static void
explosions(void **state)
{
	(void)state;
	explodes("^(a+)+ <HOST>$", true, true);
	explodes("^(?:a|a)+ <HOST>$", true, true);
	explodes("^a.*b.*c <HOST>$", false, false);
	explodes("^\\s*\\s*\\s*\\s*<HOST>$", false, true);
	explodes("^(?>a+)+ <HOST>$", false, false);
	explodes("^[a-z]+ <HOST>$", false, false);
}

static void
literals(void **state)
{
	struct regex *a = compile("^Failed <HOST>");
	struct regex *b = compile("^\\d+ <HOST> \\w+$");

	(void)state;
	assert_false(lint_no_literal(a));
	assert_true(lint_no_literal(b));
	regex_free(a);
	regex_free(b);
}

/* Whatever compiles is examined to an end. */
static void
random_patterns(void **state)
{
	static const char *const parts[] = {
		"a", "\\w", ".", "(", "(?:", ")", "|", "*", "+?", "{2,}", "[^",
		"]", "[a-c", "<HOST>", "^", "$", "\\b", "(?P<x>", "(?=", "?",
		"(?(1)", "\\1", " ", "(?i)", "(?x:", "#",
	};
	unsigned seed = (unsigned)time(NULL);
	struct regex_error error;
	struct regex *r;
	struct lint lint = { 0 };
	struct buf text = { 0 };
	int round, n, good = 0;

	(void)state;
	print_message("# seed %u\n", seed);
	srand(seed);
	for (round = 0; round < 30000; round++) {
		buf_clear(&text);
		for (n = rand() % 12; n >= 0; n--)
			buf_adds(&text, parts[(size_t)rand() %
			    (sizeof(parts) / sizeof(parts[0]))]);
		/* Also those that do not compile must parse to an end. */
		pattern_free(pattern_parse(buf_span(&text)));
		r = regex_new(buf_span(&text), 0, &error);
		if (r == NULL || round % 4 != 0) {
			regex_free(r);
			continue;
		}
		good++;
		lint_fooled(r, &lint);
		lint_explodes(r, LINT_SHORT, &lint);
		lint_no_literal(r);
		regex_free(r);
	}
	assert_true(good > 100);
	buf_fini(&text);
	lint_fini(&lint);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(samples_match),
		cmocka_unit_test(the_place_is_told),
		cmocka_unit_test(explosions),
		cmocka_unit_test(literals),
		cmocka_unit_test(random_patterns),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
