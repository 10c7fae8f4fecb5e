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
	buf_fini(&e->text);
	buf_fini(&e->scratch);
	free(e);
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
	return what;
}
