#include "match/date_template.h"

#include <stdlib.h>

#include "base/xalloc.h"
#include "match/date_read.h"

#define EPOCH_TEXT "\\d{10,11}\\b(?:\\.\\d{3,6})?"
#define LONG_EPOCH_TEXT "\\d{10,11}(?:\\d{3}(?:\\.\\d{1,6}|\\d{3})?)?"
#define FIELDS_MAX 20

typedef bool quick_fn(struct span line, struct date_match *match);

struct date_template {
	enum date_kind kind;
	char *key;                  /* the pattern as it was given */
	char *name;
	char *text;                 /* regex; compiled when first needed */
	struct regex *regex;
	bool line_begin, line_end;
	double weight;
	quick_fn *quick;
	unsigned value;             /* group of an epoch's digits */
	struct date_group fields[FIELDS_MAX];
	size_t fields_n;
	unsigned refs;
	struct date_template *next;
};

/* All templates in use. One thread matches, so it needs no lock. */
static struct date_template *templates;

/*
 * The default stamps, in fail2ban's order. The patterns that start
 * with ^ or {^LN-BEG} have no second, anchored copy.
 */
static const struct {
	const char *pattern;
	quick_fn *quick;            /* of the anchored copy */
} defaults[DATE_DEFAULTS] = {
	{ "%ExY(?P<_sep>[-/.])%m(?P=_sep)%d(?:T| {1,2})%H:%M:%S(?:[.,]%f)?(?:\\s*%z)?",
	    date_quick_iso },
	{ "(?:%a )?%b %d %k:%M:%S(?:\\.%f)?(?: %ExY)?", date_quick_syslog },
	{ "(?:%a )?%b %d %ExY %k:%M:%S(?:\\.%f)?", NULL },
	{ "%d(?P<_sep>[-/])%m(?P=_sep)(?:%ExY|%Exy) %k:%M:%S", NULL },
	{ "%d(?P<_sep>[-/])%b(?P=_sep)%ExY[ :]?%H:%M:%S(?:\\.%f)?(?: %z)?", NULL },
	{ "%m/%d/%ExY:%H:%M:%S", NULL },
	{ "%m-%d-%ExY %k:%M:%S(?:\\.%f)?", NULL },
	{ "EPOCH", NULL },
	{ "{^LN-BEG}%H:%M:%S", NULL },
	{ "^<%m/%d/%Exy@%H:%M:%S>", NULL },
	{ "%Exy%Exm%Exd {1,2}%H:%M:%S", NULL },
	{ "%b %d, %ExY %I:%M:%S %p", NULL },
	{ "^%b-%d-%Exy %k:%M:%S", NULL },
	{ "%ExY%Exm%Exd(?:[-T]| {1,2})%ExH:?%ExM:?%ExS(?:[.,]%f)?(?:\\s*%z)?",
	    NULL },
	{ "(?:%Z )?(?:%a )?%b %d %k:%M:%S(?:\\.%f)?(?: %ExY)?", NULL },
	{ "(?:%z )?(?:%a )?%b %d %k:%M:%S(?:\\.%f)?(?: %ExY)?", NULL },
	{ "TAI64N", NULL },
};

/* Where upstream's names of them show something else than ours would. */
static const struct {
	const char *own, *shown;
} names[] = {
	{ "(?:T| {1,2})", "(?:T|  ?)" },
	{ "(?:[-T]| {1,2})", "(?:-|T|  ?)" },
	{ "ExDay {1,2}", "ExDay  ?" },
};

static const struct span begin_mark = { "{^LN-BEG}", 9 };

static struct date_template *
template_new(struct span key)
{
	struct date_template *t = xcalloc(1, sizeof(*t));

	t->key = span_dup(key);
	t->weight = 1.0;
	t->refs = 1;
	t->next = templates;
	templates = t;
	return t;
}

void
date_template_release(struct date_template *t)
{
	struct date_template **at = &templates;

	if (t == NULL || --t->refs > 0)
		return;
	while (*at != t)
		at = &(*at)->next;
	*at = t->next;
	regex_free(t->regex);
	free(t->key);
	free(t->name);
	free(t->text);
	free(t);
}

static void
read_fields(struct date_template *t)
{
	static const char codes[] = "YymBbdHIpMSfaAwjUWzZ";
	char name[2] = "";
	unsigned group;
	size_t i;

	for (i = 0; codes[i] != '\0' && t->fields_n < FIELDS_MAX; i++) {
		name[0] = codes[i];
		group = regex_group(t->regex, name);
		if (group == 0)
			continue;
		t->fields[t->fields_n].code = codes[i];
		t->fields[t->fields_n].group = group;
		t->fields_n++;
	}
}

static int
compile(struct date_template *t, struct regex_error *error)
{
	if (t->regex != NULL)
		return 0;
	t->regex = regex_new(span_of(t->text), REGEX_RAW, error);
	if (t->regex == NULL)
		return -1;
	read_fields(t);
	return 0;
}

