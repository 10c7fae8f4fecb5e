/* A block of lines, looked through, and what it says of each. */
#include "match/sieve_local.h"

#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"
#include "match/text.h"

#define LINES_KEPT 8192u     /* more of them are not worth their memory */

/* Where nearly all rules are worth asking about nearly all lines. */
#define REST_BYTES (4u * 1024 * 1024)

/* The scanner looks at more than one place of so many in vain: a new one. */
#define VAIN_BYTES 64u
#define PATIENCE_BYTES (64u * 1024)

void
sieve_forget_lines(struct sieve *s)
{
	free(s->lines);
	free(s->found);
	s->lines = NULL;
	s->found = NULL;
	s->lines_n = s->lines_cap = 0;
	s->state = SIEVE_NEW;
}

void
sieve_block(struct sieve *s, struct span block, uint64_t serial)
{
	if (serial != 0 && serial == s->serial && block.p == s->block.p &&
	    block.n == s->block.n)
		return;
	if (s->lines_cap > LINES_KEPT)
		sieve_forget_lines(s);
	s->block = block;
	s->serial = serial;
	s->state = SIEVE_NEW;
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
	struct sieve_line *l;
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
	*l = (struct sieve_line){ (uint32_t)begin, (uint32_t)end, 0 };
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

/*
 * A log may have begun with what it does not go on with. Of one that is never
 * fit for a sample the scanner is made anew ever more rarely.
 */
static void
judge_sample(struct sieve *s)
{
	if (s->patience == 0)
		s->patience = PATIENCE_BYTES;
	if (s->seen < s->patience)
		return;
	if (s->vain > s->seen / VAIN_BYTES) {
		sieve_make_scan(s);
		s->patience *= 4;
	}
	s->seen = s->vain = 0;
}

/* What no line of the block holds need not be sought in each of them. */
static void
sum_up(struct sieve *s)
{
	const uint64_t *found = s->found;
	size_t i, k;

	memset(s->any, 0, s->words * sizeof(*s->any));
	for (i = 0; i < s->lines_n; i++)
		for (k = 0; k < s->words; k++)
			s->any[k] |= *found++;
}

static enum sieve_state
scan(struct sieve *s)
{
	sieve_make(s);
	if (s->scan == NULL)
		return SIEVE_UNSCANNED;
	if (s->rest > 0) {
		s->rest -= s->rest < s->block.n ? s->rest : s->block.n;
		return SIEVE_UNSCANNED;
	}
	s->lines_n = 0;
	s->numbered = false;
	s->vain += scan_each(s->scan, s->block, note, s);
	s->seen += s->block.n;
	judge_sample(s);
	sum_up(s);
	if (is_in_vain(s))
		s->rest = REST_BYTES;
	return SIEVE_SCANNED;
}

/* False: it was not looked through, every rule is to be asked. */
static bool
is_scanned(struct sieve *s)
{
	if (s->state == SIEVE_NEW)
		s->state = scan(s);
	return s->state == SIEVE_SCANNED;
}

/* --- asking --------------------------------------------------------------- */

/* Adds n bits from `first` on. True: one of them is set. */
static bool
take(const uint64_t *words, const struct sieve_class *c, uint64_t *out)
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
take_all(const struct sieve_class *c, uint64_t *out)
{
	memset(out, 0xff, (c->n + 63) / 64 * sizeof(*out));
	return true;
}

/* Lines come in their order; one that does not begins anew. */
static const struct sieve_line *
line_at(const struct sieve *s, struct span line, struct sieve_place *place)
{
	size_t from = (size_t)(line.p - s->block.p), i = place->line;

	if (i > s->lines_n || (i > 0 && s->lines[i - 1].end >= from))
		i = 0;
	while (i < s->lines_n && s->lines[i].end < from)
		i++;
	place->line = i;
	if (i == s->lines_n || s->lines[i].begin > from + line.n)
		return NULL;
	return &s->lines[i];
}

bool
sieve_line(struct sieve *s, unsigned class, struct span line, bool ascii,
    struct sieve_place *place, uint64_t *rules)
{
	const struct sieve_class *c = &s->classes[class];
	const struct sieve_line *l;
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
	const struct sieve_class *class;
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
	const struct sieve_class *c = &s->classes[class];
	struct taker taker = { s, c, rules, false };

	sieve_make(s);
	if ((c->ascii_only && !ascii) || s->scan == NULL)
		return take_all(c, rules);
	if (c->always)
		taker.any = take(s->base, c, rules);
	scan_each(s->scan, text, note_any, &taker);
	return taker.any;
}

/* --- passing by ------------------------------------------------------------ */

static uint64_t
count_newlines(const struct sieve *s, size_t from, size_t to)
{
	const char *p = s->block.p + from, *end = s->block.p + to;
	uint64_t n = 0;

	while (p < end && (p = memchr(p, '\n', (size_t)(end - p))) != NULL) {
		p++;
		n++;
	}
	return n;
}

/* Numbers the lines that hold something, once for all who pass by others. */
static void
number_lines(struct sieve *s)
{
	const char *last = memrchr(s->block.p, '\n', s->block.n);
	size_t at = 0, i;
	uint64_t n = 0;

	if (s->numbered)
		return;
	s->numbered = true;
	for (i = 0; i < s->lines_n; i++) {
		n += count_newlines(s, at, s->lines[i].begin);
		at = s->lines[i].begin;
		s->lines[i].number = (uint32_t)n;
	}
	s->complete = last != NULL ? (size_t)(last - s->block.p) + 1 : 0;
	s->complete_n = n + (s->complete > at ?
	    count_newlines(s, at, s->complete) : 0);
}

/*
 * How many lines are before `at`, where one begins; `next` is the first behind
 * it that holds something. Counted from the nearest place that is known.
 */
static uint64_t
lines_before(const struct sieve *s, size_t at, size_t next,
    struct sieve_place *place)
{
	if (place->at > at) {
		place->at = 0;
		place->lines_passed = 0;
	}
	if (next > 0 && s->lines[next - 1].begin > place->at) {
		place->at = s->lines[next - 1].begin;
		place->lines_passed = s->lines[next - 1].number;
	}
	place->lines_passed += count_newlines(s, place->at, at);
	place->at = at;
	return place->lines_passed;
}

size_t
sieve_skip(struct sieve *s, unsigned class, size_t from,
    struct sieve_place *place, uint64_t *lines)
{
	const struct sieve_class *c = &s->classes[class];
	uint64_t rules[SIEVE_WORDS] = { 0 }, begin;
	size_t to, i = place->line;

	*lines = 0;
	if (c->always || (c->ascii_only && !sieve_is_ascii(s)) ||
	    !is_scanned(s))
		return 0;
	number_lines(s);
	if (i > s->lines_n || (i > 0 && s->lines[i - 1].begin >= from))
		i = 0;
	while (i < s->lines_n && s->lines[i].begin < from)
		i++;
	begin = lines_before(s, from, i, place);
	if (!take(s->any, c, rules))
		i = s->lines_n;
	while (i < s->lines_n && !take(s->found + i * s->words, c, rules))
		i++;
	place->line = i;
	to = i < s->lines_n ? s->lines[i].begin : s->complete;
	if (to <= from)
		return 0;
	*lines = (i < s->lines_n ? s->lines[i].number : s->complete_n) -
	    begin;
	return to - from;
}
