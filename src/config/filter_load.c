#include "config/filter_load.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/number.h"
#include "base/xalloc.h"
#include "config/entry.h"
#include "config/event_rule.h"
#include "config/json_rule.h"
#include "config/unknown.h"
#include "config/value.h"

const char *const filter_options[] = {
	"usedns", "prefregex", "ignoreregex", "failregex", "maxlines",
	"datepattern", "journalmatch", "eventprefix", "eventregex",
	"jsonprefix", "eventjson", "jsontime", NULL
};

static const char *const own_options[] = {
	"eventprefix", "eventregex", "jsonprefix", "eventjson", "jsontime", NULL
};

static bool
is_listed(const char *const *list, const char *name)
{
	for (; *list != NULL; list++)
		if (strcmp(*list, name) == 0)
			return true;
	return false;
}

int
filter_open(struct definition *d, const struct config_request *where,
    const char *entry, struct report *report, char **name,
    struct buf *why)
{
	struct entry e;
	struct buf detail = { 0 };

	if (entry_parse(&e, span_of(entry), &detail) != 0) {
		buf_addf(why, "filter: '%s': %s", entry, detail.p);
		buf_fini(&detail);
		return -1;
	}
	if (definition_open(d, where, "filter.d", e.name, &e.options, report,
		&detail) != 0) {
		buf_addf(why, "filter: %s", detail.p);
		buf_fini(&detail);
		entry_fini(&e);
		return -1;
	}
	unknown_warn(&d->ini, "Definition", OPTION_FILTER, NULL, report);
	*name = xstrdup(e.name);
	entry_fini(&e);
	return 0;
}

void
filter_logtype(struct definition *d, const char *backend)
{
	const char *logtype = properties_get(&d->init, "logtype");

	if ((logtype == NULL || logtype[0] == '\0') &&
	    ini_option(ini_section(&d->ini, "Definition"), "logtype") == NULL)
		properties_set(&d->init, "logtype",
		    strncmp(backend, "systemd", 7) == 0 ? "journal" : "file");
}

static void
command_insert(struct properties *p, size_t at, const char *key,
    const char *value)
{
	struct property last;

	properties_add(p, key, value);
	last = p->v[p->n - 1];
	memmove(&p->v[at + 1], &p->v[at], (p->n - 1 - at) * sizeof(*p->v));
	p->v[at] = last;
}

/* The lines of `value` without the empty ones; NULL when none is left. */
static char *
without_empty_lines(const char *value)
{
	struct span rest = span_of(value), line;
	struct buf out = { 0 };

	while (span_cut(&rest, '\n', &line)) {
		if (line.n == 0)
			continue;
		if (out.n > 0)
			buf_addc(&out, '\n');
		buf_add_span(&out, line);
	}
	return buf_take(&out);
}

static int
add_maxlines(struct filter_config *f, size_t at, const char *value,
    struct buf *why)
{
	char text[24];
	int64_t n;

	if (value_int(value, 1, 1000, &n) != 0) {
		buf_addf(why, "maxlines: '%s' is not a number of lines; "
		    "accepted: 1..1000", value);
		return -1;
	}
	snprintf(text, sizeof(text), "%" PRId64, n);
	command_insert(&f->commands, at, "maxlines", text);
	return 0;
}

/* Each line with its words quoted one way, so that a dump reads back. */
static int
add_journalmatch(struct filter_config *f, const char *value, struct buf *why)
{
	struct span rest = span_of(value), line;
	struct buf out = { 0 };
	int result = 0;

	while (result == 0 && span_cut(&rest, '\n', &line)) {
		struct strings words = { 0 };
		char *text = span_dup(line);

		result = value_shell_words(text, &words);
		if (result != 0)
			buf_addf(why, "journalmatch: '%s' has an open quote; "
			    "accepted: FIELD=value, quoted as in a shell",
			    text);
		if (out.n > 0 && words.n > 0)
			buf_addc(&out, '\n');
		value_shell_join(&words, &out);
		free(text);
		strings_fini(&words);
	}
	if (result == 0 && out.n > 0)
		properties_add(&f->commands, "journalmatch", out.p);
	buf_fini(&out);
	return result;
}

int
filter_add(struct filter_config *f, size_t *first, const char *option,
    const char *value, struct buf *why)
{
	bool early = true;
	int result = 0;

	if (strcmp(option, "usedns") == 0) {
		command_insert(&f->commands, 0, option, value);
	} else if (strcmp(option, "prefregex") == 0) {
		command_insert(&f->commands, *first, option, value);
	} else if (strcmp(option, "maxlines") == 0) {
		result = add_maxlines(f, *first, value, why);
	} else if (strcmp(option, "datepattern") == 0) {
		properties_add(&f->commands, option, value);
		early = false;
	} else if (strcmp(option, "journalmatch") == 0) {
		result = add_journalmatch(f, value, why);
		early = false;
	} else {
		char *lines = without_empty_lines(value);

		if (lines != NULL)
			properties_add(&f->commands, option, lines);
		free(lines);
		early = false;
	}
	if (early)
		++*first;
	return result;
}

