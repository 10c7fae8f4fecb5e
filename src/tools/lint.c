/* `gaol lint`: which expressions of a filter can be fooled, or explode? */
#include "tools/tool.h"

#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/strings.h"
#include "config/report.h"
#include "control/printable.h"
#include "match/event_filter.h"
#include "match/filter.h"
#include "match/json_map.h"
#include "match/lint.h"
#include "tools/filter_name.h"

struct lint_run {
	const char *dir, *share, *samples;
	json_t *json;              /* the list; NULL: text */
	const char *filter;        /* the one at work */
	const char *usedns;
	size_t faults;             /* fooled, explodes, does not compile */
	size_t notes;
};

static const char usage[] =
    "usage: gaol lint [-c DIR] [--share DIR] [--samples FILE] [--json] "
    "FILTER...\n"
    "Examines each failregex of filters (sshd, sshd[mode=extra], a path); of\n"
    "eventregex and eventjson, whether they can be used:\n"
    "  fooled       text that an attacker chose can name another address\n"
    "  explodes     20 bytes of an attacker's text make it give up\n"
    "  steep        300 bytes do\n"
    "  no-literal   nothing to look for first: slow on big logs\n"
    "  never        it matched no line of the samples\n"
    "The first three come with a line that proves it.\n"
    "  -c, --config DIR     where filter.d is\n"
    "      --share DIR      where our own filter.d is\n"
    "      --samples FILE   a log that the filter should match\n"
    "      --json           findings as JSON\n"
    "  -h, --help           this text\n"
    "Exit status: 1 when one can be fooled or explodes, or for an error;\n"
    "2 misuse; else 0.\n";

/* --- what is found ------------------------------------------------------- */

static const char *
explain(enum lint_kind kind, enum lint_where where)
{
	static const char *const fooled[] = {
		[LINT_BEFORE] = "text before the address can name another: "
		    "anchor what follows the address, up to $",
		[LINT_BEHIND] = "text behind the address can name another: "
		    "it must not match what the address follows",
		[LINT_IN_FRONT] = "a line may begin with anything, another "
		    "address included: begin with ^",
		[LINT_AT_END] = "a line may go on with another address: end "
		    "with $, or say less than .* before it",
	};

	switch (kind) {
	case LINT_FOOLED:
		return fooled[where];
	case LINT_EXPLODES:
		return "20 bytes are more than match_limit allows for: "
		    "repeats that can share the same text";
	case LINT_STEEP:
		return "300 bytes are more than match_limit allows for: "
		    "repeats that can share the same text";
	case LINT_NO_LITERAL:
		return "no text of three characters must be there: every "
		    "line is searched";
	case LINT_NEVER:
		return "matched no line of the samples";
	case LINT_KINDS:
		break;
	}
	return "";
}

static void
print_text(const struct lint_run *run, size_t number, const char *kind,
    const char *text, const char *regex, const struct lint *proof)
{
	struct buf out = { 0 };

	printable_add(&out, span_of(run->filter));
	buf_addf(&out, ": failregex %zu: %s: %s\n    ", number, kind, text);
	printable_add(&out, span_of(regex));
	if (proof != NULL) {
		buf_adds(&out, "\n    line: ");
		printable_add(&out, buf_span(&proof->proof));
	}
	puts(out.p);
	buf_fini(&out);
}

static void
print_json(const struct lint_run *run, size_t number, const char *kind,
    const char *text, const char *regex, const struct lint *proof)
{
	json_t *o = json_pack("{s:s, s:I, s:s, s:s, s:s}", "filter",
	    run->filter, "regex", (json_int_t)number, "kind", kind, "text",
	    text, "failregex", regex);

	if (o == NULL)   /* not UTF-8 */
		o = json_pack("{s:I, s:s, s:s}", "regex", (json_int_t)number,
		    "kind", kind, "text", text);
	if (proof != NULL)
		json_object_set_new(o, "line", json_stringn(proof->proof.p,
		    proof->proof.n));
	json_array_append_new(run->json, o);
}

static void
tell(struct lint_run *run, const struct filter *f, size_t i,
    enum lint_kind kind, const struct lint *proof)
{
	const char *text = explain(kind,
	    proof != NULL ? proof->where : LINT_BEFORE);

