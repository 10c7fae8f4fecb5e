#include <inttypes.h>
#include <string.h>
#include <unistd.h>

#include "config/dump.h"
#include "tools/regex_local.h"

static struct span
group(const struct failure *failure, struct span name)
{
	size_t i;

	for (i = 0; i < failure->groups_n; i++)
		if (span_eq(failure->groups[i].name, name))
			return failure->groups[i].value;
	return (struct span){ NULL, 0 };
}

static void
add_ip(struct buf *out, const struct failure *failure)
{
	char text[ADDR_STRLEN];

	if (failure->ip.family == ADDR_NONE) {
		id_format(&failure->id, out);
	} else {
		addr_format(&failure->ip, text);
		buf_adds(out, text);
	}
}

/* Seconds as Python prints a float. */
static void
add_time(struct buf *out, struct wall time)
{
	int64_t seconds = wall_seconds(time), us;
	int digits = 6;

	us = time.us - seconds * CLOCK_SECOND;
	while (digits > 1 && us % 10 == 0) {
		us /= 10;
		digits--;
	}
	buf_addf(out, "%" PRId64 ".%0*" PRId64, seconds, digits, us);
}

/* {'group': 'value'}, as Python prints it. */
static void
add_groups(struct buf *out, const struct failure *failure)
{
	char ip[ADDR_STRLEN];
	size_t i;

	buf_addc(out, '{');
	for (i = 0; i < failure->groups_n; i++) {
		buf_adds(out, i > 0 ? ", " : "");
		dump_repr(failure->groups[i].name, out);
		buf_adds(out, ": ");
		dump_repr(failure->groups[i].value, out);
	}
	if (failure->ip.family != ADDR_NONE) {
		addr_format(&failure->ip, ip);
		buf_addf(out, "%s'ip': '%s'", i > 0 ? ", " : "", ip);
	}
	buf_addc(out, '}');
}

/* ['id', time, {'group': 'value'}], */
static void
add_row(struct buf *out, const struct failure *failure)
{
	struct buf id = { 0 };

	id_format(&failure->id, &id);
	buf_addc(out, '[');
	dump_repr(buf_span(&id), out);
	buf_addc(out, ',');
	buf_addc(out, '\t');
	add_time(out, failure->time);
	buf_adds(out, ",\t");
	add_groups(out, failure);
	buf_adds(out, "],");
	buf_fini(&id);
}

/* ['line', 'line'] */
static void
add_matches(struct buf *out, const struct failure *failure)
{
	size_t i;

	buf_addc(out, '[');
	for (i = 0; i < failure->lines_n; i++) {
		buf_adds(out, i > 0 ? ", " : "");
		dump_repr(failure->lines[i], out);
	}
	buf_addc(out, ']');
}

static void
add_lower(struct buf *out, struct span s)
{
	size_t i;

	for (i = 0; i < s.n; i++)
		buf_addc(out, s.p[i] >= 'A' && s.p[i] <= 'Z' ?
		    (char)(s.p[i] + 32) : s.p[i]);
}

/* The address, or nothing: what <family> and <ip-rev> are about. */
static const struct addr *
address(const struct failure *failure)
{
	return failure->ip.family != ADDR_NONE ? &failure->ip :
	    failure->id.addr.family != ADDR_NONE ? &failure->id.addr : NULL;
}

/* "7.2.0.192.": its name in in-addr.arpa or ip6.arpa, without these. */
static void
add_reverse(struct buf *out, const struct addr *a)
{
	size_t i;

	for (i = a->family == ADDR_V4 ? 4 : 16; i > 0; i--)
		if (a->family == ADDR_V4)
			buf_addf(out, "%u.", a->b[i - 1]);
		else
			buf_addf(out, "%x.%x.", a->b[i - 1] & 15,
			    a->b[i - 1] >> 4);
}

/* Tags of an address; of a host name they are Python's words for nothing. */
static bool
add_address_tag(struct buf *out, struct span tag,
    const struct failure *failure)
{
	const struct addr *a = address(failure);

	if (span_eq(tag, SPAN("family"))) {
		buf_adds(out, a == NULL ? "" :
		    a->family == ADDR_V4 ? "inet4" : "inet6");
		return true;
	}
	if (!span_eq(tag, SPAN("ip-rev")))
		return false;
	if (a != NULL)
		add_reverse(out, a);
	return true;
}

/* What is the same for every failure of a test. */
static bool
add_fixed_tag(struct buf *out, struct span tag)
{
	static const char *const zero[] = {
		"failures", "bancount", "restored"
	};
	char host[256] = "";
	size_t i;

	for (i = 0; i < sizeof(zero) / sizeof(zero[0]); i++)
		if (span_eq(tag, span_of(zero[i]))) {
			buf_addc(out, '0');
			return true;
		}
	if (span_eq(tag, SPAN("br"))) {
		buf_addc(out, '\n');
		return true;
	}
	if (!span_eq(tag, SPAN("fq-hostname")) &&
	    !span_eq(tag, SPAN("sh-hostname")))
		return false;
	(void)gethostname(host, sizeof(host) - 1);
	if (tag.p[0] == 's')
		host[strcspn(host, ".")] = '\0';
	buf_adds(out, host);
	return true;
}

