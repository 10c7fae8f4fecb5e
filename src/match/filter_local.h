/* What the files of the filter share, and nobody else sees. */
#ifndef GAOL_MATCH_FILTER_LOCAL_H
#define GAOL_MATCH_FILTER_LOCAL_H

#include "base/buf.h"
#include "match/date.h"
#include "match/encoding.h"
#include "match/filter.h"
#include "match/groups.h"
#include "match/regex.h"
#include "match/session.h"
#include "match/sieve.h"
#include "match/tag.h"
#include "match/window.h"

/* A named group of a rule under the name it is known by outside. */
struct rule_part {
	struct span name;
	unsigned group;
	struct span group_name;
	enum tag_kind kind;    /* TAG_ALT: fills `name` only if that is empty */
	size_t first;          /* TAG_TUPLE: the first part of that name … */
	struct buf tuple;      /* … which holds the value */
};

struct rule {
	struct prefix prefix;      /* the regex's, kept near */
	const struct starts *starts;   /* … and in there */
	struct regex *regex;
	struct regex *head;        /* filter_prefix.c; may be NULL */
	struct rule_part *parts;   /* plain, then alternatives, then tuples */
	size_t parts_n;
	bool is_plain;             /* neither alternatives nor tuples */
	bool says_mlfid, says_nofail;   /* … with these names */
	uint64_t hits;
	uint64_t ns;               /* CPU time, by samples */
	const char *kind;          /* "failregex", for messages */
	unsigned number;           /* from 1 */
	const struct literals *literals;   /* borrowed; NULL: its own only */
	unsigned class;            /* filter_classify() */
	bool limit_warned;
};

struct rules {
	struct rule *v;
	size_t n;
};

/* CPU time of the lines since `begin`. */
struct filter_window {
	bool open;
	struct boot begin;
	uint64_t ns;
};

/* filter_cost.c */
struct filter_costs {
	bool sampled;              /* this line's searches are timed */
	struct filter_window window;
	bool warned;
	struct boot warned_at;
};

enum filter_dns { FILTER_DNS_NO, FILTER_DNS_ASK, FILTER_DNS_RAW };

/* filter_scan.c: which rules a line is worth. */
struct filter_scan {
	bool usable;               /* false: all rules are asked of all lines */
	uint64_t id;               /* of the rules' texts */
	size_t texts;              /* 0: a failregex has none */
	size_t rules_n;            /* bits of a line */
	struct sieve_rules rules_read;   /* kept for the first sieve */
	struct sieve *own;         /* made when there is no other */
	struct sieve *sieve;       /* … or the one of its source; may be NULL */
	unsigned class;
	struct sieve_place place;
	struct span block;         /* what the lines are parts of */
	bool block_ascii;
	struct span behind;        /* lines passed by whose dates are unread */
	enum filter_time mode;     /* … and as what */
	size_t held;               /* lines of the window that are worth it */
	bool inner_date;           /* a date stood within a line */
	/* Of the line at hand: */
	bool all;                  /* every rule is to be asked, else … */
	uint64_t rules[SIEVE_WORDS];
	bool counts_prefix;        /* prefregex might match it */
};

struct filter {
	char *jail;
	struct filter_options options;
	struct filter_counters counters;
	enum filter_dns dns;
	struct rules prefix, fail, ignore;     /* prefix: none or one */
	unsigned content_group;                /* of prefregex, or 0 */
	bool headed;                           /* its head was asked only */
	struct date_detector *dates;
	struct encoding *encoding;             /* NULL: UTF-8 */
	struct matcher *matcher;
	struct filter_costs cost;
	struct sessions *sessions;
	struct filter_scan scan;
	struct window *window;                 /* maxlines > 1, else NULL */
	int64_t maxlines;
	bool last_known;
	struct wall last;                      /* the last stamp */
	int64_t warned_off, warned_old;        /* when, seconds */
	bool warned_host;
	const char *usedns;                    /* "warn", "yes", "no", "raw" */
	char *zone;                            /* logtimezone, or NULL */
	struct regex **retired;                /* sessions may hold names of
	                                        them (filter_change.c) */
	size_t retired_n;
	/* Scratch, kept from line to line: */
	struct buf clean;                      /* the line, made UTF-8 */
	struct buf bare;                       /* … without its date, + \n */
	struct buf content;                    /* <F-CONTENT> + \n */
	struct buf part;                       /* matched lines of window */
	struct groups before, now;             /* prefregex's, failregex's */
	unsigned told;                         /* classes, a bit each */
	struct failure failure;
};

