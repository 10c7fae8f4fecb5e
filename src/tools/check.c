/* `gaol check`: every problem of a configuration, then the verdict. */
#include "tools/tool.h"

#include <getopt.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>

#include "config/action_load.h"
#include "config/config.h"
#include "config/report.h"
#include "process/check.h"
#include "tools/check_own.h"

static void
usage(FILE *to)
{
	fputs("usage: gaol check [-c DIR] [--share DIR] [--strict] [--json]\n"
	    "Reads the whole configuration and names every problem with file "
	    "and line.\n"
	    "  -c, --conf DIR    configuration (default /etc/gaol with jails, "
	    "else /etc/fail2ban)\n"
	    "      --share DIR   where our own filter.d and action.d are\n"
	    "      --strict      fail2ban's behaviour: any broken jail fails "
	    "the start\n"
	    "      --json        problems as JSON\n"
	    "  -h, --help        this text\n"
	    "Exit status: 0 sound, 1 errors, 2 misuse.\n", to);
}

static json_t *
problem_json(const struct problem *p)
{
	json_t *o = json_object();

	json_object_set_new(o, "level",
	    json_string(p->level == PROBLEM_ERROR ? "error" : "warning"));
	if (p->jail != NULL)
		json_object_set_new(o, "jail", json_string(p->jail));
	if (p->file != NULL)
		json_object_set_new(o, "file", json_string(p->file));
	if (p->line != 0)
		json_object_set_new(o, "line", json_integer(p->line));
	json_object_set_new(o, "text", json_string(p->text));
	return o;
}

/* Who does what an action says: we ourselves, or its commands. */
static json_t *
actions_json(const struct config *c)
{
	json_t *list = json_array();

	for (size_t i = 0; c != NULL && i < c->jails_n; i++) {
		const struct jail_config *j = &c->jails[i];

		for (size_t k = 0; k < j->actions_n; k++)
			json_array_append_new(list, json_pack(
			    "{s:s, s:s, s:s, s:s}", "jail", j->name,
			    "action", j->actions[k].name,
			    "file", j->actions[k].file,
			    "kind", action_kind_name(&j->actions[k])));
	}
	return list;
}

/* Jails whose filter says that nobody ran it against its server. */
static json_t *
unverified_json(const struct config *c)
{
	json_t *list = json_array();

	for (size_t i = 0; c != NULL && i < c->jails_n; i++)
		if (c->jails[i].filter.unverified)
			json_array_append_new(list, json_pack("{s:s, s:s}",
			    "jail", c->jails[i].name,
			    "filter", c->jails[i].filter.name));
	return list;
}

static void
print_unverified(const struct config *c)
{
	for (size_t i = 0; c != NULL && i < c->jails_n; i++)
		if (c->jails[i].filter.unverified)
			fprintf(stderr, "[%s] note: filter '%s' is from "
			    "documentation, unverified: try it on your own "
			    "log, with gaol regex\n", c->jails[i].name,
			    c->jails[i].filter.name);
}

static void
print_json(const struct report *report, const struct config *c, int ok)
{
	json_t *root = json_object(), *list = json_array();
	char *text;

	for (size_t i = 0; i < report->n; i++)
		json_array_append_new(list, problem_json(&report->v[i]));
	json_object_set_new(root, "ok", json_boolean(ok));
	json_object_set_new(root, "jails",
	    json_integer(c != NULL ? (json_int_t)c->jails_n : 0));
	json_object_set_new(root, "actions", actions_json(c));
	json_object_set_new(root, "unverified", unverified_json(c));
	json_object_set_new(root, "problems", list);
	text = json_dumps(root, JSON_INDENT(2) | JSON_PRESERVE_ORDER);
	puts(text != NULL ? text : "{}");
	free(text);
	json_decref(root);
}

static void
print_text(const struct report *report, const struct config *c, int ok)
{
	struct buf line = { 0 };

	for (size_t i = 0; i < report->n; i++) {
		buf_clear(&line);
		report_format(&report->v[i], &line);
		fprintf(stderr, "%s\n", line.p);
	}
	buf_fini(&line);
	print_unverified(c);
	puts(ok ? "OK: configuration test is successful" :
	    "ERROR: test configuration failed");
}

int
tool_check(int argc, char **argv)
{
	static const struct option options[] = {
		{ "conf", required_argument, NULL, 'c' },
		{ "share", required_argument, NULL, 'S' },
		{ "strict", no_argument, NULL, 's' },
		{ "json", no_argument, NULL, 'j' },
		{ "help", no_argument, NULL, 'h' },
		{ NULL, 0, NULL, 0 },
	};
	struct config_request request = { .decide_nologs = true };
	struct report report = { 0 };
	struct config *c;
	int o, ok, json = 0;

	optind = 1;
	while ((o = getopt_long(argc, argv, "c:h", options, NULL)) != -1) {
		switch (o) {
		case 'c':
			request.dir = optarg;
			break;
		case 'S':
			request.share = optarg;
			break;
		case 's':
			request.strict = true;
			break;
		case 'j':
			json = 1;
			break;
		case 'h':
			usage(stdout);
			return 0;
		default:
			usage(stderr);
			return 2;
		}
	}
	if (optind != argc) {
		usage(stderr);
		return 2;
	}
	c = config_load(&request, &report);
	if (c != NULL) {
		check_journals(c, &report);
		check_rules(c, &report);
		check_filters(c, &report);
		check_own(c, &report);
	}
	ok = c != NULL && report.errors == 0;
	if (json)
		print_json(&report, c, ok);
	else
		print_text(&report, c, ok);
	config_free(c);
	report_fini(&report);
	return ok ? 0 : 1;
}
