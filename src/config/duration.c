#include "config/duration.h"

#include <errno.h>
#include <math.h>
#include <stddef.h>

#include "config/expression.h"

static const struct unit {
	const char *full;       /* with or without a final "s" */
	const char *shorts[3];
	double seconds;
} units[] = {
	{ "second", { "s", "ss", "se" }, 1 },
	{ "minute", { "m", "mm", "mi" }, 60 },
	{ "hour", { "h", "hh", "ho" }, 3600 },
	{ "day", { "d", "dd", "da" }, 86400 },
	{ "week", { "w", "ww", "we" }, 604800 },
	{ "month", { "mo", "mon", "mon" }, 2629800 },
	{ "year", { "y", "yy", "ye" }, 31557600 },
	/* Three letters of the ones that have such a form. */
	{ "", { "sec", "sec", "sec" }, 1 },
	{ "", { "min", "min", "min" }, 60 },
	{ "", { "hou", "hou", "hou" }, 3600 },
	{ "", { "wee", "wee", "wee" }, 604800 },
	{ "", { "yea", "yea", "yea" }, 31557600 },
};

static double
unit_seconds(struct span word)
{
	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
		const struct unit *u = &units[i];
		struct span full = span_of(u->full), stem = word;

		for (size_t k = 0; k < 3; k++)
			if (span_eq_nocase(word, span_of(u->shorts[k])))
				return u->seconds;
		if (word.n == full.n + 1 &&
		    (word.p[full.n] == 's' || word.p[full.n] == 'S'))
			stem = span_sub(word, 0, full.n);
		if (full.n > 0 && span_eq_nocase(stem, full))
			return u->seconds;
	}
	return 0;
}

int
duration_parse(struct span text, double *seconds)
{
	static const struct expression_dialect dialect = {
		.unit = unit_seconds,
	};
	const struct expression_values none = { 0 };
	struct buf why = { 0 };
	struct expression *e = expression_parse(text, &dialect, &why);
	int result = -1, error = EINVAL;
	double v = 0;

	if (e != NULL) {
		result = expression_run(e, &none, &v);
		error = result == 0 || errno == ERANGE ? ERANGE : EINVAL;
	}
	expression_free(e);
	buf_fini(&why);
	if (result != 0 || fabs(v) > DURATION_MAX) {
		errno = error;
		return -1;
	}
	*seconds = v;
	return 0;
}

static bool
is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* Months and years are fractions of days there. */
bool
duration_is_real(struct span text)
{
	for (size_t i = 0; i < text.n; i++) {
		bool begins = is_letter(text.p[i]) &&
		    (i == 0 || !is_letter(text.p[i - 1]));

		if (text.p[i] == '.' || text.p[i] == '/' || (begins &&
		    (span_eq_nocase(span_sub(text, i, 1), SPAN("y")) ||
		    span_eq_nocase(span_sub(text, i, 2), SPAN("mo")))))
			return true;
	}
	return false;
}
