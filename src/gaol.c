/*
 * gaol: the client and the tools. Chooses by the name it was called by and by
 * its first word; what a verb does is in tools/.
 */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/number.h"
#include "base/span.h"
#include "base/strings.h"
#include "control/printable.h"
#include "tools/f2b_client.h"
#include "tools/setup.h"
#include "tools/target.h"
#include "tools/tool.h"
#include "tools/verb.h"

struct verb {
	const char *name;
	const char *args;
	const char *help;
	int (*run)(const struct call *call);
	int (*tool)(int argc, char **argv);   /* reads its own options */
	const char *flag;                     /* the one option of its own;
	                                       "*": words may begin with '-' */
	size_t least, most;                   /* words behind the verb */
};

#define MANY ((size_t)-1)

static const struct verb verbs[] = {
	{ "start", "", "start the daemon, wait until it answers",
	    verb_start, NULL, NULL, 0, 0 },
	{ "stop", "[--flush]", "stop the daemon; --flush: and lift its bans",
	    verb_stop, NULL, "--flush", 0, 1 },
	{ "restart", "", "stop and start; bans stay in the firewall",
	    verb_restart, NULL, NULL, 0, 0 },
	{ "reload", "[JAIL]", "read the configuration again",
	    verb_reload, NULL, NULL, 0, 1 },
	{ "flushlogs", "", "open the daemon's log file anew (rotation)",
	    verb_flushlogs, NULL, NULL, 0, 0 },
	{ "status", "[JAIL]", "how the daemon or one jail is doing",
	    verb_status, NULL, NULL, 0, 1 },
	{ "ban", "JAIL ID...", "ban addresses, networks or other ids",
	    verb_ban, NULL, NULL, 2, MANY },
	{ "unban", "[JAIL] ID... | --all", "lift bans, in one jail or in all",
	    verb_unban, NULL, "--all", 1, MANY },
	{ "banned", "[ID...]", "list bans, or the jails that ban an id",
	    verb_banned, NULL, NULL, 0, MANY },
	{ "get", "JAIL SETTING [ID...]", "show a setting of a jail at work",
	    verb_get, NULL, "*", 1, MANY },
	{ "set", "JAIL SETTING VALUE...", "change one, until a reload",
	    verb_set, NULL, "*", 2, MANY },
	{ "ping", "", "does the daemon answer?",
	    verb_ping, NULL, NULL, 0, 0 },
	{ "version", "", "the running daemon's version",
	    verb_version, NULL, NULL, 0, 0 },
	{ "check", "[OPTIONS]", "test the configuration, report every fault",
	    NULL, tool_check, NULL, 0, 0 },
	{ "dump", "[OPTIONS]", "print the configuration as it is understood",
	    NULL, tool_dump, NULL, 0, 0 },
	{ "events", "[OPTIONS]", "mail accesses, of gaold or of logs",
	    NULL, tool_events, "-s", 0, 0 },
	{ "sessions", "[OPTIONS]", "who was signed in, how long, what it moved",
	    NULL, tool_sessions, "-s", 0, 0 },
	{ "logins", "[OPTIONS] USER", "the last sign-ins of an account",
	    NULL, tool_logins, "-s", 0, 0 },
	{ "timeline", "[OPTIONS] USER|ADDR", "all that is known of one",
	    NULL, tool_timeline, "-s", 0, 0 },
	{ "report", "[insecure] [OPTIONS]", "a period, by account and service",
	    NULL, tool_report, "-s", 0, 0 },
	{ "lint", "[OPTIONS] FILTER...", "find expressions that can be misused",
	    NULL, tool_lint, NULL, 0, 0 },
	{ "options", "[NAME...]", "what the options of the files mean",
	    NULL, tool_options, NULL, 0, 0 },
	{ "regex", "[OPTIONS] LOG REGEX", "try a filter on a log",
	    NULL, tool_regex, NULL, 0, 0 },
	{ "setup", "[OPTIONS]", "from a running fail2ban to gaold, and back",
	    NULL, tool_setup, NULL, 0, 0 },
	{ .name = NULL },
};

static const char usage_head[] =
    "usage: gaol [OPTIONS] VERB [ARGUMENTS]\n\n";
static const char usage_options[] =
    "\nOptions, before or behind the verb:\n"
    "  -c, --config DIR     configuration directory\n"
    "  -s, --socket PATH    control socket of the daemon\n"
    "      --json           print data as JSON\n"
    "      --timeout N      seconds to wait for the daemon (30)\n"
    "  -h, --help           this text, or the verb's\n"
    "  -V, --version        version of this program\n";

