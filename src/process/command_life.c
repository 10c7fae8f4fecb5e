/*
 * Jails by command: `add`, `start`, `stop JAIL`, `set JAIL idle|addlogpath|
 * dellogpath`; and commands of commands: `multi-set`, `server-stream`.
 */
#include "process/command_setting.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/buf.h"
#include "base/xalloc.h"
#include "config/jail_load.h"
#include "process/command_local.h"

/* --- add, start, stop ------------------------------------------------- */

static void
add_now(struct request *r, size_t argc, const char *const *argv, void *arg)
{
	const char *backend = argc > 2 ? argv[2] : "auto";
	struct engine *e = arg;
	struct engine_jail *j;
	struct buf why = { 0 };

	if (e->config == NULL) {
		request_fail(r, "Exception", "still starting");
		return;
	}
	j = engine_jail_find(e, argv[1]);
	if (j != NULL && !j->stopped) {
		request_fail(r, "DuplicateJailException", "%s", argv[1]);
		return;
	}
	if (engine_life_check(e, argv[1], backend, &why) == -1)
		request_fail(r, "ValueError", "%s", why.p);
	else if (strncmp(backend, "systemd", 7) == 0)
		engine_journal_given_add(e, argv[1], backend, r);
	else if (engine_life_add(e, argv[1], backend, &why) != NULL)
		request_reply(r, json_string(argv[1]));
	else
		request_fail(r, "ValueError", "%s", why.p);
	buf_fini(&why);
}

void
command_add(struct request *r, size_t argc, const char *const *argv, void *arg)
{
	if (argc < 2)
		request_fail(r, "IndexError", "list index out of range");
	else
		command_turn(arg, argv[1], r, argc, argv, add_now);
}

/* NULL: all of them. */
static const char *
jail_of(const char *word)
{
	return strcmp(word, "--all") != 0 ? word : NULL;
}

static void
start_now(struct request *r, size_t argc, const char *const *argv, void *arg)
{
	struct engine *e = arg;
	struct engine_jail *j;

	(void)argc;
	for (size_t i = 0; jail_of(argv[1]) == NULL && i < e->jails_n; i++)
		if (e->jails[i]->jail != NULL)
			engine_life_start(e->jails[i]);
	if (jail_of(argv[1]) != NULL) {
		j = command_jail(e, r, argv[1]);
		if (j == NULL)
			return;
		engine_life_start(j);
	}
	request_reply(r, json_null());
}

void
command_start_jail(struct request *r, size_t argc, const char *const *argv,
    void *arg)
{
	if (argc < 2)
		request_fail(r, "IndexError", "list index out of range");
	else
		command_turn(arg, jail_of(argv[1]), r, argc, argv, start_now);
}

/* A line of a configuration that its sender could not make sense of. */
void
command_config_error(struct request *r, size_t argc, const char *const *argv,
    void *arg)
{
	(void)arg;
	if (argc < 2) {
		request_fail(r, "IndexError", "list index out of range");
		return;
	}
	log_error("fail2ban", "%s", log_text(span_of(argv[1])));
	request_reply(r, json_null());
}

/* --- set JAIL idle, addlogpath, dellogpath ----------------------------- */

static int
change_idle(struct setting_call *c)
{
	bool on = strcmp(c->argv[0], "on") == 0;

	if (!on && strcmp(c->argv[0], "off") != 0)
		return command_setting_fail(c, "Exception",
		    "Invalid idle option, must be 'on' or 'off'");
	engine_life_idle(c->jail, on);
	return 0;
}

static json_t *
show_idle(struct setting_call *c)
{
	return json_boolean(c->jail->idle);
}

static void
run_addlogpath(struct setting_call *c, struct request *r)
{
	bool tail = c->argc == 2 && strcasecmp(c->argv[1], "tail") == 0;

	if (c->argc > 2)
		request_fail(r, "ValueError",
		    "Only one file can be added at a time");
	else if (c->argc == 2 && !tail && strcasecmp(c->argv[1], "head") != 0)
		request_fail(r, "ValueError",
		    "File option must be 'head' or 'tail'");
	else if (jail_reads_journal(c->jail->config))
		request_reply(r, json_array());
	else
		engine_log_add(c->jail, c->argv[0], tail, r);
}

static void
run_dellogpath(struct setting_call *c, struct request *r)
{
	engine_log_del(c->jail, c->argv[0]);
	request_reply(r, command_files_json(c->jail->engine, c->jail));
}

const struct setting command_setting_life[] = {
	{ "idle", show_idle, change_idle, .least = 1, .verb = true },
	{ "addlogpath", .run = run_addlogpath, .least = 1, .verb = true },
	{ "dellogpath", .run = run_dellogpath, .least = 1, .verb = true },
	{ 0 },
};

