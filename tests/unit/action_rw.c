/*
 * Shell actions from a script, for tests that run another program beside it:
 *
 *	action_rw DIRECTORY TICKETS < script
 *
 * DIRECTORY is a configuration, TICKETS a file of JSON objects by name. The
 * script has lines of words: "new JAIL NAME" (its first action, anew; NAME is
 * printed), "fail N …" (these commands since `new` will fail) and verbs with
 * the name of a ticket. No command is executed: its arguments behind `sh -c`
 * are printed as JSON, one command a line.
 */
#include <event2/event.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "action/action.h"
#include "action/command.h"
#include "base/clock.h"
#include "base/number.h"
#include "base/xalloc.h"
#include "config/config.h"

#define FAIL_MAX 64
#define NOW INT64_C(1124013600)

static struct event_base *base;
static bool failing[FAIL_MAX];
static unsigned ordinal;
static bool answered;

/* The recording shell stands where command.c and pool.c would. */
struct command {
	struct event *event;
	struct command_result result;
	command_done_fn *done;
	void *arg;
};

struct event_base *
pool_base(const struct pool *p)
{
	(void)p;
	return base;
}

static void
command_cb(evutil_socket_t fd, short what, void *arg)
{
	struct command *c = arg;

	(void)fd;
	(void)what;
	c->done(&c->result, c->arg);
	event_free(c->event);
	free(c);
}

struct command *
command_start(struct pool *pool, struct escape *script,
    const struct command_options *options, command_done_fn *done, void *arg)
{
	struct command *c = xcalloc(1, sizeof(*c));
	char **argv = escape_argv(script);
	json_t *list = json_array();

	(void)pool;
	(void)options;
	for (size_t i = 0; argv[i] != NULL; i++)
		json_array_append_new(list, json_string(argv[i]));
	json_dumpf(list, stdout, JSON_COMPACT);
	putchar('\n');
	json_decref(list);
	free(argv);
	escape_fini(script);
	c->done = done;
	c->arg = arg;
	c->result.code = ordinal < FAIL_MAX && failing[ordinal];
	ordinal++;
	c->event = event_new(base, -1, 0, command_cb, c);
	event_active(c->event, 0, 0);
	return c;
}

void
command_cancel(struct command *c)
{
	(void)c;
}

static void
done(const struct action_result *result, void *arg)
{
	(void)result;
	(void)arg;
	answered = true;
}

static char *
text_of(const json_t *o, const char *key)
{
	const char *s = json_string_value(json_object_get(o, key));

	return s != NULL ? xstrdup(s) : NULL;
}

static void
read_ticket(const json_t *o, struct values *v)
{
	const json_t *line;
	const char *name;
	json_t *value;
	size_t i;

	*v = (struct values){ .fid = text_of(o, "fid"),
		.ip = text_of(o, "ip") };
	v->time = wall_from_seconds(
	    json_integer_value(json_object_get(o, "time")));
	v->bantime = json_integer_value(json_object_get(o, "bantime"));
	v->bancount =
	    (uint32_t)json_integer_value(json_object_get(o, "bancount"));
	v->failures =
	    (uint32_t)json_integer_value(json_object_get(o, "failures"));
	json_array_foreach(json_object_get(o, "matches"), i, line)
		strings_add(&v->matches,
		    span_of(json_string_value(line)));
	json_object_foreach(json_object_get(o, "groups"), name, value)
		values_add_group(v, span_of(name),
		    span_of(json_string_value(value)));
}

static int
verb_of(const char *word)
{
	for (int v = 0; v < ACTION_VERBS; v++)
		if (strcmp(word, action_verb_name((enum action_verb)v)) == 0)
			return v;
	return -1;
}

static void
ask(struct action *a, int verb, const json_t *ticket)
{
	struct values v = { 0 };
	struct action_request request = { .verb = (enum action_verb)verb };

	if (ticket != NULL) {
		read_ticket(ticket, &v);
		request.values = &v;
	}
	answered = false;
	if (action_ask(a, &request) != 0) {
		fprintf(stderr, "%s: refused\n",
		    action_verb_name(request.verb));
		exit(1);
	}
	while (!answered)
		event_base_loop(base, EVLOOP_ONCE);
	values_fini(&v);
}

static struct action *
make(const struct config *c, const char *jail, struct host *host)
{
	for (size_t i = 0; i < c->jails_n; i++) {
		struct action_config config;
		struct action_options o = { .jail = "j", .bantime = 600,
			.ipv6 = true, .host = host, .done = done };

		if (strcmp(c->jails[i].name, jail) != 0 ||
		    c->jails[i].actions_n == 0)
			continue;
		config = c->jails[i].actions[0];
		/* What is done natively has its commands too. */
		if (config.kind == ACTION_NFTABLES)
			config.props = config.sent;
		o.config = &config;
		return action_new(&o);
	}
	return NULL;
}

static void
set_failing(char *words)
{
	int64_t n;

	memset(failing, 0, sizeof(failing));
	for (char *w = strtok(words, " "); w != NULL; w = strtok(NULL, " "))
		if (number_parse(span_of(w), 0, FAIL_MAX - 1, &n) == 0)
			failing[n] = true;
}

int
main(int argc, char **argv)
{
	const struct config_request request = { .dir = argv[1] };
	struct report report = { 0 };
	struct config *c;
	struct host *host;
	struct action *a = NULL;
	json_t *tickets;
	char line[1024];

	if (argc != 3)
		return 2;
	c = config_load(&request, &report);
	tickets = json_load_file(argv[2], 0, NULL);
	base = event_base_new();
	host = host_new(base);
	if (c == NULL || tickets == NULL || host == NULL)
		return 1;
	clock_freeze(wall_from_seconds(NOW), (struct boot){ 0 });
	while (fgets(line, sizeof(line), stdin) != NULL) {
		char *word = strtok(line, " \n");
		char *rest = strtok(NULL, "\n");

		if (word == NULL)
			continue;
		if (strcmp(word, "new") == 0) {
			char *name = strchr(rest, ' ');

			*name++ = '\0';
			action_free(a);
			a = make(c, rest, host);
			ordinal = 0;
			memset(failing, 0, sizeof(failing));
			printf("= %s%s\n", name,
			    a == NULL ? " (no action)" : "");
		} else if (strcmp(word, "fail") == 0) {
			set_failing(rest);
		} else if (a != NULL && verb_of(word) != -1) {
			ask(a, verb_of(word), rest != NULL ?
			    json_object_get(tickets, rest) : NULL);
		} else if (a != NULL) {
			fprintf(stderr, "unknown word: %s\n", word);
			return 1;
		}
	}
	action_free(a);
	host_free(host);
	event_base_free(base);
	json_decref(tickets);
	config_free(c);
	report_fini(&report);
	return 0;
}
