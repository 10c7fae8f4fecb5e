#include "firewall/firewall_ports.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <stdlib.h>

#include "base/number.h"
#include "base/xalloc.h"

#define BLANKS " \t\r\n,"

static int
port_number(struct span s, uint16_t *out)
{
	int64_t n;

	if (number_parse(s, 0, UINT16_MAX, &n) == -1)
		return -1;
	*out = (uint16_t)n;
	return 0;
}

static int
port_parse(struct span s, uint16_t *out)
{
	struct servent *service;
	char *name;

	if (s.n == 0)
		return -1;
	if (port_number(s, out) == 0)
		return 0;
	name = span_dup(s);
	service = getservbyname(name, "tcp");
	if (service == NULL)
		service = getservbyname(name, NULL);
	free(name);
	if (service == NULL)
		return -1;
	*out = ntohs((uint16_t)service->s_port);
	return 0;
}

/* Names hold dashes ("http-alt"), so a-b is a range only between numbers. */
static int
range_parse(struct span s, struct firewall_ports *out)
{
	size_t at = span_chr(s, ':');

	if (at != SPAN_NONE)
		return port_parse(span_sub(s, 0, at), &out->first) == 0 &&
		    port_parse(span_skip(s, at + 1), &out->last) == 0 ? 0 : -1;
	at = span_chr(s, '-');
	if (at != SPAN_NONE &&
	    port_number(span_sub(s, 0, at), &out->first) == 0 &&
	    port_number(span_skip(s, at + 1), &out->last) == 0)
		return 0;
	if (port_parse(s, &out->first) == -1)
		return -1;
	out->last = out->first;
	return 0;
}

static int
by_first(const void *a, const void *b)
{
	const struct firewall_ports *x = a, *y = b;

	return x->first < y->first ? -1 : x->first > y->first;
}

/* The kernel refuses overlapping intervals: join what touches. */
static size_t
join(struct firewall_ports *v, size_t n)
{
	size_t kept = 0;

	qsort(v, n, sizeof(*v), by_first);
	for (size_t i = 1; i < n; i++) {
		if (v[i].first > (uint32_t)v[kept].last + 1)
			v[++kept] = v[i];
		else if (v[i].last > v[kept].last)
			v[kept].last = v[i].last;
	}
	return kept + 1;
}

int
firewall_ports_parse(struct span list, struct firewall_ports **v, size_t *n,
    struct buf *why)
{
	struct firewall_ports *ranges = NULL, range;
	struct span piece;
	size_t count = 0;

	while (span_word(&list, BLANKS, &piece)) {
		if (range_parse(piece, &range) == -1) {
			buf_addf(why, "'%.*s' is not a port; accepted: "
			    "0..65535, a range (80:90, 80-90), a name of "
			    "/etc/services", SPAN_FMT(piece));
			goto fail;
		}
		if (range.first > range.last) {
			buf_addf(why, "'%.*s' ends before it starts",
			    SPAN_FMT(piece));
			goto fail;
		}
		if (count == FIREWALL_PORTS_MAX) {
			buf_addf(why, "more than %d ranges",
			    FIREWALL_PORTS_MAX);
			goto fail;
		}
		ranges = xreallocarray(ranges, count + 1, sizeof(*ranges));
		ranges[count++] = range;
	}
	if (count == 0) {
		buf_adds(why, "no port named; accepted: a list of ports, "
		    "ranges and service names");
		goto fail;
	}
	*n = join(ranges, count);
	*v = ranges;
	return 0;
fail:
	free(ranges);
	return -1;
}

void
firewall_ports_format(const struct firewall_ports *v, size_t n,
    struct buf *out)
{
	for (size_t i = 0; i < n; i++) {
		buf_addf(out, "%s%u", i > 0 ? "," : "", v[i].first);
		if (v[i].last != v[i].first)
			buf_addf(out, "-%u", v[i].last);
	}
}
