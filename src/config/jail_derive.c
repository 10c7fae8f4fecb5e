/* The typed side of a jail's settings; and its end. */
#include "config/jail_load.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"
#include "config/action_load.h"
#include "config/duration.h"
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

static int
derive_times(struct jail_config *jail, struct buf *why)
{
	static const char *const times[] = {
		"findtime", "bantime", "bantime.maxtime", "bantime.rndtime"
	};
	double v[4] = { 600, 600, 0, 0 };

	for (size_t i = 0; i < 4; i++) {
		const char *text = properties_get(&jail->settings, times[i]);

		if (text != NULL && seconds_of(times[i], text, &v[i], why) != 0)
			return -1;
	}
	if (v[0] < 0) {
		buf_addf(why, "findtime: '%s' is negative; accepted: 0 and "
		    "more", properties_get(&jail->settings, "findtime"));
		return -1;
	}
	jail->findtime = v[0];
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
check_multipliers(const char *text, struct buf *why)
{
	struct strings words = { 0 };
	struct buf none = { 0 };
	int64_t n;
	int result = 0;

	value_words(text, &words);
	for (size_t i = 0; result == 0 && i < words.n; i++)
		if (value_int(words.v[i], INT32_MIN, INT32_MAX, &n) != 0)
			result = bad_growth("bantime.multipliers", words.v[i],
			    &none, "whole numbers between blanks", why);
	strings_fini(&words);
	return result;
}

/* How a repeated ban grows is looked at before any ban needs it. */
static int
check_growth(const struct jail_config *jail, struct buf *why)
{
	const char *formula, *factor, *multipliers;
	struct expression *e;
	struct buf detail = { 0 };
	double v;

	formula = properties_get(&jail->settings, "bantime.formula");
	factor = properties_get(&jail->settings, "bantime.factor");
	multipliers = properties_get(&jail->settings, "bantime.multipliers");
	if (formula != NULL && formula[0] != '\0') {
		e = formula_parse(span_of(formula), &detail);
		if (e == NULL)
			return bad_growth("bantime.formula", formula, &detail,
			    "arithmetic with ban.Time, ban.Count, banFactor, "
			    "math and random", why);
		expression_free(e);
	}
	if (factor != NULL && factor[0] != '\0' &&
	    formula_factor(span_of(factor), &v, &detail) != 0)
		return bad_growth("bantime.factor", factor, &detail,
		    "a number, or arithmetic as in 24*60", why);
	return multipliers != NULL ? check_multipliers(multipliers, why) : 0;
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
	jail->ignoreself = v == NULL || value_bool(v);
	v = properties_get(&jail->settings, "ignoreip");
	if (v != NULL)
		value_words(v, &jail->ignoreip);
	jail->ignorecommand = dup_setting(jail, "ignorecommand", NULL);
	jail->logencoding = dup_setting(jail, "logencoding", "auto");
	jail->logtimezone = dup_setting(jail, "logtimezone", NULL);
	return derive_times(jail, why) != 0 ? -1 : check_growth(jail, why);
}

bool
jail_reads_journal(const struct jail_config *jail)
{
	return strncmp(jail->backend, "systemd", 7) == 0;
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
