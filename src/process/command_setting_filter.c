/* Settings of a jail's filter. Each change is the filter's own affair. */
#include "process/command_setting.h"

#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "config/value.h"
#include "control/payload.h"
#include "control/printable.h"
#include "process/command_local.h"
#include "source/journal.h"

#define MATCHES_MAX 256      /* alternatives of journalmatch */

static int
done(struct setting_call *c, int rc)
{
	if (rc == 0)
		c->jail->touched = true;
	return rc;
}

/* --- regexes ------------------------------------------------------------- */

static json_t *
texts(const struct filter *f, size_t n,
    const char *(*text)(const struct filter *, size_t))
{
	json_t *list = json_array();

	for (size_t i = 0; i < n; i++)
		json_array_append_new(list, payload_text(span_of(text(f, i))));
	return list;
}

static json_t *
show_failregex(struct setting_call *c)
{
	const struct filter *f = c->jail->filter;

	return texts(f, filter_regex_count(f), filter_regex_text);
}

static json_t *
show_ignoreregex(struct setting_call *c)
{
	const struct filter *f = c->jail->filter;

	return texts(f, filter_ignoreregex_count(f), filter_ignoreregex_text);
}

static json_t *
show_prefregex(struct setting_call *c)
{
	const char *text = filter_prefregex_text(c->jail->filter);

	return payload_text(span_of(text != NULL ? text : ""));
}

static int
add_failregex(struct setting_call *c)
{
	c->type = "RegexException";
	return done(c, filter_add_failregex(c->jail->filter, c->argv[0],
	    &c->why));
}

static int
add_ignoreregex(struct setting_call *c)
{
	c->type = "RegexException";
	return done(c, filter_add_ignoreregex(c->jail->filter, c->argv[0],
	    &c->why));
}

static int
change_prefregex(struct setting_call *c)
{
	c->type = "RegexException";
	return done(c, filter_set_prefregex(c->jail->filter, c->argv[0],
	    &c->why));
}

/* Upstream logs an index that there is none of, and answers as always. */
static int
del(struct setting_call *c, int (*del_regex)(struct filter *, int64_t))
{
	int64_t index;

	if (command_setting_int(c, INT32_MIN, INT32_MAX, &index) == -1)
		return -1;
	if (del_regex(c->jail->filter, index) == -1)
		log_error("fail2ban.filter", "Cannot remove regular "
		    "expression. Index %lld is not valid", (long long)index);
	return done(c, 0);
}

static int
del_failregex(struct setting_call *c)
{
	return del(c, filter_del_failregex);
}

static int
del_ignoreregex(struct setting_call *c)
{
	return del(c, filter_del_ignoreregex);
}

static json_t *
show_maxlines(struct setting_call *c)
{
	return json_integer(filter_maxlines(c->jail->filter));
}

static int
change_maxlines(struct setting_call *c)
{
	int64_t n;

	if (command_setting_int(c, INT32_MIN, INT32_MAX, &n) == -1)
		return -1;
	c->type = "ValueError";
	return done(c, filter_set_maxlines(c->jail->filter, n, &c->why));
}

static json_t *
show_usedns(struct setting_call *c)
{
	return json_string(filter_usedns(c->jail->filter));
}

static int
change_usedns(struct setting_call *c)
{
	const char *now;

	filter_set_usedns(c->jail->filter, c->argv[0]);
	now = filter_usedns(c->jail->filter);
	if (!span_eq_nocase(span_of(now), span_of(c->argv[0])))
		log_error("fail2ban.filter", "Incorrect value '%s' specified "
		    "for usedns. Using safe 'no'",
		    log_text(span_of(c->argv[0])));
	return done(c, 0);
}

/* --- dates ----------------------------------------------------------------- */

static json_t *
show_datepattern(struct setting_call *c)
{
	const char *pattern = NULL, *name = "Default Detectors";

	filter_datepattern(c->jail->filter, &pattern, &name);
	return json_pack("[o, o]", pattern != NULL ?
	    payload_text(span_of(pattern)) : json_null(),
	    payload_text(span_of(name)));
}

static int
change_datepattern(struct setting_call *c)
{
	c->type = "ValueError";
	return done(c, filter_set_datepattern(c->jail->filter, c->argv[0],
	    &c->why));
}

static int
change_logtimezone(struct setting_call *c)
{
	const char *zone = c->argv[0];

	if (filter_set_logtimezone(c->jail->filter,
	    zone[0] != '\0' ? zone : NULL) == -1)
		return command_setting_fail(c, "ValueError",
		    "Unknown or unsupported time zone: '%s'", zone);
	return command_setting_store(c, "ValueError", zone);
}

/* --- where lines come from --------------------------------------------------- */

static json_t *
show_logencoding(struct setting_call *c)
{
	struct span name = span_of(c->jail->config->logencoding);

	return payload_text(span_eq_nocase(name, SPAN("auto")) ?
	    SPAN("UTF-8") : name);
}

static int
change_logencoding(struct setting_call *c)
{
	if (c->argv[0][0] == '\0' ||
	    filter_set_encoding(c->jail->filter, c->argv[0]) == -1)
		return command_setting_fail(c, "LookupError",
		    "unknown encoding: %s", c->argv[0]);
	return command_setting_store(c, "ValueError", c->argv[0]);
}

