#include "source/journal_parts.h"

#define KEPT 4096             /* memory of a line that is worth keeping */
#define KEY_MAX 128           /* of each text; Docker's names have 64 */

void
journal_parts_fini(struct journal_parts *p)
{
	for (unsigned i = 0; i < JOURNAL_PARTS_MAX; i++) {
		buf_fini(&p->v[i].key);
		buf_fini(&p->v[i].text);
	}
	buf_fini(&p->key);
}

/* --- whose part --------------------------------------------------------------- */

/* Its length in front: where a text ends is not a matter of what is in it. */
static void
add_key(struct buf *key, struct span s)
{
	buf_addf(key, "%zu:", s.n);
	buf_add_span(key, span_sub(s, 0, KEY_MAX));
}

static void
make_key(struct buf *key, const struct journal_part *part)
{
	buf_clear(key);
	add_key(key, part->pid);
	add_key(key, part->id);
	add_key(key, part->container);
	add_key(key, part->priority);
}

static struct journal_parts_line *
find(struct journal_parts *p)
{
	if (p->open == 0)
		return NULL;
	for (unsigned i = 0; i < JOURNAL_PARTS_MAX; i++)
		if (p->v[i].key.n > 0 && span_eq(buf_span(&p->v[i].key),
		    buf_span(&p->key)))
			return &p->v[i];
	return NULL;
}

/* --- lines in the making ------------------------------------------------------ */

static void
drop(struct journal_parts *p, struct journal_parts_line *line)
{
	buf_clear(&line->key);
	if (line->text.cap > KEPT)
		buf_fini(&line->text);
	else
		buf_clear(&line->text);
	line->cut = false;
	p->open--;
}

/* A free place, or that of the line that waited longest. */
static struct journal_parts_line *
place(struct journal_parts *p)
{
	struct journal_parts_line *oldest = &p->v[0];

	for (unsigned i = 0; i < JOURNAL_PARTS_MAX; i++) {
		if (p->v[i].key.n == 0)
			return &p->v[i];
		if (p->v[i].used < oldest->used)
			oldest = &p->v[i];
	}
	p->counters.evicted++;
	drop(p, oldest);
	return oldest;
}

static struct journal_parts_line *
begin(struct journal_parts *p)
{
	struct journal_parts_line *line = place(p);

	buf_add_span(&line->key, buf_span(&p->key));
	p->open++;
	return line;
}

/* Is it the part behind those that are there? Without numbers, any is. */
static bool
follows(const struct journal_parts_line *line, int64_t ordinal)
{
	int64_t before = line == NULL ? 0 : line->ordinal;

	if (ordinal == 0)
		return line == NULL || before == 0;
	return ordinal - 1 == before;
}

static void
keep(struct journal_parts *p, struct journal_parts_line *line,
    const struct journal_line *l, const struct journal_part *part)
{
	struct span text = journal_line_message(l);
	size_t room = l->line_max > line->text.n ?
	    l->line_max - line->text.n : 0;

	line->cut |= text.n > room;
	buf_add_span(&line->text, span_sub(text, 0, room));
	line->ordinal = part->ordinal;
	line->used = ++p->clock;
}

static enum journal_parts_what
lose(struct journal_parts *p, struct journal_parts_line *line)
{
	p->counters.lost++;
	if (line != NULL)
		drop(p, line);
	return JOURNAL_PARTS_TAKEN;
}

enum journal_parts_what
journal_parts_take(struct journal_parts *p, struct journal_line *l)
{
	struct journal_parts_line *line;
	struct journal_part part;

	if (!journal_line_part(l, &part) && p->open == 0)
		return JOURNAL_PARTS_NONE;
	make_key(&p->key, &part);
	line = find(p);
	if (line == NULL && !part.more && part.ordinal == 0)
		return JOURNAL_PARTS_NONE;
	if (!follows(line, part.ordinal))
		return lose(p, line);
	if (line == NULL)
		line = begin(p);
	keep(p, line, l, &part);
	if (part.more)
		return JOURNAL_PARTS_TAKEN;
	p->counters.cut += line->cut;
	journal_line_set_message(l, &line->text);
	drop(p, line);
	return JOURNAL_PARTS_WHOLE;
}
