/*
 * A compiled filter: a line in, failures out, in fail2ban's order (compat
 * §4.2): date cut, ignoreregex pre-test, prefregex, failregexes, ignoreregex,
 * session (§4.3). Holds the sessions and the date detector's memory, so one
 * filter serves the lines of one jail (all its files), in their order.
 */
#ifndef GAOL_MATCH_FILTER_H
#define GAOL_MATCH_FILTER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/failure.h"
#include "config/config.h"
#include "match/sieve.h"

struct filter;
struct date_detector;
struct literals;

/* Every named group in their order; p NULL: it took no part. */
typedef void filter_prefix_fn(const struct failure_group *groups, size_t n,
    void *arg);

enum filter_verdict {
	FILTER_MISSED,
	FILTER_MATCHED,    /* at least one failure was handed over */
	FILTER_IGNORED,    /* an ignoreregex took it */
	FILTER_NOFAIL,     /* only knowledge for its session, or still pending */
};

/* Upstream's §5.4: what a stamp counts for. */
enum filter_time {
	FILTER_LIVE,       /* off by more than 60 s: replaced by now */
	FILTER_RESTORING,  /* old part of a file: older than findtime skipped */
	FILTER_ASIS,       /* `gaol regex`: no check */
};

struct filter_options {
	const char *jail;          /* for messages; may be NULL */
	int64_t match_limit;       /* PCRE2 match limit a search */
	int64_t line_max;          /* longer lines are cut and counted */
	double findtime;           /* seconds, for FILTER_RESTORING */
	const char *logtimezone;   /* NULL: local time */
	bool check_all;            /* `gaol regex`: count every regex that hits */
	const char *encoding;      /* of the lines; NULL, "auto": UTF-8 */
	bool names;                /* the caller looks up host names: failures
	                              that have only one are handed over,
	                              `named`, unless usedns is "no" */
	bool (*name_known)(struct span name, void *arg);   /* `names`: is it
	                              somebody's? NULL: that shows later */
	void *name_known_arg;
	bool count_prefix;         /* filter_prefregex_hits() counts lines that
	                              no failregex can match, too */
	bool scan_off;             /* search every line; for tests */
	enum scan_kind scan;       /* by which scanner; for tests */
	filter_prefix_fn *prefixed; /* told of what prefregex found, or NULL */
	void *prefixed_arg;
	bool pending;              /* `gaol regex`: hand over failures that
	                              still lack an id, with an empty one */
	bool anonymous;            /* an id is not needed (mail events) */
	bool fractions;            /* times keep theirs; upstream's are whole
	                              seconds */
	const char *kind;          /* what messages call its expressions;
	                              NULL: "failregex" */
	/* The last failregex is another thing (`jsonprefix`); NULL: it is not.
	 * Its lines hold one of these texts besides its own; NULL: unknown. */
	const char *last_kind;
	const struct literals *last_literals;
};

struct filter_counters {
	uint64_t lines, matched, ignored, missed, nofail;
	uint64_t cut;              /* lines longer than line_max */
	uint64_t limit_hits;       /* match limit reached: counted no-match */
	/* Of the lines whose date was read (filter_skip): */
	uint64_t too_old;          /* skipped while restoring */
	uint64_t clock_off;        /* stamps replaced by now */
	uint64_t sessions_evicted;
	uint64_t hosts_unresolved; /* a host name where DNS is not asked */
	uint64_t cpu_ns;           /* what filter_spent() was told */
	uint64_t over_budget;      /* times 10 s of lines took too much of it */
};

/*
 * Compiles. A regex that does not compile is reported (jail, which regex,
 * offset, the engine's words) and fails the whole filter: NULL.
 */
struct filter *filter_new(const struct filter_config *config,
    const struct filter_options *options, struct report *report);
void filter_free(struct filter *f);

typedef void filter_failure_fn(const struct failure *failure, void *arg);

/*
 * The lines to come, up to the next call, are parts of this block, which
 * stays as it is meanwhile; others may come in between. Without it each line
 * is scanned for itself, which takes longer. An empty span: no block.
 */
void filter_block(struct filter *f, struct span block);
/*
 * … or the sieve's block: filters that read the same share the looking. They
 * join the sieve here, so each says this before its lines. NULL: no block, and
 * the sieve may go.
 */
void filter_sieve(struct filter *f, struct sieve *sieve);
/*
 * It will read that sieve's blocks. Said of all filters of a source before the
 * first of them reads, one look through the first block does for all.
 */
void filter_join(struct filter *f, struct sieve *sieve);
/*
 * Passes by complete lines of the block, from where `rest` begins up to its
 * end, that it need not see: returns their bytes, *lines is how many they are.
 * They are counted as missed. Their dates are not read, but for the last one
 * before a line that has none of its own and the last one of the block (as
 * long as no line had one: if the last line does); formats are learned from
 * the first lines of a filter and from those that it sees.
 */
