#include "tools/report_read.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "access/sum_flat.h"
#include "base/xalloc.h"
#include "tools/mail_source.h"
#include "tools/report_plan.h"

struct reading {
	struct mail_call *call;
	struct summary *summary;
	bool in_period;
};

static void
add_event(const struct access_event *e, void *arg)
{
	struct reading *r = arg;

	summary_add(r->summary, e, r->in_period);
}

static int
read_events(struct reading *r, const struct report_piece *piece)
{
	static const struct mail_log_calls calls = { .event = add_event };

	r->call->since = piece->since;
	r->call->until = piece->until;
	return mail_source_read(r->call, &calls, r);
}

/* --- days --------------------------------------------------------------- */

/* A page of the day's sums; day -1: which days there are. NULL: said why. */
static json_t *
ask(const struct reading *r, int64_t day, int64_t behind)
{
	struct buf first = { 0 }, second = { 0 };
	const char *words[3] = { "sums" };
	size_t n = 1;
	json_t *page;

	buf_addf(&first, "day=%" PRId64, day);
	buf_addf(&second, "behind=%" PRId64, behind);
	if (day >= 0)
		words[n++] = first.p;
	if (behind != 0)
		words[n++] = second.p;
	page = mail_source_ask(r->call, n, words);
	buf_fini(&first);
	buf_fini(&second);
	return page;
}

/* 0, or -1: said what is wrong. */
static int
tell_page(struct reading *r, const json_t *page)
{
	const json_t *row;
	struct access_sum sum;
	size_t i;

	json_array_foreach(json_object_get(page, "rows"), i, row) {
		if (!sum_flat_read(row, &sum)) {
			fprintf(stderr, "gaol %s: gaold told a sum that is "
			    "none\n", r->call->verb);
			return -1;
		}
		if (r->call->service == -1 ||
		    (int)sum.service == r->call->service)
			summary_add_sum(r->summary, &sum, r->in_period);
	}
	return 0;
}

/* The number of the last sum, of which there are more; 0: it was all. */
static int64_t
next_of(const json_t *page)
{
	const json_t *rows = json_object_get(page, "rows");
	size_t n = json_array_size(rows);
	struct access_sum sum;

	return json_is_true(json_object_get(page, "more")) && n > 0 &&
	    sum_flat_read(json_array_get(rows, n - 1), &sum) ? sum.number : 0;
}

/*
 * All pages, or none: an event may come in between, and the day is no longer
 * summed then. 1, or 0: it is not, or -1: said why.
 */
static int
fetch_day(const struct reading *r, int64_t day, json_t *pages)
{
	int64_t behind = 0;
	json_t *page;

	do {
		page = ask(r, day, behind);
		if (page == NULL)
			return -1;
		json_array_append_new(pages, page);
		if (!json_is_true(json_object_get(page, "summed")))
			return 0;
		behind = next_of(page);
	} while (behind != 0);
	return 1;
}

static int
read_day(struct reading *r, const struct report_piece *piece)
{
	json_t *pages = json_array(), *page;
	size_t i;
	int rc = fetch_day(r, piece->since.us / ACCESS_SUM_DAY, pages);

	json_array_foreach(pages, i, page)
		if (rc == 1 && tell_page(r, page) == -1)
			rc = -1;
	json_decref(pages);
	return rc == 0 ? read_events(r, piece) : rc == 1 ? 0 : -1;
}

static int
read_piece(struct reading *r, const struct report_piece *piece)
{
	return piece->summed ? read_day(r, piece) : read_events(r, piece);
}

/* --- all of them -------------------------------------------------------- */

/* Sums are of all addresses; what one account did is found at once. */
static bool
may_sum(const struct mail_call *call)
{
	return call->user.n == 0 && call->ip.family == ADDR_NONE &&
	    call->kind == -1 && call->last == 0;
}

static int
find_days(const struct reading *r, int64_t **days, size_t *n)
{
	json_t *answer = ask(r, -1, 0), *list, *day;
	size_t i;

	*n = 0;
	if (answer == NULL)
		return -1;
	list = json_object_get(answer, "days");
	*days = xreallocarray(NULL, json_array_size(list) + 1, sizeof(**days));
	json_array_foreach(list, i, day)
		(*days)[(*n)++] = json_integer_value(day);
	json_decref(answer);
	return 0;
}

static int
read_period(struct reading *r, const int64_t *days, size_t n)
{
	struct report_pieces pieces = { 0 };
	int rc = 0;

	report_plan(days, n, r->call->since, r->call->until, &pieces);
	for (size_t i = 0; i < pieces.n && rc == 0; i++)
		rc = read_piece(r, &pieces.v[i]);
	report_plan_fini(&pieces);
	return rc;
}

/* The last time first: most accounts were where they are the day before. */
static int
read_before(struct reading *r, const int64_t *days, size_t n,
    struct wall since)
{
	struct report_pieces pieces = { 0 };
	int rc = 0;

	r->in_period = false;
	r->call->kind = EVENT_LOGIN;
	report_plan(days, n, (struct wall){ 0 }, since, &pieces);
	for (size_t i = pieces.n; i > 0 && rc == 0 &&
	    summary_has_news(r->summary); i--)
		rc = read_piece(r, &pieces.v[i - 1]);
	report_plan_fini(&pieces);
	return rc;
}

int
report_read(struct mail_call *call, struct summary *summary)
{
	struct reading r = { call, summary, true };
	struct wall since = call->since;
	int64_t *days = NULL;
	size_t n = 0;
	int rc = may_sum(call) ? find_days(&r, &days, &n) : 0;

	call->brief = true;
	if (rc == 0)
		rc = read_period(&r, days, n);
	summary_counted(summary);
	if (rc == 0 && since.us != 0)
		rc = read_before(&r, days, n, since);
	free(days);
	return rc;
}
