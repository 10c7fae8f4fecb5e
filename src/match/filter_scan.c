/*
 * Which regexes are worth asking about a line. Nearly every failregex needs
 * some fixed text ("Failed ", "Invalid user "): a line without any of these
 * texts can match none, and a scan for all of them over a whole block of
 * lines (sieve.h) costs less than splitting it.
 *
 * Everything else about such a line stays as it was: it is counted, its date
 * is read (undated lines get the last one, and formats are learned from every
 * line), and it counts for prefregex where that is shown. Unless whoever reads
 * does without the line (filter_skip()).
 */
#include "base/table.h"
#include "base/xalloc.h"
#include "match/filter_local.h"
#include "match/python.h"
#include "match/text.h"

#include <stdlib.h>
#include <string.h>

#define LEARNED_FROM 1000u    /* lines that are all dated */

/* --- the texts of the rules ----------------------------------------------- */

/* n = 0: it may match without any text we could look for. */
static void
read_rule(const struct rule *rule, struct literals *out)
{
	struct mapped pattern = { 0 };
	struct python_error error;

	memset(out, 0, sizeof(*out));
	if (python_translate(span_of(regex_text(rule->regex)), &pattern,
	    &error) == -1 || !literal_read(buf_span(&pattern.text), out))
		out->n = 0, out->score = 0;
	mapped_fini(&pattern);
	if (rule->literals != NULL && rule->literals->score > out->score)
		*out = *rule->literals;
}

/*
 * One bit each: the failregexes; the ignoreregexes, if they are asked first;
 * prefregex, if it is counted. A line that matches a failregex matches
 * prefregex as well, whose texts may tell more.
 */
static void
read_rules(const struct filter *f, struct sieve_rules *out)
{
	struct literals prefix = { 0 };
	size_t i;

	out->v = xcalloc(f->fail.n + f->ignore.n + 1, sizeof(*out->v));
	if (f->prefix.n > 0)
		read_rule(f->prefix.v, &prefix);
	for (i = 0; i < f->fail.n; i++) {
		read_rule(&f->fail.v[i], &out->v[out->n]);
		if (prefix.score > out->v[out->n].score)
			out->v[out->n] = prefix;
		out->n++;
	}
	for (i = 0; filter_ignores_first(f) && i < f->ignore.n; i++)
		read_rule(&f->ignore.v[i], &out->v[out->n++]);
	if (f->options.count_prefix && f->prefix.n > 0)
		out->v[out->n++] = prefix;
}

/* Filters whose rules have the same texts have the same number. */
static uint64_t
id_of(const struct sieve_rules *rules)
{
	struct buf all = { 0 };
	uint64_t id;
	size_t i;

	for (i = 0; i < rules->n; i++) {
		buf_addf(&all, "%zu %d:", rules->v[i].n,
		    rules->v[i].ascii_only);
		buf_add(&all, (const char *)rules->v[i].v,
		    rules->v[i].n * sizeof(rules->v[i].v[0]));
	}
	id = table_hash(all.p, all.n);
	buf_fini(&all);
	return id;
}

static size_t
count_texts(const struct filter *f, const struct sieve_rules *rules)
{
	size_t n = 0, i;

	for (i = 0; i < f->fail.n; i++) {
		if (rules->v[i].n == 0)
			return 0;
		n += rules->v[i].n;
	}
	return n;
}

static bool
any_texts(const struct sieve_rules *rules)
{
	size_t i;

	for (i = 0; i < rules->n && rules->v[i].n == 0; i++)
		;
	return i < rules->n;
}

/* Most filters join one sieve; another one makes them be read again. */
static void
forget_rules(struct filter_scan *s)
{
	free(s->rules_read.v);
	s->rules_read = (struct sieve_rules){ 0 };
}

void
filter_scan_init(struct filter *f)
{
	struct filter_scan *s = &f->scan;
	struct sieve_rules rules = { 0 };

	s->all = true;
	s->held = (size_t)f->maxlines;
	/* What prefregex takes of a window changes it, whoever matches. */
	if (f->options.scan_off || (f->window != NULL && f->prefix.n > 0))
		return;
	read_rules(f, &rules);
	s->id = id_of(&rules);
	s->texts = count_texts(f, &rules);
	s->rules_n = rules.n;
	s->usable = f->fail.n > 0 && rules.n <= SIEVE_RULES_MAX &&
	    any_texts(&rules);
	s->rules_read = rules;
	if (!s->usable)
		forget_rules(s);
}

void
filter_scan_fini(struct filter *f)
{
	forget_rules(&f->scan);
	sieve_free(f->scan.own);
	f->scan = (struct filter_scan){ .all = true };
}

void
filter_scan_again(struct filter *f)
{
	filter_scan_fini(f);
	filter_scan_init(f);
}

size_t
filter_literals(const struct filter *f)
{
	return f->scan.texts;
}

/* --- sieves ------------------------------------------------------------------ */

static void
join(struct filter *f, struct sieve *sieve)
{
	struct filter_scan *s = &f->scan;

	s->class = sieve_class(sieve, s->id);
	if (s->class == SIEVE_NONE) {
		if (s->rules_read.v == NULL)
			read_rules(f, &s->rules_read);
		s->rules_read.id = s->id;
		s->class = sieve_add(sieve, &s->rules_read);
	}
	forget_rules(s);
	s->sieve = s->class != SIEVE_NONE ? sieve : NULL;
	s->place = (struct sieve_place){ 0 };
}

/* Its own one, when it has none from outside. */
static void
join_own(struct filter *f)
{
	if (f->scan.own == NULL)
		f->scan.own = sieve_new(f->options.scan);
	join(f, f->scan.own);
}