/* The command line, taken apart. */
struct line {
	struct call call;
	const struct verb *verb;
	struct strings words;   /* the verb and what is left for it */
	bool help;
	bool version;
};

static void
print_usage(FILE *to)
{
	fputs(usage_head, to);
	for (const struct verb *v = verbs; v->name != NULL; v++)
		fprintf(to, "  %-10s%-22s%s\n", v->name, v->args, v->help);
	fputs(usage_options, to);
}

static void
print_verb(const struct verb *v)
{
	printf("usage: gaol [OPTIONS] %s%s%s\n\n%s\n%s", v->name,
	    v->args[0] != '\0' ? " " : "", v->args, v->help, usage_options);
}

static int
misuse(const char *what, const char *word)
{
	struct buf text = { 0 };

	printable_add(&text, span_of(word));
	fprintf(stderr, "gaol: %s%s%s; see gaol help\n", what,
	    text.n > 0 ? ": " : "", text.n > 0 ? text.p : "");
	buf_fini(&text);
	return EXIT_MISUSE;
}

static const struct verb *
find_verb(const char *name)
{
	for (const struct verb *v = verbs; v->name != NULL; v++)
		if (strcmp(v->name, name) == 0)
			return v;
	return NULL;
}

/*
 * Is `word` the option that takes a value ("-c X", "--config X",
 * "--config=X")? Then *value is set, *i stands on the last word used.
 */
static bool
takes_value(const char *brief, const char *full, char **argv, int *i,
    const char **value)
{
	const char *word = argv[*i];
	size_t n = strlen(full);

	if (strncmp(word, full, n) == 0 && word[n] == '=') {
		*value = word + n + 1;
		return true;
	}
	if (strcmp(word, full) != 0 && strcmp(word, brief) != 0)
		return false;
	*value = argv[*i + 1];   /* NULL at the end: the caller complains */
	*i += *value != NULL;
	return true;
}

static bool
is_either(const char *word, const char *brief, const char *full)
{
	return strcmp(word, brief) == 0 || strcmp(word, full) == 0;
}

static int
set_timeout(struct line *line, const char *value)
{
	int64_t n;

	if (number_parse(span_of(value), 1, TARGET_TIMEOUT_MAX, &n) == -1)
		return misuse("--timeout takes 1..86400 seconds, not", value);
	line->call.target.timeout = (int)n;
	return EXIT_OK;
}

/* An option of every verb at argv[*i]? -1: it is none of them. */
static int
read_option(struct line *line, char **argv, int *i)
{
	struct target *t = &line->call.target;
	const char *word = argv[*i], *value = "";

	if (takes_value("-c", "--config", argv, i, &value))
		t->dir = value;
	else if (takes_value("-s", "--socket", argv, i, &value))
		t->socket_given = value;
	else if (takes_value("--timeout", "--timeout", argv, i, &value))
		return value == NULL ? misuse("a value is missing", word) :
		    set_timeout(line, value);
	else if (strcmp(word, "--json") == 0)
		line->call.json = true;
	else if (is_either(word, "-h", "--help"))
		line->help = true;
	else if (is_either(word, "-V", "--version"))
		line->version = true;
	else
		return -1;
	return value == NULL ? misuse("a value is missing", word) : EXIT_OK;
}

static bool
is_known_flag(const struct line *line, const char *word)
{
	const char *flag = line->verb != NULL ? line->verb->flag : NULL;

	return flag != NULL && (strcmp(flag, "*") == 0 ||
	    strcmp(word, flag) == 0);
}

static int
read_line(struct line *line, int argc, char **argv)
{
	bool plain = false;   /* behind "--" */

	for (int i = 1; i < argc; i++) {
		int rc;

		if (!plain && strcmp(argv[i], "--") == 0) {
			plain = true;
			continue;
		}
		rc = plain ? -1 : read_option(line, argv, &i);
		if (rc > EXIT_OK)
			return rc;
		if (rc == EXIT_OK)
			continue;
		if (!plain && argv[i][0] == '-' && argv[i][1] != '\0' &&
		    !is_known_flag(line, argv[i]))
			return misuse("unknown option", argv[i]);
		if (line->words.n == 0)
			line->verb = find_verb(argv[i]);
		strings_add(&line->words, span_of(argv[i]));
		/* A tool reads what stands behind its name. */
		if (line->verb != NULL && line->verb->tool != NULL) {
			for (i++; i < argc; i++)
				strings_add(&line->words, span_of(argv[i]));
		}
	}
	return EXIT_OK;
}