/* Takes over what was built. */
static void
adopt(struct date_template *t, struct date_pattern *built, const char *name)
{
	t->text = buf_take(&built->regex);
	t->name = name != NULL ? xstrdup(name) : buf_take(&built->name);
	t->line_begin = built->line_begin;
	t->line_end = built->line_end;
	date_pattern_fini(built);
}

static void
make_epoch(struct date_template *t, bool is_long, bool begin)
{
	const char *digits = is_long ? LONG_EPOCH_TEXT : EPOCH_TEXT;
	struct date_pattern built = { 0 };
	struct buf text = { 0 };

	/* Elsewhere a number of ten digits is just a number. */
	buf_addf(&text, begin ? "(%s)" :
	    "((?:^|(?<=^\\[)|(?<=\\baudit\\())%s)", digits);
	date_pattern_guard(buf_span(&text),
	    begin ? DATE_BEGIN_LINE : DATE_BEGIN_FREE, true, &built);
	buf_fini(&text);
	t->kind = is_long ? DATE_LONG_EPOCH : DATE_EPOCH;
	t->value = 1;
	adopt(t, &built, begin ? (is_long ? "{^LN-BEG}LongEpoch" :
	    "{^LN-BEG}Epoch") : is_long ? "LongEpoch" : "Epoch");
}

static void
make_tai64n(struct date_template *t, bool begin)
{
	struct date_pattern built = { 0 };

	date_pattern_guard(SPAN("@[0-9a-f]{24}"),
	    begin ? DATE_BEGIN_LINE : DATE_BEGIN_FREE, true, &built);
	t->kind = DATE_TAI64N;
	t->value = 1;
	adopt(t, &built, begin ? "{^LN-BEG}TAI64N" : "TAI64N");
}

/* Offset of "{EPOCH}" or "{LEPOCH}", any case, not escaped; or SPAN_NONE. */
static size_t
epoch_mark(struct span s, bool *is_long)
{
	size_t i;

	for (i = 0; i < s.n; i++) {
		if (s.p[i] != '{' || (i > 0 && s.p[i - 1] == '\\'))
			continue;
		*is_long = span_eq_nocase(span_sub(s, i, 8), SPAN("{LEPOCH}"));
		if (*is_long ||
		    span_eq_nocase(span_sub(s, i, 7), SPAN("{EPOCH}")))
			return i;
	}
	return SPAN_NONE;
}

/* A pattern around {EPOCH}: all of it is cut, group 2 holds the digits. */
static void
make_epoch_inside(struct date_template *t, struct span pattern, size_t mark,
    bool is_long)
{
	struct date_pattern built = { 0 };
	struct buf text = { 0 };
	char *name = span_dup(pattern);

	buf_addc(&text, '(');
	buf_add_span(&text, span_sub(pattern, 0, mark));
	buf_addf(&text, "(%s)", is_long ? LONG_EPOCH_TEXT : EPOCH_TEXT);
	buf_add_span(&text, span_skip(pattern, mark + (is_long ? 8 : 7)));
	buf_addc(&text, ')');
	date_pattern_guard(buf_span(&text), DATE_BEGIN_WORD, true, &built);
	t->kind = is_long ? DATE_LONG_EPOCH : DATE_EPOCH;
	t->value = 2;
	adopt(t, &built, name);
	buf_fini(&text);
	free(name);
}

/* EPOCH, LEPOCH or TAI64N alone, perhaps behind {^LN-BEG} or ^. */
static bool
make_word(struct date_template *t, struct span pattern)
{
	bool begin = true;

	if (span_starts(pattern, begin_mark))
		pattern = span_skip(pattern, begin_mark.n);
	else if (span_starts(pattern, SPAN("^")))
		pattern = span_skip(pattern, 1);
	else
		begin = false;
	if (span_eq_nocase(pattern, SPAN("EPOCH")))
		make_epoch(t, false, begin);
	else if (span_eq_nocase(pattern, SPAN("LEPOCH")))
		make_epoch(t, true, begin);
	else if (span_eq_nocase(pattern, SPAN("TAI64N")))
		make_tai64n(t, begin);
	else
		return false;
	return true;
}

static int
make(struct date_template *t, struct span pattern, struct regex_error *error)
{
	struct date_pattern built = { 0 };
	bool is_long;
	size_t mark;

	if (make_word(t, pattern))
		return 0;
	mark = epoch_mark(pattern, &is_long);
	if (mark != SPAN_NONE) {
		make_epoch_inside(t, pattern, mark, is_long);
		return 0;
	}
	if (date_pattern_build(pattern, &built, error) == -1) {
		date_pattern_fini(&built);
		return -1;
	}
	adopt(t, &built, NULL);
	return 0;
}

static struct date_template *
get(struct span pattern, struct regex_error *error)
{
	struct date_template *t;

	*error = (struct regex_error){ 0 };
	for (t = templates; t != NULL; t = t->next) {
		if (span_eq(span_of(t->key), pattern)) {
			t->refs++;
			return t;
		}
	}
	t = template_new(pattern);
	if (make(t, pattern, error) == -1) {
		date_template_release(t);
		return NULL;
	}
	return t;
}

