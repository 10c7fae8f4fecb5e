#include "access/user.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "config/config.h"

static struct user_alias aliases[] = {
	{ (char *)"@alt.example", (char *)"@example.com" },
	{ (char *)"postmaster@example.com", (char *)"bob@example.com" },
	{ (char *)"@a.example", (char *)"@b.example" },
	{ (char *)"@b.example", (char *)"@a.example" },
};
static const struct user_rules none, all = {
	.domain = (char *)"example.com", .separator = '+',
	.aliases = aliases, .aliases_n = 4,
};

static void
expect(const struct user_rules *rules, struct span raw, struct span want)
{
	struct buf out = { 0 };

	user_normalise(rules, raw, &out);
	if (!span_eq(buf_span(&out), want))
		print_error("got \"%.*s\"\n", (int)out.n, out.p);
	assert_true(span_eq(buf_span(&out), want));
	buf_fini(&out);
}

static void
test_case_and_blanks(void **state)
{
	(void)state;
	expect(&none, SPAN(" Alice@Example.COM\t"), SPAN("alice@example.com"));
	expect(&none, SPAN("alice"), SPAN("alice"));
	expect(&none, SPAN(""), SPAN(""));
	expect(&none, SPAN("  "), SPAN(""));
	/* Letters beyond ASCII are not the server's to fold, so not ours. */
	expect(&none, SPAN("J\xc3\x84GER@x"), SPAN("j\xc3\x84ger@x"));
	expect(&none, SPAN("a\0b"), SPAN("a\0b"));
}

static void
test_domain_and_detail(void **state)
{
	(void)state;
	expect(&all, SPAN("alice"), SPAN("alice@example.com"));
	expect(&all, SPAN("Alice+News"), SPAN("alice@example.com"));
	expect(&all, SPAN("alice+a+b@x.example"), SPAN("alice@x.example"));
	/* A name that begins with the separator is a name. */
	expect(&all, SPAN("+49170@x.example"), SPAN("+49170@x.example"));
	expect(&all, SPAN("CORP\\Alice"), SPAN("corp\\alice"));
	/* The last '@' begins the domain. */
	expect(&none, SPAN("a@b@C"), SPAN("a@b@c"));
	assert_true(span_eq(user_domain(SPAN("a@b@c")), SPAN("c")));
	assert_int_equal(user_domain(SPAN("abc")).n, 0);
}

static void
test_aliases(void **state)
{
	(void)state;
	expect(&all, SPAN("carol@ALT.example"), SPAN("carol@example.com"));
	expect(&all, SPAN("postmaster"), SPAN("bob@example.com"));
	/* A circle is gone round once. */
	expect(&all, SPAN("x@a.example"), SPAN("x@b.example"));
	expect(&all, SPAN("x@b.example"), SPAN("x@a.example"));
}

/* As gaol.conf has them. */
static void
test_configured(void **state)
{
	const struct own_config own = {
		.accounts_domain = (char *)"Example.COM",
		.accounts_separator = (char *)"-",
		.accounts_aliases = (char *)"@Alt.example = @example.com,"
		    "Postmaster@example.com=bob@example.com",
	}, nothing = { 0 };
	struct user_rules rules;

	(void)state;
	user_rules_init(&rules, &own);
	expect(&rules, SPAN("alice-news"), SPAN("alice@example.com"));
	expect(&rules, SPAN("a@ALT.example"), SPAN("a@example.com"));
	expect(&rules, SPAN("postmaster"), SPAN("bob@example.com"));
	user_rules_fini(&rules);
	user_rules_init(&rules, &nothing);
	expect(&rules, SPAN("Alice-news"), SPAN("alice-news"));
	user_rules_fini(&rules);
}

static void
test_bounded(void **state)
{
	static char name[USER_NAME_MAX * 4];
	struct buf out = { 0 };

	(void)state;
	memset(name, 'x', sizeof(name));
	user_normalise(&none, span_from(name, sizeof(name)), &out);
	assert_int_equal(out.n, USER_NAME_MAX);
	buf_fini(&out);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_case_and_blanks),
		cmocka_unit_test(test_domain_and_detail),
		cmocka_unit_test(test_aliases),
		cmocka_unit_test(test_configured),
		cmocka_unit_test(test_bounded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
