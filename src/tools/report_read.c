#include "tools/report_read.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "access/sum_flat.h"
#include "base/xalloc.h"
#include "tools/mail_source.h"
#include "tools/report_plan.h"

/* Days of history in one go: most accounts were there the week before. */
#define WEEK 7
#define TRIES 3

struct reading {
	struct mail_call *call;
	struct summary *summary;
	struct report_days days;   /* as gaold had them when it was asked */
	bool in_period;
	bool stale;                /* one of them is not summed any more */
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

/* The word that asks for what comes behind the page. False: it was enough. */
static bool
find_next(const struct reading *r, const json_t *page, struct buf *behind)
{
	const json_t *rows = json_object_get(page, "rows");
	size_t n = json_array_size(rows);
	struct access_sum sum;

	if (!json_is_true(json_object_get(page, "more")) || n == 0 ||
	    !sum_flat_read(json_array_get(rows, n - 1), &sum) ||
	    summary_ends_before(r->summary, sum.user))
		return false;
	buf_clear(behind);
	buf_addf(behind, "behind=%s:", event_service_name(sum.service));
	buf_add_span(behind, sum.user);
	return true;
}

/* 1: there is more, 0: that was all, -1: said what is wrong. */
static int
read_page(struct reading *r, size_t n, const char *const *words,
    struct buf *behind)
{
	json_t *page = mail_source_ask(r->call, n, words, NULL);
	int rc = page == NULL ? -1 : 0;

	r->stale = rc == 0 && !json_is_true(json_object_get(page, "summed"));
	if (rc == 0 && !r->stale)
		rc = tell_page(r, page);
	if (rc == 0)
		rc = find_next(r, page, behind);
	json_decref(page);
	return rc;
}

static int
read_days(struct reading *r, const struct report_piece *piece)
{
	struct buf first = { 0 }, last = { 0 }, behind = { 0 };
	const char *words[4] = { "sums" };
	size_t n = 1;
	int rc;

	buf_addf(&first, "first=%" PRId64, piece->since.us / ACCESS_SUM_DAY);
	buf_addf(&last, "last=%" PRId64,
	    piece->until.us / ACCESS_SUM_DAY - 1);
	words[n++] = first.p;
	words[n++] = last.p;
	buf_adds(&behind, "behind=:");
	buf_add_span(&behind, summary_from(r->summary));
	words[n++] = behind.p;
	while ((rc = read_page(r, n, words, &behind)) == 1 && !r->stale)
		words[3] = behind.p;
	buf_fini(&first);
	buf_fini(&last);
	buf_fini(&behind);
	return rc == -1 ? -1 : 0;
}

static int
read_piece(struct reading *r, const struct report_piece *piece)
{
	return piece->summed ? read_days(r, piece) : read_events(r, piece);
}

/* --- all of them -------------------------------------------------------- */

/* Sums are of all addresses; what one account did is found at once. */
static bool
may_sum(const struct mail_call *call)
{
	return call->user.n == 0 && call->ip.family == ADDR_NONE &&
	    call->kind == -1 && call->last == 0;
}

/* None, of a daemon that does not sum up yet. */
static int
find_days(struct reading *r)
{
	static const char *const words[] = { "sums" };
	bool unknown = false;
	json_t *answer = mail_source_ask(r->call, 1, words, &unknown);
	json_t *list, *day;
	size_t i;

	if (unknown)
		fprintf(stderr, "gaol %s: gaold is an older release, which "
		    "sums up no days: reading each event\n", r->call->verb);
	if (answer == NULL)
		return unknown ? 0 : -1;
	list = json_object_get(answer, "days");
	r->days.v = xreallocarray(NULL, json_array_size(list) + 1,
	    sizeof(*r->days.v));
	json_array_foreach(list, i, day)
		r->days.v[r->days.n++] = json_integer_value(day);
	json_decref(answer);
	return 0;
}

static int
read_period(struct reading *r)
{
	struct report_pieces pieces = { 0 };
	int rc = 0;

	r->in_period = true;
	report_plan(&r->days, ACCESS_SUM_DAYS, r->call->since,
	    r->call->until, &pieces);
	for (size_t i = 0; i < pieces.n && rc == 0 && !r->stale; i++)
		rc = read_piece(r, &pieces.v[i]);
	report_plan_fini(&pieces);
	return rc;
}

/* The last time first: most accounts were where they are the day before. */
static int
read_before(struct reading *r, struct wall since)
{
	struct report_pieces pieces = { 0 };
	int rc = 0;

	r->in_period = false;
	r->call->kind = EVENT_LOGIN;
	report_plan(&r->days, WEEK, (struct wall){ 0 }, since, &pieces);
	for (size_t i = pieces.n; i > 0 && rc == 0 && !r->stale &&
	    summary_has_news(r->summary); i--)
		rc = read_piece(r, &pieces.v[i - 1]);
	report_plan_fini(&pieces);
	return rc;
}

/*
 * An event that comes late makes its day one that is not summed. Nothing can
 * be taken out of the summary again: it is to be begun anew, 1. 0, or -1: said.
 */
static int
try(const struct mail_call *of, struct summary *summary, bool sums)
{
	struct mail_call call = *of;
	struct reading r = { .call = &call, .summary = summary };
	int rc = sums && may_sum(of) ? find_days(&r) : 0;

	call.brief = true;
	summary_clear(summary);
	if (rc == 0)
		rc = read_period(&r);
	summary_counted(summary);
	if (rc == 0 && !r.stale && of->since.us != 0)
		rc = read_before(&r, of->since);
	free(r.days.v);
	return rc == 0 && r.stale ? 1 : rc;
}

int
report_read(const struct mail_call *call, struct summary *summary)
{
	int rc = 1;

	/* The last one reads events alone. */
	for (int i = 0; i <= TRIES && rc == 1; i++)
		rc = try(call, summary, i < TRIES);
	return rc;
}