	if (kind == LINT_FOOLED || kind == LINT_EXPLODES)
		run->faults++;
	else
		run->notes++;
	(run->json != NULL ? print_json : print_text)(run, i + 1,
	    lint_name(kind), text, filter_regex_source(f, i), proof);
}

static void
complain(struct lint_run *run, const char *text)
{
	struct buf out = { 0 };

	run->faults++;
	if (run->json != NULL) {
		json_array_append_new(run->json, json_pack("{s:s, s:s, s:s}",
		    "filter", run->filter, "kind", "error", "text", text));
		return;
	}
	printable_add(&out, span_of(run->filter));
	buf_adds(&out, ": ");
	printable_add(&out, span_of(text));
	puts(out.p);
	buf_fini(&out);
}

/* --- the examination -------------------------------------------------------- */

static void
examine(struct lint_run *run, const struct filter *f, size_t i,
    bool prefix_literal)
{
	unsigned flags = strcmp(run->usedns, "no") == 0 ? REGEX_NO_DNS : 0;
	struct lint lint = { 0 };
	struct regex_error error;
	struct regex *r = regex_new(span_of(filter_regex_source(f, i)), flags,
	    &error);

	if (r == NULL)
		return;   /* filter_new() has said so */
	if (lint_fooled(r, &lint))
		tell(run, f, i, LINT_FOOLED, &lint);
	if (lint_explodes(r, LINT_SHORT, &lint))
		tell(run, f, i, LINT_EXPLODES, &lint);
	else if (lint_explodes(r, LINT_LONG, &lint))
		tell(run, f, i, LINT_STEEP, &lint);
	if (!prefix_literal && lint_no_literal(r))
		tell(run, f, i, LINT_NO_LITERAL, NULL);
	if (run->samples != NULL && filter_regex_hits(f, i) == 0)
		tell(run, f, i, LINT_NEVER, NULL);
	lint_fini(&lint);
	regex_free(r);
}

/* Does the prefregex hold a text that can be looked for? */
static bool
has_prefix_literal(const struct filter *f)
{
	struct regex_error error;
	struct regex *r;
	bool has;

	if (filter_prefregex_text(f) == NULL)
		return false;
	r = regex_new(span_of(filter_prefregex_text(f)), REGEX_RAW, &error);
	has = r != NULL && !lint_no_literal(r);
	regex_free(r);
	return has;
}

static void
nothing(const struct failure *failure, void *arg)
{
	(void)failure;
	(void)arg;
}

/* --- mail accesses ------------------------------------------------------ */

static void
no_event(const struct event_line *line, void *arg)
{
	(void)line;
	(void)arg;
}

static void
print_note(const struct lint_run *run, size_t number, const char *kind,
    const char *text)
{
	struct buf out = { 0 };

	printable_add(&out, span_of(run->filter));
	buf_adds(&out, ": eventjson");
	if (number > 0)
		buf_addf(&out, " %zu", number);
	buf_addf(&out, ": %s: %s", kind, text);
	puts(out.p);
	buf_fini(&out);
}

static void
note_json(struct lint_run *run, size_t number, enum lint_kind kind)
{
	const char *text = kind == LINT_NO_LITERAL ? "a rule has no member "
	    "and no value of three characters that must be there: all JSON "
	    "is decoded" : explain(kind, LINT_BEFORE);

	run->notes++;
	if (run->json != NULL)
		json_array_append_new(run->json, json_pack("{s:s, s:I, s:s, "
		    "s:s, s:s}", "filter", run->filter, "rule",
		    (json_int_t)number, "kind", lint_name(kind), "text", text,
		    "option", "eventjson"));
	else
		print_note(run, number, lint_name(kind), text);
}

static void
examine_json(struct lint_run *run, const struct json_map *map)
{
	struct literals texts;

	if (!json_map_literals(map, &texts))
		note_json(run, 0, LINT_NO_LITERAL);
	for (size_t i = 0; run->samples != NULL && i < json_map_rules(map);
	    i++)
		if (json_map_hits(map, i) == 0)
			note_json(run, i + 1, LINT_NEVER);
}