/* F-USER, F-ERROR_CODE: upper case only, as upstream has it. */
static bool
is_group_tag(struct span tag)
{
	size_t i;

	if (!span_starts(tag, SPAN("F-")) || tag.n < 3)
		return false;
	for (i = 2; i < tag.n; i++)
		if (!(tag.p[i] >= 'A' && tag.p[i] <= 'Z') &&
		    !(tag.p[i] >= '0' && tag.p[i] <= '9') &&
		    tag.p[i] != '_' && tag.p[i] != '-')
			return false;
	return true;
}

static void
add_group_tag(struct buf *out, struct span tag, const struct failure *failure)
{
	struct buf name = { 0 };

	add_lower(&name, span_skip(tag, 2));
	if (span_eq(buf_span(&name), SPAN("id")))
		regex_printable(out, group(failure, SPAN("fid")));
	else if (span_eq(buf_span(&name), SPAN("port")))
		regex_printable(out, group(failure, SPAN("fport")));
	else
		regex_printable(out, group(failure, buf_span(&name)));
	buf_fini(&name);
}

/* What <tag> stands for; false: nothing, it stays as it is. */
static bool
add_tag(struct buf *out, struct span tag, const struct failure *failure,
    struct span line)
{
	if (span_eq(tag, SPAN("ip")))
		add_ip(out, failure);
	else if (span_eq(tag, SPAN("fid")))
		id_format(&failure->id, out);
	else if (span_eq(tag, SPAN("time")))
		add_time(out, failure->time);
	else if (span_eq(tag, SPAN("msg")) || span_eq(tag, SPAN("matches")))
		regex_printable(out, line);
	else if (span_eq(tag, SPAN("F-*")))
		add_groups(out, failure);
	else if (is_group_tag(tag))
		add_group_tag(out, tag, failure);
	else
		return add_address_tag(out, tag, failure) ||
		    add_fixed_tag(out, tag);
	return true;
}

static void
add_template(struct buf *out, struct span format,
    const struct failure *failure, struct span line)
{
	struct span tag;
	size_t i = 0, end;

	while (i < format.n) {
		end = span_chr(span_skip(format, i), '>');
		tag = span_sub(format, i + 1, end == SPAN_NONE ? 0 : end - 1);
		if (format.p[i] == '<' && end != SPAN_NONE && end > 1 &&
		    add_tag(out, tag, failure, line)) {
			i += end + 1;
		} else {
			buf_addc(out, format.p[i++]);
		}
	}
}

/* With <msg> in it: once for each line of the session. */
static void
add_templates(struct buf *out, struct span format,
    const struct failure *failure, struct span line)
{
	size_t i;

	if (span_find(format, SPAN("<msg>")) == SPAN_NONE ||
	    failure->lines_n < 2) {
		add_template(out, format, failure, line);
		return;
	}
	for (i = 0; i < failure->lines_n; i++) {
		if (i > 0)
			buf_addc(out, '\n');
		add_template(out, format, failure, failure->lines[i]);
	}
}

static void
write_out(struct regex_run *run, const struct failure *failure)
{
	struct span what = span_of(run->call->out), value;
	struct buf *out = &run->out;
	size_t i;

	if (span_eq(what, SPAN("id")) || span_eq(what, SPAN("fid"))) {
		id_format(&failure->id, out);
	} else if (span_eq(what, SPAN("ip"))) {
		add_ip(out, failure);
	} else if (span_eq(what, SPAN("msg"))) {
		for (i = 0; i < failure->lines_n; i++) {
			if (i > 0)
				buf_addc(out, '\n');
			regex_printable(out, i + 1 < failure->lines_n ?
			    failure->lines[i] : run->text);
		}
	} else if (span_eq(what, SPAN("row"))) {
		add_row(out, failure);
	} else if (span_eq(what, SPAN("matches"))) {
		add_matches(out, failure);
	} else if (span_chr(what, '<') != SPAN_NONE) {
		add_templates(out, what, failure, run->text);
	} else {
		value = group(failure, what);
		if (value.p != NULL)
			regex_printable(out, value);
		else
			buf_adds(out, "None");
	}
	buf_addc(out, '\n');
}

void
regex_out_failure(const struct failure *failure, void *arg)
{
	struct regex_run *run = arg;

	run->found++;
	if (!run->call->invert)
		write_out(run, failure);
}

/*
 * As fail2ban 1.1 has it: a failure of nobody, of the time of the last line
 * that had one. Only its line and its time say anything.
 */
void
regex_out_line(struct regex_run *run)
{
	struct failure none = { .lines_n = 1 };
	bool timed = filter_last_time(run->filter, &none.time);

	none.lines[0] = run->text;
	if (!timed && !span_eq(span_of(run->call->out), SPAN("msg")))
		none.time = clock_wall();
	if (span_eq(span_of(run->call->out), SPAN("row")) ||
	    span_eq(span_of(run->call->out), SPAN("F-*"))) {
		none.groups_n = 1;
		none.groups[0] = (struct failure_group){ SPAN("fid"),
			SPAN("") };
	}
	write_out(run, &none);
}
