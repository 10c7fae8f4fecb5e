#include "match/sample.h"

#include <string.h>

#define DEPTH_MAX 400
#define FAR 20            /* a repeat up to here has no end, for us */

static void write_node(struct sample *s, const struct node *n);

int
sample_character(const struct node *set)
{
	static const char likely[] = "x1a0X :/.-_=\"'";

	for (const char *c = likely; *c != '\0'; c++)
		if (set->set[(unsigned char)*c])
			return *c;
	for (int c = 126; c > 0; c--)
		if (set->set[c])
			return c;
	return -1;
}

static bool
is_address(const struct node *n)
{
	return n->kind == NODE_GROUP && (span_eq(n->name, SPAN("ip4")) ||
	    span_eq(n->name, SPAN("ip6")) || span_eq(n->name, SPAN("dns")) ||
	    span_eq(n->name, SPAN("fid")));
}

static bool
has_address(const struct node *n)
{
	if (is_address(n))
		return true;
	if (n->kind == NODE_ASSERT)
		return false;
	for (const struct node *c = n->first; c != NULL; c = c->next)
		if (has_address(c))
			return true;
	return false;
}

/* The alternative to take: one with the address, else the first or last. */
static const struct node *
choose(const struct node *n, bool rich)
{
	const struct node *c;

	for (c = n->first; c != NULL; c = c->next)
		if (has_address(c))
			return c;
	c = n->first;
	/* A condition on a group that only a rich sample has. */
	if (n->conditional)
		return rich ? c : c->next;
	while (rich && c != NULL && c->next != NULL)
		c = c->next;
	return c;
}

static void
remember(struct sample *s, const struct node *group, size_t at)
{
	if (s->groups_n == SAMPLE_GROUPS)
		return;
	s->groups[s->groups_n].number = group->number;
	s->groups[s->groups_n].name = group->name;
	s->groups[s->groups_n].at = at;
	s->groups[s->groups_n].n = s->text.n - at;
	s->groups_n++;
}

static void
write_group(struct sample *s, const struct node *n)
{
	size_t at = s->text.n;

	if (is_address(n)) {
		s->addr = at;
		buf_adds(&s->text, span_eq(n->name, SPAN("ip6")) ? s->ip6 :
		    s->ip4);
	} else {
		write_node(s, n->first);
	}
	remember(s, n, at);
}

static void
write_back(struct sample *s, const struct node *n)
{
	struct buf copy = { 0 };

	for (size_t i = 0; i < s->groups_n; i++) {
		if (n->name.n > 0 ? !span_eq(s->groups[i].name, n->name) :
		    s->groups[i].number != n->number)
			continue;
		buf_add(&copy, s->text.p + s->groups[i].at, s->groups[i].n);
		buf_add_span(&s->text, buf_span(&copy));
		break;
	}
	buf_fini(&copy);
}

static void
write_repeat(struct sample *s, const struct node *n)
{
	unsigned times = n->min;

	if (s->hole == n) {
		s->hole_start = s->text.n;
		buf_add_span(&s->text, s->filler);
		s->hole_end = s->text.n;
		return;
	}
	if (times == 0 && n->max > 0 && (s->rich || has_address(n)))
		times = 1;
	while (times-- > 0 && s->text.n < SAMPLE_MAX)
		write_node(s, n->first);
}

static void
write_node(struct sample *s, const struct node *n)
{
	int c;

	if (n == NULL || s->text.n >= SAMPLE_MAX || s->depth >= DEPTH_MAX)
		return;
	s->depth++;
	switch (n->kind) {
	case NODE_SEQUENCE:
		for (n = n->first; n != NULL; n = n->next)
			write_node(s, n);
		break;
	case NODE_ONE_OF:
		write_node(s, choose(n, s->rich));
		break;
	case NODE_SET:
		c = sample_character(n);
		if (c != -1)
			buf_addc(&s->text, (char)c);
		break;
	case NODE_REPEAT:
		write_repeat(s, n);
		break;
	case NODE_GROUP:
		write_group(s, n);
		break;
	case NODE_BACK:
		write_back(s, n);
		break;
	case NODE_LINE_BEGIN:
	case NODE_LINE_END:
	case NODE_ASSERT:
		break;
	}
	s->depth--;
}

void
sample_make(struct sample *s, const struct node *tree)
{
	buf_clear(&s->text);
	s->addr = s->hole_start = s->hole_end = SAMPLE_NOWHERE;
	s->groups_n = 0;
	s->depth = 0;
	write_node(s, tree);
}

void
sample_fini(struct sample *s)
{
	buf_fini(&s->text);
}

void
sample_repeats(const struct node *n, sample_repeat_fn *each, void *arg)
{
	if (n == NULL || n->kind == NODE_ASSERT || is_address(n))
		return;
	if (n->kind == NODE_REPEAT && n->max >= FAR)
		each(n, arg);
	for (n = n->first; n != NULL; n = n->next)
		sample_repeats(n, each, arg);
}
