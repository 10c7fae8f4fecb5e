#include <inttypes.h>

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

/* ['id', time, {'group': 'value'}], as Python prints it. */
static void
add_row(struct buf *out, const struct failure *failure)
{
	struct buf id = { 0 };
	size_t i;

	id_format(&failure->id, &id);
	buf_addc(out, '[');
	dump_repr(buf_span(&id), out);
	buf_addc(out, ',');
	buf_addc(out, '\t');
	add_time(out, failure->time);
	buf_adds(out, ",\t{");
	for (i = 0; i < failure->groups_n; i++) {
		buf_adds(out, i > 0 ? ", " : "");
		dump_repr(failure->groups[i].name, out);
		buf_adds(out, ": ");
		dump_repr(failure->groups[i].value, out);
	}
	buf_adds(out, "}],");
	buf_fini(&id);
}

static void
add_lower(struct buf *out, struct span s)
{
	size_t i;

	for (i = 0; i < s.n; i++)
		buf_addc(out, s.p[i] >= 'A' && s.p[i] <= 'Z' ?
		    (char)(s.p[i] + 32) : s.p[i]);
}

/* What <tag> stands for; false: nothing, it stays as it is. */
static bool
add_tag(struct buf *out, struct span tag, const struct failure *failure,
    struct span line)
{
	struct buf name = { 0 };

	if (span_eq(tag, SPAN("ip"))) {
		add_ip(out, failure);
	} else if (span_eq(tag, SPAN("fid"))) {
		id_format(&failure->id, out);
	} else if (span_eq(tag, SPAN("time"))) {
		add_time(out, failure->time);
	} else if (span_eq(tag, SPAN("msg")) ||
	    span_eq(tag, SPAN("matches"))) {
		regex_printable(out, line);
	} else if (span_starts(tag, SPAN("F-")) && tag.n > 2) {
		add_lower(&name, span_skip(tag, 2));
		regex_printable(out, group(failure, buf_span(&name)));
		buf_fini(&name);
	} else {
		return false;
	}
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

void
regex_out_failure(const struct failure *failure, void *arg)
{
	struct regex_run *run = arg;
	struct span what = span_of(run->call->out), value;
	struct buf *out = &run->out;
	size_t i;

	if (run->call->invert)
		return;
	if (span_eq(what, SPAN("id")) || span_eq(what, SPAN("fid"))) {
		id_format(&failure->id, out);
	} else if (span_eq(what, SPAN("ip"))) {
		add_ip(out, failure);
	} else if (span_eq(what, SPAN("msg"))) {
		for (i = 0; i < failure->lines_n; i++) {
			if (i > 0)
				buf_addc(out, '\n');
			regex_printable(out, failure->lines[i]);
		}
	} else if (span_eq(what, SPAN("row"))) {
		add_row(out, failure);
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
