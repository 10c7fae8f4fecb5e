#include "source/journal_line.h"

#include <inttypes.h>

#include "base/number.h"

enum field {
	HOSTNAME, IDENTIFIER, COMM, SYSLOG_PID, PID, MESSAGE, SOURCE_REALTIME,
	SOURCE_MONOTONIC, PRIORITY, CONTAINER, PART_MESSAGE, PART_ID,
	PART_ORDINAL,
};

static const struct span names[JOURNAL_FIELDS] = {
	[HOSTNAME] = { "_HOSTNAME", 9 },
	[IDENTIFIER] = { "SYSLOG_IDENTIFIER", 17 },
	[COMM] = { "_COMM", 5 },
	[SYSLOG_PID] = { "SYSLOG_PID", 10 },
	[PID] = { "_PID", 4 },
	[MESSAGE] = { "MESSAGE", 7 },
	[SOURCE_REALTIME] = { "_SOURCE_REALTIME_TIMESTAMP", 26 },
	[SOURCE_MONOTONIC] = { "_SOURCE_MONOTONIC_TIMESTAMP", 27 },
	[PRIORITY] = { "PRIORITY", 8 },
	[CONTAINER] = { "CONTAINER_ID_FULL", 17 },
	[PART_MESSAGE] = { "CONTAINER_PARTIAL_MESSAGE", 25 },
	[PART_ID] = { "CONTAINER_PARTIAL_ID", 20 },
	[PART_ORDINAL] = { "CONTAINER_PARTIAL_ORDINAL", 25 },
};

void
journal_line_fini(struct journal_line *l)
{
	for (size_t i = 0; i < JOURNAL_FIELDS; i++)
		buf_fini(&l->field[i]);
	buf_fini(&l->text);
}

void
journal_line_clear(struct journal_line *l)
{
	for (size_t i = 0; i < JOURNAL_FIELDS; i++)
		buf_clear(&l->field[i]);
	l->seen = 0;
}

void
journal_line_add(struct journal_line *l, struct span data)
{
	size_t eq = span_chr(data, '='), i, room;
	struct span name, value;

	if (eq == SPAN_NONE)
		return;
	name = span_sub(data, 0, eq);
	value = span_skip(data, eq + 1);
	for (i = 0; i < JOURNAL_FIELDS && !span_eq(name, names[i]); i++)
		;
	/* Several messages make one line; of anything else the first counts. */
	if (i == JOURNAL_FIELDS || (i != MESSAGE && (l->seen >> i & 1) != 0))
		return;
	if ((l->seen >> i & 1) != 0)
		buf_addc(&l->field[i], ' ');
	l->seen |= 1u << i;
	room = l->line_max > l->field[i].n ? l->line_max - l->field[i].n : 0;
	buf_add_span(&l->field[i], span_sub(value, 0, room));
}

/* The first of the two that says something. */
static struct span
either(const struct journal_line *l, enum field a, enum field b)
{
	return buf_span(&l->field[l->field[a].n > 0 ? a : b]);
}

static bool
number_of(const struct journal_line *l, enum field f, int64_t *n)
{
	return number_parse(buf_span(&l->field[f]), 0, INT64_MAX, n) == 0;
}

/* One entry is one line, whatever its sender put into it. */
static void
add_escaped(struct buf *to, struct span s)
{
	size_t at;

	while ((at = span_chr(s, '\n')) != SPAN_NONE) {
		buf_add_span(to, span_sub(s, 0, at));
		buf_adds(to, "\\n");
		s = span_skip(s, at + 1);
	}
	buf_add_span(to, s);
}

static void
add_pid(struct journal_line *l)
{
	struct span pid = either(l, SYSLOG_PID, PID);
	int64_t n;

	if (pid.n == 0)
		return;
	buf_addc(&l->text, '[');
	if (number_parse(pid, 0, INT64_MAX, &n) == 0)
		buf_addf(&l->text, "%" PRId64, n);
	else
		add_escaped(&l->text, pid);
	buf_addc(&l->text, ']');
}

static void
add_ident(struct journal_line *l, uint64_t monotonic)
{
	struct span ident = either(l, IDENTIFIER, COMM);
	size_t at = l->text.n;
	int64_t us;

	if (ident.n == 0)
		return;
	add_escaped(&l->text, ident);
	add_pid(l);
	buf_adds(&l->text, ": ");
	if (!span_eq(span_skip(buf_span(&l->text), at), SPAN("kernel: ")))
		return;
	if (!number_of(l, SOURCE_MONOTONIC, &us))
		us = (int64_t)(monotonic & INT64_MAX);
	buf_addf(&l->text, "[%5" PRId64 ".%06" PRId64 "] ",
	    us / CLOCK_SECOND, us % CLOCK_SECOND);
}

struct span
journal_line_text(struct journal_line *l, uint64_t monotonic)
{
	struct span host = buf_span(&l->field[HOSTNAME]);

	buf_clear(&l->text);
	if (host.n > 0) {
		add_escaped(&l->text, host);
		buf_addc(&l->text, ' ');
	}
	add_ident(l, monotonic);
	add_escaped(&l->text, buf_span(&l->field[MESSAGE]));
	return buf_span(&l->text);
}

struct wall
journal_line_time(const struct journal_line *l, struct wall received)
{
	int64_t us;

	return number_of(l, SOURCE_REALTIME, &us) ? (struct wall){ us } :
	    received;
}

struct span
journal_line_message(const struct journal_line *l)
{
	return buf_span(&l->field[MESSAGE]);
}

void
journal_line_set_message(struct journal_line *l, struct buf *message)
{
	struct buf old = l->field[MESSAGE];

	l->field[MESSAGE] = *message;
	*message = old;
	l->seen |= 1u << MESSAGE;
}

bool
journal_line_part(const struct journal_line *l, struct journal_part *part)
{
	*part = (struct journal_part){
		.pid = buf_span(&l->field[PID]),
		.id = buf_span(&l->field[PART_ID]),
		.container = buf_span(&l->field[CONTAINER]),
		.priority = buf_span(&l->field[PRIORITY]),
		.more = span_eq(buf_span(&l->field[PART_MESSAGE]),
		    SPAN("true")),
	};
	if (!number_of(l, PART_ORDINAL, &part->ordinal))
		part->ordinal = 0;
	return part->more || part->id.n > 0;
}
