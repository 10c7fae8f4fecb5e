#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/number.h"
#include "config/dump.h"
#include "match/filter_local.h"

static const struct span mlfid = { "mlfid", 5 };

/* An element of a tuple; nothing (p NULL) is Python's None. */
static void
add_element(struct buf *tuple, struct span value)
{
	if (value.p == NULL)
		buf_adds(tuple, "None");
	else
		dump_repr(value, tuple);
}

/*
 * <F-TUPLE_NAME>: the value of NAME becomes "('own', 'part', …)", which is
 * how fail2ban counts such an id and shows such a value.
 */
static void
join(const struct filter *f, struct rule *rule, size_t i, struct groups *out)
{
	const struct rule_part *part = &rule->parts[i];
	struct buf *tuple = &rule->parts[part->first].tuple;
	struct span value = { NULL, 0 };

	if (part->first == i) {
		buf_clear(tuple);
		buf_addc(tuple, '(');
		add_element(tuple, groups_get(out, part->name));
	} else {
		tuple->n--;    /* its parenthesis */
	}
	matcher_group(f->matcher, part->group, &value);
	buf_adds(tuple, ", ");
	add_element(tuple, value);
	buf_addc(tuple, ')');
	groups_set(out, part->name, buf_span(tuple));
}

void
filter_collect(const struct filter *f, struct rule *rule, struct groups *out)
{
	const struct rule_part *part;
	struct span value;
	size_t i;

	for (i = 0; i < rule->parts_n; i++) {
		part = &rule->parts[i];
		if (part->kind == TAG_TUPLE) {
			join(f, rule, i, out);
			continue;
		}
		if (!matcher_group(f->matcher, part->group, &value))
			continue;
		if (part->kind != TAG_ALT) {
			/* No two groups of an expression have one name. */
			groups_add(out, part->name, value);
			continue;
		}
		if (value.n > 0 && groups_get(out, part->name).n == 0)
			groups_set(out, part->name, value);
	}
}

/*
 * The same, behind the groups of prefregex: one that both have has the rule's
 * value.
 */
static void
collect_behind(const struct filter *f, struct rule *rule, struct groups *out)
{
	const struct groups *known = &f->before;
	struct groups own;

	if (!rule->is_plain) {
		own.n = 0;
		filter_collect(f, rule, &own);
		groups_join(out, known, &own);
		return;
	}
	groups_copy(out, known);
	for (size_t i = 0; i < rule->parts_n; i++) {
		const struct rule_part *part = &rule->parts[i];
		struct span value;

		if (!matcher_group(f->matcher, part->group, &value))
			continue;
		if (known->n > 0 && groups_has(known, part->name))
			groups_set(out, part->name, value);
		else
			groups_add(out, part->name, value);
	}
}

static int
group_cmp(const void *a, const void *b)
{
	const struct regex_name *x = a, *y = b;

	return x->group < y->group ? -1 : x->group > y->group;
}

void
filter_prefixed(const struct filter *f)
{
	const struct regex_name *names;
	struct regex_name order[FAILURE_GROUPS_MAX];
	struct failure_group out[FAILURE_GROUPS_MAX];
	size_t n = regex_names(f->prefix.v[0].regex, &names), i;

	if (n > FAILURE_GROUPS_MAX)
		n = FAILURE_GROUPS_MAX;
	for (i = 0; i < n; i++)
		order[i] = names[i];
	qsort(order, n, sizeof(order[0]), group_cmp);
	for (i = 0; i < n; i++) {
		out[i] = (struct failure_group){ .name = order[i].name };
		matcher_group(f->matcher, order[i].group, &out[i].value);
	}
	f->options.prefixed(out, n, f->options.prefixed_arg);
}

/* ADDR or ADDR/CIDR as matched; -1 when it is no address after all. */
static int
matched_addr(const struct groups *g, struct span text, struct addr *addr)
{
	struct span cidr = groups_get(g, SPAN("cidr"));
	int64_t plen;

	if (addr_parse(text, addr) == -1)
		return -1;
	if (cidr.n > 0 && number_parse(cidr, 0, (int64_t)addr_bits(addr),
	    &plen) == 0)
		addr_mask(addr, (unsigned)plen);
	return 0;
}

/* Does the caller look up names? If nobody does, that is said once. */
static bool
ask(struct filter *f, struct span name, bool is_name)
{
	const struct filter_options *o = &f->options;

	if (is_name && f->dns == FILTER_DNS_ASK && o->names &&
	    (o->name_known == NULL ||
	    o->name_known(name, o->name_known_arg)))
		return true;
	f->counters.hosts_unresolved++;
	if (f->warned_host || f->dns != FILTER_DNS_ASK || o->names)
		return false;
	f->warned_host = true;
	log_warning("gaol.match", "[%s] host name in place of an address: %s; "
	    "names are not looked up, such lines are not counted", f->jail,
	    log_text(name));
	return false;
}

