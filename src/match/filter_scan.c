/*
 * Which lines are worth a regex. Nearly every failregex needs some fixed text
 * ("Failed ", "Invalid user "): a line without any of these texts can match
 * none, and a scan for all of them over a whole block of lines costs less
 * than splitting it.
 *
 * Everything else about such a line stays as it was: it is counted, its date
 * is read (undated lines get the last one, and formats are learned from every
 * line), and it counts for prefregex where that is shown.
 */
#include "base/xalloc.h"
#include "match/filter_local.h"
#include "match/python.h"
#include "match/text.h"

#include <stdlib.h>
#include <string.h>

/* Of LOOK lines nearly all had to be searched: REST lines go unscanned. */
#define LOOK 1024u
#define LOOK_MANY (LOOK / 8 * 7)
#define REST 16384u

/* Literals of the rules read so far. */
struct collection {
	struct literal *v;
	size_t n;
	bool ascii_only;
};

static void
add(struct collection *all, const struct literal *l)
{
	size_t i;

	for (i = 0; i < all->n; i++)
		if (literal_covers(&all->v[i], l))
			return;
	for (i = 0; i < all->n;)
		if (literal_covers(l, &all->v[i]))
			all->v[i] = all->v[--all->n];
		else
			i++;
	all->v = xreallocarray(all->v, all->n + 1, sizeof(*all->v));
	all->v[all->n++] = *l;
}

/* False: it may match without any text we could look for. */
static bool
read_rule(const struct rule *rule, struct literals *out)
{
	struct mapped pattern = { 0 };
	struct python_error error;
	bool good;

	good = python_translate(span_of(regex_text(rule->regex)), &pattern,
	    &error) == 0 && literal_read(buf_span(&pattern.text), out);
	mapped_fini(&pattern);
	return good;
}

/*
 * `both`: a line must match this one as well, whose literals may tell more;
 * NULL: none.
 */
static bool
collect(struct collection *all, const struct rules *rules,
    const struct rule *both)
{
	struct literals found, other;
	size_t i, k;

	if (both == NULL || !read_rule(both, &other))
		other.score = 0;
	for (i = 0; i < rules->n; i++) {
		if (!read_rule(&rules->v[i], &found))
			found.score = 0;
		if (other.score > found.score)
			found = other;
		if (found.score == 0)
			return false;
		all->ascii_only = all->ascii_only || found.ascii_only;
		for (k = 0; k < found.n; k++)
			add(all, &found.v[k]);
	}
	return all->n > 0 && all->n <= SCAN_MAX;
}

void
filter_scan_init(struct filter *f)
{
	struct collection all = { 0 };

	/* With a window the lines between matter, too. */
	if (f->options.scan_off || f->window != NULL)
		return;
	if (collect(&all, &f->fail, f->prefix.n > 0 ? f->prefix.v : NULL) &&
	    (!filter_ignores_first(f) || collect(&all, &f->ignore, NULL))) {
		f->scan.scan = scan_new(all.v, all.n, f->options.scan);
		f->scan.ascii_only = all.ascii_only;
	}
	free(all.v);
}

void
filter_scan_fini(struct filter *f)
{
	scan_free(f->scan.scan);
	f->scan.scan = NULL;
}

void
filter_scan_again(struct filter *f)
{
	struct span block = f->scan.block;
	bool ascii = f->scan.block_ascii;

	filter_scan_fini(f);
	f->scan = (struct filter_scan){
		.block = block, .block_ascii = ascii
	};
	filter_scan_init(f);
}

void
filter_block(struct filter *f, struct span block)
{
	f->scan.block = block;
	f->scan.block_ascii = text_is_ascii(block);
	f->scan.next = 0;
	f->scan.known = false;
}

bool
filter_is_ascii(const struct filter *f, struct span text)
{
	return (f->scan.block_ascii && filter_in_block(f, text)) ||
	    text_is_ascii(text);
}

bool
filter_in_block(const struct filter *f, struct span text)
{
	struct span block = f->scan.block;

	return block.n > 0 && text.p >= block.p &&
	    text.p + text.n <= block.p + block.n;
}

/*
 * In a block the place of the next literal is known from the search for the
 * last one: most lines cost a comparison.
 */
static bool
holds(struct filter *f, struct span line)
{
	struct filter_scan *s = &f->scan;
	size_t from;

	if (!filter_in_block(f, line))
		return scan_next(s->scan, line, 0) != SPAN_NONE;
	from = (size_t)(line.p - s->block.p);
	if (!s->known || s->next < from)
		s->next = scan_next(s->scan, s->block, from);
	s->known = true;
	return s->next < from + line.n;
}

/* Text that only comes about when the date is taken out. */
static bool
joint_holds(const struct filter *f, const struct passage *pass)
{
	char text[2 * (LITERAL_MAX - 1)];
	struct span line = pass->line, left, right;
	size_t before = LITERAL_MAX - 1;

	if (pass->cut_from == 0 || pass->cut_from == pass->cut_to)
		return false;
	if (before > pass->cut_from)
		before = pass->cut_from;
	left = span_sub(line, pass->cut_from - before, before);
	right = span_sub(line, pass->cut_to, LITERAL_MAX - 1);
	memcpy(text, left.p, left.n);
	memcpy(text + left.n, right.p, right.n);
	return scan_next(f->scan.scan, span_from(text, left.n + right.n),
	    0) != SPAN_NONE;
}

/* Where nearly every line has to be searched, scanning is in vain. */
static void
weigh(struct filter_scan *s, bool held)
{
	s->held += held;
	if (++s->looked < LOOK)
		return;
	if (s->held > LOOK_MANY)
		s->rest = REST;
	s->looked = s->held = 0;
}

bool
filter_may_match(struct filter *f, const struct passage *pass)
{
	struct filter_scan *s = &f->scan;
	bool held;

	if (s->scan == NULL || (s->ascii_only && !pass->ascii))
		return true;
	if (s->rest > 0) {
		s->rest--;
		return true;
	}
	held = holds(f, pass->line) || joint_holds(f, pass);
	weigh(s, held);
	return held;
}

size_t
filter_literals(const struct filter *f)
{
	return f->scan.scan != NULL ? scan_count(f->scan.scan) : 0;
}