/* Each alternative as a line of its own, quoted one way. */
static void
alternatives(size_t n, const char *const *words, struct strings *out)
{
	struct strings one = { 0 };

	for (size_t i = 0; i <= n; i++) {
		struct buf line = { 0 };

		if (i < n && strcmp(words[i], "+") != 0) {
			strings_add(&one, span_of(words[i]));
			continue;
		}
		value_shell_join(&one, &line);
		if (line.n > 0)
			strings_add(out, buf_span(&line));
		buf_fini(&line);
		strings_fini(&one);
	}
}

static void
all_alternatives(const struct strings *lines, struct strings *out)
{
	for (size_t i = 0; i < lines->n; i++) {
		struct strings words = { 0 };

		value_shell_words(lines->v[i], &words);
		alternatives(words.n, (const char *const *)words.v, out);
		strings_fini(&words);
	}
}

static bool
reads_journal(const struct setting_call *c)
{
	return engine_journal_of(c->jail->engine, c->jail) != NULL;
}

static json_t *
show_journalmatch(struct setting_call *c)
{
	struct strings lines = { 0 };
	json_t *list = json_array();

	if (reads_journal(c))
		all_alternatives(&c->jail->config->filter.journalmatch,
		    &lines);
	for (size_t i = 0; i < lines.n; i++) {
		struct strings words = { 0 };

		value_shell_words(lines.v[i], &words);
		json_array_append_new(list, payload_texts(&words));
		strings_fini(&words);
	}
	strings_fini(&lines);
	return list;
}

/* Takes over *lines. */
static int
store_journalmatch(struct setting_call *c, struct strings *lines)
{
	c->type = "ValueError";
	if (lines->n > MATCHES_MAX)
		buf_addf(&c->why, "journalmatch: too many; accepted: %d",
		    MATCHES_MAX);
	else
		journal_check(lines, &c->why);
	if (c->why.n > 0 ||
	    engine_setting_journalmatch(c->jail, lines, &c->why) == -1) {
		strings_fini(lines);
		return -1;
	}
	return 0;
}

static void
log_match(const struct setting_call *c, const char *done)
{
	struct buf text = { 0 };

	for (size_t i = 0; i < c->argc; i++)
		buf_addf(&text, "%s%s", i > 0 ? " " : "", c->argv[i]);
	log_info("fail2ban.filtersystemd", "[%s] %s journal match for: '%s'",
	    c->jail->config->name, done, log_text(buf_span(&text)));
	buf_fini(&text);
}

static int
add_journalmatch(struct setting_call *c)
{
	struct strings lines = { 0 };

	if (!reads_journal(c))
		return 0;
	all_alternatives(&c->jail->config->filter.journalmatch, &lines);
	alternatives(c->argc, c->argv, &lines);
	if (store_journalmatch(c, &lines) == -1)
		return -1;
	log_match(c, "Added");
	return 0;
}

static void
fail_absent(struct setting_call *c)
{
	struct buf list = { 0 };

	for (size_t i = 0; i < c->argc; i++) {
		buf_adds(&list, i > 0 ? ", " : "");
		printable_add_repr(&list, span_of(c->argv[i]));
	}
	command_setting_fail(c, "ValueError", "Match [%s] not found",
	    list.n > 0 ? list.p : "");
	buf_fini(&list);
}

static int
del_journalmatch(struct setting_call *c)
{
	struct strings lines = { 0 }, gone = { 0 }, left = { 0 };
	bool found = false;

	if (!reads_journal(c))
		return 0;
	all_alternatives(&c->jail->config->filter.journalmatch, &lines);
	alternatives(c->argc, c->argv, &gone);
	for (size_t i = 0; i < lines.n; i++) {
		if (!found && gone.n == 1 &&
		    strcmp(lines.v[i], gone.v[0]) == 0)
			found = true;
		else
			strings_add(&left, span_of(lines.v[i]));
	}
	strings_fini(&lines);
	strings_fini(&gone);
	if (!found) {
		strings_fini(&left);
		fail_absent(c);
		return -1;
	}
	if (store_journalmatch(c, &left) == -1)
		return -1;
	log_match(c, "Removed");
	return 0;
}

const struct setting command_setting_filter[] = {
	{ "failregex", .show = show_failregex },
	{ "addfailregex", show_failregex, add_failregex, .least = 1,
	    .verb = true },
	{ "delfailregex", show_failregex, del_failregex, .least = 1,
	    .verb = true },
	{ "ignoreregex", .show = show_ignoreregex },
	{ "addignoreregex", show_ignoreregex, add_ignoreregex, .least = 1,
	    .verb = true },
	{ "delignoreregex", show_ignoreregex, del_ignoreregex, .least = 1,
	    .verb = true },
	{ "prefregex", show_prefregex, change_prefregex, .least = 1 },
	{ "maxlines", show_maxlines, change_maxlines, .least = 1 },
	{ "usedns", show_usedns, change_usedns, .least = 1 },
	{ "datepattern", show_datepattern, change_datepattern, .least = 1 },
	{ "logtimezone", command_setting_text, change_logtimezone,
	    .least = 1 },
	{ "logencoding", show_logencoding, change_logencoding, .least = 1 },
	{ "journalmatch", .show = show_journalmatch },
	{ "addjournalmatch", show_journalmatch, add_journalmatch, .least = 1,
	    .verb = true },
	{ "deljournalmatch", show_journalmatch, del_journalmatch, .least = 1,
	    .verb = true },
	{ 0 },
};
