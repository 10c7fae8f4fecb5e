#include "match/filter.h"

#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/xalloc.h"
#include "match/filter_local.h"
#include "match/tag.h"

#define LINE_MAX_DEFAULT 65536
#define MATCH_LIMIT_DEFAULT 100000

struct load {
	struct filter *f;
	struct report *report;
	unsigned flags;          /* of enum regex_flags */
	bool failed;
};

static void
wrong(struct load *l, const char *kind, unsigned number, const char *text,
    const struct regex_error *error)
{
	struct buf what = { 0 };
	struct span rest = span_of(text);

	buf_adds(&what, kind);
	if (number > 0)
		buf_addf(&what, " %u", number);
	buf_addf(&what, ": %s at offset %zu", error->text, error->offset);
	rest = span_sub(rest, error->offset, 40);
	if (rest.n > 0)
		buf_addf(&what, " (\"%s\")", log_text(rest));
	buf_addf(&what, " of \"%s\"", log_text(span_of(text)));
	report_add(l->report, PROBLEM_ERROR, l->f->jail, NULL, 0, "%s",
	    what.p);
	buf_fini(&what);
	l->failed = true;
}

static int
part_cmp(const void *a, const void *b)
{
	const struct rule_part *x = a, *y = b;

	if (x->kind != y->kind)
		return x->kind < y->kind ? -1 : 1;
	if (x->kind == TAG_PLAIN)
		return x->group < y->group ? -1 : 1;
	/* Upstream joins the others in the order of their names. */
	return span_cmp(x->group_name, y->group_name);
}

/* Groups under the names they are known by; "content" is not handed on. */
void
filter_read_parts(struct rule *rule, bool prefix)
{
	const struct regex_name *names;
	struct rule_part *part;
	struct span target;
	enum tag_kind kind;
	size_t n = regex_names(rule->regex, &names), i, k;

	if (n == 0)
		return;
	rule->parts = xcalloc(n, sizeof(*rule->parts));
	for (i = 0; i < n; i++) {
		kind = tag_kind(names[i].name, &target);
		if (prefix && span_eq(target, SPAN("content")))
			continue;
		part = &rule->parts[rule->parts_n++];
		part->name = target;
		part->group = names[i].group;
		part->group_name = names[i].name;
		part->kind = kind;
	}
	qsort(rule->parts, rule->parts_n, sizeof(*rule->parts), part_cmp);
	rule->is_plain = true;
	for (i = 0; i < rule->parts_n; i++) {
		rule->is_plain &= rule->parts[i].kind == TAG_PLAIN;
		for (k = 0; rule->parts[k].kind != rule->parts[i].kind ||
		    !span_eq(rule->parts[k].name, rule->parts[i].name); k++)
			;
		rule->parts[i].first = k;
		rule->says_mlfid |= span_eq(rule->parts[i].name,
		    SPAN("mlfid"));
		rule->says_nofail |= span_eq(rule->parts[i].name,
		    SPAN("nofail"));
	}
}

static void
add_rule(struct load *l, struct rules *rules, const char *kind,
    const char *text)
{
	struct rule *rule = &rules->v[rules->n];
	struct regex_error error;

	rule->kind = kind;
	rule->number = (unsigned)rules->n + 1;
	rule->regex = regex_new(span_of(text), l->flags, &error);
	if (rule->regex == NULL) {
		wrong(l, kind, kind == l->f->options.last_kind ? 0 :
		    rule->number, text, &error);
		return;
	}
	rule->prefix = *regex_prefix(rule->regex);
	rule->starts = regex_starts(rule->regex);
	rules->n++;
	filter_read_parts(rule, rules == &l->f->prefix);
}

static void
add_rules(struct load *l, struct rules *rules, const char *kind,
    const struct strings *texts)
{
	size_t i;

	rules->v = xcalloc(texts->n + 1, sizeof(*rules->v));
	for (i = 0; i < texts->n; i++)
		add_rule(l, rules, rules == &l->f->fail && i + 1 == texts->n &&
		    l->f->options.last_kind != NULL ?
		    l->f->options.last_kind : kind, texts->v[i]);
}

