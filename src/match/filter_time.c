#include <inttypes.h>

#include "base/log.h"
#include "match/filter_local.h"
#include "match/text.h"

#define TOLERANCE_SECONDS 60
#define DAY_SECONDS 86400
#define BEHIND_MAX 64u     /* lines looked at for the last date of a block */

/* Once a day: true when it is time to warn again. */
static bool
warn_again(int64_t *warned, struct wall now)
{
	if (*warned != 0 && wall_seconds(now) < *warned + DAY_SECONDS)
		return false;
	*warned = wall_seconds(now);
	return true;
}

static void
set_last(struct filter *f, struct wall time)
{
	f->last = time;
	f->last_known = true;
}

static struct wall
time_of(const struct filter *f, const struct date *date)
{
	struct wall time = date->time;

	if (f->options.fractions)
		time.us += date->us;
	return time;
}

/* A line without a date of its own belongs to the one before, if recent. */
static bool
use_last(const struct filter *f, struct passage *pass, struct wall now)
{
	if (!f->last_known ||
	    f->last.us <= now.us - TOLERANCE_SECONDS * CLOCK_SECOND)
		return false;
	pass->time = f->last;
	pass->timed = true;
	return true;
}

void
filter_bare(struct filter *f, struct passage *pass)
{
	struct span line = pass->line, rest = span_skip(line, pass->cut_to);

	if (f->window != NULL) {
		window_push(f->window, line, pass->cut_from, pass->cut_to);
		window_text(f->window, &f->bare);
		pass->ascii = text_is_ascii(buf_span(&f->bare));
	} else if (pass->cut_from == 0 &&
	    filter_in_block(f, span_from(rest.p, rest.n + 1)) &&
	    rest.p[rest.n] == '\n') {
		pass->text = span_from(rest.p, rest.n + 1);
		return;
	} else {
		buf_clear(&f->bare);
		buf_add(&f->bare, line.p, pass->cut_from);
		buf_add_span(&f->bare, rest);
		buf_addc(&f->bare, '\n');
	}
	pass->text = buf_span(&f->bare);
}

bool
filter_check_time(struct filter *f, struct passage *pass)
{
	struct wall now = clock_wall();
	int64_t off;

	if (pass->mode == FILTER_ASIS || !pass->timed)
		return true;
	if (pass->mode == FILTER_RESTORING) {
		if ((double)(now.us - pass->time.us) >
		    f->options.findtime * (double)CLOCK_SECOND) {
			f->counters.too_old++;
			if (warn_again(&f->warned_old, now))
				log_warning("fail2ban.filter",
				    "[%s] Ignoring all log entries older than "
				    "%.0fs", f->jail, f->options.findtime);
			return false;
		}
		if (pass->time.us > now.us)
			pass->time = now;
		return true;
	}
	off = (pass->time.us - now.us) / CLOCK_SECOND;
	if (off > TOLERANCE_SECONDS || off < -TOLERANCE_SECONDS) {
		f->counters.clock_off++;
		if (warn_again(&f->warned_off, now))
			log_warning("fail2ban.filter",
			    "[%s] Detected a log entry %" PRId64 "s %s the "
			    "current time in operation mode, treated as if "
			    "it just happened; wrong timezone? %s", f->jail,
			    off < 0 ? -off : off,
			    off < 0 ? "before" : "after",
			    log_text(pass->line));
		pass->time = now;
		set_last(f, now);
	} else if (pass->time.us > now.us) {
		pass->time = now;
	}
	return true;
}

/* One of the lines passed by. True: it has a date, which is now the last. */
static bool
stamp_one(struct filter *f, struct span line)
{
	struct passage pass = { .line = line, .mode = f->scan.mode };
	struct wall now = clock_wall();
	struct date date;

	pass.ascii = filter_is_ascii(f, line);
	if (!pass.ascii && !text_is_utf8(line)) {
		text_repair(line, &f->part);
		pass.line = buf_span(&f->part);
	}
	date_find(f->dates, f->matcher, pass.line, pass.ascii, now, &date);
	if (!date.found || !date.known)
		return false;
	pass.time = time_of(f, &date);
	pass.timed = true;
	set_last(f, pass.time);
	filter_check_time(f, &pass);
	return true;
}

/* The last date of the lines passed by, at most `most` of them looked at. */
static void
look_behind(struct filter *f, size_t most)
{
	struct span rest = f->scan.behind;
	size_t newline;

	f->scan.behind.n = 0;
	for (; rest.n > 0 && most > 0; most--) {
		rest.n--;    /* its newline */
		newline = span_find_last(rest, SPAN("\n"));
		newline = newline == SPAN_NONE ? 0 : newline + 1;
		if (stamp_one(f, span_skip(rest, newline)))
			return;
		rest.n = newline;
	}
}

/* A filter that never met a date does not look for one in every line. */
void
filter_stamp_behind(struct filter *f)
{
	look_behind(f, f->last_known ? BEHIND_MAX : 1);
}

void
filter_stamp_cut(struct filter *f, struct passage *pass)
{
	struct date date;

	date_find(f->dates, f->matcher, pass->line, pass->ascii, clock_wall(),
	    &date);
	if (!date.found)
		return;
	if (date.start > 0 && date.end > date.start)
		f->scan.inner_date = true;
	pass->cut_from = date.start;
	pass->cut_to = date.end;
}

void
filter_passed(struct filter *f, struct wall time)
{
	if (f->scan.behind.n == 0)
		return;
	f->scan.behind.n = 0;
	set_last(f, time);
}

bool
filter_stamp(struct filter *f, struct passage *pass)
{
	struct wall now = clock_wall();
	struct date date;

	date_find(f->dates, f->matcher, pass->line, pass->ascii, now, &date);
	if (!date.found || !date.known)
		look_behind(f, f->last_known ? SIZE_MAX : 1);
	f->scan.behind.n = 0;
	if (date.start > 0 && date.end > date.start)
		f->scan.inner_date = true;
	if (date.found && date.known) {
		pass->time = time_of(f, &date);
		pass->timed = true;
		set_last(f, pass->time);
	} else if (use_last(f, pass, now)) {
		/* Upstream leaves such a line whole, even an odd date in it. */
		date.start = date.end = 0;
	} else {
		/* {NONE}, or nothing better known. */
		pass->time = now;
		pass->timed = pass->mode != FILTER_RESTORING ||
		    (date.found && date.start == date.end);
	}
	if (!filter_check_time(f, pass))
		return false;
	pass->cut_from = date.start;
	pass->cut_to = date.end;
	return true;
}
