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

void
report_plan(const int64_t *days, size_t n, struct wall since,
    struct wall until, struct report_pieces *out)
{
	struct wall at = since, begin, end;

	for (size_t i = 0; i < n; i++) {
		begin.us = days[i] * ACCESS_SUM_DAY;
		end.us = begin.us + ACCESS_SUM_DAY;
		if ((since.us != 0 && begin.us < since.us) ||
		    (until.us != 0 && end.us > until.us))
			continue;
		if (at.us != begin.us)
			add(out, at, begin, false);
		add(out, begin, end, true);
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
