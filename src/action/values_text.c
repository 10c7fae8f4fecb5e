/* What the tags of a ticket say, in fail2ban's words. */
#include "action/values.h"

#include <inttypes.h>
#include <string.h>

#include "base/addr.h"
#include "config/dump.h"
#include "config/repr.h"

static const char *
ip_of(const struct values *v)
{
	const char *ip = v->ip != NULL ? v->ip : v->fid;

	return ip != NULL ? ip : "";
}

bool
values_addr(const struct values *v, struct addr *a)
{
	return addr_parse_net(span_of(ip_of(v)), a) == 0;
}

static void
put_unsigned(uint64_t n, struct buf *out)
{
	buf_addf(out, "%" PRIu64, n);
}

static void
put_lines(const struct strings *l, struct buf *out)
{
	for (size_t i = 0; i < l->n; i++) {
		if (i > 0)
			buf_addc(out, '\n');
		buf_adds(out, l->v[i]);
	}
}

static void
put_ip(const struct values *v, struct buf *out)
{
	buf_adds(out, ip_of(v));
}

static void
put_fid(const struct values *v, struct buf *out)
{
	buf_adds(out, v->fid != NULL ? v->fid : "");
}

/* The name in in-addr.arpa or ip6.arpa, without these. */
static void
put_ip_rev(const struct values *v, struct buf *out)
{
	struct addr a;

	if (!values_addr(v, &a))
		return;
	for (unsigned i = addr_bits(&a) / 8; i-- > 0;)
		if (a.family == ADDR_V4)
			buf_addf(out, "%u.", a.b[i]);
		else
			buf_addf(out, "%x.%x.", a.b[i] & 15u, a.b[i] >> 4);
}

/* As Python prints a float, or an int of a ticket that was restored. */
static void
put_time(const struct values *v, struct buf *out)
{
	uint64_t us = v->time.us < 0 ? 0 - (uint64_t)v->time.us :
	    (uint64_t)v->time.us;

	if (v->time.us < 0)
		buf_addc(out, '-');
	put_unsigned(us / (uint64_t)CLOCK_SECOND, out);
	if (v->time_whole)
		return;
	buf_addf(out, ".%06" PRIu64, us % (uint64_t)CLOCK_SECOND);
	while (out->p[out->n - 1] == '0' && out->p[out->n - 2] != '.')
		out->p[--out->n] = '\0';
}

static void
put_bantime(const struct values *v, struct buf *out)
{
	buf_addf(out, "%" PRId64, v->bantime);
}

static void
put_bancount(const struct values *v, struct buf *out)
{
	put_unsigned(v->bancount, out);
}

static void
put_failures(const struct values *v, struct buf *out)
{
	put_unsigned(v->failures, out);
}

static void
put_restored(const struct values *v, struct buf *out)
{
	buf_addc(out, v->restored ? '1' : '0');
}

static void
put_matches(const struct values *v, struct buf *out)
{
	put_lines(&v->matches, out);
}

static void
put_ipmatches(const struct values *v, struct buf *out)
{
	put_lines(v->merged ? &v->ipmatches : &v->matches, out);
}

static void
put_ipjailmatches(const struct values *v, struct buf *out)
{
	put_lines(v->merged ? &v->ipjailmatches : &v->matches, out);
}

static void
put_ipfailures(const struct values *v, struct buf *out)
{
	put_unsigned(v->merged ? v->ipfailures : v->failures, out);
}

static void
put_ipjailfailures(const struct values *v, struct buf *out)
{
	put_unsigned(v->merged ? v->ipjailfailures : v->failures, out);
}

static void
put_raw_ticket(const struct values *v, struct buf *out)
{
	buf_adds(out, "BanTicket: ip=");
	put_fid(v, out);
	buf_adds(out, " time=");
	put_time(v, out);
	buf_adds(out, " bantime=");
	put_bantime(v, out);
	buf_addf(out, " bancount=%" PRIu32 " #attempts=%" PRIu32 " matches=",
	    v->bancount, v->failures);
	repr_list(out, &v->matches);
}

static void
put_banned(const struct values *v, struct buf *out)
{
	put_unsigned(v->jail_banned, out);
}

static void
put_banned_total(const struct values *v, struct buf *out)
{
	put_unsigned(v->jail_banned_total, out);
}

static void
put_found(const struct values *v, struct buf *out)
{
	put_unsigned(v->jail_found, out);
}

static void
put_found_total(const struct values *v, struct buf *out)
{
	put_unsigned(v->jail_found_total, out);
}

/* All that is known of the ticket, as a dict. */
static void
put_groups(const struct values *v, struct buf *out)
{
	buf_adds(out, "{'matches': ");
	repr_list(out, &v->matches);
	buf_addf(out, ", 'failures': %" PRIu32, v->failures);
	for (size_t i = 0; i < v->groups_n; i++) {
		buf_addf(out, ", '%s': ", v->groups[i].name);
		dump_repr(span_of(v->groups[i].value), out);
	}
	buf_addc(out, '}');
}

static const struct {
	struct span tag;
	void (*put)(const struct values *v, struct buf *out);
} tags[] = {
	{ SPAN("ip"), put_ip },
	{ SPAN("ip-rev"), put_ip_rev },
	{ SPAN("fid"), put_fid },
	{ SPAN("failures"), put_failures },
	{ SPAN("time"), put_time },
	{ SPAN("bantime"), put_bantime },
	{ SPAN("bancount"), put_bancount },
	{ SPAN("matches"), put_matches },
	{ SPAN("restored"), put_restored },
	{ SPAN("F-*"), put_groups },
	{ SPAN("ipmatches"), put_ipmatches },
	{ SPAN("ipjailmatches"), put_ipjailmatches },
	{ SPAN("ipfailures"), put_ipfailures },
	{ SPAN("ipjailfailures"), put_ipjailfailures },
	{ SPAN("raw-ticket"), put_raw_ticket },
	{ SPAN("jail.banned"), put_banned },
	{ SPAN("jail.banned_total"), put_banned_total },
	{ SPAN("jail.found"), put_found },
	{ SPAN("jail.found_total"), put_found_total },
};

bool
values_put(const struct values *v, struct span tag, struct buf *out)
{
	for (size_t i = 0; i < sizeof(tags) / sizeof(tags[0]); i++)
		if (span_eq(tag, tags[i].tag)) {
			tags[i].put(v, out);
			return true;
		}
	return false;
}

void
values_put_group(const struct values *v, const char *name, struct buf *out)
{
	const char *value = values_group(v, name);

	if (value != NULL)
		buf_adds(out, value);
	else if (strcmp(name, "failures") == 0)
		put_failures(v, out);
	else if (strcmp(name, "matches") == 0)
		repr_list(out, &v->matches);
}
