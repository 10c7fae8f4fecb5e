#include "access/redact.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>
#include <cmocka.h>

#include "random.h"

static void
expect(struct span line, struct span want)
{
	struct buf out = { 0 };

	struct span got = redact(line, &out);

	if (!span_eq(got, want))
		print_error("got \"%.*s\"\n", SPAN_FMT(got));
	assert_true(span_eq(got, want));
	buf_fini(&out);
}

/* Lines of real servers; the secret is always S3cret or its base64. */
static void
test_servers(void **state)
{
	(void)state;
	expect(SPAN("auth: ldap(u@x,192.0.2.5): Password mismatch "
	    "(given password: S3cret (really) one)"),
	    SPAN("auth: ldap(u@x,192.0.2.5): Password mismatch "
	    "(given password: ***)"));
	expect(SPAN("SMTP protocol error in \"AUTH PLAIN AGEAUzNjcmV0\" "
	    "H=(pc) [192.0.2.1]"),
	    SPAN("SMTP protocol error in \"AUTH PLAIN ***\" H=(pc) "
	    "[192.0.2.1]"));
	expect(SPAN("GET /?_task=login&_pass=S3cret&x=1 HTTP/1.1"),
	    SPAN("GET /?_task=login&_pass=***&x=1 HTTP/1.1"));
	expect(SPAN("{\"user\":\"a\",\"password\":\"S3\\\"cret\",\"b\":1}"),
	    SPAN("{\"user\":\"a\",\"password\":\"***\",\"b\":1}"));
	expect(SPAN("proxy: Authorization: Basic YTpTM2NyZXQ= next"),
	    SPAN("proxy: Authorization: Basic *** next"));
	/* vpopmail; Perdition, which does not mark quotes in a password. */
	expect(SPAN("vchkpw-smtp: password fail (pass: 'S3cret') x') "
	    "a@x:192.0.2.1"),
	    SPAN("vchkpw-smtp: password fail (pass: '***) a@x:192.0.2.1"));
	expect(SPAN("authentication_id=\"a\" passwd=\"S3\"cret\" server=\"b\""),
	    SPAN("authentication_id=\"a\" passwd=\"***"));
	/* A name that looks like the word before a secret. */
	expect(SPAN("authentication_id=\"pass x passwd=\"S3cret\" x"),
	    SPAN("authentication_id=\"pass ***"));
	expect(SPAN("n;i:ua\"pASS passwd=\"S3cretn"),
	    SPAN("n;i:ua\"pASS ***"));
	expect(SPAN("* a1 authenticate plain AGEAUzNjcmV0"),
	    SPAN("* a1 authenticate plain ***"));
}

static void
test_others_stay(void **state)
{
	static const char *const lines[] = {
		"imap-login: Login: user=<a@x>, method=PLAIN, rip=192.0.2.1",
		"Failed password for root from 192.0.2.1 port 22 ssh2",
		"warning: unknown[192.0.2.1]: SASL LOGIN authentication "
		"failed: UGFzc3dvcmQ6",
		"pass", "password=", "AUTH PLAIN ", "", "_pass=",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++)
		expect(span_of(lines[i]), span_of(lines[i]));
}

/* Whatever stands around it, and whatever follows it in its word. */
static void
test_no_secret_left(void **state)
{
	static const char *const words[] = {
		"password=", " pass=", "AUTH PLAIN ", "\"passwd\":\"",
		"(given password: ", "Authorization: Bearer ",
		"(pass: '", "passwd=\"",
	};
	static const char around[] = "ab (\"<,;&=:PASS auth plain";
	struct buf line = { 0 }, out = { 0 };
	struct span left;

	(void)state;
	random_start();
	for (int i = 0; i < 20000; i++) {
		buf_clear(&line);
		buf_clear(&out);
		for (size_t k = random_below(20); k > 0; k--)
			buf_addc(&line, around[random_below(
			    sizeof(around) - 1)]);
		buf_adds(&line, words[random_below(8)]);
		buf_adds(&line, "S3cret");
		for (size_t k = random_below(20); k > 0; k--)
			buf_addc(&line, around[random_below(
			    sizeof(around) - 1)]);
		left = redact(buf_span(&line), &out);
		if (span_find(left, SPAN("S3cret")) != SPAN_NONE)
			fail_msg("left in: %.*s", SPAN_FMT(left));
	}
	buf_fini(&line);
	buf_fini(&out);
}

/* Words in words, as long as a line may be: each place is looked at once. */
static void
test_a_line_of_words(void **state)
{
	static const char *const words[] = {
		"password=", "(pass: '", "\"pass ", "&pass=", "auth plain ",
	};
	struct buf line = { 0 }, out = { 0 };
	clock_t begin;

	(void)state;
	while (line.n < 65000)
		buf_adds(&line, words[line.n % 5]);
	buf_adds(&line, " x) y");
	begin = clock();
	redact(buf_span(&line), &out);
	assert_true(clock() - begin < CLOCKS_PER_SEC / 2);
	assert_true(span_find(buf_span(&out), SPAN("***")) != SPAN_NONE);
	buf_fini(&line);
	buf_fini(&out);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_servers),
		cmocka_unit_test(test_others_stay),
		cmocka_unit_test(test_no_secret_left),
		cmocka_unit_test(test_a_line_of_words),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
