/*
 * One compiled regular expression and the scratch to run it with. The
 * pattern is compiled twice: for UTF-8, and, where the result must be the
 * same, as plain bytes for lines that are pure ASCII (a third faster), both
 * into machine code once they are used. Limits bound what a hostile line may
 * cost. Expressions with the same text and flags are one in the process; one
 * thread makes, runs and frees them.
 */
#ifndef GAOL_MATCH_REGEX_H
#define GAOL_MATCH_REGEX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/span.h"
#include "match/prefix.h"
#include "match/starts.h"

#define REGEX_TEXT_MAX 65535u     /* bytes of one pattern, expanded */
#define REGEX_GROUPS_MAX 128      /* capture groups of one pattern */

struct regex;

/* A named group; the table is ordered by group number. */
struct regex_name {
	struct span name;
	unsigned group;
};

enum regex_flags {
	REGEX_MULTILINE = 1,
	REGEX_NO_DNS = 2,        /* <HOST> takes no host names */
	REGEX_RAW = 4,           /* no tags: <HOST> is the text "<HOST>" */
};

struct regex_error {
	size_t offset;           /* in the text that was handed in */
	char text[160];
};

/* fail2ban's tags in Python's syntax. NULL with *error filled. */
struct regex *regex_new(struct span text, unsigned flags,
    struct regex_error *error);
void regex_free(struct regex *r);
/* With the tags expanded, as upstream shows it. */
const char *regex_text(const struct regex *r);
/* As it was handed in. */
const char *regex_source(const struct regex *r);
size_t regex_names(const struct regex *r, const struct regex_name **names);
/* Number of the named group, or 0. */
unsigned regex_group(const struct regex *r, const char *name);

/*
 * What a subject must start with. matcher_search() looks at it too; a caller
 * with many regexes and one subject saves the calls.
 */
const struct prefix *regex_prefix(const struct regex *r);
const struct starts *regex_starts(const struct regex *r);

/* What running takes; one serves any number of regexes, one at a time. */
struct matcher;

struct matcher *matcher_new(int64_t match_limit);
/* The process's own one with this limit; freed with matcher_free() too. */
struct matcher *matcher_share(int64_t match_limit);
void matcher_free(struct matcher *m);

enum regex_result { REGEX_NONE, REGEX_MATCH, REGEX_LIMIT };

/*
 * A new line begins: all searches until the next call together may take a
 * few milliseconds of CPU time; then each gives up (REGEX_LIMIT).
 */
void matcher_line(struct matcher *m);
/* CPU time that the searches of this line took; 0 for short lines. */
uint64_t matcher_spent(const struct matcher *m);
/*
 * Searches subject from `from` on (what is before it is seen by look-behind
 * only). `ascii`: every byte is below 0x80; else it must be valid UTF-8.
 * REGEX_LIMIT: gave up; counts as no match.
 */
enum regex_result matcher_search(struct matcher *m, struct regex *r,
    struct span subject, size_t from, bool ascii);
/*
 * A group of the last match, a part of its subject; false when it took no
 * part in it. Group 0 is the whole match.
 */
bool matcher_group(const struct matcher *m, unsigned group,
    struct span *value);

#endif
