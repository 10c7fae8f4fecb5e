#include "match/date.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"
#include "match/date_template.h"

#define FAR ((size_t)-1)
#define UNUSED_SECONDS 300
#define PATTERNS_MAX 200
#define REPEAT_MAX 48

struct slot {
	struct date_template *template;
	uint64_t hits;         /* times it was the stamp */
	bool seen;             /* it matched, though another was nearer */
	int64_t used;          /* seconds, when it hit last */
	size_t distance;       /* where it hit last */
};

/*
 * `slots` order themselves: a template that hits bubbles up. last_* is where
 * the last stamp was and what stood around it; when the next line looks the
 * same there, only that part is looked at.
 */
struct date_detector {
	struct slot *slots;
	size_t n;
	size_t last;           /* slot of the last hit, or FAR */
	size_t first_unused;
	size_t last_start, last_end;
	int before, first, final, after;   /* bytes, -1: none */
	bool zoned;
	int zone;
	struct date_memory memory;
	/* The last stamp and what it said; n = 0: it may not be repeated. */
	struct {
		char text[REPEAT_MAX];
		size_t n;
		int64_t now;       /* seconds: a year may have been guessed */
		struct date date;
	} repeat;
};

static bool
add(struct date_detector *d, struct date_template *t)
{
	size_t i;

	if (t == NULL)
		return false;
	for (i = 0; i < d->n; i++) {
		if (d->slots[i].template == t) {
			date_template_release(t);
			return false;
		}
	}
	d->slots = xreallocarray(d->slots, d->n + 1, sizeof(*d->slots));
	d->slots[d->n++] = (struct slot){ t, 0, false, 0, FAR };
	return true;
}

static void
add_defaults(struct date_detector *d, bool line_begin_only)
{
	struct date_template *t;
	size_t i;

	for (i = 0; i < DATE_DEFAULTS; i++)
		add(d, date_template_default(i, true));
	for (i = 0; i < DATE_DEFAULTS; i++) {
		t = date_template_default(i, false);
		if (line_begin_only && !date_template_line_begin(t))
			date_template_release(t);
		else
			add(d, t);
	}
}

static bool
has_date_word(struct span s)
{
	size_t i;

	for (i = 0; i < s.n; i++)
		if (span_eq_nocase(span_sub(s, i, 6), SPAN("{DATE}")) &&
		    (i == 0 || s.p[i - 1] != '\\'))
			return true;
	return false;
}

static int
add_inserted(struct date_detector *d, struct span pattern,
    struct regex_error *error)
{
	struct date_template *t;
	size_t i;

	for (i = 0; i < DATE_DEFAULTS; i++) {
		t = date_template_insert(pattern, i, error);
		if (t == NULL && error->text[0] != '\0')
			return -1;
		add(d, t);
	}
	return 0;
}

static int
add_pattern(struct date_detector *d, struct span pattern,
    struct regex_error *error)
{
	struct date_template *t;

	if (d->n >= PATTERNS_MAX) {
		snprintf(error->text, sizeof(error->text),
		    "too many date patterns");
		return -1;
	}
	if (span_eq_nocase(pattern, SPAN("{^LN-BEG}"))) {
		add_defaults(d, true);
		return 0;
	}
	if (span_eq_nocase(pattern, SPAN("{DEFAULT}"))) {
		add_defaults(d, false);
		return 0;
	}
	if (has_date_word(pattern))
		return add_inserted(d, pattern, error);
	if (span_eq_nocase(pattern, SPAN("{NONE}")))
		pattern = SPAN("{UNB}^");
	t = date_template_get(pattern, error);
	if (t == NULL)
		return -1;
	if (!add(d, t)) {
		snprintf(error->text, sizeof(error->text),
		    "date pattern given twice");
		return -1;
	}
	return 0;
}

static int
add_patterns(struct date_detector *d, struct span patterns,
    struct regex_error *error)
{
	const char *begin = patterns.p;
	struct span line;

	while (span_cut(&patterns, '\n', &line)) {
		line = span_trim(line);
		if (line.n == 0)
			continue;
		if (add_pattern(d, line, error) == -1) {
			error->offset += (size_t)(line.p - begin);
			return -1;
		}
	}
	if (d->n > 0)
		return 0;
	snprintf(error->text, sizeof(error->text), "empty date pattern");
	return -1;
}

struct date_detector *
date_new(const char *pattern, const char *zone, struct regex_error *error)
{
	struct date_detector *d = xcalloc(1, sizeof(*d));

	*error = (struct regex_error){ 0 };
	d->last = FAR;
	d->last_start = 1;
	d->before = d->first = d->final = d->after = -1;
	if (zone != NULL && date_zone_parse(span_of(zone), &d->zone) == -1) {
		snprintf(error->text, sizeof(error->text),
		    "unknown time zone; accepted: UTC, CET …, +hhmm");
		goto fail;
	}
	d->zoned = zone != NULL;
	if (pattern == NULL)
		add_defaults(d, false);
	else if (add_patterns(d, span_of(pattern), error) == -1)
		goto fail;
	return d;
fail:
	date_free(d);
	errno = EINVAL;
	return NULL;
}

