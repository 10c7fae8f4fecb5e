/* Settings of the jail itself: what counts as too many, and for how long. */
#include "process/command_setting.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "config/duration.h"
#include "config/value.h"
#include "process/command_local.h"

#define EXTRAS_MAX 32    /* names behind "bantime." that nobody knows */

/* --- whole numbers ------------------------------------------------------- */

static json_t *
show_maxretry(struct setting_call *c)
{
	return json_integer(c->jail->config->maxretry);
}

static json_t *
show_maxmatches(struct setting_call *c)
{
	return json_integer(c->jail->config->maxmatches);
}

static int
change_int(struct setting_call *c)
{
	char text[24];
	int64_t n;

	if (command_setting_int(c, 0, INT32_MAX, &n) == -1)
		return -1;
	snprintf(text, sizeof(text), "%" PRId64, n);
	return command_setting_store(c, "ValueError", text);
}

/* --- durations ------------------------------------------------------------- */

static bool
is_identifier(const char *text)
{
	size_t n = strspn(text, "abcdefghijklmnopqrstuvwxyz"
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZ_0123456789");

	return text[0] != '\0' && text[n] == '\0' &&
	    (text[0] < '0' || text[0] > '9');
}

/* Upstream lets Python read it, and says what Python says. */
static int
change_seconds(struct setting_call *c)
{
	const char *text = c->argv[0];
	double seconds;

	if (duration_parse(span_of(text), &seconds) == -1 &&
	    errno != ERANGE) {
		if (is_identifier(text))
			return command_setting_fail(c, "NameError",
			    "name '%s' is not defined", text);
		return command_setting_fail(c, "SyntaxError",
		    "%s: '%s' is not a duration; accepted: seconds, or "
		    "numbers with y mo w d h m s, as in 1d 12h", c->name,
		    text);
	}
	return command_setting_store(c, "ValueError", text);
}

static json_t *
seconds_json(double seconds, const char *text)
{
	if (seconds != floor(seconds) ||
	    (text != NULL && duration_is_real(span_of(text))))
		return json_real(seconds);
	return json_integer((json_int_t)seconds);
}

static json_t *
show_findtime(struct setting_call *c)
{
	const struct jail_config *config = c->jail->config;

	return seconds_json(config->findtime,
	    properties_get(&config->settings, "findtime"));
}

static json_t *
show_bantime(struct setting_call *c)
{
	return json_integer(c->jail->config->bantime);
}

/* --- bantime.X --------------------------------------------------------------- */

static bool
is_any(const char *name, const char *const *names)
{
	for (; *names != NULL; names++)
		if (strcmp(name, *names) == 0)
			return true;
	return false;
}

static bool
is_span_of_time(const char *name)
{
	static const char *const names[] = {
		"bantime.maxtime", "bantime.rndtime", NULL
	};

	return is_any(name, names);
}

static bool
is_known(const char *name)
{
	static const char *const names[] = {
		"bantime.increment", "bantime.factor", "bantime.formula",
		"bantime.multipliers", "bantime.overalljails", NULL
	};

	return is_any(name, names) || is_span_of_time(name);
}

static json_t *
show_extra(struct setting_call *c)
{
	const char *text = properties_get(&c->jail->config->settings, c->name);
	double seconds;

	if (text == NULL || text[0] == '\0')
		return json_null();
	if (strcmp(c->name, "bantime.increment") == 0)
		return json_boolean(value_bool(text));
	if (is_span_of_time(c->name) &&
	    duration_parse(span_of(text), &seconds) == 0)
		return seconds_json(seconds, text);
	/* The configuration's; what `set` brings is shown as it came. */
	if (strcmp(c->name, "bantime.overalljails") == 0 &&
	    (strcmp(text, "True") == 0 || strcmp(text, "False") == 0))
		return json_boolean(value_bool(text));
	return command_setting_text(c);
}

static size_t
count_unknown(const struct properties *p)
{
	size_t n = 0;

	for (size_t i = 0; i < p->n; i++)
		n += strncmp(p->v[i].key, "bantime.", 8) == 0 &&
		    !is_known(p->v[i].key);
	return n;
}

/* An empty value is none; upstream keeps any name, and so do we. */
static int
change_extra(struct setting_call *c)
{
	const struct properties *p = &c->jail->config->settings;
	const char *text = c->argv[0];

	if (strcmp(c->name, "bantime.increment") == 0)
		return command_setting_store(c, "ValueError",
		    value_bool(text) ? "True" : "False");
	if (text[0] == '\0')
		return command_setting_store(c, "ValueError", NULL);
	if (is_span_of_time(c->name))
		return change_seconds(c);
	if (!is_known(c->name) && properties_get(p, c->name) == NULL &&
	    count_unknown(p) >= EXTRAS_MAX)
		return command_setting_fail(c, "ValueError", "%s: too many "
		    "that nobody knows; accepted: %d", c->name, EXTRAS_MAX);
	return command_setting_store(c, "ValueError", text);
}

/* --- logpath, journalmatch --------------------------------------------------- */

static json_t *
show_logpath(struct setting_call *c)
{
	return command_files_json(c->jail->engine, c->jail);
}

const struct setting command_setting_jail[] = {
	{ "maxretry", show_maxretry, change_int, .least = 1 },
	{ "maxmatches", show_maxmatches, change_int, .least = 1 },
	{ "findtime", show_findtime, change_seconds, .least = 1 },
	{ "bantime", show_bantime, change_seconds, .least = 1 },
	{ "bantime.", show_extra, change_extra, .least = 1 },
	{ "logpath", .show = show_logpath },
	{ 0 },
};