/* --- commands of commands ------------------------------------------------ */

#define STREAM_STEP 20       /* commands in one turn */

/*
 * Run one after the other; the first that fails ends them. Whoever else has
 * something to ask comes between, some commands later.
 */
struct stream {
	struct engine_change change;   /* first: the rest, in a later turn */
	struct engine *engine;
	struct request *request;
	json_t *commands;
	size_t next;
	json_t *error;
	json_t *reply;
	bool waits;
	bool runs;
};

static void
finish(struct stream *s)
{
	const char *type = json_string_value(json_object_get(s->error,
	    "type"));
	const char *text = json_string_value(json_object_get(s->error,
	    "message"));

	if (s->error == NULL)
		request_reply(s->request, json_incref(s->reply));
	else
		request_fail(s->request, type != NULL ? type : "Exception",
		    "%s", text != NULL ? text : "");
	json_decref(s->error);
	json_decref(s->reply);
	json_decref(s->commands);
	free(s);
}

static void run(struct stream *s);

static void
on_done(const json_t *payload, const json_t *error, void *arg)
{
	struct stream *s = arg;

	(void)payload;
	s->waits = false;
	s->error = json_deep_copy(error);
	if (!s->runs)
		run(s);
}

static enum change_step
run_on(struct engine_change *change)
{
	run((struct stream *)change);
	return CHANGE_OVER;
}

static void
run_no_more(struct engine_change *change)
{
	struct stream *s = (struct stream *)change;

	s->next = json_array_size(s->commands);
	run(s);
}

static void
run(struct stream *s)
{
	size_t n = 0;

	s->runs = true;
	while (!s->waits && s->error == NULL && n++ < STREAM_STEP &&
	    s->next < json_array_size(s->commands)) {
		s->waits = true;
		request_inside(s->request, json_array_get(s->commands,
		    s->next++), on_done, s);
	}
	s->runs = false;
	if (s->waits)
		return;
	if (s->error == NULL && s->next < json_array_size(s->commands)) {
		s->change.step = run_on;
		s->change.drop = run_no_more;
		engine_change_aside(s->engine, &s->change);
	} else {
		finish(s);
	}
}

/* Takes over both. */
static void
stream_run(struct engine *e, struct request *r, json_t *commands,
    json_t *reply)
{
	struct stream *s = xcalloc(1, sizeof(*s));

	s->engine = e;
	s->request = r;
	s->commands = commands;
	s->reply = reply;
	run(s);
}

static json_t *
read_list(struct request *r, const char *text)
{
	json_t *list = json_loads(text, 0, NULL);

	if (json_is_array(list))
		return list;
	json_decref(list);
	request_fail(r, "TypeError", "a list of commands is expected");
	return NULL;
}

/*
 * The client of a server that fail2ban's own `start` made hands it the whole
 * configuration. We have read the same files: what it sent is not looked at.
 */
static bool
is_start_stream(struct engine *e, struct request *r)
{
	if (!e->stream_due)
		return false;
	e->stream_due = false;
	if (e->config == NULL)
		e->stream = r;
	else
		request_reply(r, json_null());
	return true;
}

void
command_stream(struct request *r, size_t argc, const char *const *argv,
    void *arg)
{
	json_t *list;

	if (argc < 2) {
		request_fail(r, "IndexError", "list index out of range");
		return;
	}
	if (is_start_stream(arg, r))
		return;
	list = read_list(r, argv[1]);
	if (list != NULL)
		stream_run(arg, r, list, json_null());
}

/*
 * ["set", JAIL, WHAT, …, VALUE] for each value of the last word's list; of an
 * action they are pairs.
 */
void
command_multi_set(struct request *r, size_t argc, const char *const *argv,
    void *arg)
{
	json_t *values, *commands = json_array(), *value;
	bool pairs = argc > 2 && strcmp(argv[2], "action") == 0;
	size_t i;

	values = argc > 3 ? read_list(r, argv[argc - 1]) : NULL;
	if (argc <= 3)
		request_fail(r, "IndexError", "list index out of range");
	if (values == NULL) {
		json_decref(commands);
		return;
	}
	json_array_foreach(values, i, value) {
		json_t *one = json_pack("[s]", "set");

		for (size_t k = 1; k + 1 < argc; k++)
			json_array_append_new(one, json_string(argv[k]));
		if (pairs && json_is_array(value))
			json_array_extend(one, value);
		else
			json_array_append(one, value);
		json_array_append_new(commands, one);
	}
	json_decref(values);
	stream_run(arg, r, commands, json_true());
}