/*
 * Who it was: fid > ip4 > ip6 > dns; with both an fid and an address the fid
 * is the id. HIT_FAILURE when there is one.
 */
static enum filter_hit
identify(struct filter *f, const struct groups *g, struct failure *out)
{
	static const struct span names[] = {
		{ "ip4", 3 }, { "ip6", 3 }, { "dns", 3 }
	};
	struct span fid = groups_get(g, SPAN("fid")), text = { NULL, 0 };
	bool has_fid = groups_has(g, SPAN("fid"));
	struct id ip = { 0 };
	size_t i;

	out->ip = (struct addr){ 0 };
	out->named = false;
	for (i = 0; i < 3 && !groups_has(g, names[i]); i++)
		;
	if (i == 3) {
		out->id = id_from_span(fid);
		return has_fid ? HIT_FAILURE : HIT_PENDING;
	}
	text = groups_get(g, names[i]);
	if (i == 2 ? addr_parse(text, &ip.addr) == -1 :
	    matched_addr(g, text, &ip.addr) == -1) {
		if (!has_fid && f->dns != FILTER_DNS_RAW &&
		    !ask(f, text, i == 2))
			return HIT_NOBODY;
		out->named = !has_fid && f->dns == FILTER_DNS_ASK;
		ip = (struct id){ .raw = text };
	}
	if (has_fid && !span_eq(fid, text)) {
		out->id = id_from_span(fid);
		out->ip = ip.addr;
	} else {
		out->id = ip;
	}
	return HIT_FAILURE;
}

static void
fill(const struct groups *g, const struct session_lines *lines,
    const struct passage *pass, unsigned regex, struct failure *out)
{
	size_t i;

	out->time = pass->time;
	out->regex = regex;
	out->groups_n = g->n;
	memcpy(out->groups, g->v, g->n * sizeof(g->v[0]));
	out->lines_n = lines->n;
	for (i = 0; i < lines->n; i++)
		out->lines[i] = lines->v[i];
	out->users_n = lines->users_n;
	for (i = 0; i < lines->users_n; i++)
		out->users[i] = lines->users[i];
}

/* Most expressions have no such name: the groups need not be looked through. */
static bool
is_in_session(const struct filter *f, const struct rule *rule)
{
	return (rule->says_mlfid ||
	    (f->prefix.n > 0 && f->prefix.v[0].says_mlfid)) &&
	    groups_has(&f->now, mlfid);
}

static bool
is_told_nofail(const struct filter *f, const struct rule *rule)
{
	return (rule->says_nofail ||
	    (f->prefix.n > 0 && f->prefix.v[0].says_nofail)) &&
	    groups_get(&f->now, SPAN("nofail")).n > 0;
}

static bool
is_nofail(struct filter *f, const struct rule *rule,
    const struct passage *pass, bool in_session, struct session_lines *lines)
{
	struct groups *g = &f->now;
	bool nofail;

	if (in_session) {
		nofail = sessions_merge(f->sessions, groups_get(g, mlfid),
		    clock_boot(), pass->line, g, lines);
		f->counters.sessions_evicted = sessions_evicted(f->sessions);
		return nofail;
	}
	lines->n = lines->users_n = 0;
	if (f->window != NULL)
		lines->n = window_marked(f->window, lines->v,
		    FAILURE_LINES_MAX);
	if (lines->n == 0)
		lines->v[lines->n++] = pass->line;
	/* Without a session the daemon counts it; only `gaol regex` not. */
	return pass->mode == FILTER_ASIS && is_told_nofail(f, rule);
}

enum filter_hit
filter_hit(struct filter *f, struct rule *rule, const struct passage *pass)
{
	struct groups *g = &f->now;
	struct session_lines lines;
	enum filter_hit hit;
	bool in_session;

	collect_behind(f, rule, g);
	in_session = is_in_session(f, rule);
	if (is_nofail(f, rule, pass, in_session, &lines))
		return HIT_NOFAIL;
	hit = f->options.anonymous ? HIT_FAILURE :
	    identify(f, g, &f->failure);
	if (hit == HIT_PENDING && !in_session)
		return HIT_NOBODY;
	if (hit == HIT_PENDING)
		sessions_pend(f->sessions);
	if (hit == HIT_FAILURE || (hit == HIT_PENDING &&
	    f->options.pending)) {
		fill(g, &lines, pass, rule->number, &f->failure);
		pass->found(&f->failure, pass->arg);
	}
	return hit;
}
