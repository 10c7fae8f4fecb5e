#include "base/stamp.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <time.h>
#include <cmocka.h>

#include "random.h"

static void
expect(const char *text, int64_t us)
{
	struct wall got = { -1 };

	if (stamp_parse(span_of(text), &got) != 0 || got.us != us)
		fail_msg("%s: %lld", text, (long long)got.us);
}

static void
refuse(const char *text)
{
	struct wall got = { -1 };

	if (stamp_parse(span_of(text), &got) == 0 || got.us != -1)
		fail_msg("%s: %lld", text, (long long)got.us);
}

static void
test_forms(void **state)
{
	(void)state;
	expect("2026-11-21T22:05:51Z", 1795298751000000);
	expect("2026-11-21T22:05:51.467051Z", 1795298751467051);
	expect("2026-11-21t22:05:51.467051999z", 1795298751467051);
	expect("2026-11-21 22:05:51,4", 1795298751400000);
	expect("2026-11-21T22:05:51", 1795298751000000);
	expect("2026-11-21T23:05:51+01:00", 1795298751000000);
	expect("2026-11-21T23:05:51+0100", 1795298751000000);
	expect("2026-11-21T17:35:51.5-04:30", 1795298751500000);
	expect("2026-11-21T23:05:51+01", 1795298751000000);
	expect("2016-12-31T23:59:60Z", 1483228799000000);
	expect("1970-01-01T00:00:00Z", 0);
	expect("2000-02-29T00:00:00Z", 951782400000000);
	expect("1795298751", 1795298751000000);
	expect("1795298751.467051", 1795298751467051);
	expect("1795298751467", 1795298751467000);
	expect("1795298751467051", 1795298751467051);
	expect("1795298751467051123", 1795298751467051);
	expect("0", 0);
}

static void
test_nonsense(void **state)
{
	static const char *const bad[] = {
		"", "T", "2026-11-21", "2026-11-21T22:05", "2026-11-21T22:05:51.",
		"2026-02-29T00:00:00Z", "2026-13-01T00:00:00Z",
		"2026-00-01T00:00:00Z", "2026-11-00T00:00:00Z",
		"2026-11-21T24:00:00Z", "2026-11-21T22:60:00Z",
		"2026-11-21T22:05:61Z", "2026-11-21T22:05:51ZZ",
		"2026-11-21T22:05:51+1", "2026-11-21T22:05:51+24:00",
		"2026-11-21T22:05:51 ", " 2026-11-21T22:05:51",
		"26-11-21T22:05:51", "1969-12-31T23:59:59Z", "-1", "+1", "1.",
		"1.x", "1.5.5", "0x1", "1e9", "1795298751467.5",
		"99999999999999999999",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		refuse(bad[i]);
}

/* As the C library counts days. */
static void
test_days(void **state)
{
	(void)state;
	for (size_t i = 0; i < 20000; i++) {
		time_t t = (time_t)random_below(UINT64_C(253402300800));
		char text[32];
		struct tm tm;

		gmtime_r(&t, &tm);
		strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", &tm);
		expect(text, (int64_t)t * 1000000);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_forms),
		cmocka_unit_test(test_nonsense),
		cmocka_unit_test(test_days),
	};

	random_start();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