int
date_set_zone(struct date_detector *d, const char *zone)
{
	int minutes = 0;

	if (zone != NULL && date_zone_parse(span_of(zone), &minutes) == -1)
		return -1;
	d->zoned = zone != NULL;
	d->zone = minutes;
	d->memory = (struct date_memory){ 0 };
	d->repeat.n = 0;
	return 0;
}

void
date_free(struct date_detector *d)
{
	size_t i;

	if (d == NULL)
		return;
	for (i = 0; i < d->n; i++)
		date_template_release(d->slots[i].template);
	free(d->slots);
	free(d);
}

static int
byte_at(struct span s, size_t i)
{
	return i < s.n ? (unsigned char)s.p[i] : -1;
}

static bool
is_alnum(int c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') ||
	    (c >= 'A' && c <= 'Z') || c >= 0x80;
}

/* Inside a character of several bytes nothing may be cut. */
static bool
splits_character(struct span s, size_t i)
{
	return i < s.n && ((unsigned char)s.p[i] & 0xc0) == 0x80;
}

/* The same bytes around the place of the last stamp? */
static bool
same_place(const struct date_detector *d, struct span line)
{
	int before = d->last_start > 0 ? byte_at(line, d->last_start - 1) : -1;
	int final = d->last_end > 0 ? byte_at(line, d->last_end - 1) : -1;

	if (splits_character(line, d->last_start) ||
	    splits_character(line, d->last_end))
		return false;
	if (before != d->before && (is_alnum(d->first) ||
	    byte_at(line, d->last_start) != d->first))
		return false;
	return byte_at(line, d->last_end) == d->after ||
	    (final == d->final && !is_alnum(d->final));
}

/*
 * Asks the template of the last line. True: it is that one again. Else *skip
 * is set when it need not be asked once more, and *spare (start != FAR) is
 * its hit at another place, taken if nobody has a nearer one.
 */
static bool
find_last(struct date_detector *d, struct matcher *m, struct span line,
    bool ascii, struct date_match *match, size_t *skip,
    struct date_match *spare)
{
	struct slot *slot = &d->slots[d->last];
	bool anchored = date_template_anchored(slot->template);
	bool hit;

	if (!anchored && same_place(d, line)) {
		/* A shorter line that ends as the last stamp did will do. */
		hit = date_template_find(slot->template, m, line,
		    d->last_start < line.n ? d->last_start : line.n,
		    d->last_end < line.n ? d->last_end : line.n, ascii,
		    match);
	} else {
		hit = date_template_find(slot->template, m, line, 0, line.n,
		    ascii, match);
		*skip = d->last;
	}
	if (!hit)
		return false;
	slot->seen = true;
	if (anchored || d->n == 1 || (match->start == d->last_start &&
	    match->end == d->last_end))
		return true;
	*spare = *match;
	return false;
}

/* Asks every template in order; the slot's number, or FAR. */
static size_t
find_any(struct date_detector *d, struct matcher *m, struct span line,
    bool ascii, size_t skip, struct date_match *match,
    struct date_match *spare, size_t spare_slot)
{
	struct slot *slot;
	size_t i;

	for (i = 0; i < d->n; i++) {
		slot = &d->slots[i];
		if (i == skip || !date_template_find(slot->template, m, line,
		    0, line.n, ascii, match))
			continue;
		slot->seen = true;
		if (i + 1 == d->n || date_template_anchored(slot->template))
			return i;
		if (match->start == 0 && slot->hits > 0 &&
		    !d->slots[i + 1].seen)
			return i;
		/* Farther in than usual: perhaps a date in the message. */
		if (match->start > slot->distance ||
		    match->start > d->last_start) {
			if (match->start < spare->start) {
				*spare = *match;
				spare_slot = i;
			}
			continue;
		}
		return i;
	}
	if (spare->start == FAR)
		return FAR;
	*match = *spare;
	return spare_slot;
}

static double
weight(const struct slot *slot)
{
	double distance = slot->distance < 1 ? 1.0 :
	    slot->distance > 0x7fffffff ? 2147483647.0 :
	    (double)slot->distance;

	return (double)slot->hits * date_template_weight(slot->template) /
	    distance;
}

static bool
outranks(const struct date_detector *d, size_t i, size_t pos)
{
	const struct slot *a = &d->slots[i], *b = &d->slots[pos];

	return weight(a) > weight(b) || a->used - UNUSED_SECONDS > b->used;
}

