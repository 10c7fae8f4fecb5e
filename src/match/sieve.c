#include "match/sieve.h"

#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"
#include "match/text.h"

#define CLASSES_MAX 1024u
#define BITS_MAX 8192u
#define LINES_KEPT 8192u     /* more of them are not worth their memory */

/* Where nearly all rules are worth asking about nearly all lines. */
#define REST_BYTES (4u * 1024 * 1024)

struct class {
	uint64_t id;
	unsigned first, n;       /* bits */
	bool ascii_only;
	bool always;             /* a rule that has no text */
};

/* A literal makes a rule, by its bit, worth asking. */
struct link { unsigned literal, bit; };

/* A line of the block that holds a literal, up to its newline. */
struct line { uint32_t begin, end; };

enum block_state { BLOCK_NEW, BLOCK_SCANNED, BLOCK_UNSCANNED };

/*
 * `found` has `words` words for each line: its bits. `masks` has as many for
 * each literal; `base` are the bits of rules without one.
 */
struct sieve {
	enum scan_kind kind;
	struct scan *scan;       /* NULL: to be made, or no literals */
	bool made;
	struct class *classes;
	size_t classes_n;
	struct literal *literals;
	size_t literals_n;
	struct link *links;
	size_t links_n;
	unsigned bits, words;
	uint64_t *masks, *base;
	/* The block: */
	struct span block;
	uint64_t serial;
	enum block_state state;
	bool ascii_known, ascii;
	struct line *lines;
	uint64_t *found;
	size_t lines_n, lines_cap;
	size_t rest;             /* bytes that go unscanned */
};

struct sieve *
sieve_new(enum scan_kind kind)
{
	struct sieve *s = xcalloc(1, sizeof(*s));

	s->kind = kind;
	return s;
}

static void
forget_lines(struct sieve *s)
{
	free(s->lines);
	free(s->found);
	s->lines = NULL;
	s->found = NULL;
	s->lines_n = s->lines_cap = 0;
	s->state = BLOCK_NEW;
}

