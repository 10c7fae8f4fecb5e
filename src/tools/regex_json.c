#include <inttypes.h>

#include "match/text.h"
#include "tools/regex_local.h"

/*
 * Written by hand, for it is on the path of every line of a log that may
 * have 100 GB: no tree is built, nothing allocated.
 */
static void
add_string(struct buf *out, struct span s)
{
	static const char hex[] = "0123456789abcdef";
	struct buf valid = { 0 };
	size_t i, done = 0;
	unsigned char c;

	if (!text_is_utf8(s)) {
		text_repair(s, &valid);
		s = buf_span(&valid);
	}
	buf_addc(out, '"');
	for (i = 0; i < s.n; i++) {
		c = (unsigned char)s.p[i];
		if (c >= 0x20 && c != '"' && c != '\\' && c != 0x7f)
			continue;
		buf_add(out, s.p + done, i - done);
		done = i + 1;
		if (c == '"' || c == '\\') {
			buf_addc(out, '\\');
			buf_addc(out, (char)c);
		} else {
			buf_adds(out, "\\u00");
			buf_addc(out, hex[c >> 4]);
			buf_addc(out, hex[c & 15]);
		}
	}
	buf_add(out, s.p + done, s.n - done);
	buf_addc(out, '"');
	buf_fini(&valid);
}

static void
add_member(struct buf *out, const char *name, struct span value)
{
	buf_addc(out, ',');
	add_string(out, span_of(name));
	buf_addc(out, ':');
	add_string(out, value);
}

static void
add_unsigned(struct buf *out, uint64_t n)
{
	char digits[20];
	size_t i = sizeof(digits);

	do {
		digits[--i] = (char)('0' + n % 10);
		n /= 10;
	} while (n > 0);
	buf_add(out, digits + i, sizeof(digits) - i);
}

static void
add_groups(struct buf *out, const struct failure *failure)
{
	size_t i;

	buf_adds(out, ",\"groups\":{");
	for (i = 0; i < failure->groups_n; i++) {
		if (i > 0)
			buf_addc(out, ',');
		add_string(out, failure->groups[i].name);
		buf_addc(out, ':');
		add_string(out, failure->groups[i].value);
	}
	buf_adds(out, "}");
}

static void
add_time(struct buf *out, struct wall time)
{
	int64_t seconds = wall_seconds(time);

	buf_addf(out, ",\"time\":%" PRId64, seconds);
	if (time.us != seconds * CLOCK_SECOND)
		buf_addf(out, ".%06" PRId64, time.us - seconds * CLOCK_SECOND);
}

void
regex_json_failure(const struct failure *failure, void *arg)
{
	struct regex_run *run = arg;
	struct buf *out = &run->out;
	struct buf id = { 0 };
	char ip[ADDR_STRLEN];

	buf_adds(out, "{\"line\":");
	add_unsigned(out, run->line);
	buf_adds(out, ",\"status\":\"matched\",\"regex\":");
	add_unsigned(out, failure->regex);
	id_format(&failure->id, &id);
	add_member(out, "id", buf_span(&id));
	if (failure->ip.family != ADDR_NONE) {
		addr_format(&failure->ip, ip);
		add_member(out, "ip", span_of(ip));
	} else if (failure->id.addr.family != ADDR_NONE) {
		add_member(out, "ip", buf_span(&id));
	}
	add_time(out, failure->time);
	add_groups(out, failure);
	buf_adds(out, "}\n");
	buf_fini(&id);
}

void
regex_json_line(struct regex_run *run, enum filter_verdict verdict)
{
	struct span status = SPAN(",\"status\":\"missed\"}\n");

	if (verdict == FILTER_MATCHED)
		return;
	if (verdict == FILTER_IGNORED)
		status = SPAN(",\"status\":\"ignored\"}\n");
	else if (verdict == FILTER_NOFAIL)
		status = SPAN(",\"status\":\"nofail\"}\n");
	buf_add_span(&run->out, SPAN("{\"line\":"));
	add_unsigned(&run->out, run->line);
	buf_add_span(&run->out, status);
}
