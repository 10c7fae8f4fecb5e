#include "control/layout.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/span.h"
#include "control/payload.h"
#include "control/printable.h"

/* Strings of an array with `between` between them. */
static void
add_joined(struct buf *out, const json_t *array, const char *between)
{
	for (size_t i = 0; i < json_array_size(array); i++) {
		const json_t *value = json_array_get(array, i);

		if (i > 0)
			buf_adds(out, between);
		printable_add(out, span_from(json_string_value(value),
		    json_string_length(value)));
	}
}

/* --- the daemon ---------------------------------------------------------- */

static void
add_head(const json_t *jails, const char *last, struct buf *out)
{
	buf_addf(out, "Status\n|- Number of jail:\t%zu\n%s Jail list:\t",
	    json_array_size(jails), last);
	add_joined(out, jails, ", ");
	buf_addc(out, '\n');
}

void
layout_status(const json_t *payload, struct buf *out)
{
	add_head(json_object_get(payload, "jails"), "`-", out);
}

/* --- a jail -------------------------------------------------------------- */

static void
add_count(struct buf *out, const char *before, const char *head,
    const json_t *object, const char *key)
{
	buf_addf(out, "%s%s:\t%" PRId64 "\n", before, head,
	    payload_int(object, key, 0));
}

static void
add_list(struct buf *out, const char *before, const char *head,
    const json_t *list, const char *between)
{
	buf_addf(out, "%s%s:\t", before, head);
	add_joined(out, list, between);
	buf_addc(out, '\n');
}

/* What "short" leaves out and "cymru" has more. */
static void
add_lists(struct buf *out, const char *before, const json_t *actions)
{
	static const struct { const char *key, *head; } lists[] = {
		{ "ids", "Banned IP list" }, { "asns", "Banned ASN list" },
		{ "countries", "Banned Country list" },
		{ "rirs", "Banned RIR list" },
	};
	size_t n = 0, left;

	for (size_t i = 0; i < 4; i++)
		n += json_object_get(actions, lists[i].key) != NULL;
	left = n;
	buf_addf(out, "%s   %s", before, n > 0 ? "|- " : "`- ");
	add_count(out, "", "Total banned", actions, "banned_total");
	for (size_t i = 0; i < 4; i++) {
		const json_t *list = json_object_get(actions, lists[i].key);

		if (list == NULL)
			continue;
		buf_addf(out, "%s   %s", before, --left > 0 ? "|- " : "`- ");
		add_list(out, "", lists[i].head, list, " ");
	}
}

static void
add_jail(struct buf *out, const char *before, const json_t *payload)
{
	const json_t *filter = json_object_get(payload, "filter");
	const json_t *actions = json_object_get(payload, "actions");

	buf_addf(out, "%s|- Filter\n%s|  |- ", before, before);
	add_count(out, "", "Currently failed", filter, "failing");
	buf_addf(out, "%s|  |- ", before);
	add_count(out, "", "Total failed", filter, "failed_total");
	buf_addf(out, "%s|  `- ", before);
	if (json_object_get(filter, "journal") != NULL)
		add_list(out, "", "Journal matches",
		    json_object_get(filter, "journal"), " + ");
	else
		add_list(out, "", "File list",
		    json_object_get(filter, "files"), " ");
	buf_addf(out, "%s`- Actions\n%s   |- ", before, before);
	add_count(out, "", "Currently banned", actions, "banned");
	add_lists(out, before, actions);
}

void
layout_status_jail(const json_t *payload, struct buf *out)
{
	buf_adds(out, "Status for the jail: ");
	printable_add(out, span_of(payload_str(payload, "jail", "")));
	buf_addc(out, '\n');
	add_jail(out, "", payload);
}

/* --- all jails ------------------------------------------------------------ */

void
layout_status_all(const json_t *payload, struct buf *out)
{
	const json_t *all = json_object_get(payload, "all");
	size_t n = json_array_size(all);

	if (n == 0) {
		layout_status(payload, out);
		return;
	}
	add_head(json_object_get(payload, "jails"), "|-", out);
	buf_adds(out, "`- Status for the jails:\n");
	for (size_t i = 0; i < n; i++) {
		const json_t *one = json_array_get(all, i);
		bool last = i + 1 == n;

		buf_addf(out, "   %s Jail: ", last ? "`-" : "|-");
		printable_add(out, span_of(payload_str(one, "jail", "")));
		buf_addc(out, '\n');
		add_jail(out, last ? "      " : "   |  ", one);
	}
}

/* --- a table --------------------------------------------------------------- */

#define COLUMNS 6

/* The lines of a table: between columns, crossings, and so on. */
struct strokes {
	const char *bar, *line, *left, *cross, *head, *foot, *thin, *dash;
};

static const struct strokes ascii = {
	"|", "-", "|", "x", "x", "-", "|", "-"
};
static const struct strokes boxes = {
	"\u2551", "\u2550", "\u255f", "\u256b", "\u256c", "\u2569", "\u2502",
	"\u2500"
};

struct table {
	struct buf *out;
	const struct strokes *s;
	size_t width[COLUMNS];   /* characters */
};

