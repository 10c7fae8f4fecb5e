#include "jail/words.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/buf.h"
#include "base/log.h"

#define FILTER "fail2ban.filter"
#define ACTIONS "fail2ban.actions"
#define OBSERVER "fail2ban.observer"
#define OURS "gaol.jail"

/* Raw ids are foreign text; addresses are not, and there are many. */
static const char *
id_text(const struct id *id, char out[ADDR_STRLEN])
{
	if (id->addr.family == ADDR_NONE)
		return log_text(id->raw);
	addr_format(&id->addr, out);
	return out;
}

/* Failures of one second come in a row: it is written out once. */
static void
format_time(struct wall w, char *out, size_t size)
{
	static _Thread_local char text[40];
	static _Thread_local time_t shown = INT64_MIN;
	time_t t = (time_t)wall_seconds(w);
	struct tm tm = { 0 };

	/* The end of upstream's calendar. */
	if (wall_seconds(w) >= INT64_C(253402214400)) {
		snprintf(out, size, "9999-12-31 23:59:59");
		return;
	}
	if (t != shown) {
		localtime_r(&t, &tm);
		if (strftime(text, sizeof(text), "%Y-%m-%d %H:%M:%S",
		    &tm) == 0)
			text[0] = '\0';
		shown = t;
	}
	snprintf(out, size, "%s", text);
}

void
words_found(const char *jail, const struct failure *f)
{
	char id[ADDR_STRLEN], when[40];

	if (!log_on(LEVEL_INFO))
		return;
	format_time(f->time, when, sizeof(when));
	log_info(FILTER, "[%s] %s %s - %s", jail,
	    f->attempts > 0 ? "Attempt" : "Found", id_text(&f->id, id), when);
}

/* As fail2ban names it; with two slashes before a path. */
static void
add_source(struct buf *out, enum ignore_verdict why, const char *path)
{
	if (why == IGNORE_FILE)
		buf_addf(out, "file:/%s", log_text(span_of(path)));
	else
		buf_adds(out, why == IGNORE_SELF ? "ignoreself rule" :
		    why == IGNORE_COMMAND ? "command" :
		    why == IGNORE_DNS ? "dns" : "ip");
}

void
words_ignored(const char *jail, const struct id *id,
    enum ignore_verdict why, const char *path)
{
	char text[ADDR_STRLEN];
	struct buf source = { 0 };

	if (!log_on(LEVEL_INFO))
		return;
	add_source(&source, why, path);
	log_info(FILTER, "[%s] Ignore %s by %s", jail, id_text(id, text),
	    source.p);
	buf_fini(&source);
}

void
words_lifted(const char *jail, const struct id *id,
    enum ignore_verdict why, const char *path)
{
	char text[ADDR_STRLEN];
	struct buf source = { 0 };

	add_source(&source, why, path);
	log_notice(OURS, "[%s] %s is spared from now on (by %s), its ban is "
	    "lifted", jail, id_text(id, text), source.p);
	buf_fini(&source);
}

void
words_narrow(const char *jail, const struct id *id, const struct addr *net)
{
	char text[ADDR_STRLEN], wide[ADDR_STRLEN];

	if (!log_on(LEVEL_INFO))
		return;
	addr_format(net, wide);
	log_info(OURS, "[%s] %s counts alone: %s holds an address that is "
	    "left alone", jail, id_text(id, text), wide);
}

void
words_escalate(const char *jail, const struct addr *net, size_t hosts)
{
	char wide[ADDR_STRLEN];

	addr_format(net, wide);
	log_notice(OURS, "[%s] %zu hosts of %s are banned: it is, in their "
	    "place", jail, hosts, wide);
}

void
words_expired(const char *jail, const struct id *id)
{
	char text[ADDR_STRLEN];

	log_info(ACTIONS, "[%s] Ignore %s, expired bantime", jail,
	    id_text(id, text));
}

void
words_bad(const char *jail, const struct failure *f, uint32_t bancount,
    int64_t weight, int64_t maxretry)
{
	/* Where they are equal upstream prints its fraction, too. */
	bool bound = weight != growth_weight(bancount);
	char id[ADDR_STRLEN], when[40];

	if (!log_on(LEVEL_INFO))
		return;
	format_time(f->time, when, sizeof(when));
	log_info(OBSERVER, "[%s] Found %s, bad - %s, %" PRIu32 " # -> %"
	    PRId64 "%s%s", jail, id_text(&f->id, id), when, bancount, weight,
	    bound ? "" : ".0", weight >= maxretry ? ", Ban" : "");
}