size_t filter_skip(struct filter *f, struct span rest, enum filter_time mode,
    uint64_t *lines);
/* The lines just skipped were an envelope's, and this was the last one's time:
 * it is not looked for in them. */
void filter_passed(struct filter *f, struct wall time);
/* How many texts are looked for; 0: a failregex has none, it always runs. */
size_t filter_literals(const struct filter *f);

/*
 * One complete line without its newline (a trailing CR is dropped).
 * `found` is called for each failure; FILTER_MATCHED if it was.
 */
enum filter_verdict filter_line(struct filter *f, struct span line,
    enum filter_time mode, filter_failure_fn *found, void *arg);
/*
 * A line whose date is known already (journal, `{NONE}`): message only.
 */
enum filter_verdict filter_message(struct filter *f, struct span message,
    struct wall time, enum filter_time mode, filter_failure_fn *found,
    void *arg);

/*
 * A line that came with its time (in an envelope): a stamp of its own is cut
 * out, and counts for nothing.
 */
enum filter_verdict filter_stamped(struct filter *f, struct span line,
    struct wall time, enum filter_time mode, filter_failure_fn *found,
    void *arg);

/*
 * Expressions of one class, 1 to 31 (else 0: of none), are about the same: of
 * those a line matches only the first is told, the others are not asked.
 */
void filter_classify(struct filter *f, size_t i, unsigned class);

const struct filter_counters *filter_counters(const struct filter *f);

/*
 * A batch of lines took `ns` of CPU time. More than half a processor over
 * ten seconds is logged (once an hour), with the regex that costs most.
 */
void filter_spent(struct filter *f, uint64_t ns, struct boot now);
struct filter_cost {
	const char *kind;          /* "failregex" … */
	unsigned number;           /* from 1 */
	uint64_t ns;               /* estimated from samples */
	double share;              /* of all its expressions' time */
};
/* The regex that costs most; false: nothing was measured yet. */
bool filter_costliest(const struct filter *f, struct filter_cost *out);
uint64_t filter_regex_ns(const struct filter *f, size_t i);
uint64_t filter_prefregex_ns(const struct filter *f);
uint64_t filter_ignoreregex_ns(const struct filter *f, size_t i);

/*
 * Changes while it runs (`set J addfailregex` and its like), by the rules of
 * a load: usedns and maxlines count for regexes that are added later, counters
 * and sessions stay. 0, or -1: why, in upstream's words, and nothing changed.
 */
#define FILTER_RULES_MAX 1000     /* of one kind, added ones included */
int filter_add_failregex(struct filter *f, const char *text,
    struct buf *why);
int filter_add_ignoreregex(struct filter *f, const char *text,
    struct buf *why);
/* A negative index counts from the end. -1: there is none such. */
int filter_del_failregex(struct filter *f, int64_t index);
int filter_del_ignoreregex(struct filter *f, int64_t index);
int filter_set_prefregex(struct filter *f, const char *text,
    struct buf *why);             /* "": none */
int filter_set_maxlines(struct filter *f, int64_t lines, struct buf *why);
int filter_set_datepattern(struct filter *f, const char *text,
    struct buf *why);             /* "": the defaults */
int filter_set_logtimezone(struct filter *f, const char *zone);
int filter_set_encoding(struct filter *f, const char *name);
void filter_set_usedns(struct filter *f, const char *text);
void filter_set_findtime(struct filter *f, double seconds);

/* What they were set to. usedns: "warn", "yes", "no" or "raw". */
const char *filter_usedns(const struct filter *f);
int64_t filter_maxlines(const struct filter *f);
/* As date_shown() (match/date.h). */
bool filter_datepattern(const struct filter *f, const char **pattern,
    const char **name);

/*
 * The regexes, for `get J failregex` (_text: expanded) and `gaol regex`
 * (_source: as written); borrowed.
 */
size_t filter_regex_count(const struct filter *f);
const char *filter_regex_source(const struct filter *f, size_t i);
const char *filter_ignoreregex_source(const struct filter *f, size_t i);
const char *filter_regex_text(const struct filter *f, size_t i);
uint64_t filter_regex_hits(const struct filter *f, size_t i);
const char *filter_prefregex_text(const struct filter *f);
uint64_t filter_prefregex_hits(const struct filter *f);
size_t filter_ignoreregex_count(const struct filter *f);
const char *filter_ignoreregex_text(const struct filter *f, size_t i);
uint64_t filter_ignoreregex_hits(const struct filter *f, size_t i);
/* Its date formats, for date_template_state(); borrowed. */
const struct date_detector *filter_dates(const struct filter *f);
/* The last stamp of its lines; false: there was none. */
bool filter_last_time(const struct filter *f, struct wall *time);
/* Date formats that were met, in order of use; false past the last. */
bool filter_date_hits(const struct filter *f, size_t i, const char **name,
    uint64_t *hits);

#endif