static void
repeat(struct buf *out, const char *what, size_t n)
{
	while (n-- > 0)
		buf_adds(out, what);
}

/* Characters of UTF-8 text. */
static size_t
width_of(struct span s)
{
	size_t n = 0;

	for (size_t i = 0; i < s.n; i++)
		n += ((unsigned char)s.p[i] & 0xc0) != 0x80;
	return n;
}

static void
add_cell(struct table *t, struct span text, size_t width, bool right)
{
	size_t n = width_of(text), gap = width > n ? width - n : 0;

	if (right)
		repeat(t->out, " ", gap);
	buf_add_span(t->out, text);
	if (!right)
		repeat(t->out, " ", gap);
}

/* " a ║ b ║ 1 │ 2 ║ 3 │ 4" */
static void
add_row(struct table *t, const struct buf cells[COLUMNS])
{
	static const size_t bars[COLUMNS] = { 0, 1, 1, 0, 1, 0 };

	for (size_t i = 0; i < COLUMNS; i++) {
		if (i > 0)
			buf_addf(t->out, " %s", bars[i] ? t->s->bar :
			    t->s->thin);
		buf_addc(t->out, ' ');
		add_cell(t, buf_span(&cells[i]), t->width[i], i > 1);
	}
	buf_addc(t->out, '\n');
}

/* The two pairs of numbers as one column each. */
static size_t
wide(const struct table *t, size_t pair)
{
	return t->width[2 + 2 * pair] + t->width[3 + 2 * pair] + 3;
}

static void
add_titles(struct table *t)
{
	const struct strokes *s = t->s;

	buf_addc(t->out, ' ');
	add_cell(t, SPAN(""), t->width[0], false);
	buf_addf(t->out, " %s ", s->bar);
	add_cell(t, SPAN(""), t->width[1], false);
	buf_addf(t->out, " %s ", s->bar);
	add_cell(t, SPAN("Filter"), wide(t, 0), false);
	buf_addf(t->out, " %s ", s->bar);
	add_cell(t, SPAN("Actions"), wide(t, 1), false);
	buf_adds(t->out, "\n ");
	add_cell(t, SPAN("Jail"), t->width[0], false);
	buf_addf(t->out, " %s ", s->bar);
	add_cell(t, SPAN("Backend"), t->width[1], false);
	buf_addf(t->out, " %s%s", s->left, s->dash);
	repeat(t->out, s->dash, wide(t, 0));
	buf_addf(t->out, "%s%s%s", s->dash, s->cross, s->dash);
	repeat(t->out, s->dash, wide(t, 1));
	buf_addf(t->out, "%s\n", s->dash);
}

static void
add_rule(struct table *t, const char *crossing)
{
	const char *line = t->s->line;
	const size_t widths[] = {
		t->width[0], t->width[1], wide(t, 0), wide(t, 1)
	};

	buf_adds(t->out, line);
	for (size_t i = 0; i < 4; i++) {
		if (i > 0)
			buf_addf(t->out, "%s%s%s", line, crossing, line);
		repeat(t->out, line, widths[i]);
	}
	buf_adds(t->out, line);
}

/* One jail's cells: its name, ["polling", [0, 1], [2, 3]]. */
static void
fill(struct buf cells[COLUMNS], const char *name, const json_t *row)
{
	const char *backend = json_string_value(json_array_get(row, 0));

	for (size_t i = 0; i < COLUMNS; i++)
		buf_clear(&cells[i]);
	printable_add(&cells[0], span_of(name));
	printable_add(&cells[1], span_of(backend));
	for (size_t i = 0; i < 4; i++)
		buf_addf(&cells[2 + i], "%" JSON_INTEGER_FORMAT,
		    json_integer_value(json_array_get(json_array_get(row,
		    1 + i / 2), i % 2)));
}

static void
measure(struct table *t, const struct buf cells[COLUMNS])
{
	for (size_t i = 0; i < COLUMNS; i++) {
		size_t n = width_of(buf_span(&cells[i]));

		if (n > t->width[i])
			t->width[i] = n;
	}
}

void
layout_stats(const json_t *payload, bool utf8, struct buf *out)
{
	struct table t = { out, utf8 ? &boxes : &ascii, { 8, 8, 3, 3, 3, 3 } };
	json_t *all = (json_t *)(uintptr_t)payload, *row;
	struct buf cells[COLUMNS] = { 0 };
	const char *name;

	if (json_object_size(payload) == 0) {
		buf_adds(out, "No jails found.\n");
		return;
	}
	json_object_foreach(all, name, row) {
		fill(cells, name, row);
		measure(&t, cells);
	}
	add_titles(&t);
	for (size_t i = 0; i < COLUMNS; i++) {
		buf_clear(&cells[i]);
		buf_adds(&cells[i], i < 2 ? "" : i % 2 == 0 ? "cur" : "tot");
	}
	add_row(&t, cells);
	add_rule(&t, t.s->head);
	buf_addc(out, '\n');
	json_object_foreach(all, name, row) {
		fill(cells, name, row);
		add_row(&t, cells);
	}
	add_rule(&t, t.s->foot);
	buf_addc(out, '\n');
	for (size_t i = 0; i < COLUMNS; i++)
		buf_fini(&cells[i]);
}