/* Moves slot i up: far if it outranks far, else one place, else not. */
static size_t
bubble_up(struct date_detector *d, size_t i)
{
	size_t pos = d->first_unused < i ? d->first_unused : i / 2;
	struct slot moved;

	if (!outranks(d, i, pos)) {
		if (pos == i - 1)
			return i;
		pos = i - 1;
		if (!outranks(d, i, pos))
			return i;
	}
	moved = d->slots[i];
	memmove(d->slots + pos + 1, d->slots + pos,
	    (i - pos) * sizeof(d->slots[0]));
	d->slots[pos] = moved;
	while (d->first_unused < d->n && d->slots[d->first_unused].hits > 0)
		d->first_unused++;
	return pos;
}

static void
remember(struct date_detector *d, size_t i, struct span line,
    const struct date_match *match, struct wall now)
{
	struct slot *slot = &d->slots[i];

	slot->hits++;
	slot->used = wall_seconds(now);
	slot->distance = match->start;
	if (d->first_unused == i)
		d->first_unused++;
	d->last_start = match->start;
	d->last_end = match->end;
	d->before = match->start > 0 ? byte_at(line, match->start - 1) : -1;
	d->first = byte_at(line, match->start);
	d->final = match->end > 0 ? byte_at(line, match->end - 1) : -1;
	d->after = byte_at(line, match->end);
	if (i > 0 && i != d->last)
		i = bubble_up(d, i);
	d->last = i;
}

static void
read_time(struct date_detector *d, const struct date_match *match,
    struct wall now, struct date *out)
{
	out->known = false;
	if (match->cut_start == match->cut_end || !match->readable)
		return;
	out->us = match->fields.us;
	if (match->epoch) {
		out->time = match->wall;
		out->known = true;
	} else {
		out->known = date_fields_wall(&match->fields,
		    d->zoned ? &d->zone : NULL, now, &d->memory,
		    &out->time) == 0;
	}
}

/*
 * Many lines a second bear the same stamp, to the byte. With the template of
 * the last line, taken at line starts only, nothing else decides.
 */
static bool
is_repeated(struct date_detector *d, struct span line, struct wall now)
{
	if (d->repeat.n == 0 || line.n < d->repeat.n ||
	    memcmp(line.p, d->repeat.text, d->repeat.n) != 0 ||
	    d->repeat.now != wall_seconds(now))
		return false;
	d->slots[d->last].hits++;
	return true;
}

static void
note_repeat(struct date_detector *d, struct span line,
    const struct date_match *match, struct wall now, const struct date *date)
{
	d->repeat.n = 0;
	if (match->looked == 0 || match->looked > line.n ||
	    match->looked > REPEAT_MAX ||
	    !date_template_anchored(d->slots[d->last].template))
		return;
	d->repeat.n = match->looked;
	memcpy(d->repeat.text, line.p, match->looked);
	d->repeat.now = wall_seconds(now);
	d->repeat.date = *date;
}

static void
find_anew(struct date_detector *d, struct matcher *m, struct span line,
    bool ascii, struct wall now, struct date *out)
{
	struct date_match match, spare = { .start = FAR };
	size_t i = d->last, skip = FAR;

	d->repeat.n = 0;
	*out = (struct date){ 0 };
	if (d->last == FAR || !find_last(d, m, line, ascii, &match, &skip,
	    &spare))
		i = find_any(d, m, line, ascii, skip, &match, &spare,
		    d->last);
	if (i == FAR)
		return;
	remember(d, i, line, &match, now);
	out->found = true;
	out->start = match.cut_start;
	out->end = match.cut_end;
	read_time(d, &match, now, out);
	note_repeat(d, line, &match, now, out);
}

void
date_find(struct date_detector *d, struct matcher *m, struct span line,
    bool ascii, struct wall now, struct date *out)
{
	if (is_repeated(d, line, now))
		*out = d->repeat.date;
	else
		find_anew(d, m, line, ascii, now, out);
}

bool
date_shown(const struct date_detector *d, const char **pattern,
    const char **name)
{
	if (d->n == 0 || d->n > 2)
		return false;
	*pattern = date_template_pattern(d->slots[0].template);
	*name = date_template_name(d->slots[0].template);
	return true;
}

bool
date_template_state(const struct date_detector *d, size_t i,
    struct date_template_state *out)
{
	if (i >= d->n)
		return false;
	*out = (struct date_template_state){
		.name = date_template_name(d->slots[i].template),
		.pattern = date_template_pattern(d->slots[i].template),
		.regex = date_template_text(d->slots[i].template),
		.hits = d->slots[i].hits,
		.weight = weight(&d->slots[i]),
		.own_weight = date_template_weight(d->slots[i].template),
	};
	return true;
}
