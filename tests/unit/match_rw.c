/*
 * The matcher from a script, for tests that run another program beside it.
 * A request is one JSON object a line on standard input, the answer one on
 * standard output. Text is bytes, each one written as the character of its
 * number (latin-1), so that any line of a log can travel.
 *
 *	{"do": "now", "at": SECONDS}
 *	{"do": "filter", "name": N, "entry": "sshd[mode=extra]", "dir": D}
 *	{"do": "filter", "name": N, "failregex": [..], "ignoreregex": [..],
 *	    "prefregex": R, "datepattern": P, "usedns": U, "maxlines": M}
 *	    both also: "zone", "encoding", "check_all", "findtime"
 *	{"do": "line", "name": N, "line": L, "mode": "asis|live|restoring"}
 *	{"do": "message", "name": N, "line": L, "time": SECONDS, "mode": M}
 *	{"do": "regex", "pattern": P, "texts": [..], "multiline": B}
 *	{"do": "date", "pattern": P or null, "zone": Z, "lines": [..]}
 */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/xalloc.h"
#include "match/date.h"
#include "match/filter.h"
#include "match/text.h"

#define FILTERS_MAX 64
#define REGEXES_MAX 256

static struct named {
	char *name;
	struct filter *filter;
} filters[FILTERS_MAX];
static size_t filters_n;

/* Characters 0 to 255 back to bytes; the caller frees out. */
static struct span
bytes(const json_t *text, struct buf *out)
{
	const unsigned char *p =
	    (const unsigned char *)json_string_value(text);
	size_t n = json_string_length(text), i;

	buf_clear(out);
	for (i = 0; i < n; i++) {
		if (p[i] < 0x80) {
			buf_addc(out, (char)p[i]);
		} else {
			buf_addc(out, (char)((p[i] & 3) << 6 |
			    (p[i + 1] & 0x3f)));
			i++;
		}
	}
	return buf_span(out);
}

static json_t *
text(struct span s)
{
	struct buf out = { 0 };
	json_t *value;
	size_t i;
	unsigned char c;

	for (i = 0; i < s.n; i++) {
		c = (unsigned char)s.p[i];
		if (c >= 0x80) {
			buf_addc(&out, (char)(0xc0 | c >> 6));
			c = 0x80 | (c & 0x3f);
		}
		buf_addc(&out, (char)c);
	}
	value = json_stringn(out.n > 0 ? out.p : "", out.n);
	buf_fini(&out);
	return value;
}

static char *
string(const json_t *request, const char *key)
{
	const json_t *value = json_object_get(request, key);
	struct buf out = { 0 };

	if (!json_is_string(value))
		return NULL;
	bytes(value, &out);
	buf_adds(&out, "");
	return out.p != NULL ? buf_take(&out) : xstrdup("");
}

static void
strings(const json_t *request, const char *key, struct strings *out)
{
	const json_t *list = json_object_get(request, key);
	struct buf s = { 0 };
	size_t i;

	for (i = 0; i < json_array_size(list); i++)
		strings_add(out, bytes(json_array_get(list, i), &s));
	buf_fini(&s);
}

static struct filter *
find(const json_t *request)
{
	const char *name = json_string_value(json_object_get(request, "name"));
	size_t i;

	for (i = 0; name != NULL && i < filters_n; i++)
		if (strcmp(filters[i].name, name) == 0)
			return filters[i].filter;
	fprintf(stderr, "match_rw: no such filter\n");
	exit(2);
}

static json_t *
error(const char *what, size_t offset)
{
	return json_pack("{s:s, s:i}", "error", what, "offset", (int)offset);
}

static void
configure(const json_t *request, struct filter_config *config,
    struct report *report)
{
	struct config_request where = { 0 };
	char *dir = string(request, "dir"), *entry = string(request, "entry");

	where.dir = dir;
	where.share = "";
	if (entry != NULL &&
	    config_load_filter(&where, entry, config, report) == -1)
		fprintf(stderr, "match_rw: %s: not loaded\n", entry);
	strings(request, "failregex", &config->failregex);
	strings(request, "ignoreregex", &config->ignoreregex);
	if (json_object_get(request, "prefregex") != NULL)
		config->prefregex = string(request, "prefregex");
	if (json_object_get(request, "datepattern") != NULL)
		config->datepattern = string(request, "datepattern");
	if (json_object_get(request, "usedns") != NULL)
		config->usedns = string(request, "usedns");
	if (json_object_get(request, "maxlines") != NULL)
		config->maxlines = json_integer_value(
		    json_object_get(request, "maxlines"));
	free(dir);
	free(entry);
}