/* 0, or -1 with errno. f or ef may be NULL. */
static int
feed(const struct lint_run *run, struct filter *f, struct event_filter *ef)
{
	FILE *in = fopen(run->samples, "re");
	char *line = NULL;
	size_t size = 0;
	ssize_t n;
	int rc;

	if (in == NULL)
		return -1;
	while ((n = getline(&line, &size, in)) > 0) {
		struct span text = span_from(line, (size_t)n);

		if (f != NULL)
			filter_line(f, text, FILTER_ASIS, nothing, NULL);
		if (ef != NULL)
			event_filter_line(ef, text, no_event, NULL);
	}
	rc = ferror(in) ? -1 : 0;
	free(line);
	fclose(in);
	return rc;
}

static void
lint_events(struct lint_run *run, const struct filter_config *config)
{
	struct filter_options options = { .check_all = true };
	struct report report = { 0 };
	struct event_filter *ef = event_filter_new(config, &options, &report);

	for (size_t i = 0; i < report.n; i++)
		complain(run, report.v[i].text);
	report_fini(&report);
	if (ef == NULL)
		return;
	if (run->samples != NULL && feed(run, NULL, ef) == -1)
		complain(run, strerror(errno));
	if (event_filter_json(ef) != NULL)
		examine_json(run, event_filter_json(ef));
	event_filter_free(ef);
}

static void
lint_filter(struct lint_run *run, const struct filter_config *config)
{
	struct filter_options options = { .check_all = true };
	struct report report = { 0 };
	struct filter *f = filter_new(config, &options, &report);
	bool literal;

	for (size_t i = 0; i < report.n; i++)
		complain(run, report.v[i].text);
	report_fini(&report);
	if (f == NULL)
		return;
	run->usedns = config->usedns != NULL ? config->usedns : "warn";
	if (run->samples != NULL && feed(run, f, NULL) == -1)
		complain(run, strerror(errno));
	literal = has_prefix_literal(f);
	for (size_t i = 0; i < filter_regex_count(f); i++)
		examine(run, f, i, literal);
	filter_free(f);
	lint_events(run, config);
}

static void
lint_named(struct lint_run *run, const char *word)
{
	struct config_request request = {
		.share = run->share, .no_users = true
	};
	struct filter_config config = { 0 };
	struct report report = { 0 };
	struct filter_name name;

	run->filter = word;
	if (!filter_name(word, run->dir, run->share, &name)) {
		complain(run, "there is no such filter");
		return;
	}
	request.dir = name.dir;
	request.exact_file = name.is_file;
	if (config_load_filter(&request, name.entry, &config, &report) == 0) {
		lint_filter(run, &config);
		filter_config_fini(&config);
	}
	for (size_t i = 0; i < report.n; i++)
		if (report.v[i].level == PROBLEM_ERROR)
			complain(run, report.v[i].text);
	report_fini(&report);
	filter_name_fini(&name);
}

static void
finish(struct lint_run *run, size_t filters)
{
	char *text;

	if (run->json == NULL) {
		printf("%zu filters, %zu faults, %zu notes\n", filters,
		    run->faults, run->notes);
		return;
	}
	text = json_dumps(run->json, JSON_INDENT(2) | JSON_PRESERVE_ORDER);
	puts(text != NULL ? text : "[]");
	free(text);
	json_decref(run->json);
}

int
tool_lint(int argc, char **argv)
{
	static const struct option options[] = {
		{ "config", required_argument, NULL, 'c' },
		{ "share", required_argument, NULL, 'S' },
		{ "samples", required_argument, NULL, 's' },
		{ "json", no_argument, NULL, 'j' },
		{ "help", no_argument, NULL, 'h' },
		{ NULL, 0, NULL, 0 },
	};
	struct lint_run run = { 0 };
	int o;

	optind = 0;
	while ((o = getopt_long(argc, argv, "c:h", options, NULL)) != -1) {
		switch (o) {
		case 'c': run.dir = optarg; break;
		case 'S': run.share = optarg; break;
		case 's': run.samples = optarg; break;
		case 'j': run.json = json_array(); break;
		case 'h':
			fputs(usage, stdout);
			return 0;
		default:
			fputs(usage, stderr);
			return 2;
		}
	}
	if (optind == argc) {
		fputs(usage, stderr);
		return 2;
	}
	clock_tick();
	for (int i = optind; i < argc; i++)
		lint_named(&run, argv[i]);
	finish(&run, (size_t)(argc - optind));
	return run.faults > 0 ? 1 : 0;
}
