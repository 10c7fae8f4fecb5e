/*
 * What a jail's lines cost. Whoever reads says what a batch of lines took of
 * the CPU; which expression took it is estimated from every SAMPLE_EVERYth
 * line, where each search is timed, and from long lines, which the matcher
 * times anyhow.
 */
#include "match/filter_local.h"

#include <time.h>

#include "base/log.h"

#define SAMPLE_EVERY 64
#define WINDOW_US (10 * CLOCK_SECOND)
#define SHARE_MAX 0.5                    /* of one core */
#define WARN_EVERY_US (3600 * CLOCK_SECOND)

void
filter_cost_line(struct filter *f)
{
	matcher_line(f->matcher);
	f->cost.sampled = f->counters.lines % SAMPLE_EVERY == 0;
}

static uint64_t
now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

enum regex_result
filter_cost_search(struct filter *f, struct rule *rule,
    struct regex *regex, struct span text, bool ascii)
{
	uint64_t spent = matcher_spent(f->matcher), begin = 0;
	enum regex_result result;

	if (f->cost.sampled)
		begin = now_ns();
	result = matcher_search(f->matcher, regex, text, 0, ascii);
	if (matcher_spent(f->matcher) != spent)
		rule->ns += matcher_spent(f->matcher) - spent;
	else if (f->cost.sampled)
		rule->ns += (now_ns() - begin) * SAMPLE_EVERY;
	return result;
}

static void
find_most(const struct rules *rules, uint64_t *sum, const struct rule **most)
{
	for (size_t i = 0; i < rules->n; i++) {
		*sum += rules->v[i].ns;
		if (rules->v[i].ns > 0 && (*most == NULL ||
		    rules->v[i].ns > (*most)->ns))
			*most = &rules->v[i];
	}
}

bool
filter_costliest(const struct filter *f, struct filter_cost *out)
{
	const struct rule *most = NULL;
	uint64_t sum = 0;

	find_most(&f->prefix, &sum, &most);
	find_most(&f->fail, &sum, &most);
	find_most(&f->ignore, &sum, &most);
	if (most == NULL)
		return false;
	out->kind = most->kind;
	out->number = most->number;
	out->ns = most->ns;
	out->share = (double)most->ns / (double)sum;
	return true;
}

static void
warn(struct filter *f, double share)
{
	struct filter_cost most;

	if (filter_costliest(f, &most))
		log_warning("gaol.match", "[%s] %.0f %% of a processor for "
		    "10 seconds of lines (above 50 %%); most of it, %.0f %%, "
		    "in %s %u", f->jail, share * 100, most.share * 100,
		    most.kind, most.number);
	else
		log_warning("gaol.match", "[%s] %.0f %% of a processor for "
		    "10 seconds of lines (above 50 %%)", f->jail, share * 100);
}

void
filter_spent(struct filter *f, uint64_t ns, struct boot now)
{
	struct filter_window *w = &f->cost.window;
	double share;

	f->counters.cpu_ns += ns;
	if (!w->open || now.us < w->begin.us) {
		*w = (struct filter_window){ true, now, 0 };
		w->ns = ns;
		return;
	}
	w->ns += ns;
	if (now.us - w->begin.us < WINDOW_US)
		return;
	share = (double)w->ns / 1e3 / (double)(now.us - w->begin.us);
	*w = (struct filter_window){ true, now, 0 };
	if (share <= SHARE_MAX)
		return;
	f->counters.over_budget++;
	if (f->cost.warned && now.us - f->cost.warned_at.us < WARN_EVERY_US)
		return;
	f->cost.warned = true;
	f->cost.warned_at = now;
	warn(f, share);
}

uint64_t
filter_regex_ns(const struct filter *f, size_t i)
{
	return f->fail.v[i].ns;
}

uint64_t
filter_prefregex_ns(const struct filter *f)
{
	return f->prefix.n > 0 ? f->prefix.v[0].ns : 0;
}

uint64_t
filter_ignoreregex_ns(const struct filter *f, size_t i)
{
	return f->ignore.v[i].ns;
}
