#include "match/sieve_local.h"

#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"

#define CLASSES_MAX 1024u
#define BITS_MAX 8192u

struct sieve *
sieve_new(enum scan_kind kind)
{
	struct sieve *s = xcalloc(1, sizeof(*s));

	s->kind = kind;
	s->users = 1;
	return s;
}

struct sieve *
sieve_share(struct sieve *s)
{
	s->users++;
	return s;
}

/* What was made of the literals is made anew when it is needed. */
static void
unmake(struct sieve *s)
{
	scan_free(s->scan);
	free(s->masks);
	free(s->base);
	free(s->any);
	s->scan = NULL;
	s->masks = s->base = s->any = NULL;
	s->made = false;
	s->seen = s->vain = s->patience = 0;
	sieve_forget_lines(s);
}

static void
forget_classes(struct sieve *s)
{
	unmake(s);
	free(s->classes);
	free(s->literals);
	free(s->links);
	s->classes = NULL;
	s->literals = NULL;
	s->links = NULL;
	s->classes_n = s->literals_n = s->links_n = 0;
	s->bits = 0;
}

void
sieve_free(struct sieve *s)
{
	if (s == NULL || --s->users > 0)
		return;
	forget_classes(s);
	free(s);
}

/* --- classes ------------------------------------------------------------- */

unsigned
sieve_class(const struct sieve *s, uint64_t id)
{
	size_t i;

	for (i = 0; i < s->classes_n; i++)
		if (s->classes[i].id == id)
			return (unsigned)i;
	return SIEVE_NONE;
}

static bool
is_same(const struct literal *a, const struct literal *b)
{
	return a->n == b->n && a->nocase == b->nocase &&
	    memcmp(a->text, b->text, a->n) == 0;
}

static unsigned
intern(struct sieve *s, const struct literal *l)
{
	size_t i;

	for (i = 0; i < s->literals_n; i++)
		if (is_same(&s->literals[i], l))
			return (unsigned)i;
	s->literals = xreallocarray(s->literals, s->literals_n + 1,
	    sizeof(*s->literals));
	s->literals[s->literals_n] = *l;
	return (unsigned)s->literals_n++;
}

static void
add_rule(struct sieve *s, struct sieve_class *c, unsigned bit,
    const struct literals *texts)
{
	size_t i;

	c->always = c->always || texts->n == 0;
	c->ascii_only = c->ascii_only || texts->ascii_only;
	s->links = xreallocarray(s->links, s->links_n + texts->n + 1,
	    sizeof(*s->links));
	for (i = 0; i < texts->n; i++)
		s->links[s->links_n++] = (struct sieve_link){
			intern(s, &texts->v[i]), bit
		};
	/* The literal's number is none: a bit of `base`. */
	if (texts->n == 0)
		s->links[s->links_n++] = (struct sieve_link){ SIEVE_NONE, bit };
}

static bool
has_room(const struct sieve *s, const struct sieve_rules *rules)
{
	size_t literals = s->literals_n, i;

	for (i = 0; i < rules->n; i++)
		literals += rules->v[i].n;
	return s->classes_n < CLASSES_MAX && literals <= SCAN_MAX &&
	    s->bits + rules->n <= BITS_MAX;
}

unsigned
sieve_add(struct sieve *s, const struct sieve_rules *rules)
{
	struct sieve_class *c;
	size_t i;

	if (!has_room(s, rules))
		forget_classes(s);
	if (rules->n > SIEVE_RULES_MAX || !has_room(s, rules))
		return SIEVE_NONE;
	unmake(s);
	s->classes = xreallocarray(s->classes, s->classes_n + 1,
	    sizeof(*s->classes));
	c = &s->classes[s->classes_n];
	*c = (struct sieve_class){ .id = rules->id, .first = s->bits,
	    .n = (unsigned)rules->n };
	for (i = 0; i < rules->n; i++)
		add_rule(s, c, c->first + (unsigned)i, &rules->v[i]);
	s->bits += c->n;
	return (unsigned)s->classes_n++;
}

static void
set_bit(uint64_t *words, unsigned bit)
{
	words[bit / 64] |= UINT64_C(1) << (bit % 64);
}

void
sieve_make_scan(struct sieve *s)
{
	scan_free(s->scan);
	s->scan = s->literals_n == 0 ? NULL : scan_new(s->literals,
	    s->literals_n, s->kind, s->block);
}

void
sieve_make(struct sieve *s)
{
	const struct sieve_link *l;
	size_t i;

	if (s->made)
		return;
	s->made = true;
	s->words = (s->bits + 63) / 64;
	/* One more: bits are read across the end of a word. */
	s->base = xcalloc(s->words + 1, sizeof(*s->base));
	s->any = xcalloc(s->words + 1, sizeof(*s->any));
	s->masks = xcalloc((s->literals_n + 1) * s->words,
	    sizeof(*s->masks));
	for (i = 0; i < s->links_n; i++) {
		l = &s->links[i];
		set_bit(l->literal == SIEVE_NONE ? s->base :
		    s->masks + l->literal * s->words, l->bit);
	}
	sieve_make_scan(s);
}

size_t
sieve_literals(struct sieve *s)
{
	return s->literals_n;
}
