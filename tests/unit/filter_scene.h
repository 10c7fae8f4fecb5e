/* Filters, lines of all kinds, and what the first say of the second. */
#ifndef GAOL_TESTS_FILTER_SCENE_H
#define GAOL_TESTS_FILTER_SCENE_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "config/config.h"
#include "match/filter.h"
#include "random.h"

#define STOCK "/etc/fail2ban"
#define STOCK_LOGS "/usr/lib/python3/dist-packages/fail2ban/tests/files/logs"
#define OUR_LOGS "tests/data/filters"

/* All of a failure, to be compared. */
static void
note(const struct failure *failure, void *arg)
{
	struct buf *out = arg;
	size_t i;

	id_format(&failure->id, out);
	buf_addf(out, " #%u %lld", failure->regex,
	    (long long)failure->time.us);
	for (i = 0; i < failure->groups_n; i++) {
		buf_addc(out, ' ');
		buf_add_span(out, failure->groups[i].name);
		buf_addc(out, '=');
		buf_add_span(out, failure->groups[i].value);
	}
	for (i = 0; i < failure->lines_n; i++) {
		buf_adds(out, "\n\t");
		buf_add_span(out, failure->lines[i]);
	}
	buf_addc(out, '\n');
}

static void
show_difference(const char *filter, const char *way,
    const struct buf *want, const struct buf *got)
{
	struct span a = buf_span(want), b = buf_span(got), x, y;

	printf("# %s: %s differs\n", filter, way);
	while (span_cut(&a, '\n', &x) && span_cut(&b, '\n', &y)) {
		if (span_eq(x, y))
			continue;
		printf("# - %.*s\n# + %.*s\n", SPAN_FMT(x), SPAN_FMT(y));
		return;
	}
}

static void
add_file(const char *dir, const char *name, struct buf *out)
{
	char path[512];
	FILE *file;
	size_t n;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	file = fopen(path, "r");
	if (file == NULL)
		return;
	do {
		n = fread(buf_reserve(out, 4096), 1, 4096, file);
		out->n += n;
	} while (n > 0);
	fclose(file);
}

static void
add_samples(const char *name, struct buf *out)
{
	static const char *const kinds[] = { "match", "miss", "attack" };
	char ours[300];
	size_t i;

	add_file(STOCK_LOGS, name, out);
	for (i = 0; i < 3; i++) {
		snprintf(ours, sizeof(ours), "%s.%s", name, kinds[i]);
		add_file(OUR_LOGS, ours, out);
	}
}

static bool
load(const char *dir, const char *entry, struct filter_config *config)
{
	struct config_request request = { .dir = dir, .share = "." };
	struct report report = { 0 };
	int rc = config_load_filter(&request, entry, config, &report);

	report_fini(&report);
	return rc == 0 && config->failregex.n > 0;
}

static void
split(struct buf *text, struct span **lines, size_t *n)
{
	struct span rest = buf_span(text), line;

	*n = 0;
	while (span_cut(&rest, '\n', &line)) {
		if (*n % 1024 == 0)
			*lines = realloc(*lines,
			    (*n + 1024) * sizeof(**lines));
		(*lines)[(*n)++] = line;
	}
}

/* Pieces of real lines, and bytes that are anything. */
static void
random_line(const struct span *lines, size_t n, struct buf *out)
{
	struct span line = lines[random_below(n)], other;
	size_t from = out->n, at;

	buf_add_span(out, line);
	while (random_below(3) == 0) {
		other = lines[random_below(n)];
		other = span_sub(other, random_below(other.n + 1),
		    random_below(40));
		at = from + random_below(out->n - from + 1);
		out->n = at;
		buf_add_span(out, other);
		if (random_below(2) == 0)
			buf_add_span(out, span_skip(line, at - from));
	}
	if (random_below(4) == 0 && out->n > from) {
		at = from + random_below(out->n - from);
		out->p[at] = random_below(8) == 0 ?
		    (char)random_below(256) : 'x';
		if (out->p[at] == '\n')
			out->p[at] = ' ';
	}
	buf_adds(out, random_below(50) == 0 ? "\r\n" : "\n");
}

#endif
