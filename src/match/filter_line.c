#include "base/log.h"
#include "match/filter_local.h"
#include "match/text.h"

bool
filter_hits(struct filter *f, struct rule *rule, struct regex *regex,
    struct span text, const struct passage *pass)
{
	switch (filter_cost_search(f, rule, regex, text, pass->ascii)) {
	case REGEX_MATCH:
		return true;
	case REGEX_NONE:
		return false;
	case REGEX_LIMIT:
		break;
	}
	f->counters.limit_hits++;
	if (!rule->limit_warned) {
		rule->limit_warned = true;
		log_warning("gaol.match", "[%s] %s %u gave up on a line "
		    "(match limit %lld); counted as no match: %s", f->jail,
		    rule->kind, rule->number,
		    (long long)f->options.match_limit, log_text(pass->line));
	}
	return false;
}

static bool
hits(struct filter *f, struct rule *rule, struct span text,
    const struct passage *pass)
{
	return filter_hits(f, rule, rule->regex, text, pass);
}

/* Their bits follow those of the failregexes, if they have any. */
static bool
may_ignore(const struct filter *f, size_t i)
{
	return !filter_ignores_first(f) ||
	    filter_next(f, f->fail.n + i) == f->fail.n + i;
}

static bool
ignored(struct filter *f, const struct passage *pass, struct span text)
{
	bool any = false;
	size_t i;

	for (i = 0; i < f->ignore.n; i++) {
		if (!may_ignore(f, i) ||
		    !hits(f, &f->ignore.v[i], text, pass))
			continue;
		f->ignore.v[i].hits++;
		any = true;
		if (!f->options.check_all)
			break;
	}
	return any;
}

/* Which lines of the window the last match touched. */
static void
mark(struct filter *f, const struct rule *rule, const struct passage *pass)
{
	const struct regex_name *names;
	struct span match = { NULL, 0 }, skipped;
	size_t n = regex_names(rule->regex, &names), i;

	matcher_group(f->matcher, 0, &match);
	window_mark(f->window, pass->text, match);
	for (i = 0; i < n; i++)
		if (span_starts(names[i].name, SPAN("skiplines")) &&
		    matcher_group(f->matcher, names[i].group, &skipped))
			window_unmark(f->window, pass->text, skipped);
}

/* What the ignoreregexes see: with a window, the matched lines only. */
static struct span
what_matched(struct filter *f, const struct passage *pass)
{
	if (f->window == NULL)
		return pass->text;
	window_marked_text(f->window, &f->part);
	return buf_span(&f->part);
}

/* Matched lines leave the window; content that nobody took replaces it. */
static void
settle(struct filter *f, const struct passage *pass, bool found)
{
	if (f->window == NULL)
		return;
	if (found)
		window_drop_marked(f->window);
	else if (f->content_group != 0 && f->prefix.n > 0)
		window_replace(f->window,
		    span_sub(pass->text, 0, pass->text.n - 1));
}

static bool
is_told(const struct filter *f, const struct rule *rule)
{
	return rule->class != 0 && (f->told >> rule->class & 1) != 0;
}

static enum filter_verdict
search(struct filter *f, const struct passage *pass)
{
	bool matched = false, nofail = false, dropped = false;
	uint32_t start = prefix_start(pass->text);
	uint64_t first = starts_of(pass->text);
	struct rule *rule;
	size_t i;

	f->told = 0;
	for (i = filter_next(f, 0); i < f->fail.n; i = filter_next(f, i + 1)) {
		rule = &f->fail.v[i];
		if (is_told(f, rule) ||
		    !prefix_may_fit(&rule->prefix, start) ||
		    !prefix_fits(&rule->prefix, pass->text) ||
		    !starts_may_fit(rule->starts, first) ||
		    !hits(f, rule, pass->text, pass))
			continue;
		if (f->window != NULL)
			mark(f, rule, pass);
		if (f->ignore.n > 0) {
			if (ignored(f, pass, what_matched(f, pass))) {
				dropped = true;
				if (!f->options.check_all || f->window != NULL)
					break;
				continue;
			}
			/* Asking the others overwrote the match. */
			if (!hits(f, rule, pass->text, pass))
				continue;
		}
		if (!pass->timed)
			continue;
		switch (filter_hit(f, rule, pass)) {
		case HIT_FAILURE:
			matched = true;
			f->told |= 1u << rule->class;
			break;
		case HIT_NOFAIL:
			nofail = true;
			break;
		case HIT_PENDING:
			matched = matched || f->options.pending;
			nofail = nofail || !f->options.pending;
			break;
		case HIT_NOBODY:
			continue;
		}
		rule->hits++;
		if (!f->options.check_all || f->window != NULL)
			break;
	}
	settle(f, pass, i < f->fail.n);
	if (dropped)
		return FILTER_IGNORED;
	if (nofail)
		return FILTER_NOFAIL;
	return matched ? FILTER_MATCHED : FILTER_MISSED;
}

