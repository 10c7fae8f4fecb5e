#include "match/regex_local.h"

#include <stdlib.h>

#include "base/clock.h"
#include "base/xalloc.h"

#define JIT_STACK_START (32u * 1024)
#define JIT_STACK_MAX (512u * 1024)
#define HEAP_LIMIT_KIB 4096u

/*
 * Machine code costs some 0.1 ms and 10 KB an expression. One that is asked
 * rarely does without: its first searches are interpreted, on short lines
 * and with few steps. Then it is compiled, but not everything on one line.
 */
#define COLD_SEARCHES 32
#define COLD_LINE 256
#define COLD_STEPS 1000
#define WARM_EVERY 8

/*
 * The match limit bounds what one start offset costs; a long line has
 * thousands. There they are tried in portions, with a look at the CPU's clock
 * after each; all searches on one line together get LINE_NS.
 */
#define LONG_LINE 256
#define PORTION_FIRST 16
#define PORTION_QUICK_NS 200000
#define LINE_NS 3000000
/*
 * What a busy host takes from a virtual machine its processors' clocks may
 * count as ours: a portion that seems as dear as this is searched again, once
 * a line, with a part of the steps. If these do, the time was not its own.
 */
#define DEAR_NS 1000000
#define DOUBT_PART 10

struct matcher {
	pcre2_match_data *data;
	const PCRE2_SIZE *found;   /* of `data`, which stays where it is */
	pcre2_match_context *context;
	pcre2_jit_stack *stack;
	uint32_t limit;
	unsigned users;
	unsigned since_warm;       /* searches since something was compiled */
	uint64_t spent_ns;         /* on long subjects of this line */
	bool doubted;              /* one of its portions was searched again */
	struct span subject;
	int rc;
};

/* One thread matches, one line at a time: it needs one of them. */
static struct matcher *shared;

static uint32_t
limit_of(int64_t match_limit)
{
	return match_limit < 1 ? 1 :
	    match_limit > UINT32_MAX ? UINT32_MAX : (uint32_t)match_limit;
}

static void
set_limit(struct matcher *m, uint32_t limit)
{
	pcre2_set_match_limit(m->context, limit);
	pcre2_set_depth_limit(m->context, limit);
}

struct matcher *
matcher_new(int64_t match_limit)
{
	struct matcher *m = xcalloc(1, sizeof(*m));

	m->data = pcre2_match_data_create(REGEX_GROUPS_MAX + 1, NULL);
	m->context = pcre2_match_context_create(NULL);
	m->stack = pcre2_jit_stack_create(JIT_STACK_START, JIT_STACK_MAX,
	    NULL);
	if (m->data == NULL || m->context == NULL)
		abort();
	m->found = pcre2_get_ovector_pointer(m->data);
	m->limit = limit_of(match_limit);
	m->users = 1;
	set_limit(m, m->limit);
	pcre2_set_heap_limit(m->context, HEAP_LIMIT_KIB);
	if (m->stack != NULL)
		pcre2_jit_stack_assign(m->context, NULL, m->stack);
	return m;
}

struct matcher *
matcher_share(int64_t match_limit)
{
	struct matcher *m = shared;

	if (m != NULL && m->limit == limit_of(match_limit)) {
		m->users++;
		return m;
	}
	m = matcher_new(match_limit);
	if (shared == NULL)
		shared = m;
	return m;
}

void
matcher_free(struct matcher *m)
{
	if (m == NULL || --m->users > 0)
		return;
	if (shared == m)
		shared = NULL;
	pcre2_match_data_free(m->data);
	pcre2_match_context_free(m->context);
	pcre2_jit_stack_free(m->stack);
	free(m);
}

void
matcher_line(struct matcher *m)
{
	m->spent_ns = 0;
	m->doubted = false;
}

uint64_t
matcher_spent(const struct matcher *m)
{
	return m->spent_ns;
}

static int
run(struct matcher *m, const struct regex_code *c, struct span s, size_t from)
{
	int rc = PCRE2_ERROR_JIT_STACKLIMIT;

	if (c->jit)
		rc = pcre2_jit_match(c->code, (PCRE2_SPTR)s.p, s.n, from, 0,
		    m->data, m->context);
	/* Deep for the JIT's stack is not yet hostile: the heap has more. */
	if (rc == PCRE2_ERROR_JIT_STACKLIMIT)
		rc = pcre2_match(c->code, (PCRE2_SPTR)s.p, s.n, from,
		    PCRE2_NO_UTF_CHECK | PCRE2_NO_JIT, m->data, m->context);
	return rc;
}

