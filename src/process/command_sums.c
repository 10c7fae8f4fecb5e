/* `sums`: days of mail accesses, summed by account and service. */
#include "process/engine_local.h"

#include <string.h>

#include "access/sum_flat.h"
#include "base/number.h"
#include "store/event_sum.h"

/* Days that time_t can hold. */
#define DAY_MAX 1000000

static const char accepted[] = "first=DAY, last=DAY (since 1970, UTC; at most "
    "64 in all), behind=[SERVICE]:ACCOUNT";

/* The account is borrowed from `value`. */
static int
take_behind(struct span value, struct store_sums_query *q)
{
	enum event_service service;
	struct span name;

	if (!span_cut(&value, ':', &name) || (name.n > 0 &&
		event_service_parse(name, &service) == -1))
		return -1;
	q->service = name.n > 0 ? (int)service : -1;
	q->user = value;
	return 0;
}

/* 0, or -1 for a word that means nothing. */
static int
take_word(const char *word, struct store_sums_query *q)
{
	struct span value = span_of(word), name;

	if (!span_cut(&value, '=', &name))
		return -1;
	if (span_eq(name, SPAN("first")))
		return number_parse(value, 0, DAY_MAX, &q->first);
	if (span_eq(name, SPAN("last")))
		return number_parse(value, 0, DAY_MAX, &q->last);
	if (span_eq(name, SPAN("behind")))
		return take_behind(value, q);
	return -1;
}

/* Neither: which days are summed. */
static bool
is_period(const struct store_sums_query *q)
{
	if (q->first < 0 || q->last < 0)
		return q->first == q->last;
	return q->first <= q->last && q->last - q->first < ACCESS_SUM_DAYS;
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

static void
ask(struct engine *e, const struct store_sums_query *q, struct request *r)
{
	if (e->store == NULL || !store_sums(e->store, q,
	    q->first < 0 ? reply_days : reply_sums, r))
		request_fail(r, "Exception", "there is no database to look "
		    "into%s%s", e->store_error != NULL ? ": " : "",
		    e->store_error != NULL ? e->store_error : "");
}

void
command_sums(struct request *r, size_t argc, const char *const *argv,
    void *arg)
{
	struct store_sums_query q = { .first = -1, .last = -1, .service = -1 };

	for (size_t i = 1; i < argc; i++)
		if (take_word(argv[i], &q) == -1) {
			request_fail(r, "ValueError", "'%s' is not usable; "
			    "accepted: %s", argv[i], accepted);
			return;
		}
	if (!is_period(&q))
		request_fail(r, "ValueError", "%lld to %lld is no period; "
		    "accepted: %s", (long long)q.first, (long long)q.last,
		    accepted);
	else
		ask(arg, &q, r);
}
