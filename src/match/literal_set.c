#include "match/literal_local.h"

#include <string.h>

#define SCORE_FULL 60

static char
lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c + ('a' - 'A')) : c;
}

/* --- sets ----------------------------------------------------------------- */

static void
nothing(struct literals *set)
{
	set->n = 1;
	set->v[0] = (struct literal){ 0 };
}

void
part_start(struct part *p)
{
	nothing(&p->run);
	p->best.n = 0;
	p->score = 0;
	p->exact = true;
}

static bool
same(const struct literal *a, const struct literal *b)
{
	return a->n == b->n && a->nocase == b->nocase &&
	    memcmp(a->text, b->text, a->n) == 0;
}

/* False: no room. */
static bool
set_add(struct literals *set, const struct literal *l)
{
	size_t i;

	for (i = 0; i < set->n; i++)
		if (same(&set->v[i], l))
			return true;
	if (set->n == LITERAL_SET_MAX)
		return false;
	set->v[set->n++] = *l;
	return true;
}

bool
part_join(struct literals *set, const struct literals *more)
{
	size_t i;

	for (i = 0; i < more->n; i++)
		if (!set_add(set, &more->v[i]))
			return false;
	return true;
}

void
part_fold(struct literal *l)
{
	size_t i;

	l->nocase = true;
	for (i = 0; i < l->n; i++)
		l->text[i] = lower(l->text[i]);
}

/* False: too long. Both in any case if one of them is. */
static bool
append(struct literal *l, const struct literal *tail)
{
	if (l->n + tail->n > (int)LITERAL_MAX)
		return false;
	memcpy(l->text + l->n, tail->text, tail->n);
	l->n = (unsigned char)(l->n + tail->n);
	if (l->nocase || tail->nocase)
		part_fold(l);
	return true;
}

/* Every text of a followed by every one of b. */
static bool
set_cross(const struct literals *a, const struct literals *b,
    struct literals *out)
{
	struct literal l;
	size_t i, k;

	out->n = 0;
	for (i = 0; i < a->n; i++) {
		for (k = 0; k < b->n; k++) {
			l = a->v[i];
			if (!append(&l, &b->v[k]) || !set_add(out, &l))
				return false;
		}
	}
	return true;
}

/* What half the lines of some log hold, whatever its letters. */
static bool
is_common(struct span text)
{
	static const char *const words[] = {
		" from ", " for user ", " user=", " user: ", " port ",
		" client ", " server ", " connection ", "session", " login ",
		", rip=", ", lip=", " user=<", ", session=<", ">, method=",
		"): user=<",
		"\", client: ", ", server: ", ", request: \"", " HTTP/",
		"\", host: \"", "\", referrer: \"",
	};
	size_t i;

	for (i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (span_find(span_of(words[i]), text) != SPAN_NONE)
			return true;
	return false;
}

int
literal_rarity(struct span text)
{
	int bits = 0;
	size_t i;
	char c;

	for (i = 0; i < text.n; i++) {
		c = text.p[i];
		if (c == ' ')
			bits += 2;
		else if (c >= '0' && c <= '9')
			bits += 3;
		else if (memchr("etaoinsr", c, 8) != NULL)
			bits += 4;
		else
			bits += 6;
	}
	return bits;
}

static int
set_score(const struct literals *set)
{
	int score = SCORE_FULL + 1, bits;
	struct span text;
	size_t i;

	for (i = 0; i < set->n; i++) {
		if (set->v[i].n < LITERAL_MIN)
			return 0;
		text = span_from(set->v[i].text, set->v[i].n);
		bits = is_common(text) ? 1 : literal_rarity(text);
		if (bits < score)
			score = bits;
	}
	score -= (int)set->n / 2;
	return score > 0 ? score : 1;
}

static void
candidate(struct part *p, const struct literals *set)
{
	int score = set->n > 0 ? set_score(set) : 0;

	/* Expressions begin with what many lines have, the daemon's name. */
	if (score > 0 && score + score / 4 >= p->score) {
		p->best = *set;
		p->score = score;
	}
}

void
part_interrupt(struct part *p)
{
	candidate(p, &p->run);
	nothing(&p->run);
	p->exact = false;
}

/* --- one thing behind another -------------------------------------------- */

static void
follow_exact(struct part *p, const struct part *atom, struct times times)
{
	struct literals set = atom->run, joined;
	struct literal empty = { 0 };

	if (times.many && times.none) {
		part_interrupt(p);
		return;
	}
	if (times.none && !set_add(&set, &empty)) {
		part_interrupt(p);
		return;
	}
	if (set_cross(&p->run, &set, &joined)) {
		p->run = joined;
	} else {
		part_interrupt(p);
		p->run = set;
	}
	/* "ab+c": both "ab" and "bc" are in it, but not "abc". */
	if (times.many) {
		part_interrupt(p);
		p->run = set;
	}
}

void
part_follow(struct part *p, const struct part *atom, struct times times)
{
	if (atom->exact) {
		follow_exact(p, atom, times);
		return;
	}
	part_interrupt(p);
	if (!times.none && atom->score > 0)
		candidate(p, &atom->best);
}

/* One more branch: what all of them have in common gets less. */
void
part_branch(struct part *out, struct part *next)
{
	struct literals all = out->run;

	if (out->exact && next->exact && part_join(&all, &next->run)) {
		out->run = all;
		return;
	}
	candidate(out, &out->run);
	candidate(next, &next->run);
	out->exact = false;
	if (out->score > 0 && next->score > 0 &&
	    part_join(&out->best, &next->best))
		out->score = set_score(&out->best);
	else
		out->score = 0;
	nothing(&out->run);
}

/* --- for those who collect them ------------------------------------------- */

static bool
same_text(const struct literal *a, const char *p)
{
	size_t i;

	for (i = 0; i < a->n; i++)
		if (a->text[i] != (a->nocase ? lower(p[i]) : p[i]))
			return false;
	return true;
}

bool
literal_covers(const struct literal *a, const struct literal *b)
{
	size_t i;

	if (b->nocase && !a->nocase)
		return false;
	for (i = 0; i + a->n <= b->n; i++)
		if (same_text(a, b->text + i))
			return true;
	return false;
}