/* What stood before the verb comes behind the tool's name. */
static int
run_tool(const struct line *line, const char *only)
{
	struct strings argv = { 0 };
	int rc;

	strings_add(&argv, span_of(line->verb->name));
	if (line->call.target.dir != NULL) {
		strings_add(&argv, SPAN("-c"));
		strings_add(&argv, span_of(line->call.target.dir));
	}
	/* Some of them may ask the daemon. */
	if (line->call.target.socket_given != NULL &&
	    is_known_flag(line, "-s")) {
		strings_add(&argv, SPAN("-s"));
		strings_add(&argv, span_of(line->call.target.socket_given));
	}
	if (line->call.json)
		strings_add(&argv, SPAN("--json"));
	if (only != NULL)
		strings_add(&argv, span_of(only));
	for (size_t i = 1; only == NULL && i < line->words.n; i++)
		strings_add(&argv, span_of(line->words.v[i]));
	strings_take(&argv, NULL);
	rc = line->verb->tool((int)argv.n - 1, argv.v);
	strings_fini(&argv);
	return rc;
}

/* `gaol --help`, `gaol VERB --help`, `gaol help [VERB]`. */
static int
help(struct line *line)
{
	if (line->words.n > 1 && strcmp(line->words.v[0], "help") == 0) {
		line->verb = find_verb(line->words.v[1]);
		if (line->verb == NULL)
			return misuse("unknown verb", line->words.v[1]);
	}
	if (line->verb == NULL)
		print_usage(stdout);
	else if (line->verb->tool != NULL)
		return run_tool(line, "--help");
	else
		print_verb(line->verb);
	return EXIT_OK;
}

static bool
wants_colour(void)
{
	const char *no = getenv("NO_COLOR");
	const char *term = getenv("TERM");

	return isatty(STDOUT_FILENO) && (no == NULL || no[0] == '\0') &&
	    (term == NULL || strcmp(term, "dumb") != 0);
}

static int
run_verb(struct line *line)
{
	struct call *call = &line->call;
	struct buf why = { 0 };
	int rc = EXIT_FAILED;

	if (line->words.n - 1 < line->verb->least)
		return misuse("too few arguments", line->verb->name);
	if (line->words.n - 1 > line->verb->most)
		return misuse("too many arguments", line->verb->name);
	if (strcmp(line->verb->name, "stop") == 0 && line->words.n > 1 &&
	    strcmp(line->words.v[1], "--flush") != 0)
		return misuse("stop takes --flush only, not",
		    line->words.v[1]);
	call->argc = line->words.n;
	call->argv = (const char *const *)line->words.v;
	call->colour = wants_colour();
	if (target_find(&call->target, &why) == -1)
		fprintf(stderr, "gaol: %s\n", why.p);
	else
		rc = line->verb->run(call);
	target_fini(&call->target);
	buf_fini(&why);
	return rc;
}

static int
run_line(struct line *line)
{
	if (line->version) {
		printf("gaol %s\n", GAOL_VERSION);
		return EXIT_OK;
	}
	if (line->help || (line->words.n > 0 &&
	    strcmp(line->words.v[0], "help") == 0))
		return help(line);
	if (line->words.n == 0) {
		print_usage(stderr);
		return EXIT_MISUSE;
	}
	if (line->verb == NULL)
		return misuse("unknown verb", line->words.v[0]);
	return line->verb->tool != NULL ? run_tool(line, NULL) :
	    run_verb(line);
}

int
main(int argc, char **argv)
{
	struct line line = { 0 };
	const char *slash = argc > 0 ? strrchr(argv[0], '/') : NULL;
	const char *name = slash != NULL ? slash + 1 : argc > 0 ? argv[0] :
	    "gaol";
	int rc;

	if (strcmp(name, "fail2ban-client") == 0)
		return f2b_client(argc, argv);
	if (strcmp(name, "fail2ban-regex") == 0)
		return tool_regex(argc, argv);
	rc = read_line(&line, argc, argv);
	if (rc == EXIT_OK)
		rc = run_line(&line);
	strings_fini(&line.words);
	return rc;
}
