#include "tools/setup.h"

#include <getopt.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/xalloc.h"
#include "config/action_load.h"
#include "control/printable.h"
#include "process/check.h"
#include "tools/upstream.h"

static void
usage(FILE *to)
{
	fputs("usage: gaol setup --take-over | --hand-back [-c DIR] "
	    "[--dry-run] [--json]\n"
	    "Changes from a running fail2ban to gaold on the same "
	    "configuration and\n"
	    "database, or back, without letting a banned address through.\n"
	    "      --take-over   fail2ban is stopped, gaold started\n"
	    "      --hand-back   gaold is stopped, fail2ban started\n"
	    "      --dry-run     only looks, and says what would be done\n"
	    "  -c, --conf DIR    configuration (default /etc/gaol with jails, "
	    "else /etc/fail2ban)\n"
	    "      --json        what is found and done as JSON\n"
	    "  -h, --help        this text\n"
	    "Exit status: 0 done, 1 not done, 2 misuse.\n", to);
}

void
setup_say(struct setup *s, const char *fmt, ...)
{
	struct buf text = { 0 }, shown = { 0 };
	va_list ap;

	va_start(ap, fmt);
	buf_addv(&text, fmt, ap);
	va_end(ap);
	printable_add(&shown, buf_span(&text));
	json_array_append_new(s->steps, json_string(shown.p));
	if (!s->json) {
		printf("%s\n", shown.p);
		fflush(stdout);
	}
	buf_fini(&text);
	buf_fini(&shown);
}

/* --- what there is ------------------------------------------------------- */

static int
load(struct setup *s, struct buf *why)
{
	struct config_request request = {
		.dir = s->dir, .decide_nologs = true,
	};

	s->config = config_load(&request, &s->report);
	if (s->config != NULL) {
		check_journals(s->config, &s->report);
		check_rules(s->config, &s->report);
		check_filters(s->config, &s->report);
	}
	if (s->config != NULL && s->report.errors == 0)
		return 0;
	buf_addf(why, "the configuration has %zu errors", s->report.errors);
	return -1;
}

static int
look_for_daemon(struct setup *s, struct buf *why)
{
	enum running_kind want = s->hand_back ? RUNNING_GAOLD :
	    RUNNING_FAIL2BAN;

	if (running_find(&s->old, setup_pidfile(s), why) == -1)
		return -1;
	if (s->old.kind == want)
		return 0;
	if (s->old.kind != RUNNING_NONE)
		buf_addf(why, "it is %s that runs (process %d)", s->hand_back ?
		    "fail2ban" : "gaold", (int)s->old.pid);
	else
		buf_addf(why, "%s does not run with this configuration (%s)",
		    s->hand_back ? "gaold" : "fail2ban", setup_pidfile(s));
	return -1;
}

static int
look_for_bans(struct setup *s, struct buf *why)
{
	const char *path = setup_database(s);

	if (strcmp(path, "None") == 0 || strcmp(path, ":memory:") == 0) {
		buf_addf(why, "dbfile is %s: bans that are in no file cannot "
		    "be handed over", path);
		return -1;
	}
	return handover_open(&s->handover, s->config, path, why);
}

int
setup_look(struct setup *s, struct buf *why)
{
	if (load(s, why) == -1 || look_for_daemon(s, why) == -1 ||
	    look_for_bans(s, why) == -1)
		return -1;
	s->client = upstream_client();
	if (s->client == NULL) {
		buf_adds(why, "fail2ban-client is not installed: there is no "
		    "way back");
		return -1;
	}
	if (!s->hand_back && strcmp(s->config->own.firewall, "null") == 0) {
		buf_adds(why, "gaol.conf: firewall is \"null\": the bans "
		    "would be in force no more");
		return -1;
	}
	if (!s->dry_run && geteuid() != 0) {
		buf_adds(why, "only root can do this");
		return -1;
	}
	return 0;
}

/* --- saying it ------------------------------------------------------------- */

static json_t *
jail_json(const struct setup *s, size_t i)
{
	const struct jail_config *j = &s->config->jails[i];
	json_t *actions = json_array();

	for (size_t k = 0; k < j->actions_n; k++)
		json_array_append_new(actions, json_pack("{s:s, s:s, s:s}",
		    "name", j->actions[k].name, "file", j->actions[k].file,
		    "kind", action_kind_name(&j->actions[k])));
	return json_pack("{s:s, s:I, s:o}", "jail", j->name, "bans",
	    (json_int_t)(s->handover.bans != NULL ? s->handover.bans[i] : 0),
	    "actions", actions);
}

static json_t *
problems_json(const struct report *report)
{
	json_t *list = json_array();
	struct buf line = { 0 };

	for (size_t i = 0; i < report->n; i++) {
		buf_clear(&line);
		report_format(&report->v[i], &line);
		json_array_append_new(list, json_string(line.p));
	}
	buf_fini(&line);
	return list;
}

