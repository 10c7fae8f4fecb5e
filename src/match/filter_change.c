/*
 * A filter changed while it runs. Only what is new is compiled; everything
 * else, the sessions too, goes on as it was.
 */
#include "match/filter.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"
#include "match/filter_local.h"

#define RETIRED_MAX 64

/* --- regexes that left --------------------------------------------------- */

static void
free_retired(struct filter *f)
{
	for (size_t i = 0; i < f->retired_n; i++)
		regex_free(f->retired[i]);
	f->retired_n = 0;
}

/*
 * A session keeps the names of groups where they are: in the regex. So that
 * lives on until no session is left, or so many have come together that the
 * sessions go with them.
 */
static void
retire(struct filter *f, struct rule *rule)
{
	if (f->retired_n == RETIRED_MAX) {
		sessions_free(f->sessions);
		f->sessions = sessions_new();
	}
	if (sessions_count(f->sessions) == 0)
		free_retired(f);
	f->retired = xreallocarray(f->retired, f->retired_n + 1,
	    sizeof(*f->retired));
	f->retired[f->retired_n++] = rule->regex;
	rule->regex = NULL;
	filter_rule_fini(rule);
}

void
filter_changes_fini(struct filter *f)
{
	free_retired(f);
	free(f->retired);
}

/* --- a regex more, a regex less ------------------------------------------- */

/* Upstream's words, with our reason. */
static void
bad_regex(const char *text, const struct regex_error *error, struct buf *why)
{
	buf_addf(why, "Unable to compile regular expression '%s':\n"
	    "%s at position %zu", text, error->text, error->offset);
}

static int
make_rule(const struct filter *f, struct rule *rule, const char *text,
    unsigned flags, bool prefix, struct buf *why)
{
	struct regex_error error = { 0 };

	*rule = (struct rule){ 0 };
	if (text[0] == '\0') {
		buf_adds(why, "Cannot add empty regex");
		return -1;
	}
	if (f->dns == FILTER_DNS_NO)
		flags |= REGEX_NO_DNS;
	rule->regex = regex_new(span_of(text), flags, &error);
	if (rule->regex == NULL) {
		bad_regex(text, &error, why);
		return -1;
	}
	rule->prefix = *regex_prefix(rule->regex);
	rule->starts = regex_starts(rule->regex);
	filter_read_parts(rule, prefix);
	return 0;
}

static int
add(struct filter *f, struct rules *rules, const char *kind,
    struct rule *rule, struct buf *why)
{
	if (rules->n >= FILTER_RULES_MAX) {
		buf_addf(why, "%s: too many; accepted: %d", kind,
		    FILTER_RULES_MAX);
		filter_rule_fini(rule);
		return -1;
	}
	rule->kind = kind;
	rule->number = (unsigned)rules->n + 1;
	rules->v = xreallocarray(rules->v, rules->n + 1, sizeof(*rules->v));
	rules->v[rules->n++] = *rule;
	filter_scan_again(f);
	return 0;
}

int
filter_add_failregex(struct filter *f, const char *text, struct buf *why)
{
	unsigned flags = f->window != NULL ? REGEX_MULTILINE : 0;
	struct rule rule;

	if (make_rule(f, &rule, text, flags, false, why) == -1)
		return -1;
	if (!filter_names_somebody(&rule) &&
	    !(f->prefix.n > 0 && filter_names_somebody(f->prefix.v))) {
		buf_addf(why, "No failure-id group in '%s'",
		    regex_text(rule.regex));
		filter_rule_fini(&rule);
		return -1;
	}
	return add(f, &f->fail, "failregex", &rule, why);
}

int
filter_add_ignoreregex(struct filter *f, const char *text, struct buf *why)
{
	struct rule rule;

	if (make_rule(f, &rule, text, 0, false, why) == -1)
		return -1;
	return add(f, &f->ignore, "ignoreregex", &rule, why);
}

static int
del(struct filter *f, struct rules *rules, int64_t index)
{
	size_t i;

	if (index < 0)
		index += (int64_t)rules->n;
	if (index < 0 || index >= (int64_t)rules->n) {
		errno = ENOENT;
		return -1;
	}
	i = (size_t)index;
	retire(f, &rules->v[i]);
	memmove(&rules->v[i], &rules->v[i + 1],
	    (rules->n - i - 1) * sizeof(*rules->v));
	rules->n--;
	for (; i < rules->n; i++)
		rules->v[i].number = (unsigned)i + 1;
	filter_scan_again(f);
	return 0;
}

int
filter_del_failregex(struct filter *f, int64_t index)
{
	return del(f, &f->fail, index);
}

int
filter_del_ignoreregex(struct filter *f, int64_t index)
{
	return del(f, &f->ignore, index);
}

int
filter_set_prefregex(struct filter *f, const char *text, struct buf *why)
{
	struct rule rule;

	if (text[0] != '\0' &&
	    make_rule(f, &rule, text, 0, true, why) == -1)
		return -1;
	if (f->prefix.n > 0)
		retire(f, f->prefix.v);
	f->prefix.n = 0;
	f->content_group = 0;
	if (text[0] == '\0') {
		filter_scan_again(f);
		return 0;
	}
	f->content_group = regex_group(rule.regex, "content");
	if (add(f, &f->prefix, "prefregex", &rule, why) == -1)
		return -1;
	filter_prefix_init(f);
	return 0;
}

/* --- everything else ------------------------------------------------------- */

int
filter_set_maxlines(struct filter *f, int64_t lines, struct buf *why)
{
	if (lines <= 0) {
		buf_adds(why, "maxlines must be integer greater than zero");
		return -1;
	}
	if (lines > WINDOW_LINES_MAX) {
		buf_addf(why, "maxlines: %lld; accepted: 1..%d",
		    (long long)lines, WINDOW_LINES_MAX);
		return -1;
	}
	f->maxlines = lines;
	if (lines == 1) {
		window_free(f->window);
		f->window = NULL;
	} else {
		f->window = f->window == NULL ? window_new((size_t)lines) :
		    window_resize(f->window, (size_t)lines);
	}
	filter_scan_again(f);
	return 0;
}

int
filter_set_datepattern(struct filter *f, const char *text, struct buf *why)
{
	struct regex_error error;
	struct date_detector *dates = date_new(text[0] != '\0' ? text : NULL,
	    f->zone, &error);

	if (dates == NULL) {
		buf_addf(why, "datepattern: '%s': %s at position %zu", text,
		    error.text, error.offset);
		return -1;
	}
	date_free(f->dates);
	f->dates = dates;
	return 0;
}

int
filter_set_logtimezone(struct filter *f, const char *zone)
{
	if (date_set_zone(f->dates, zone) == -1)
		return -1;
	free(f->zone);
	f->zone = zone != NULL ? xstrdup(zone) : NULL;
	f->options.logtimezone = f->zone;
	return 0;
}

int
filter_set_encoding(struct filter *f, const char *name)
{
	struct encoding *e;

	if (encoding_open(name, &e) == -1)
		return -1;
	encoding_close(f->encoding);
	f->encoding = e;
	return 0;
}

void
filter_set_usedns(struct filter *f, const char *text)
{
	filter_take_usedns(f, text);
}

void
filter_set_findtime(struct filter *f, double seconds)
{
	f->options.findtime = seconds;
}

const char *
filter_usedns(const struct filter *f)
{
	return f->usedns;
}

int64_t
filter_maxlines(const struct filter *f)
{
	return f->maxlines;
}

bool
filter_datepattern(const struct filter *f, const char **pattern,
    const char **name)
{
	return date_shown(f->dates, pattern, name);
}
