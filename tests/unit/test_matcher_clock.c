/* The matcher under a processor's clock that is not ours alone. */
#include <stdint.h>

static uint64_t fake_cpu_ns(void);
#define clock_cpu_ns fake_cpu_ns
#include "../../src/match/matcher.c"
#undef clock_cpu_ns

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#define STOLEN_NS 40000000
#define LIMIT 100000

static uint64_t now_ns;
static unsigned looks, jump_at, jump_every;

/* Each look is a microsecond later; one of them, or many, far more. */
static uint64_t
fake_cpu_ns(void)
{
	looks++;
	now_ns += 1000;
	if (looks == jump_at || (jump_every != 0 && looks % jump_every == 0))
		now_ns += STOLEN_NS;
	return now_ns;
}

static enum regex_result
search_long(const char *tail, unsigned jump)
{
	char line[2000];
	struct regex_error error;
	struct regex *r = regex_new(SPAN("x\\d from <HOST>$"), 0, &error);
	struct matcher *m = matcher_new(LIMIT);
	enum regex_result result;

	assert_non_null(r);
	memset(line, '-', sizeof(line));
	memcpy(line + sizeof(line) - strlen(tail), tail, strlen(tail));
	looks = 0;
	jump_at = jump;
	matcher_line(m);
	result = matcher_search(m, r, span_from(line, sizeof(line)), 0, true);
	matcher_free(m);
	regex_free(r);
	return result;
}

/* Wherever the host takes its time, the match is found. */
static void
stolen_time_is_not_the_line_s(void **state)
{
	unsigned jump;

	(void)state;
	assert_int_equal(search_long("x1 from 192.0.2.7", 0), REGEX_MATCH);
	assert_true(looks > 4);
	for (jump = 1; jump <= 12; jump++) {
		assert_int_equal(search_long("x1 from 192.0.2.7", jump),
		    REGEX_MATCH);
		assert_int_equal(search_long("x1 from ()", jump),
		    REGEX_NONE);
	}
}

/* What is dear each time is cut off, after one repetition. */
static void
dear_lines_stay_bounded(void **state)
{
	(void)state;
	jump_every = 1;
	assert_int_equal(search_long("x1 from 192.0.2.7", 0), REGEX_LIMIT);
	assert_int_equal(looks, 4);
	jump_every = 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(stolen_time_is_not_the_line_s),
		cmocka_unit_test(dear_lines_stay_bounded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
