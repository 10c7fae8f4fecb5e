/* The typed side of a jail's settings; and its end. */
#include "config/jail_load.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"
#include "config/action_load.h"
#include "config/duration.h"
#include "config/entry.h"
#include "config/formula.h"
#include "config/value.h"

static int
seconds_of(const char *name, const char *text, double *out, struct buf *why)
{
	if (duration_parse(span_of(text), out) == 0)
		return 0;
	if (errno == ERANGE)
		buf_addf(why, "%s: '%s' is more than a thousand years; "
		    "accepted: up to 1000y, -1 for ever", name, text);
	else
		buf_addf(why, "%s: '%s' is not a duration; accepted: seconds, "
		    "or numbers with y mo w d h m s, as in 1d 12h", name, text);
	return -1;
}

static bool
is_set(const struct jail_config *jail, const char *name)
{
	const char *text = properties_get(&jail->settings, name);

	return text != NULL && text[0] != '\0';
}

static int
derive_times(struct jail_config *jail, struct buf *why)
{
	static const char *const times[] = {
		"findtime", "bantime", "bantime.maxtime", "bantime.rndtime"
	};
	double v[4] = { 600, 600, 0, 0 };

	for (size_t i = 0; i < 4; i++) {
		const char *text = properties_get(&jail->settings, times[i]);

		/* Upstream takes an empty bantime.… for one that is not set. */
		if (text != NULL && (i < 2 || text[0] != '\0') &&
		    seconds_of(times[i], text, &v[i], why) != 0)
			return -1;
	}
	if (v[0] < 0) {
		buf_addf(why, "findtime: '%s' is negative; accepted: 0 and "
		    "more", properties_get(&jail->settings, "findtime"));
		return -1;
	}
	jail->findtime = v[0];
	jail->growth.limited = is_set(jail, "bantime.maxtime");
	jail->growth.maxtime = v[2];
	jail->growth.rndtime = v[3];
	/* Between -1 and 0 the truncation would make "for ever" zero. */
	jail->bantime = v[1] < 0 && v[1] > -1 ? -1 : (int64_t)v[1];
	return 0;
}

/* "bantime.formula: 'x': unknown name at 'x'; accepted: …" */
static int
bad_growth(const char *name, const char *text, struct buf *detail,
    const char *accepted, struct buf *why)
{
	buf_addf(why, "%s: '%s': %s; accepted: %s", name, text,
	    detail->n > 0 ? detail->p : "not a whole number", accepted);
	buf_fini(detail);
	return -1;
}

static int
derive_multipliers(struct growth_config *g, const char *text, struct buf *why)
{
	struct buf none = { 0 };
	int64_t n;

	value_words(text, &g->multipliers);
	for (size_t i = 0; i < g->multipliers.n; i++)
		if (value_int(g->multipliers.v[i], INT32_MIN, INT32_MAX,
		    &n) != 0)
			return bad_growth("bantime.multipliers",
			    g->multipliers.v[i], &none,
			    "whole numbers between blanks", why);
	return 0;
}

static int
derive_formula(struct growth_config *g, const char *text, struct buf *why)
{
	struct buf detail = { 0 };
	struct expression *e = formula_parse(span_of(text), &detail);

	if (e == NULL)
		return bad_growth("bantime.formula", text, &detail,
		    "arithmetic with ban.Time, ban.Count, banFactor, "
		    "math and random", why);
	expression_free(e);
	g->formula = xstrdup(text);
	return 0;
}

static int
derive_factor(struct growth_config *g, const char *text, struct buf *why)
{
	struct buf detail = { 0 };

	if (formula_factor(span_of(text), &g->factor, &detail) != 0)
		return bad_growth("bantime.factor", text, &detail,
		    "a number, or arithmetic as in 24*60", why);
	return 0;
}

/* How a repeated ban grows is looked at before any ban needs it. */
static int
derive_growth(struct jail_config *jail, struct buf *why)
{
	const struct properties *p = &jail->settings;
	struct growth_config *g = &jail->growth;
	const char *on = properties_get(p, "bantime.increment");
	const char *overall = properties_get(p, "bantime.overalljails");

	g->increment = on != NULL && value_bool(on);
	g->overalljails = overall != NULL && value_bool(overall);
	g->factor = 1;
	if (is_set(jail, "bantime.formula") &&
	    derive_formula(g, properties_get(p, "bantime.formula"), why) != 0)
		return -1;
	if (is_set(jail, "bantime.factor") &&
	    derive_factor(g, properties_get(p, "bantime.factor"), why) != 0)
		return -1;
	if (!is_set(jail, "bantime.multipliers"))
		return 0;
	return derive_multipliers(g, properties_get(p, "bantime.multipliers"),
	    why);
}