bool
filter_names_somebody(const struct rule *rule)
{
	static const char *const names[] = {
		"fid", "ip4", "ip6", "dns", "mlfid"
	};
	size_t k;

	for (k = 0; k < 5; k++)
		if (regex_group(rule->regex, names[k]) != 0)
			return true;
	return false;
}

static void
check_ids(struct load *l)
{
	struct regex_error error = { .text = "No failure-id group" };
	const struct rules *fail = &l->f->fail;
	size_t i;

	if (l->f->prefix.n > 0 && filter_names_somebody(l->f->prefix.v))
		return;
	for (i = 0; i < fail->n; i++)
		if (!filter_names_somebody(&fail->v[i]))
			wrong(l, "failregex", fail->v[i].number,
			    regex_text(fail->v[i].regex), &error);
}

void
filter_take_usedns(struct filter *f, const char *text)
{
	static const struct {
		const char *word;
		enum filter_dns dns;
	} words[] = {
		{ "warn", FILTER_DNS_ASK }, { "yes", FILTER_DNS_ASK },
		{ "raw", FILTER_DNS_RAW }, { "no", FILTER_DNS_NO },
	};
	size_t i;

	for (i = 0; text != NULL && i < 3; i++)
		if (span_eq_nocase(span_of(text), span_of(words[i].word)))
			break;
	f->usedns = words[i].word;
	f->dns = words[i].dns;
}

static void
load_dates(struct load *l, const struct filter_config *config)
{
	const char *pattern = config->datepattern;
	struct regex_error error;

	if (pattern != NULL && pattern[0] == '\0')
		pattern = NULL;
	l->f->dates = date_new(pattern, l->f->options.logtimezone, &error);
	if (l->f->dates == NULL)
		wrong(l, pattern != NULL ? "datepattern" : "logtimezone", 0,
		    pattern != NULL ? pattern : l->f->options.logtimezone,
		    &error);
}

static void
load_encoding(struct load *l)
{
	const char *name = l->f->options.encoding;

	if (encoding_open(name, &l->f->encoding) == 0)
		return;
	report_add(l->report, PROBLEM_ERROR, l->f->jail, NULL, 0,
	    "logencoding: unknown encoding \"%s\"", log_text(span_of(name)));
	l->failed = true;
}

static void
load_window(struct load *l, int64_t maxlines)
{
	if (maxlines > WINDOW_LINES_MAX) {
		report_add(l->report, PROBLEM_ERROR, l->f->jail, NULL, 0,
		    "maxlines: %lld; accepted: 1..%d", (long long)maxlines,
		    WINDOW_LINES_MAX);
		l->failed = true;
	} else if (maxlines > 1) {
		l->f->maxlines = maxlines;
		l->f->window = window_new((size_t)maxlines);
	}
}

static void
load_rules(struct load *l, const struct filter_config *config)
{
	struct filter *f = l->f;
	struct strings prefix = { 0 };

	if (config->prefregex != NULL && config->prefregex[0] != '\0')
		strings_add(&prefix, span_of(config->prefregex));
	add_rules(l, &f->prefix, f->options.anonymous ? "eventprefix" :
	    "prefregex", &prefix);
	if (f->prefix.n > 0)
		f->content_group = regex_group(f->prefix.v[0].regex,
		    "content");
	filter_prefix_init(f);
	if (f->window != NULL)
		l->flags |= REGEX_MULTILINE;
	add_rules(l, &f->fail, f->options.kind, &config->failregex);
	if (f->options.last_kind != NULL && f->fail.n > 0)
		f->fail.v[f->fail.n - 1].literals = f->options.last_literals;
	l->flags &= ~(unsigned)REGEX_MULTILINE;
	add_rules(l, &f->ignore, "ignoreregex", &config->ignoreregex);
	strings_fini(&prefix);
	if (!l->failed && !f->options.anonymous)
		check_ids(l);
}