/* One line on its way through. */
struct passage {
	struct span line;          /* whole, as handed on in failures */
	struct span text;          /* what is searched; ends in \n */
	bool ascii;
	size_t cut_from, cut_to;   /* its date, which is not searched */
	bool timed;                /* `time` is known or assumed */
	struct wall time;
	enum filter_time mode;
	filter_failure_fn *found;
	void *arg;
};

/* filter_time.c: finds the date, sets the time; false: line too old. */
bool filter_stamp(struct filter *f, struct passage *pass);
/* Only finds it: the time is known. */
void filter_stamp_cut(struct filter *f, struct passage *pass);
/* The text to search: the line (or the window) without its date. */
void filter_bare(struct filter *f, struct passage *pass);
/* The block goes: what it said of the time is kept. */
void filter_stamp_behind(struct filter *f);
bool filter_check_time(struct filter *f, struct passage *pass);

/* filter.c: reads the named groups of a rule that has its regex. */
void filter_read_parts(struct rule *rule, bool prefix);
bool filter_names_somebody(const struct rule *rule);
/* One of the four; what is none of them counts as "no", NULL as "warn". */
void filter_take_usedns(struct filter *f, const char *text);
void filter_rule_fini(struct rule *rule);
void filter_changes_fini(struct filter *f);   /* filter_change.c */

/* filter_line.c: are ignoreregexes asked before the failregexes? */
bool filter_ignores_first(const struct filter *f);

void filter_scan_init(struct filter *f);   /* when the rules are there */
void filter_scan_fini(struct filter *f);
void filter_scan_again(struct filter *f);  /* … when they are others */
bool filter_in_block(const struct filter *f, struct span text);
bool filter_is_ascii(const struct filter *f, struct span text);
/*
 * False: neither a failregex nor, asked first, an ignoreregex matches. True:
 * those may that filter_next() names.
 */
bool filter_may_match(struct filter *f, const struct passage *pass);

/* The first rule from i on that may match; ignoreregexes follow the others. */
static inline size_t
filter_next(const struct filter *f, size_t i)
{
	uint64_t word;

	if (f->scan.all)
		return i;
	for (; i < f->scan.rules_n; i = (i / 64 + 1) * 64) {
		word = f->scan.rules[i / 64] >> (i % 64);
		if (word != 0)
			return i + (size_t)__builtin_ctzll(word);
	}
	return i;
}

/* filter_prefix.c: prefregex, and what it leaves to the failregexes. */
void filter_prefix_init(struct filter *f);   /* when it is there */
bool filter_prefix_passes(struct filter *f, const struct passage *pass);
/* After that: <F-CONTENT> takes the place of the text. */
void filter_prefix_content(struct filter *f, struct passage *pass);

/* filter_line.c: one search; running into a limit is a counted no-match. */
bool filter_hits(struct filter *f, struct rule *rule, struct regex *regex,
    struct span text, const struct passage *pass);

/* filter_hit.c: what a failregex's match means. */
enum filter_hit {
	HIT_FAILURE,       /* handed over */
	HIT_NOFAIL,
	HIT_PENDING,
	HIT_NOBODY,        /* no id, no address: as if it had not matched */
};
void filter_collect(const struct filter *f, struct rule *rule,
    struct groups *out);
/* Tells options.prefixed what prefregex just found. */
void filter_prefixed(const struct filter *f);
enum filter_hit filter_hit(struct filter *f, struct rule *rule,
    const struct passage *pass);

/* filter_cost.c: a line begins; one search, its cost noted. */
void filter_cost_line(struct filter *f);
enum regex_result filter_cost_search(struct filter *f, struct rule *rule,
    struct regex *regex, struct span text, bool ascii);

#endif