static char *
dup_setting(const struct jail_config *jail, const char *name,
    const char *fallback)
{
	const char *v = properties_get(&jail->settings, name);

	if (v == NULL || v[0] == '\0')
		v = fallback;
	return v != NULL ? xstrdup(v) : NULL;
}

static void
derive_int(const struct jail_config *jail, const char *name, int64_t *v)
{
	const char *text = properties_get(&jail->settings, name);

	if (text != NULL)
		value_int(text, 0, INT32_MAX, v);
}

/* Wider than that nobody bans: the warden would refuse it, too. */
static int
derive_prefix(const struct jail_config *jail, const char *name, int64_t min,
    int64_t max, uint8_t *out, struct buf *why)
{
	const char *text = properties_get(&jail->settings, name);
	int64_t n = max;

	if (text != NULL && value_int(text, min, max, &n) != 0) {
		buf_addf(why, "%s: '%s' is not a prefix length; accepted: %"
		    PRId64 " to %" PRId64, name, text, min, max);
		return -1;
	}
	*out = (uint8_t)n;
	return 0;
}

static int
derive_envelope(struct jail_config *jail, struct buf *why)
{
	const char *text = properties_get(&jail->settings, "envelope");

	if (text == NULL || text[0] == '\0' ||
	    envelope_kind_parse(span_of(text), &jail->envelope) == 0)
		return 0;
	buf_addf(why, "envelope: '%s' is not known; accepted: " ENVELOPE_NAMES,
	    text);
	return -1;
}

int
jail_derive(struct jail_config *jail, struct buf *why)
{
	const char *v = properties_get(&jail->settings, "ignoreself");

	jail->maxretry = 3;
	jail->maxmatches = 5;
	jail->findtime = 600;
	jail->bantime = 600;
	derive_int(jail, "maxretry", &jail->maxretry);
	derive_int(jail, "maxmatches", &jail->maxmatches);
	derive_int(jail, "prefix_hosts", &jail->prefix_hosts);
	jail->ignoreself = v == NULL || value_bool(v);
	v = properties_get(&jail->settings, "ignoreip");
	if (v != NULL)
		value_words(v, &jail->ignoreip);
	v = properties_get(&jail->settings, "ignoreip_lifts");
	jail->ignoreip_lifts = v != NULL && value_bool(v);
	jail->ignorecommand = dup_setting(jail, "ignorecommand", NULL);
	jail->logencoding = dup_setting(jail, "logencoding", "auto");
	jail->logtimezone = dup_setting(jail, "logtimezone", NULL);
	if (derive_prefix(jail, "ipv4_prefix", 8, 32, &jail->prefix_v4,
	    why) != 0 || derive_prefix(jail, "ipv6_prefix", 16, 128,
	    &jail->prefix_v6, why) != 0 || derive_envelope(jail, why) != 0)
		return -1;
	return derive_times(jail, why) != 0 ? -1 : derive_growth(jail, why);
}

bool
jail_reads_journal(const struct jail_config *jail)
{
	return strncmp(jail->backend, "systemd", 7) == 0;
}

int
jail_check_backend(const struct jail_config *jail, struct buf *why)
{
	static const char *const names[] = {
		"auto", "pyinotify", "gamin", "polling", "systemd"
	};
	struct buf detail = { 0 };
	struct entry e;
	bool known = false;

	if (entry_parse(&e, span_of(jail->backend), &detail) != 0) {
		buf_addf(why, "backend: '%s': %s", jail->backend, detail.p);
		buf_fini(&detail);
		return -1;
	}
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		known |= span_eq_nocase(span_of(names[i]), span_of(e.name));
	entry_fini(&e);
	if (known)
		return 0;
	buf_addf(why, "backend: '%s' is not known; accepted: auto, "
	    "polling, pyinotify, systemd[...]", jail->backend);
	return -1;
}

void
jail_fini(struct jail_config *jail)
{
	free(jail->name);
	free(jail->backend);
	free(jail->error);
	filter_config_fini(&jail->filter);
	properties_fini(&jail->settings);
	strings_fini(&jail->ignoreip);
	free(jail->growth.formula);
	strings_fini(&jail->growth.multipliers);
	free(jail->ignorecommand);
	free(jail->logencoding);
	free(jail->logtimezone);
	for (size_t i = 0; i < jail->logs_n; i++)
		free(jail->logs[i].path);
	free(jail->logs);
	strings_fini(&jail->logs_missing);
	for (size_t i = 0; i < jail->globs_n; i++)
		free(jail->globs[i].path);
	free(jail->globs);
	for (size_t i = 0; i < jail->actions_n; i++)
		action_fini(&jail->actions[i]);
	free(jail->actions);
	*jail = (struct jail_config){ 0 };
}
