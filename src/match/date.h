/*
 * The date detector: finds the stamp in a line, says what is to be cut out
 * and when it was. It remembers which template the log uses and
 * where, so that the others are asked only when something changes.
 */
#ifndef GAOL_MATCH_DATE_H
#define GAOL_MATCH_DATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/clock.h"
#include "base/span.h"
#include "match/regex.h"

struct date_detector;

/*
 * `pattern`: a datepattern (lines are alternatives), NULL for the defaults.
 * `zone`: logtimezone, or NULL. NULL with *error filled.
 */
struct date_detector *date_new(const char *pattern, const char *zone,
    struct regex_error *error);
void date_free(struct date_detector *d);

/* `start` and `end` first: copied and read together, they are one vector. */
struct date {
	size_t start, end;   /* what is cut; start = end: nothing ({NONE}) */
	struct wall time;    /* when known; of most formats whole seconds */
	int us;              /* … and its fraction, if `time` has none */
	bool found;          /* a template matched; cut is meaningful */
	bool known;          /* … and it is a date that exists */
};

void date_find(struct date_detector *d, struct matcher *m, struct span line,
    bool ascii, struct wall now, struct date *out);

/* Another logtimezone; NULL: local time. 0, or -1: unknown, unchanged. */
int date_set_zone(struct date_detector *d, const char *zone);

/*
 * What upstream shows of it: the first template's name and its pattern (NULL:
 * it is a word that stands for itself). False: more than two, the defaults.
 */
bool date_shown(const struct date_detector *d, const char **pattern,
    const char **name);
/* Templates in their present order; false past the last. */
struct date_template_state {
	const char *name, *regex;   /* borrowed, as is … */
	const char *pattern;        /* … NULL: one of the words (EPOCH …) */
	uint64_t hits;
	double weight;         /* now, by hits and distance */
	double own_weight;     /* what it began with */
};
bool date_template_state(const struct date_detector *d, size_t i,
    struct date_template_state *out);

#endif
