/*
 * Date templates: how one kind of stamp looks. A template is a
 * regex whose group 1 is what is cut out of the line, and the way its named
 * groups are read. Templates are shared between filters and compiled when
 * first needed: there are 31 defaults, and most logs use one of them.
 */
#ifndef GAOL_MATCH_DATE_TEMPLATE_H
#define GAOL_MATCH_DATE_TEMPLATE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "match/date_time.h"
#include "match/regex.h"

#define DATE_DEFAULTS 17     /* without their line-anchored copies */

enum date_kind { DATE_PATTERN, DATE_EPOCH, DATE_LONG_EPOCH, DATE_TAI64N };

struct date_template;

/*
 * A datepattern (one line of it, none of the words that stand for several
 * templates). Shared: release it once for each get. NULL with *error filled.
 */
struct date_template *date_template_get(struct span pattern,
    struct regex_error *error);
/* Default number i, or its copy that takes line starts only (may be NULL). */
struct date_template *date_template_default(size_t i, bool anchored);
/*
 * `pattern` with {DATE} replaced by default number i. NULL with an empty
 * error text: that default cannot stand inside a pattern.
 */
struct date_template *date_template_insert(struct span pattern, size_t i,
    struct regex_error *error);
void date_template_release(struct date_template *t);

const char *date_template_name(const struct date_template *t);
/* As it was handed in; NULL when it is one of the words (EPOCH …). */
const char *date_template_pattern(const struct date_template *t);
const char *date_template_text(const struct date_template *t);   /* regex */
/* Taken at the start or end of a line only: a hit there needs no rival. */
bool date_template_anchored(const struct date_template *t);
bool date_template_line_begin(const struct date_template *t);
double date_template_weight(const struct date_template *t);

struct date_match {
	size_t start, end;           /* of the whole match */
	size_t cut_start, cut_end;   /* of group 1 */
	size_t looked;               /* the line's first bytes that decided
	                                this; 0: perhaps all of them */
	bool epoch;                  /* `wall` is the time; else `fields` */
	bool readable;               /* false: looks like a date, is none */
	struct wall wall;
	struct date_fields fields;
};

/* Looks for the template in line[from, to). */
bool date_template_find(struct date_template *t, struct matcher *m,
    struct span line, size_t from, size_t to, bool ascii,
    struct date_match *match);

/* date_pattern.c: a pattern's codes made into a regex, and its name. */
struct date_pattern {
	struct buf regex;
	struct buf name;
	bool line_begin, line_end;
};
int date_pattern_build(struct span pattern, struct date_pattern *out,
    struct regex_error *error);
/* The guards around a regex that was made by other means. */
enum date_begin { DATE_BEGIN_FREE, DATE_BEGIN_WORD, DATE_BEGIN_LINE };
void date_pattern_guard(struct span regex, enum date_begin begin,
    bool word_end, struct date_pattern *out);
void date_pattern_fini(struct date_pattern *p);

/*
 * date_quick.c: the two most common stamps at the start of a line, read
 * without a regex. False says nothing; true is what the template would say.
 */
bool date_quick_iso(struct span line, struct date_match *match);
bool date_quick_syslog(struct span line, struct date_match *match);

#endif
