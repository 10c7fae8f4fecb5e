#include "source/envelope_local.h"

#include <stdlib.h>

#include "base/xalloc.h"

#define ESCAPED 6             /* bytes of one, "\u0000" */
#define AROUND 4096           /* bytes of an envelope, besides */
#define KEPT 4096             /* memory of parts that is worth keeping */

struct envelope *
envelope_new(enum envelope_kind kind, size_t line_max)
{
	struct envelope *e = xcalloc(1, sizeof(*e));

	e->kind = kind;
	e->line_max = line_max;
	e->journal.line_max = line_max;
	return e;
}

void
envelope_free(struct envelope *e)
{
	if (e == NULL)
		return;
	for (unsigned i = 0; i < STREAMS; i++)
		buf_fini(&e->parts[i].text);
	journal_line_fini(&e->journal);
	journal_parts_fini(&e->journal_parts);
	buf_fini(&e->text);
	buf_fini(&e->scratch);
	free(e);
}

enum envelope_kind
envelope_asked(const struct envelope *e)
{
	return e->decided ? ENVELOPE_AUTO : e->kind;
}

enum envelope_kind
envelope_kind(const struct envelope *e)
{
	return e->kind;
}

const struct envelope_counters *
envelope_counters(const struct envelope *e)
{
	return &e->counters;
}

size_t
envelope_line_max(enum envelope_kind kind, size_t line_max)
{
	return kind == ENVELOPE_NONE ? line_max :
	    line_max * ESCAPED + AROUND;
}

bool
envelope_stream_parse(struct span name, enum envelope_stream *out)
{
	*out = span_eq(name, SPAN("stderr")) ? STREAM_ERR : STREAM_OUT;
	return *out == STREAM_ERR || span_eq(name, SPAN("stdout"));
}

/* --- parts ------------------------------------------------------------------ */

static void
keep(struct envelope *e, struct envelope_parts *p, struct span text)
{
	size_t room = e->line_max - p->text.n;

	if (text.n > room) {
		text.n = room;
		p->cut = true;
	}
	buf_add_span(&p->text, text);
}

/* What was kept before goes; its memory, unless there is much of it. */
static void
begin(struct envelope_parts *p)
{
	if (p->text.cap > KEPT)
		buf_fini(&p->text);
	else
		buf_clear(&p->text);
	p->cut = false;
}

/* The runtime's line into the program's. */
static enum envelope_what
join(struct envelope *e, enum envelope_what what, struct enveloped *out)
{
	struct envelope_parts *p = &e->parts[e->stream];

	if (!p->open && !e->partial)
		return what;
	if (!p->open)
		begin(p);
	keep(e, p, out->text);
	p->open = e->partial;
	if (p->open)
		return ENVELOPE_PART;
	e->counters.cut += p->cut;
	out->text = buf_span(&p->text);
	return what;
}

/* --- lines -------------------------------------------------------------------- */

static enum envelope_what
open_as(struct envelope *e, enum envelope_kind kind, struct span line,
    struct enveloped *out)
{
	switch (kind) {
	case ENVELOPE_DOCKER:
		return envelope_docker(e, line, out);
	case ENVELOPE_CRI:
		return envelope_cri(e, line, out);
	case ENVELOPE_JOURNAL:
		return envelope_journal(e, line, out);
	case ENVELOPE_SYSLOG:
		return envelope_syslog(e, line, out);
	case ENVELOPE_NONE:
	case ENVELOPE_AUTO:
	case ENVELOPE_KINDS:
		break;
	}
	out->text = line;
	return ENVELOPE_PLAIN;
}

static enum envelope_kind
look(struct envelope *e, struct span line)
{
	static const enum envelope_kind kinds[] = {
		ENVELOPE_DOCKER, ENVELOPE_CRI, ENVELOPE_JOURNAL,
	};
	struct enveloped ignored;

	for (unsigned i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (open_as(e, kinds[i], line, &ignored) != ENVELOPE_REFUSED)
			return kinds[i];
	return envelope_is_syslog(line) ? ENVELOPE_SYSLOG : ENVELOPE_NONE;
}

enum envelope_what
envelope_open(struct envelope *e, struct span line, struct enveloped *out)
{
	enum envelope_what what;

	if (e->kind == ENVELOPE_AUTO && line.n > 0) {
		e->kind = look(e, line);
		e->decided = true;
	}
	e->partial = false;
	what = open_as(e, e->kind, line, out);
	if (what == ENVELOPE_REFUSED && e->decided) {
		out->text = line;
		return ENVELOPE_PLAIN;
	}
	if (what == ENVELOPE_REFUSED)
		e->counters.refused++;
	else if (e->kind == ENVELOPE_DOCKER || e->kind == ENVELOPE_CRI)
		return join(e, what, out);
	else if (e->kind == ENVELOPE_JOURNAL)
		return envelope_journal_join(e, out);
	return what;
}

void
envelope_before(struct envelope *e, struct span line)
{
	struct envelope_counters before = e->counters;
	struct journal_parts_counters parts = e->journal_parts.counters;
	struct enveloped ignored;

	envelope_open(e, line, &ignored);
	e->counters = before;
	e->journal_parts.counters = parts;
}

/* --- blocks --------------------------------------------------------------------- */

/* Without any effect but on what is one line's. */
static bool
is_whole(struct envelope *e, struct span line, struct enveloped *out)
{
	switch (e->kind) {
	case ENVELOPE_DOCKER:
		if (!envelope_docker_whole(e, line, out))
			return false;
		break;
	case ENVELOPE_CRI:
		if (envelope_cri(e, line, out) == ENVELOPE_REFUSED)
			return false;
		break;
	case ENVELOPE_SYSLOG:
		/* Then its time is in it, too. */
		envelope_syslog(e, line, out);
		return out->text.p == line.p;
	case ENVELOPE_JOURNAL:
	case ENVELOPE_NONE:
	case ENVELOPE_AUTO:
	case ENVELOPE_KINDS:
		return false;
	}
	return !e->partial && !e->parts[e->stream].open;
}

/* Of text that was not looked at, from `from` on. */
static size_t
count_whole(struct envelope *e, struct span text, size_t from)
{
	struct enveloped out;
	struct span rest;
	size_t n;

	for (;; from += n + 1) {
		rest = span_skip(text, from);
		n = span_chr(rest, '\n');
		if (n == SPAN_NONE || !is_whole(e, span_sub(rest, 0, n), &out))
			return from;
	}
}

size_t
envelope_whole(struct envelope *e, struct span block)
{
	const char *end = e->looked.p + e->whole;

	if (e->looked.n == 0 || block.p < e->looked.p || block.p >= end) {
		e->looked = block;
		e->whole = count_whole(e, block, 0);
		end = block.p + e->whole;
	}
	return (size_t)(end - block.p) < block.n ?
	    (size_t)(end - block.p) : block.n;
}

void
envelope_block(struct envelope *e)
{
	e->looked = (struct span){ NULL, 0 };
}

bool
envelope_passed(struct envelope *e, struct span lines, struct wall *time)
{
	struct enveloped out;
	struct span last;
	size_t newline;

	if (lines.n == 0 || e->kind == ENVELOPE_SYSLOG)
		return false;
	last = span_sub(lines, 0, lines.n - 1);
	newline = span_find_last(last, SPAN("\n"));
	if (newline != SPAN_NONE)
		last = span_skip(last, newline + 1);
	if (!is_whole(e, last, &out))
		return false;
	*time = out.time;
	return true;
}