static json_t *
do_filter(const json_t *request)
{
	struct filter_config config = { 0 };
	struct report report = { 0 };
	char *zone = string(request, "zone");
	char *encoding = string(request, "encoding");
	struct filter_options options = {
		.jail = "test", .logtimezone = zone, .encoding = encoding,
		.check_all = json_is_true(json_object_get(request,
		    "check_all")),
		.findtime = json_number_value(json_object_get(request,
		    "findtime"))
	};
	struct filter *f;
	json_t *answer, *list = json_array();
	size_t i;

	configure(request, &config, &report);
	f = filter_new(&config, &options, &report);
	if (f == NULL) {
		answer = error(report.n > 0 ? report.v[0].text : "?", 0);
		json_decref(list);
	} else {
		if (filters_n == FILTERS_MAX)
			exit(2);
		filters[filters_n].name = string(request, "name");
		filters[filters_n++].filter = f;
		for (i = 0; i < filter_regex_count(f); i++)
			json_array_append_new(list,
			    text(span_of(filter_regex_text(f, i))));
		answer = json_pack("{s:o}", "failregex", list);
	}
	filter_config_fini(&config);
	report_fini(&report);
	free(encoding);
	free(zone);
	return answer;
}

static void
found(const struct failure *failure, void *arg)
{
	json_t *list = arg, *groups = json_object(), *users = json_array();
	json_t *lines = json_array();
	struct buf id = { 0 }, name = { 0 };
	char ip[ADDR_STRLEN] = "";
	size_t i;

	id_format(&failure->id, &id);
	if (failure->ip.family != ADDR_NONE)
		addr_format(&failure->ip, ip);
	for (i = 0; i < failure->groups_n; i++) {
		buf_clear(&name);
		buf_add_span(&name, failure->groups[i].name);
		json_object_set_new(groups, name.p,
		    text(failure->groups[i].value));
	}
	for (i = 0; i < failure->users_n; i++)
		json_array_append_new(users, text(failure->users[i]));
	for (i = 0; i < failure->lines_n; i++)
		json_array_append_new(lines, text(failure->lines[i]));
	json_array_append_new(list, json_pack(
	    "{s:o, s:s, s:b, s:f, s:i, s:o, s:o, s:o}",
	    "id", text(buf_span(&id)), "ip", ip, "named", failure->named,
	    "time", (double)failure->time.us / 1e6, "regex",
	    (int)failure->regex, "groups", groups, "users", users, "lines",
	    lines));
	buf_fini(&name);
	buf_fini(&id);
}

static enum filter_time
mode(const json_t *request)
{
	const char *name = json_string_value(json_object_get(request, "mode"));

	if (name != NULL && strcmp(name, "live") == 0)
		return FILTER_LIVE;
	if (name != NULL && strcmp(name, "restoring") == 0)
		return FILTER_RESTORING;
	return FILTER_ASIS;
}

static json_t *
do_line(const json_t *request, bool message)
{
	static const char *const verdicts[] = {
		"missed", "matched", "ignored", "nofail"
	};
	struct filter *f = find(request);
	json_t *list = json_array(), *hit = json_array();
	struct buf line = { 0 };
	struct span s = bytes(json_object_get(request, "line"), &line);
	double time = json_number_value(json_object_get(request, "time"));
	uint64_t before[REGEXES_MAX] = { 0 };
	enum filter_verdict verdict;
	size_t i;

	for (i = 0; i < filter_regex_count(f) && i < REGEXES_MAX; i++)
		before[i] = filter_regex_hits(f, i);
	if (message)
		verdict = filter_message(f, s,
		    (struct wall){ (int64_t)(time * 1e6) }, mode(request),
		    found, list);
	else
		verdict = filter_line(f, s, mode(request), found, list);
	buf_fini(&line);
	for (i = 0; i < filter_regex_count(f) && i < REGEXES_MAX; i++)
		if (filter_regex_hits(f, i) > before[i])
			json_array_append_new(hit,
			    json_integer((json_int_t)i + 1));
	return json_pack("{s:s, s:o, s:o}", "verdict", verdicts[verdict],
	    "found", list, "hits", hit);
}