struct date_template *
date_template_get(struct span pattern, struct regex_error *error)
{
	struct date_template *t = get(pattern, error);

	if (t != NULL && compile(t, error) == -1) {
		/* The offset is in what was made of it: useless to a reader. */
		error->offset = 0;
		date_template_release(t);
		return NULL;
	}
	return t;
}

static void
name_as_upstream(struct date_template *t)
{
	struct span name = span_of(t->name), own;
	struct buf shown = { 0 };
	size_t at, i;

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		own = span_of(names[i].own);
		at = span_find(name, own);
		if (at != SPAN_NONE)
			break;
	}
	if (i == sizeof(names) / sizeof(names[0]))
		return;
	buf_add_span(&shown, span_sub(name, 0, at));
	buf_adds(&shown, names[i].shown);
	buf_add_span(&shown, span_skip(name, at + own.n));
	free(t->name);
	t->name = buf_take(&shown);
}

static struct date_template *
get_default(struct span pattern)
{
	struct regex_error error;
	struct date_template *t = get(pattern, &error);

	name_as_upstream(t);
	return t;
}

struct date_template *
date_template_default(size_t i, bool anchored)
{
	struct span pattern = span_of(defaults[i].pattern);
	struct date_template *t;
	struct buf key = { 0 };

	if (!anchored)
		return get_default(pattern);
	if (span_starts(pattern, SPAN("^")) ||
	    span_starts(pattern, begin_mark))
		return NULL;
	buf_add_span(&key, begin_mark);
	buf_add_span(&key, pattern);
	t = get_default(buf_span(&key));
	t->weight = 100.0;
	t->quick = defaults[i].quick;
	buf_fini(&key);
	return t;
}

struct date_template *
date_template_insert(struct span pattern, size_t i, struct regex_error *error)
{
	struct span body = span_of(defaults[i].pattern);
	struct date_template *t;
	struct buf text = { 0 };
	size_t k = 0;

	*error = (struct regex_error){ 0 };
	if ((span_eq(body, SPAN("EPOCH")) || span_eq(body, SPAN("TAI64N"))) &&
	    !span_eq_nocase(pattern, SPAN("{^LN-BEG}{DATE}")) &&
	    !span_eq_nocase(pattern, SPAN("^{DATE}")))
		return NULL;
	if (span_starts(body, begin_mark))
		body = span_skip(body, begin_mark.n);
	while (k < pattern.n) {
		if (span_eq_nocase(span_sub(pattern, k, 6), SPAN("{DATE}")) &&
		    (k == 0 || pattern.p[k - 1] != '\\')) {
			buf_add_span(&text, body);
			k += 6;
		} else {
			buf_addc(&text, pattern.p[k++]);
		}
	}
	t = date_template_get(buf_span(&text), error);
	if (t != NULL)
		name_as_upstream(t);
	buf_fini(&text);
	return t;
}

const char *
date_template_name(const struct date_template *t)
{
	return t->name;
}

const char *
date_template_pattern(const struct date_template *t)
{
	return t->kind == DATE_PATTERN ? t->key : NULL;
}

const char *
date_template_text(const struct date_template *t)
{
	return t->text;
}

bool
date_template_anchored(const struct date_template *t)
{
	return t->line_begin || t->line_end;
}

bool
date_template_line_begin(const struct date_template *t)
{
	return t->line_begin;
}

double
date_template_weight(const struct date_template *t)
{
	return t->weight;
}

static void
read_match(const struct date_template *t, const struct matcher *m,
    struct date_match *match)
{
	struct span value;

	match->epoch = t->kind != DATE_PATTERN;
	match->fields.us = 0;
	if (!match->epoch)
		match->readable = date_read_fields(t->fields,
		    t->fields_n, m, &match->fields);
	else if (!matcher_group(m, t->value, &value))
		match->readable = false;
	else if (t->kind == DATE_TAI64N)
		match->readable = date_read_tai64n(value, &match->wall,
		    &match->fields.us);
	else
		match->readable = date_read_epoch(value,
		    t->kind == DATE_LONG_EPOCH, &match->wall);
}

bool
date_template_find(struct date_template *t, struct matcher *m,
    struct span line, size_t from, size_t to, bool ascii,
    struct date_match *match)
{
	struct regex_error error;
	struct span whole, cut;

	if (line.p == NULL)   /* a buffer that never held anything */
		line = SPAN("");
	if (t->quick != NULL && from == 0 && to == line.n &&
	    t->quick(line, match))
		return true;
	if (compile(t, &error) == -1)
		return false;
	if (matcher_search(m, t->regex, span_sub(line, 0, to), from,
	    ascii) != REGEX_MATCH || !matcher_group(m, 0, &whole))
		return false;
	match->looked = 0;
	match->start = (size_t)(whole.p - line.p);
	match->end = match->start + whole.n;
	/* A group 1 that took no part: nothing to cut, no date to read. */
	if (!matcher_group(m, 1, &cut))
		cut = span_sub(line, match->start, 0);
	match->cut_start = (size_t)(cut.p - line.p);
	match->cut_end = match->cut_start + cut.n;
	read_match(t, m, match);
	return true;
}