int
filter_fill(struct filter_config *f, const struct properties *from,
    struct buf *why)
{
	size_t first = 0;

	for (size_t i = 0; i < from->n; i++) {
		const char *key = from->v[i].key, *value = from->v[i].value;
		int result = 0;

		if (is_listed(own_options, key))
			result = filter_add_own(f, key, value, why);
		else if (is_listed(filter_options, key))
			result = filter_add(f, &first, key, value, why);
		if (result != 0)
			return -1;
	}
	return 0;
}

/* Appends the lines; they are read to see that they can be. 0, or -1. */
static int
add_json_rules(struct filter_config *f, const char *text, struct buf *why)
{
	struct json_rules rules = { 0 };
	struct buf all = { 0 };
	int rc = json_rules_add(&rules, text, why);

	json_rules_fini(&rules);
	if (rc != 0)
		return -1;
	if (f->eventjson != NULL)
		buf_addf(&all, "%s\n", f->eventjson);
	buf_adds(&all, text);
	free(f->eventjson);
	f->eventjson = buf_take(&all);
	return 0;
}

static int
set_json_prefix(struct filter_config *f, struct span text, struct buf *why)
{
	if (span_find(text, SPAN("<F-JSON>")) == SPAN_NONE) {
		buf_adds(why, "jsonprefix: it does not say where the JSON is; "
		    "accepted: ...<F-JSON>\\{.+\\}</F-JSON>...");
		return -1;
	}
	free(f->jsonprefix);
	f->jsonprefix = span_dup(text);
	return 0;
}

static int
set_json_time(struct filter_config *f, struct span text, struct buf *why)
{
	struct json_rule_path path;
	struct buf what = { 0 };

	if (json_rule_path_parse(&path, text, &what) != 0) {
		buf_addf(why, "jsontime: %s", what.p);
		buf_fini(&what);
		return -1;
	}
	json_rule_path_fini(&path);
	free(f->jsontime);
	f->jsontime = span_dup(text);
	return 0;
}

int
filter_add_own(struct filter_config *f, const char *option,
    const char *value, struct buf *why)
{
	struct span text = span_trim(span_of(value));

	if (text.n == 0)
		return 0;
	properties_add(&f->own, option, value);
	if (strcmp(option, "eventregex") == 0)
		return event_rules_add(f, value, why);
	if (strcmp(option, "eventjson") == 0)
		return add_json_rules(f, value, why);
	if (strcmp(option, "jsonprefix") == 0)
		return set_json_prefix(f, text, why);
	if (strcmp(option, "jsontime") == 0)
		return set_json_time(f, text, why);
	free(f->eventprefix);
	f->eventprefix = span_dup(text);
	return 0;
}

static void
set_text(char **to, const char *value)
{
	char *copy = xstrdup(value);

	free(*to);
	*to = copy;
}

static void
add_lines(struct strings *to, const char *value)
{
	struct span rest = span_of(value), line;

	while (span_cut(&rest, '\n', &line))
		strings_add(to, line);
}

void
filter_derive(struct filter_config *f)
{
	for (size_t i = 0; i < f->commands.n; i++) {
		const char *key = f->commands.v[i].key;
		const char *value = f->commands.v[i].value;

		if (strcmp(key, "usedns") == 0)
			set_text(&f->usedns, value);
		else if (strcmp(key, "prefregex") == 0)
			set_text(&f->prefregex, value);
		else if (strcmp(key, "datepattern") == 0)
			set_text(&f->datepattern, value);
		else if (strcmp(key, "maxlines") == 0)
			number_parse(span_of(value), 1, 1000, &f->maxlines);
		else if (strcmp(key, "failregex") == 0)
			add_lines(&f->failregex, value);
		else if (strcmp(key, "ignoreregex") == 0)
			add_lines(&f->ignoreregex, value);
		else if (strcmp(key, "journalmatch") == 0)
			add_lines(&f->journalmatch, value);
	}
}

void
filter_config_fini(struct filter_config *f)
{
	free(f->name);
	free(f->usedns);
	free(f->prefregex);
	free(f->datepattern);
	strings_fini(&f->failregex);
	strings_fini(&f->ignoreregex);
	strings_fini(&f->journalmatch);
	properties_fini(&f->commands);
	properties_fini(&f->own);
	free(f->eventprefix);
	event_rules_fini(f);
	free(f->eventjson);
	free(f->jsonprefix);
	free(f->jsontime);
	*f = (struct filter_config){ 0 };
}