static void
print_json(struct setup *s, int rc, const struct buf *why)
{
	json_t *jails = json_array(), *root;
	char *text;

	for (size_t i = 0; s->config != NULL && i < s->config->jails_n; i++)
		json_array_append_new(jails, jail_json(s, i));
	root = json_pack("{s:b, s:s, s:b, s:I, s:s?, s:s?, s:I, s:I, s:o, "
	    "s:o, s:O, s:s?}", "ok", rc == 0,
	    "setup", s->hand_back ? "hand-back" : "take-over",
	    "dry_run", s->dry_run, "pid", (json_int_t)s->old.pid,
	    "unit", s->old.unit,
	    "database", s->config != NULL ? setup_database(s) : NULL,
	    "bans", (json_int_t)s->handover.total,
	    "no_addresses", (json_int_t)s->handover.raw,
	    "jails", jails, "problems", problems_json(&s->report),
	    "steps", s->steps, "error", rc == 0 ? NULL : why->p);
	text = json_dumps(root, JSON_INDENT(2) | JSON_PRESERVE_ORDER);
	puts(text != NULL ? text : "{}");
	free(text);
	json_decref(root);
}

static void
print_problems(const struct report *report)
{
	struct buf line = { 0 };

	for (size_t i = 0; i < report->n; i++) {
		buf_clear(&line);
		report_format(&report->v[i], &line);
		fprintf(stderr, "%s\n", line.p);
	}
	buf_fini(&line);
}

static void
print_found(const struct setup *s)
{
	printf("%s runs as process %d%s%s\n", s->hand_back ? "gaold" :
	    "fail2ban", (int)s->old.pid, s->old.unit != NULL ? " of " : "",
	    s->old.unit != NULL ? s->old.unit : "");
	printf("%s holds %zu bans%s\n", setup_database(s), s->handover.total,
	    s->handover.raw > 0 ? ", some of ids that are no addresses and "
	    "cannot be bridged" : "");
	for (size_t i = 0; i < s->config->jails_n; i++) {
		const struct jail_config *j = &s->config->jails[i];

		printf("  %-24s %6zu bans", j->name, s->handover.bans[i]);
		for (size_t k = 0; k < j->actions_n; k++)
			printf("%s %s (%s)", k == 0 ? "  " : ",",
			    j->actions[k].file, action_kind_name(&j->actions[k]));
		putchar('\n');
	}
	fflush(stdout);
}

/* --- the verb ----------------------------------------------------------------- */

static int
run(struct setup *s, struct buf *why)
{
	int rc = setup_look(s, why);

	if (!s->json) {
		print_problems(&s->report);
		if (rc == 0)
			print_found(s);
	}
	if (rc == 0 && !s->dry_run)
		rc = takeover_run(s, why);
	if (rc == 0 && !s->json)
		puts(s->dry_run ? "Nothing was changed." : "Done.");
	if (rc == -1 && !s->json)
		fprintf(stderr, "gaol: %s\n", why->p);
	return rc;
}

/* The exit status, or -1 to go on. */
static int
options(struct setup *s, int argc, char **argv)
{
	static const struct option known[] = {
		{ "conf", required_argument, NULL, 'c' },
		{ "take-over", no_argument, NULL, 'T' },
		{ "hand-back", no_argument, NULL, 'H' },
		{ "dry-run", no_argument, NULL, 'n' },
		{ "json", no_argument, NULL, 'j' },
		{ "help", no_argument, NULL, 'h' },
		{ NULL, 0, NULL, 0 },
	};
	int o, ways = 0;

	optind = 1;
	while ((o = getopt_long(argc, argv, "c:h", known, NULL)) != -1) {
		switch (o) {
		case 'c':
			s->dir = optarg;
			break;
		case 'T':
		case 'H':
			s->hand_back = o == 'H';
			ways++;
			break;
		case 'n':
			s->dry_run = true;
			break;
		case 'j':
			s->json = true;
			break;
		case 'h':
			usage(stdout);
			return 0;
		default:
			usage(stderr);
			return 2;
		}
	}
	if (ways == 1 && optind == argc)
		return -1;
	usage(stderr);
	return 2;
}

int
tool_setup(int argc, char **argv)
{
	struct setup s = { .old = { .fd = -1 } };
	struct buf why = { 0 };
	int rc = options(&s, argc, argv);

	if (rc != -1)
		return rc;
	s.steps = json_array();
	rc = run(&s, &why);
	if (s.json)
		print_json(&s, rc, &why);
	handover_fini(&s.handover);
	running_fini(&s.old);
	free(s.client);
	config_free(s.config);
	report_fini(&s.report);
	json_decref(s.steps);
	buf_fini(&why);
	return rc == 0 ? 0 : 1;
}