/* What was made of the literals is made anew when it is needed. */
static void
unmake(struct sieve *s)
{
	scan_free(s->scan);
	free(s->masks);
	free(s->base);
	s->scan = NULL;
	s->masks = s->base = NULL;
	s->made = false;
	forget_lines(s);
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
	if (s == NULL)
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
add_rule(struct sieve *s, struct class *c, unsigned bit,
    const struct literals *texts)
{
	size_t i;

	c->always = c->always || texts->n == 0;
	c->ascii_only = c->ascii_only || texts->ascii_only;
	s->links = xreallocarray(s->links, s->links_n + texts->n + 1,
	    sizeof(*s->links));
	for (i = 0; i < texts->n; i++)
		s->links[s->links_n++] = (struct link){
			intern(s, &texts->v[i]), bit
		};
	/* The literal's number is none: a bit of `base`. */
	if (texts->n == 0)
		s->links[s->links_n++] = (struct link){ SIEVE_NONE, bit };
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
	struct class *c;
	size_t i;

	if (!has_room(s, rules))
		forget_classes(s);
	if (rules->n > SIEVE_RULES_MAX || !has_room(s, rules))
		return SIEVE_NONE;
	unmake(s);
	s->classes = xreallocarray(s->classes, s->classes_n + 1,
	    sizeof(*s->classes));
	c = &s->classes[s->classes_n];
	*c = (struct class){ .id = rules->id, .first = s->bits,
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

static void
make(struct sieve *s)
{
	const struct link *l;
	size_t i;

	if (s->made)
		return;
	s->made = true;
	s->words = (s->bits + 63) / 64;
	/* One more: bits are read across the end of a word. */
	s->base = xcalloc(s->words + 1, sizeof(*s->base));
	s->masks = xcalloc((s->literals_n + 1) * s->words,
	    sizeof(*s->masks));
	for (i = 0; i < s->links_n; i++) {
		l = &s->links[i];
		set_bit(l->literal == SIEVE_NONE ? s->base :
		    s->masks + l->literal * s->words, l->bit);
	}
	if (s->literals_n > 0)
		s->scan = scan_new(s->literals, s->literals_n, s->kind);
}

size_t
sieve_literals(struct sieve *s)
{
	return s->literals_n;
}

/* --- the block ----------------------------------------------------------- */

void
sieve_block(struct sieve *s, struct span block, uint64_t serial)
{
	if (serial != 0 && serial == s->serial && block.p == s->block.p &&
	    block.n == s->block.n)
		return;
	if (s->lines_cap > LINES_KEPT)
		forget_lines(s);
	s->block = block;
	s->serial = serial;
	s->state = BLOCK_NEW;
	s->ascii_known = false;
}

struct span
sieve_text(const struct sieve *s)
{
	return s->block;
}

bool
sieve_is_ascii(struct sieve *s)
{
	if (!s->ascii_known)
		s->ascii = text_is_ascii(s->block);
	s->ascii_known = true;
	return s->ascii;
}

/* A line that holds something: begins behind `done`, where `start` is in it. */
static void
add_line(struct sieve *s, size_t done, size_t start)
{
	struct span before = span_sub(s->block, done, start - done);
	const char *newline;
	struct line *l;
	size_t begin, end;

	if (s->lines_n == s->lines_cap) {
		s->lines_cap = s->lines_cap * 2 + 64;
		s->lines = xreallocarray(s->lines, s->lines_cap,
		    sizeof(*s->lines));
		s->found = xreallocarray(s->found, s->lines_cap * s->words +
		    1, sizeof(*s->found));
	}
	newline = memrchr(before.p, '\n', before.n);
	begin = newline != NULL ? (size_t)(newline - s->block.p) + 1 : done;
	end = span_chr(span_skip(s->block, start), '\n');
	end = end == SPAN_NONE ? s->block.n : start + end;
	l = &s->lines[s->lines_n];
	*l = (struct line){ (uint32_t)begin, (uint32_t)end };
	memset(s->found + s->lines_n * s->words, 0,
	    s->words * sizeof(*s->found));
	s->lines_n++;
}

static bool
is_full(const struct sieve *s, const uint64_t *found)
{
	unsigned i;

	for (i = 0; i + 1 < s->words; i++)
		if (~(found[i] | s->base[i]) != 0)
			return false;
	return ((~(found[i] | s->base[i])) << (-s->bits % 64)) == 0;
}

static size_t
note(unsigned literal, size_t start, void *arg)
{
	struct sieve *s = arg;
	const uint64_t *mask = s->masks + literal * s->words;
	size_t done = s->lines_n > 0 ? s->lines[s->lines_n - 1].end : 0;
	uint64_t *found;
	unsigned i;

	if (s->lines_n == 0 || start >= done)
		add_line(s, s->lines_n > 0 ? done + 1 : 0, start);
	found = s->found + (s->lines_n - 1) * s->words;
	for (i = 0; i < s->words; i++)
		found[i] |= mask[i];
	return is_full(s, found) ? s->lines[s->lines_n - 1].end : 0;
}

/* Nearly all of the block is lines of which nearly all rules are asked? */
static bool
is_in_vain(const struct sieve *s)
{
	size_t bytes = 0, asked = 0, i;

	for (i = 0; i < s->lines_n; i++)
		bytes += s->lines[i].end + 1 - s->lines[i].begin;
	if (bytes < s->block.n / 8 * 7)
		return false;
	for (i = 0; i < s->lines_n * s->words; i++)
		asked += (size_t)__builtin_popcountll(s->found[i]);
	return asked > s->lines_n * s->bits / 4 * 3;
}

static enum block_state
scan(struct sieve *s)
{
	make(s);
	if (s->scan == NULL)
		return BLOCK_UNSCANNED;
	if (s->rest > 0) {
		s->rest -= s->rest < s->block.n ? s->rest : s->block.n;
		return BLOCK_UNSCANNED;
	}
	s->lines_n = 0;
	scan_each(s->scan, s->block, note, s);
	if (is_in_vain(s))
		s->rest = REST_BYTES;
	return BLOCK_SCANNED;
}

/* False: it was not looked through, every rule is to be asked. */
static bool
is_scanned(struct sieve *s)
{
	if (s->state == BLOCK_NEW)
		s->state = scan(s);
	return s->state == BLOCK_SCANNED;
}

/* --- asking --------------------------------------------------------------- */

/* Adds n bits from `first` on. True: one of them is set. */
static bool
take(const uint64_t *words, const struct class *c, uint64_t *out)
{
	unsigned shift = c->first % 64, n;
	uint64_t word, any = 0;
	size_t i = c->first / 64;

	for (n = c->n; n > 0; n = n > 64 ? n - 64 : 0, i++) {
		word = words[i] >> shift;
		if (shift > 0)
			word |= words[i + 1] << (64 - shift);
		if (n < 64)
			word &= (UINT64_C(1) << n) - 1;
		*out++ |= word;
		any |= word;
	}
	return any != 0;
}

static bool
take_all(const struct class *c, uint64_t *out)
{
	memset(out, 0xff, (c->n + 63) / 64 * sizeof(*out));
	return true;
}

/* Lines come in their order; one that does not begins anew. */
static const struct line *
line_at(const struct sieve *s, struct span line, size_t *place)
{
	size_t from = (size_t)(line.p - s->block.p);

	if (*place > s->lines_n ||
	    (*place > 0 && s->lines[*place - 1].end >= from))
		*place = 0;
	while (*place < s->lines_n && s->lines[*place].end < from)
		(*place)++;
	if (*place == s->lines_n || s->lines[*place].begin > from + line.n)
		return NULL;
	return &s->lines[*place];
}

bool
sieve_line(struct sieve *s, unsigned class, struct span line, bool ascii,
    size_t *place, uint64_t *rules)
{
	const struct class *c = &s->classes[class];
	const struct line *l;
	bool any;

	if ((c->ascii_only && !ascii) || !is_scanned(s))
		return take_all(c, rules);
	memset(rules, 0, (c->n + 63) / 64 * sizeof(*rules));
	any = c->always && take(s->base, c, rules);
	l = line_at(s, line, place);
	if (l == NULL)
		return any;
	return take(s->found + (size_t)(l - s->lines) * s->words, c, rules) ||
	    any;
}

struct taker {
	const struct sieve *s;
	const struct class *class;
	uint64_t *rules;
	bool any;
};

static size_t
note_any(unsigned literal, size_t start, void *arg)
{
	struct taker *t = arg;

	(void)start;
	if (take(t->s->masks + literal * t->s->words, t->class, t->rules))
		t->any = true;
	return 0;
}

bool
sieve_any(struct sieve *s, unsigned class, struct span text, bool ascii,
    uint64_t *rules)
{
	const struct class *c = &s->classes[class];
	struct taker taker = { s, c, rules, false };

	make(s);
	if ((c->ascii_only && !ascii) || s->scan == NULL)
		return take_all(c, rules);
	if (c->always)
		taker.any = take(s->base, c, rules);
	scan_each(s->scan, text, note_any, &taker);
	return taker.any;
}
