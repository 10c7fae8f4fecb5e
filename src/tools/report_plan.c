#include "tools/report_plan.h"

#include <stdlib.h>

#include "base/access_sum.h"
#include "base/xalloc.h"

static void
add(struct report_pieces *p, struct wall since, struct wall until,
    bool summed)
{
	if (p->n == p->cap) {
		p->cap = p->cap > 0 ? p->cap * 2 : 64;
		p->v = xreallocarray(p->v, p->cap, sizeof(*p->v));
	}
	p->v[p->n++] = (struct report_piece){ since, until, summed };
}

/* A day, which may lie behind others that go with it. */
static void
add_day(struct report_pieces *p, struct wall begin, struct wall end,
    int64_t max)
{
	struct report_piece *last = p->n > 0 ? &p->v[p->n - 1] : NULL;

	if (last != NULL && last->summed && last->until.us == begin.us &&
	    begin.us - last->since.us < max * ACCESS_SUM_DAY)
		last->until = end;
	else
		add(p, begin, end, true);
}

void
report_plan(const struct report_days *days, int64_t max, struct wall since,
    struct wall until, struct report_pieces *out)
{
	struct wall at = since, begin, end;

	for (size_t i = 0; i < days->n; i++) {
		begin.us = days->v[i] * ACCESS_SUM_DAY;
		end.us = begin.us + ACCESS_SUM_DAY;
		if ((since.us != 0 && begin.us < since.us) ||
		    (until.us != 0 && end.us > until.us))
			continue;
		if (at.us != begin.us)
			add(out, at, begin, false);
		add_day(out, begin, end, max);
		at = end;
	}
	if (until.us == 0 || at.us < until.us)
		add(out, at, until, false);
}

void
report_plan_fini(struct report_pieces *p)
{
	free(p->v);
	*p = (struct report_pieces){ 0 };
}
