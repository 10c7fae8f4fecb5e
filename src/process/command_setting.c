/* `get JAIL …` and `set JAIL …`: the table, and what every setting needs. */
#include "process/command_setting.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "config/value.h"
#include "control/payload.h"
#include "process/command_daemon.h"
#include "process/command_local.h"

static const struct setting *const tables[] = {
	command_setting_jail, command_setting_ignore, command_setting_filter, command_setting_event,
	command_setting_ban, command_setting_life, command_setting_action,
};

static bool
is_named(const struct setting *s, const char *name)
{
	size_t n = strlen(s->name);

	return s->name[n - 1] == '.' ? strncmp(s->name, name, n) == 0 :
	    strcmp(s->name, name) == 0;
}

static const struct setting *
find(const char *name)
{
	for (size_t i = 0; i < sizeof(tables) / sizeof(tables[0]); i++)
		for (const struct setting *s = tables[i]; s->name != NULL; s++)
			if (is_named(s, name))
				return s;
	return NULL;
}

/* --- for the rows ------------------------------------------------------------ */

int
command_setting_fail(struct setting_call *c, const char *type,
    const char *fmt, ...)
{
	va_list ap;

	c->type = type;
	buf_clear(&c->why);
	va_start(ap, fmt);
	buf_addv(&c->why, fmt, ap);
	va_end(ap);
	return -1;
}

json_t *
command_setting_text(struct setting_call *c)
{
	const char *text = properties_get(&c->jail->config->settings, c->name);

	return text != NULL ? payload_text(span_of(text)) : json_null();
}

int
command_setting_store(struct setting_call *c, const char *type,
    const char *value)
{
	c->type = type;
	return engine_setting_set(c->jail, c->name, value, &c->why);
}

int
command_setting_int(struct setting_call *c, int64_t min, int64_t max,
    int64_t *out)
{
	if (value_int(c->argv[0], min, max, out) == 0)
		return 0;
	if (errno == ERANGE)
		return command_setting_fail(c, "ValueError", "%s: %s; "
		    "accepted: %" PRId64 "..%" PRId64, c->name, c->argv[0],
		    min, max);
	return command_setting_fail(c, "ValueError",
	    "invalid literal for int() with base 10: '%s'", c->argv[0]);
}

/* --- get, set ------------------------------------------------------------------ */

static void
reply(struct setting_call *c, struct request *r, const struct setting *s)
{
	json_t *value = s->show != NULL ? s->show(c) : json_null();

	if (value != NULL)
		request_reply(r, value);
	else
		request_fail(r, c->type, "%s", c->why.n > 0 ? c->why.p : "");
}

void
command_get(struct request *r, size_t argc, const char *const *argv, void *arg)
{
	struct setting_call c = { 0 };
	const struct setting *s;

	if (command_daemon_get(arg, r, argc, argv))
		return;
	if (argc < 3) {
		request_fail(r, "IndexError", "list index out of range");
		return;
	}
	s = find(argv[2]);
	if (s == NULL || (s->show == NULL && s->tell == NULL) || s->verb) {
		request_fail(r, "Exception",
		    "Invalid command (no get action or not yet implemented)");
		return;
	}
	if (s->secret && !request_may(r, RIGHT_CONFIGURE))
		return;
	c.jail = command_jail(arg, r, argv[1]);
	if (c.jail == NULL)
		return;
	c.name = argv[2];
	c.argc = argc - 3;
	c.argv = argv + 3;
	if (s->tell != NULL)
		s->tell(&c, r);
	else
		reply(&c, r, s);
	buf_fini(&c.why);
}

/* Its jail is at rest, and has become another one meanwhile, perhaps. */
static bool
call_of(struct setting_call *c, struct request *r, size_t argc,
    const char *const *argv, struct engine *e)
{
	struct engine_jail *j = command_jail(e, r, argv[1]);

	/* The request has failed, and its words are gone. */
	if (j == NULL)
		return false;
	*c = (struct setting_call){ .jail = j, .name = argv[2],
		.argc = argc - 3, .argv = argv + 3 };
	return true;
}

/* Who reads that it is set finds the bans as it says. */
static void
reply_now(struct request *r, size_t argc, const char *const *argv, void *arg)
{
	struct setting_call c;

	if (!call_of(&c, r, argc, argv, arg))
		return;
	reply(&c, r, find(argv[2]));
	buf_fini(&c.why);
}

/* In a stream None is no text: these are unset by it. */
static bool
is_unset(const struct request *r, const char *name)
{
	const char *type;

	return request_odd(r, &type) == 3 && strcmp(type, "NoneType") == 0 &&
	    (strncmp(name, "bantime.", 8) == 0 ||
	    strcmp(name, "logtimezone") == 0);
}

/* A list is no address, though its JSON text would do. The request fails. */
static bool
has_odd_word(struct request *r, const char *name)
{
	static const char *const numbers[] = {
		"maxretry", "maxmatches", "maxlines", "delfailregex",
		"delignoreregex",
	};
	const char *type;
	bool number = false;

	if (request_odd(r, &type) < 3 || is_unset(r, name) ||
	    strcmp(name, "action") == 0 || strcmp(name, "addaction") == 0)
		return false;
	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
		number |= strcmp(name, numbers[i]) == 0;
	if (number)
		request_fail(r, "TypeError", "int() argument must be a string, "
		    "a bytes-like object or a real number, not '%s'", type);
	else
		request_fail(r, "TypeError", "expected string or bytes-like "
		    "object, got '%s'", type);
	return true;
}

static void
set_now(struct request *r, size_t argc, const char *const *argv, void *arg)
{
	static const char *const unset[] = { "" };
	const struct setting *s = find(argv[2]);
	struct setting_call c;

	if (!call_of(&c, r, argc, argv, arg))
		return;
	if (is_unset(r, argv[2]))
		c.argv = unset;
	if (s->run != NULL)
		s->run(&c, r);
	else if (s->change(&c) == -1)
		request_fail(r, c.type, "%s", c.why.n > 0 ? c.why.p : "");
	else if (c.jail->working)
		command_turn(arg, argv[1], r, argc, argv, reply_now);
	else
		reply(&c, r, s);
	buf_fini(&c.why);
}

void
command_set(struct request *r, size_t argc, const char *const *argv, void *arg)
{
	const struct setting *s = argc > 2 ? find(argv[2]) : NULL;

	if (command_daemon_set(arg, r, argc, argv))
		return;
	if (argc < 3) {
		request_fail(r, "IndexError", "list index out of range");
		return;
	}
	if (s == NULL || (s->change == NULL && s->run == NULL)) {
		request_fail(r, "Exception", "Invalid command '%s' (no set "
		    "action or not yet implemented)", argv[2]);
		return;
	}
	if (!request_may(r, s->ban ? RIGHT_BAN : RIGHT_CONFIGURE))
		return;
	if (argc - 3 < s->least)
		request_fail(r, "IndexError", "list index out of range");
	else if (!has_odd_word(r, argv[2]))
		command_turn(arg, argv[1], r, argc, argv, set_now);
}
