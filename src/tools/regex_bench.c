/* `gaol regex --bench`: how fast, and where the time went. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/xalloc.h"
#include "tools/regex_local.h"

struct share {
	const char *kind;
	size_t number;             /* 0: there is one only */
	uint64_t ns;
	const char *text;
};

static int
share_cmp(const void *a, const void *b)
{
	const struct share *x = a, *y = b;

	return x->ns < y->ns ? 1 : x->ns > y->ns ? -1 : 0;
}

static size_t
collect(const struct filter *f, struct share *v)
{
	size_t n = 0, i;

	if (filter_prefregex_text(f) != NULL)
		v[n++] = (struct share){ "prefregex", 0,
			filter_prefregex_ns(f), filter_prefregex_text(f) };
	for (i = 0; i < filter_regex_count(f); i++)
		v[n++] = (struct share){ "failregex", i + 1,
			filter_regex_ns(f, i), filter_regex_source(f, i) };
	for (i = 0; i < filter_ignoreregex_count(f); i++)
		v[n++] = (struct share){ "ignoreregex", i + 1,
			filter_ignoreregex_ns(f, i),
			filter_ignoreregex_source(f, i) };
	return n;
}

static void
print_share(const char *what, size_t number, uint64_t ns, uint64_t total,
    const char *text)
{
	char name[40];

	if (number > 0)
		snprintf(name, sizeof(name), "%s %zu", what, number);
	else
		snprintf(name, sizeof(name), "%s", what);
	printf("|  %5.1f %%  %9.3f s  %-14s %.100s\n",
	    total > 0 ? 100.0 * (double)ns / (double)total : 0,
	    (double)ns / 1e9, name, text);
}

void
regex_bench_print(const struct regex_run *run, double seconds, uint64_t cpu)
{
	const struct filter *f = run->filter;
	struct share *v = xcalloc(1 + filter_regex_count(f) +
	    filter_ignoreregex_count(f), sizeof(*v));
	size_t n = collect(f, v), i;
	uint64_t rest = cpu;

	if (seconds <= 0)
		seconds = 1e-9;
	printf("Speed: %.0f lines/s, %.1f MB/s (%" PRIu64 " lines in %.3f s, "
	    "%.3f s of a processor)\n", (double)run->line / seconds,
	    (double)run->bytes / 1e6 / seconds, run->line, seconds,
	    (double)cpu / 1e9);
	printf("|- share, time, of what\n");
	qsort(v, n, sizeof(*v), share_cmp);
	for (i = 0; i < n; i++) {
		rest -= v[i].ns < rest ? v[i].ns : rest;
		if (v[i].ns > 0)
			print_share(v[i].kind, v[i].number, v[i].ns, cpu,
			    v[i].text);
	}
	print_share("the rest", 0, rest, cpu, "(reading, dates, output)");
	printf("`-\n");
	free(v);
}