/* Offsets of each group in bytes; null for one that took no part. */
static json_t *
groups(const struct matcher *m, struct span subject, size_t n)
{
	json_t *list = json_array();
	struct span value;
	size_t i;

	for (i = 0; i < n; i++)
		json_array_append_new(list,
		    !matcher_group(m, (unsigned)i, &value) ? json_null() :
		    json_pack("[i, i]", (int)(value.p - subject.p),
		    (int)(value.p - subject.p + (long)value.n)));
	return list;
}

static json_t *
do_regex(const json_t *request)
{
	bool multiline = json_is_true(json_object_get(request, "multiline"));
	const json_t *texts = json_object_get(request, "texts");
	struct buf pattern = { 0 }, subject = { 0 };
	struct regex_error wrong;
	struct matcher *m;
	json_t *list = json_array();
	struct regex *r;
	struct span s;
	size_t i;

	bytes(json_object_get(request, "pattern"), &pattern);
	r = regex_new(buf_span(&pattern), REGEX_RAW |
	    (multiline ? REGEX_MULTILINE : 0), &wrong);
	buf_fini(&pattern);
	if (r == NULL) {
		json_decref(list);
		return error(wrong.text, wrong.offset);
	}
	m = matcher_new(10000000);
	for (i = 0; i < json_array_size(texts); i++) {
		s = bytes(json_array_get(texts, i), &subject);
		switch (matcher_search(m, r, s, 0, text_is_ascii(s))) {
		case REGEX_MATCH:
			json_array_append_new(list, groups(m, s,
			    REGEX_GROUPS_MAX));
			break;
		case REGEX_NONE:
			json_array_append_new(list, json_null());
			break;
		case REGEX_LIMIT:
			json_array_append_new(list, json_string("limit"));
			break;
		}
	}
	buf_fini(&subject);
	matcher_free(m);
	regex_free(r);
	return json_pack("{s:o}", "matches", list);
}

static json_t *
do_date(const json_t *request)
{
	const json_t *lines = json_object_get(request, "lines");
	char *pattern = string(request, "pattern");
	char *zone = string(request, "zone");
	struct matcher *m = matcher_new(10000000);
	json_t *list = json_array();
	struct regex_error wrong;
	struct date_detector *d = date_new(pattern, zone, &wrong);
	struct buf line = { 0 };
	struct date date;
	struct span s;
	size_t i;

	for (i = 0; d != NULL && i < json_array_size(lines); i++) {
		s = bytes(json_array_get(lines, i), &line);
		date_find(d, m, s, text_is_ascii(s), clock_wall(), &date);
		json_array_append_new(list, !date.found ? json_null() :
		    date.known ? json_pack("[i, i, f]", (int)date.start,
		    (int)date.end, (double)date.time.us / 1e6) :
		    json_pack("[i, i, n]", (int)date.start, (int)date.end));
	}
	matcher_free(m);
	date_free(d);
	buf_fini(&line);
	free(pattern);
	free(zone);
	if (d == NULL) {
		json_decref(list);
		return error(wrong.text, wrong.offset);
	}
	return json_pack("{s:o}", "dates", list);
}

static json_t *
answer(const json_t *request)
{
	const char *what = json_string_value(json_object_get(request, "do"));

	if (what == NULL)
		return NULL;
	if (strcmp(what, "filter") == 0)
		return do_filter(request);
	if (strcmp(what, "line") == 0)
		return do_line(request, false);
	if (strcmp(what, "message") == 0)
		return do_line(request, true);
	if (strcmp(what, "regex") == 0)
		return do_regex(request);
	if (strcmp(what, "date") == 0)
		return do_date(request);
	if (strcmp(what, "now") != 0)
		return NULL;
	clock_freeze(wall_from_seconds(json_integer_value(
	    json_object_get(request, "at"))), (struct boot){ CLOCK_SECOND });
	return json_object();
}

int
main(void)
{
	char *line = NULL;
	size_t size = 0, i;
	json_error_t wrong;
	json_t *request, *reply;

	while (getline(&line, &size, stdin) > 0) {
		request = json_loads(line, JSON_ALLOW_NUL, &wrong);
		reply = request != NULL ? answer(request) : NULL;
		json_decref(request);
		if (reply == NULL) {
			fprintf(stderr, "match_rw: not understood: %s", line);
			return 2;
		}
		json_dumpf(reply, stdout, JSON_COMPACT);
		json_decref(reply);
		putchar('\n');
		fflush(stdout);
	}
	for (i = 0; i < filters_n; i++) {
		filter_free(filters[i].filter);
		free(filters[i].name);
	}
	free(line);
	return 0;
}