void
filter_join(struct filter *f, struct sieve *sieve)
{
	if (f->scan.usable)
		join(f, sieve);
	f->scan.sieve = NULL;
}

void
filter_sieve(struct filter *f, struct sieve *sieve)
{
	filter_stamp_behind(f);
	f->scan.sieve = NULL;
	f->scan.block = (struct span){ NULL, 0 };
	if (sieve == NULL)
		return;
	f->scan.block = sieve_text(sieve);
	f->scan.block_ascii = sieve_is_ascii(sieve);
	if (f->scan.usable)
		join(f, sieve);
}

void
filter_block(struct filter *f, struct span block)
{
	filter_stamp_behind(f);
	f->scan.block = block;
	f->scan.block_ascii = text_is_ascii(block);
	if (!f->scan.usable)
		return;
	if (f->scan.sieve == NULL || f->scan.sieve != f->scan.own)
		join_own(f);
	f->scan.place = (struct sieve_place){ 0 };
	if (f->scan.sieve != NULL)
		sieve_block(f->scan.sieve, block, 0);
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

/* --- lines ------------------------------------------------------------------- */

/* Text that only comes about when the date is taken out. */
static bool
joint_holds(struct filter *f, const struct passage *pass)
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
	return sieve_any(f->scan.sieve, f->scan.class,
	    span_from(text, left.n + right.n), pass->ascii, f->scan.rules);
}

static bool
line_holds(struct filter *f, const struct passage *pass)
{
	struct filter_scan *s = &f->scan;

	if (filter_in_block(f, pass->line))
		return sieve_line(s->sieve, s->class, pass->line, pass->ascii,
		    &s->place, s->rules);
	memset(s->rules, 0, (s->rules_n + 63) / 64 * sizeof(s->rules[0]));
	return sieve_any(s->sieve, s->class, pass->line, pass->ascii,
	    s->rules);
}

/* The last bit may be prefregex's, which is only counted. */
static bool
holds_more_than_prefix(struct filter *f)
{
	struct filter_scan *s = &f->scan;
	size_t last = s->rules_n - 1, i;
	uint64_t any = 0;

	s->counts_prefix = (s->rules[last / 64] >> (last % 64)) & 1;
	for (i = 0; i <= last / 64; i++)
		any |= s->rules[i] & (i < last / 64 ? UINT64_MAX :
		    (UINT64_C(1) << (last % 64)) - 1);
	return any != 0;
}

/* A window holds a text as long as it holds the line that does. */
static bool
window_holds(struct filter *f, bool line)
{
	struct filter_scan *s = &f->scan;

	s->all = true;
	if (line)
		s->held = (size_t)f->maxlines;
	else if (s->held == 0)
		return false;
	s->held--;
	return true;
}

bool
filter_may_match(struct filter *f, const struct passage *pass)
{
	struct filter_scan *s = &f->scan;
	bool any;

	s->all = s->counts_prefix = true;
	if (!s->usable)
		return true;
	if (s->sieve == NULL)
		join_own(f);
	if (s->sieve == NULL)
		return true;
	s->all = false;
	any = line_holds(f, pass);
	any = joint_holds(f, pass) || any;
	if (f->window != NULL)
		return window_holds(f, any);
	if (any && f->options.count_prefix && f->prefix.n > 0)
		return holds_more_than_prefix(f);
	s->counts_prefix = false;
	return any;
}

/* --- passing by -------------------------------------------------------------- */

static uint64_t
count_lines(struct span text)
{
	struct span line;
	uint64_t n = 0;

	while (span_cut(&text, '\n', &line))
		n++;
	return n;
}

/*
 * Not before the date formats are known; nor where a date is cut out of the
 * middle of lines, for a text may only come about by that. Nor lines that may
 * be too old, which a window does not get, or what is in one that is asked.
 */
static bool
may_skip(const struct filter *f, struct span rest, enum filter_time mode)
{
	const struct filter_scan *s = &f->scan;

	if (f->window != NULL && (s->held > 0 || mode == FILTER_RESTORING))
		return false;
	return s->sieve != NULL && f->encoding == NULL &&
	    !f->options.count_prefix && !s->inner_date &&
	    f->counters.lines >= LEARNED_FROM && filter_in_block(f, rest);
}

/*
 * The line behind those passed by finds in the window what it would have: as
 * many of them as stand in it besides are not passed by.
 */
static size_t
leave_for_window(const struct filter *f, struct span passed, uint64_t *lines)
{
	uint64_t left = (uint64_t)f->maxlines - 1;
	size_t newline;

	if (*lines <= left) {
		*lines = 0;
		return 0;
	}
	*lines -= left;
	for (; left > 0; left--) {
		passed.n--;    /* its newline */
		newline = span_find_last(passed, SPAN("\n"));
		passed.n = newline + 1;
	}
	return passed.n;
}

size_t
filter_skip(struct filter *f, struct span rest, enum filter_time mode,
    uint64_t *lines)
{
	struct filter_scan *s = &f->scan;
	size_t n;

	*lines = 0;
	if (!may_skip(f, rest, mode))
		return 0;
	n = sieve_skip(s->sieve, s->class, (size_t)(rest.p - s->block.p),
	    &s->place, lines);
	if (n > rest.n) {
		n = rest.n;
		*lines = count_lines(rest);
	}
	if (f->window != NULL)
		n = leave_for_window(f, span_sub(rest, 0, n), lines);
	if (n == 0)
		return 0;
	f->counters.lines += *lines;
	f->counters.missed += *lines;
	s->behind = span_from(rest.p, n);
	s->mode = mode;
	return n;
}