/* The last of a portion's start offsets, not inside a character. */
static size_t
portion_end(struct span s, size_t at, size_t portion)
{
	at += portion - 1;
	while (at + 1 < s.n && ((unsigned char)s.p[at + 1] & 0xc0) == 0x80)
		at++;
	return at;
}

/* The least that a portion which ended with rc can have cost. */
static uint64_t
cost_again(struct matcher *m, const struct regex_code *c, struct span s,
    size_t at, int rc)
{
	uint64_t begin = clock_cpu_ns(), cost;
	int again;

	set_limit(m, m->limit / DOUBT_PART + 1);
	again = run(m, c, s, at);
	set_limit(m, m->limit);
	cost = clock_cpu_ns() - begin;
	if (again == rc)
		return cost;
	if (rc > 0)
		run(m, c, s, at);       /* what it matched is asked for */
	return UINT64_MAX;
}

/* Searches a portion; adds what it cost to what the line has, and to *cost. */
static int
run_portion(struct matcher *m, const struct regex_code *c, struct span s,
    size_t at, uint64_t *cost)
{
	uint64_t begin = clock_cpu_ns(), again;
	int rc = run(m, c, s, at);

	*cost = clock_cpu_ns() - begin;
	if (*cost >= DEAR_NS && !m->doubted &&
	    (rc > 0 || rc == PCRE2_ERROR_NOMATCH)) {
		m->doubted = true;
		again = cost_again(m, c, s, at, rc);
		if (again < *cost)
			*cost = again;
	}
	m->spent_ns += *cost;
	return rc;
}

static int
run_long(struct matcher *m, const struct regex *r, const struct regex_code *c,
    struct span s, size_t at)
{
	size_t portion = r->one_start ? s.n + 1 : PORTION_FIRST, end;
	int rc = PCRE2_ERROR_MATCHLIMIT;
	uint64_t cost;

	while (m->spent_ns < LINE_NS) {
		end = s.n - at < portion ? s.n : portion_end(s, at, portion);
		pcre2_set_offset_limit(m->context, end);
		rc = run_portion(m, c, s, at, &cost);
		if (rc != PCRE2_ERROR_NOMATCH || end >= s.n)
			break;
		if (cost < PORTION_QUICK_NS)
			portion *= 4;
		at = end + 1;
		rc = PCRE2_ERROR_MATCHLIMIT;
	}
	pcre2_set_offset_limit(m->context, PCRE2_UNSET);
	return rc;
}

/* True: *rc is the answer. False: this one is for machine code. */
static bool
run_cold(struct matcher *m, struct regex_code *c, struct span s, size_t from,
    int *rc)
{
	if (s.n > COLD_LINE)
		return false;
	if (c->searches >= COLD_SEARCHES && m->since_warm >= WARM_EVERY)
		return false;
	c->searches++;
	m->since_warm++;
	set_limit(m, COLD_STEPS < m->limit ? COLD_STEPS : m->limit);
	*rc = run(m, c, s, from);
	set_limit(m, m->limit);
	return *rc > 0 || *rc == PCRE2_ERROR_NOMATCH;
}

static int
search(struct matcher *m, struct regex *r, struct span s, size_t from,
    enum regex_form form)
{
	struct regex_code *c = &r->forms[form];
	int rc;

	if (!c->warm) {
		/* Cold, the one form serves both kinds of lines. */
		if (run_cold(m, &r->forms[FORM_UTF], s, from, &rc))
			return rc;
		m->since_warm = 0;
		regex_warm(r, form);
	}
	return s.n > LONG_LINE ? run_long(m, r, c, s, from) :
	    run(m, c, s, from);
}

enum regex_result
matcher_search(struct matcher *m, struct regex *r, struct span subject,
    size_t from, bool ascii)
{
	if (!prefix_fits(&r->prefix, subject)) {
		m->rc = 0;
		return REGEX_NONE;
	}
	if (subject.p == NULL)
		subject.p = "";
	m->rc = search(m, r, subject, from,
	    ascii && r->has_bytes ? FORM_BYTES : FORM_UTF);
	m->subject = subject;
	if (m->rc > 0)
		return REGEX_MATCH;
	return m->rc == PCRE2_ERROR_NOMATCH ? REGEX_NONE : REGEX_LIMIT;
}

bool
matcher_group(const struct matcher *m, unsigned group, struct span *value)
{
	const PCRE2_SIZE *v = m->found;

	if (m->rc <= 0 || group >= (unsigned)m->rc ||
	    v[2 * group] == PCRE2_UNSET)
		return false;
	if (v[2 * group] > v[2 * group + 1])
		return false;    /* \K in a look-ahead; python.c refuses \K */
	*value = span_sub(m->subject, v[2 * group],
	    v[2 * group + 1] - v[2 * group]);
	return true;
}
