/* `sums`: days of mail accesses, summed by account and service. */
#include "process/engine_local.h"

#include <string.h>

#include "access/sum_flat.h"
#include "base/number.h"
#include "store/event_sum.h"

/* Days that time_t and the numbers of their sums can hold. */
#define DAY_MAX 1000000

static const char accepted[] = "day=DAYS SINCE 1970, behind=NUMBER";

/* 0, or -1 for a word that means nothing. */
static int
take_word(const char *word, int64_t *day, int64_t *behind)
{
	struct span value = span_of(word), name;

	if (!span_cut(&value, '=', &name))
		return -1;
	if (span_eq(name, SPAN("day")))
		return number_parse(value, 0, DAY_MAX, day);
	if (span_eq(name, SPAN("behind")))
		return number_parse(value, 1, INT64_MAX, behind);
	return -1;
}

static json_t *
days_json(const struct event_sums *sums)
{
	json_t *days = json_array();

	for (size_t i = 0; i < sums->days_n; i++)
		json_array_append_new(days,
		    json_integer((json_int_t)sums->days[i]));
	return json_pack("{s:o}", "days", days);
}

static json_t *
sums_json(const struct event_sums *sums)
{
	json_t *rows = json_array();

	for (size_t i = 0; i < sums->n; i++)
		json_array_append_new(rows, sum_flat(&sums->v[i]));
	return json_pack("{s:b, s:o, s:b}", "summed", (int)sums->summed,
	    "rows", rows, "more", (int)sums->more);
}

static bool
refuse(int error, struct request *r)
{
	if (error != 0)
		request_fail(r, "Exception", "the database cannot be read: %s",
		    strerror(error));
	return error != 0;
}

static void
reply_days(int error, struct event_sums *sums, void *arg)
{
	if (!refuse(error, arg))
		request_reply(arg, days_json(sums));
}

static void
reply_sums(int error, struct event_sums *sums, void *arg)
{
	if (!refuse(error, arg))
		request_reply(arg, sums_json(sums));
}

void
command_sums(struct request *r, size_t argc, const char *const *argv,
    void *arg)
{
	struct engine *e = arg;
	int64_t day = -1, behind = 0;

	for (size_t i = 1; i < argc; i++)
		if (take_word(argv[i], &day, &behind) == -1) {
			request_fail(r, "ValueError", "'%s' is not usable; "
			    "accepted: %s", argv[i], accepted);
			return;
		}
	if (e->store == NULL || !store_sums(e->store, day, behind,
	    day < 0 ? reply_days : reply_sums, r))
		request_fail(r, "Exception", "there is no database to look "
		    "into%s%s", e->store_error != NULL ? ": " : "",
		    e->store_error != NULL ? e->store_error : "");
}