bool
filter_ignores_first(const struct filter *f)
{
	/* Few of them: cheaper to ask them before all the failregexes. */
	return f->ignore.n > 0 && f->ignore.n + 2 < f->fail.n;
}

/* No failregex can match: only what is counted besides. */
static enum filter_verdict
pass_by(struct filter *f, struct passage *pass)
{
	if (f->window != NULL)
		window_push(f->window, pass->line, pass->cut_from,
		    pass->cut_to);
	if (f->options.count_prefix && f->prefix.n > 0 &&
	    f->scan.counts_prefix) {
		filter_bare(f, pass);
		filter_prefix_passes(f, pass);
	}
	return FILTER_MISSED;
}

static enum filter_verdict
judge(struct filter *f, struct passage *pass)
{
	if (!filter_may_match(f, pass))
		return pass_by(f, pass);
	filter_bare(f, pass);
	if (filter_ignores_first(f) && ignored(f, pass, pass->text))
		return FILTER_IGNORED;
	if (!filter_prefix_passes(f, pass))
		return FILTER_MISSED;
	if (f->prefix.n > 0) {
		filter_collect(f, &f->prefix.v[0], &f->before);
		filter_prefix_content(f, pass);
	}
	return search(f, pass);
}

static enum filter_verdict
count(struct filter *f, enum filter_verdict verdict)
{
	switch (verdict) {
	case FILTER_MATCHED:
		f->counters.matched++;
		break;
	case FILTER_IGNORED:
		f->counters.ignored++;
		break;
	case FILTER_NOFAIL:
		f->counters.nofail++;
		break;
	case FILTER_MISSED:
		f->counters.missed++;
		break;
	}
	return verdict;
}

static struct span
without_end(struct span line)
{
	while (line.n > 0 && (line.p[line.n - 1] == '\r' ||
	    line.p[line.n - 1] == '\n'))
		line.n--;
	return line;
}

/* Ends cut off, length bounded, bytes made valid. */
static void
prepare(struct filter *f, struct span line, struct passage *pass)
{
	if (f->encoding == NULL || encoding_has_ascii(f->encoding))
		line = without_end(line);
	if ((int64_t)line.n > f->options.line_max) {
		line.n = (size_t)f->options.line_max;
		f->counters.cut++;
	}
	f->counters.lines++;
	filter_cost_line(f);
	pass->ascii = filter_is_ascii(f, line);
	if (f->encoding != NULL &&
	    !(pass->ascii && encoding_has_ascii(f->encoding))) {
		encoding_decode(f->encoding, line, &f->clean);
		line = without_end(buf_span(&f->clean));
		pass->ascii = text_is_ascii(line);
	} else if (!pass->ascii && !text_is_utf8(line)) {
		text_repair(line, &f->clean);
		line = buf_span(&f->clean);
	}
	pass->line = line;
}

enum filter_verdict
filter_line(struct filter *f, struct span line, enum filter_time mode,
    filter_failure_fn *found, void *arg)
{
	struct passage pass = { .mode = mode, .found = found, .arg = arg };

	prepare(f, line, &pass);
	if (!filter_stamp(f, &pass))
		return count(f, FILTER_MISSED);
	return count(f, judge(f, &pass));
}

/* Its time is known; `cut`: it may have a stamp of its own. */
static enum filter_verdict
judge_timed(struct filter *f, struct span line, struct passage *pass, bool cut)
{
	prepare(f, line, pass);
	if (cut)
		filter_stamp_cut(f, pass);
	/* Later than what was passed by. */
	f->scan.behind.n = 0;
	f->last = pass->time;
	f->last_known = true;
	if (!filter_check_time(f, pass))
		return count(f, FILTER_MISSED);
	return count(f, judge(f, pass));
}

enum filter_verdict
filter_message(struct filter *f, struct span message, struct wall time,
    enum filter_time mode, filter_failure_fn *found, void *arg)
{
	struct passage pass = {
		.mode = mode, .found = found, .arg = arg,
		.time = time, .timed = true
	};

	return judge_timed(f, message, &pass, false);
}

enum filter_verdict
filter_stamped(struct filter *f, struct span line, struct wall time,
    enum filter_time mode, filter_failure_fn *found, void *arg)
{
	struct passage pass = {
		.mode = mode, .found = found, .arg = arg,
		.time = time, .timed = true
	};

	return judge_timed(f, line, &pass, true);
}