struct filter *
filter_new(const struct filter_config *config,
    const struct filter_options *options, struct report *report)
{
	struct filter *f = xcalloc(1, sizeof(*f));
	struct load l = { .f = f, .report = report };

	f->options = *options;
	if (f->options.line_max <= 0)
		f->options.line_max = LINE_MAX_DEFAULT;
	if (f->options.match_limit <= 0)
		f->options.match_limit = MATCH_LIMIT_DEFAULT;
	if (f->options.kind == NULL)
		f->options.kind = "failregex";
	f->jail = xstrdup(options->jail != NULL ? options->jail : "");
	f->options.jail = f->jail;
	f->zone = options->logtimezone != NULL ?
	    xstrdup(options->logtimezone) : NULL;
	f->options.logtimezone = f->zone;
	filter_take_usedns(f, config->usedns);
	if (f->dns == FILTER_DNS_NO)
		l.flags |= REGEX_NO_DNS;
	f->maxlines = 1;
	load_window(&l, config->maxlines);
	load_rules(&l, config);
	load_dates(&l, config);
	load_encoding(&l);
	f->matcher = matcher_share(f->options.match_limit);
	f->sessions = sessions_new();
	if (!l.failed)
		filter_scan_init(f);
	if (l.failed) {
		filter_free(f);
		return NULL;
	}
	return f;
}

void
filter_rule_fini(struct rule *rule)
{
	for (size_t k = 0; k < rule->parts_n; k++)
		buf_fini(&rule->parts[k].tuple);
	regex_free(rule->regex);
	regex_free(rule->head);
	free(rule->parts);
}

static void
rules_fini(struct rules *rules)
{
	for (size_t i = 0; i < rules->n; i++)
		filter_rule_fini(&rules->v[i]);
	free(rules->v);
}

void
filter_free(struct filter *f)
{
	if (f == NULL)
		return;
	rules_fini(&f->prefix);
	rules_fini(&f->fail);
	rules_fini(&f->ignore);
	date_free(f->dates);
	encoding_close(f->encoding);
	matcher_free(f->matcher);
	sessions_free(f->sessions);
	filter_changes_fini(f);
	window_free(f->window);
	filter_scan_fini(f);
	buf_fini(&f->clean);
	buf_fini(&f->bare);
	buf_fini(&f->content);
	buf_fini(&f->part);
	free(f->jail);
	free(f->zone);
	free(f);
}

const struct filter_counters *
filter_counters(const struct filter *f)
{
	return &f->counters;
}

size_t
filter_regex_count(const struct filter *f)
{
	return f->fail.n;
}

const char *
filter_regex_source(const struct filter *f, size_t i)
{
	return regex_source(f->fail.v[i].regex);
}

const char *
filter_ignoreregex_source(const struct filter *f, size_t i)
{
	return regex_source(f->ignore.v[i].regex);
}

const char *
filter_regex_text(const struct filter *f, size_t i)
{
	return regex_text(f->fail.v[i].regex);
}

void
filter_classify(struct filter *f, size_t i, unsigned class)
{
	f->fail.v[i].class = class;
}

uint64_t
filter_regex_hits(const struct filter *f, size_t i)
{
	return f->fail.v[i].hits;
}

const char *
filter_prefregex_text(const struct filter *f)
{
	return f->prefix.n > 0 ? regex_text(f->prefix.v[0].regex) : NULL;
}

uint64_t
filter_prefregex_hits(const struct filter *f)
{
	return f->prefix.n > 0 ? f->prefix.v[0].hits : 0;
}

size_t
filter_ignoreregex_count(const struct filter *f)
{
	return f->ignore.n;
}

const char *
filter_ignoreregex_text(const struct filter *f, size_t i)
{
	return regex_text(f->ignore.v[i].regex);
}

uint64_t
filter_ignoreregex_hits(const struct filter *f, size_t i)
{
	return f->ignore.v[i].hits;
}

const struct date_detector *
filter_dates(const struct filter *f)
{
	return f->dates;
}

bool
filter_last_time(const struct filter *f, struct wall *time)
{
	*time = f->last;
	return f->last_known;
}

bool
filter_date_hits(const struct filter *f, size_t i, const char **name,
    uint64_t *hits)
{
	struct date_template_state state;

	if (!date_template_state(f->dates, i, &state))
		return false;
	*name = state.name;
	*hits = state.hits;
	return true;
}