void
words_old(const char *jail, const struct id *id, struct wall time,
    int64_t ban)
{
	char text[ADDR_STRLEN];

	if (log_on(LEVEL_DEBUG))
		log_debug(OBSERVER, "[%s] Ignore failure %s before last ban "
		    "%" PRId64 " < %" PRId64 ", restored", jail,
		    id_text(id, text), wall_seconds(time), ban);
}

/* Adds n of a unit unless there is none. */
static void
add_unit(struct buf *out, int64_t n, const char *unit)
{
	if (n > 0)
		buf_addf(out, "%s%" PRId64 "%s", out->n > 0 ? " " : "", n,
		    unit);
}

/* As Python rounds: to the nearest, a half to the even one. */
static int64_t
round_by(int64_t seconds, int64_t unit)
{
	int64_t n = seconds / unit, twice = seconds % unit * 2;

	return n + (twice > unit || (twice == unit && n % 2 != 0));
}

void
words_seconds(int64_t seconds, struct buf *out)
{
	/* From `from` seconds on: rounded to `to`, told in these units. */
	static const struct {
		int64_t from, to, big, small;
		const char *names[3];
	} steps[] = {
		{ 31536000, 86400, 365, 7, { "y", "w", "d" } },
		{ 604800, 3600, 168, 24, { "w", "d", "h" } },
		{ 86400, 60, 1440, 60, { "d", "h", "m" } },
		{ 3595, 10, 360, 6, { "h", "m", NULL } },
		{ 0, 1, 3600, 60, { "h", "m", "s" } },
	};
	size_t i = 0, start = out->n;
	struct buf text = { 0 };
	int64_t n;

	while (seconds < steps[i].from && i < 4)
		i++;
	n = round_by(seconds, steps[i].to);
	add_unit(&text, n / steps[i].big, steps[i].names[0]);
	n %= steps[i].big;
	add_unit(&text, n / steps[i].small, steps[i].names[1]);
	if (steps[i].names[2] != NULL)
		add_unit(&text, n % steps[i].small, steps[i].names[2]);
	buf_add_span(out, buf_span(&text));
	if (out->n == start)
		buf_adds(out, "0");
	buf_fini(&text);
}

void
words_is_bad(const char *jail, const struct id *id, const struct history *h,
    int64_t before, int64_t after)
{
	struct buf from = { 0 }, to = { 0 };
	char text[ADDR_STRLEN], when[40];

	if (!log_on(LEVEL_INFO))
		return;
	format_time(wall_from_seconds(h->time), when, sizeof(when));
	words_seconds(before, &from);
	if (after < 0)
		buf_addf(&to, "%" PRId64 "s", after);
	else
		words_seconds(after, &to);
	log_info(OBSERVER, "[%s] IP %s is bad: %" PRIu32 " # last %s - incr "
	    "%s to %s", jail, id_text(id, text), h->bancount, when, from.p,
	    to.p);
	buf_fini(&from);
	buf_fini(&to);
}

void
words_increase(const char *jail, const struct ticket *t, struct wall end)
{
	struct buf took = { 0 };
	char text[ADDR_STRLEN], when[40] = "infinite";

	if (t->permanent) {
		buf_adds(&took, "permanent");
	} else {
		words_seconds(t->bantime, &took);
		format_time(end, when, sizeof(when));
	}
	log_notice(OBSERVER, "[%s] Increase Ban %s (%u # %s -> %s)", jail,
	    id_text(&t->id, text), t->bancount, took.p, when);
	buf_fini(&took);
}

void
words_no_bantime(const char *jail, const struct id *id)
{
	char text[ADDR_STRLEN];

	log_error(OBSERVER, "[%s] %s keeps the plain bantime: "
	    "bantime.formula has no value for it: %s", jail,
	    id_text(id, text), strerror(errno));
}

/* A late one means that the ban does not keep the attacker out. */
void
words_already(const char *jail, const struct ticket *t, struct wall again)
{
	int64_t age = again.us - t->time.us;
	char text[ADDR_STRLEN];

	log_at(age < 3 * CLOCK_SECOND ? LEVEL_DEBUG :
	    age < 60 * CLOCK_SECOND ? LEVEL_NOTICE : LEVEL_WARNING,
	    ACTIONS, "[%s] %s already banned", jail, id_text(&t->id, text));
}

void
words_refused(const char *jail, const struct id *id, int error)
{
	char text[ADDR_STRLEN];

	log_warning(OURS, "[%s] %s is not banned: %s", jail,
	    id_text(id, text), strerror(error));
}
