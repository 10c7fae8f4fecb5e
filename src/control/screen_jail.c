/* One jail for people: its counters, and a table of its bans. */
#include "control/screen_local.h"

#include <inttypes.h>
#include <string.h>
#include <time.h>

#include "control/payload.h"
#include "control/printable.h"

/* Counters that are 0 on a good day are shown on the others only. */
static void
add_filter(struct screen *s, const json_t *filter)
{
	static const struct {
		const char *key, *text;
	} rare[] = {
		{ "unwrapped_not", "without the envelope" },
		{ "parts_lost", "parts of lines without the others" },
		{ "cut", "cut at line_max" },
		{ "limit_hits", "given up at match_limit" },
		{ "evicted", "addresses forgotten at tracked_max" },
		{ "narrow", "counted alone, not by their network" },
	};

	screen_head(s, "Filter");
	buf_addf(s->out, "%" PRId64 " failing, %" PRId64 " failures in total\n",
	    payload_int(filter, "failing", 0),
	    payload_int(filter, "failed_total", 0));
	screen_head(s, "Lines");
	buf_addf(s->out, "%" PRId64 " read, %" PRId64 " matched, %" PRId64
	    " ignored", payload_int(filter, "lines", 0),
	    payload_int(filter, "matched", 0),
	    payload_int(filter, "ignored", 0));
	for (size_t i = 0; i < sizeof(rare) / sizeof(rare[0]); i++) {
		int64_t n = payload_int(filter, rare[i].key, 0);

		buf_adds(s->out, n > 0 ? ", " : "");
		screen_count(s, YELLOW, n, rare[i].text);
	}
	buf_addc(s->out, '\n');
}

/* Only when the jail has taken more of the processor than it should. */
static void
add_cost(struct screen *s, const json_t *filter)
{
	int64_t times = payload_int(filter, "over_budget", 0);
	const json_t *most = json_object_get(filter, "costliest");

	if (times == 0)
		return;
	screen_head(s, "Cost");
	screen_paint(s, YELLOW);
	buf_addf(s->out, "%" PRId64 " times over half a processor for 10 s",
	    times);
	screen_paint(s, PLAIN);
	if (json_is_object(most)) {
		buf_adds(s->out, "; most in ");
		screen_text(s, most, "kind");
		buf_addf(s->out, " %" PRId64 " (%.0f %%)",
		    payload_int(most, "number", 0), 100 *
		    json_number_value(json_object_get(most, "share")));
	}
	buf_addc(s->out, '\n');
}

static void
add_list(struct screen *s, const char *head, const json_t *list)
{
	for (size_t i = 0; i < json_array_size(list); i++) {
		screen_head(s, i == 0 ? head : "");
		printable_add(s->out, span_of(json_string_value(
		    json_array_get(list, i))));
		buf_addc(s->out, '\n');
	}
}

static void
add_bans_line(struct screen *s, const json_t *actions)
{
	int64_t pending = payload_int(actions, "pending", 0);
	int64_t failed = payload_int(actions, "failed", 0);

	screen_head(s, "Bans");
	buf_addf(s->out, "%" PRId64 " now, %" PRId64 " in total",
	    payload_int(actions, "banned", 0),
	    payload_int(actions, "banned_total", 0));
	buf_adds(s->out, pending > 0 ? ", " : "");
	screen_count(s, YELLOW, pending, "pending");
	buf_adds(s->out, failed > 0 ? ", " : "");
	screen_count(s, RED, failed, "failed");
	buf_addc(s->out, '\n');
}

static void
add_actions(struct screen *s, const json_t *list)
{
	for (size_t i = 0; i < json_array_size(list); i++) {
		const json_t *action = json_array_get(list, i);

		screen_head(s, i == 0 ? "Commands" : "");
		screen_text(s, action, "name");
		buf_addf(s->out, ": %" PRId64 " done",
		    payload_int(action, "done", 0));
		screen_commands(s, action);
	}
}

/* Letters, not bytes. */
static size_t
width_of(struct span text)
{
	size_t n = 0;

	for (size_t i = 0; i < text.n; i++)
		n += ((unsigned char)text.p[i] & 0xc0) != 0x80;
	return n;
}

/* Adds what was written into *cell (and empties it), filled to `width`. */
static void
add_cell(struct screen *s, struct buf *cell, size_t width)
{
	size_t n = width_of(buf_span(cell));

	buf_add_span(s->out, buf_span(cell));
	for (; n < width + 2; n++)
		buf_addc(s->out, ' ');
	buf_clear(cell);
}

static void
add_time(struct buf *cell, int64_t seconds)
{
	time_t t = (time_t)seconds;
	struct tm tm;
	char text[32];

	if (localtime_r(&t, &tm) == NULL ||
	    strftime(text, sizeof(text), "%Y-%m-%d %H:%M:%S", &tm) == 0)
		buf_addf(cell, "%" PRId64, seconds);
	else
		buf_adds(cell, text);
}

static void
add_ban_state(struct screen *s, const json_t *ban)
{
	const char *state = payload_str(ban, "state", "unknown");
	const char *error = payload_str(ban, "error", "");

	if (strcmp(state, "confirmed") == 0)
		buf_adds(s->out, payload_bool(ban, "restored") ?
		    "confirmed, restored" : state);
	else
		screen_painted(s, screen_colour_of(state), state);
	if (error[0] != '\0') {
		buf_adds(s->out, ": ");
		printable_add(s->out, span_of(error));
	}
	buf_addc(s->out, '\n');
}

/* Only with bantime.increment. */
static void
add_growth(struct screen *s, const json_t *growth)
{
	const json_t *most = json_object_get(growth, "maxtime");
	int64_t unasked = payload_int(growth, "unasked", 0);

	if (!json_is_object(growth))
		return;
	screen_head(s, "Increment");
	screen_state(s, growth);
	if (json_is_integer(most)) {
		buf_adds(s->out, ", up to ");
		screen_duration(json_integer_value(most), s->out);
	}
	if (payload_bool(growth, "overalljails"))
		buf_adds(s->out, ", over all jails");
	buf_addf(s->out, "; %" PRId64 " bans changed, %" PRId64
	    " failures counted more", payload_int(growth, "grown", 0),
	    payload_int(growth, "weighed", 0));
	buf_adds(s->out, unasked > 0 ? ", " : "");
	screen_count(s, YELLOW, unasked, "without a history");
	buf_addc(s->out, '\n');
}

enum {
	TIME_WIDTH = 19, LEFT_WIDTH = 9, FAILURES_WIDTH = 8, NEXT_WIDTH = 9,
};

/* How long the next ban of it would take. */
static void
add_next(struct screen *s, const json_t *ban, struct buf *cell)
{
	screen_duration(payload_int(ban, "next", 0), cell);
	add_cell(s, cell, NEXT_WIDTH);
}

static void
add_ban(struct screen *s, const json_t *ban, size_t id_width, bool next)
{
	struct buf cell = { 0 };
	bool permanent = payload_int(ban, "bantime", 0) < 0;
	int64_t left = payload_int(ban, "left", 0);

	printable_add(&cell, span_of(payload_str(ban, "id", "")));
	add_cell(s, &cell, id_width);
	add_time(&cell, payload_int(ban, "time", 0));
	add_cell(s, &cell, TIME_WIDTH);
	screen_duration(permanent ? -1 : left > 0 ? left : 0, &cell);
	add_cell(s, &cell, LEFT_WIDTH);
	buf_addf(&cell, "%" PRId64, payload_int(ban, "failures", 0));
	add_cell(s, &cell, FAILURES_WIDTH);
	if (next)
		add_next(s, ban, &cell);
	add_ban_state(s, ban);
	buf_fini(&cell);
}

static void
add_table(struct screen *s, const json_t *bans, bool next)
{
	struct buf cell = { 0 };
	size_t width = 2;

	for (size_t i = 0; i < json_array_size(bans); i++) {
		buf_clear(&cell);
		printable_add(&cell, span_of(payload_str(
		    json_array_get(bans, i), "id", "")));
		if (width < width_of(buf_span(&cell)))
			width = width_of(buf_span(&cell));
	}
	buf_fini(&cell);
	buf_addc(s->out, '\n');
	screen_paint(s, BOLD);
	buf_addf(s->out, "%-*s  %-*s  %-*s  %-*s  ", (int)width, "ID",
	    TIME_WIDTH, "BANNED", LEFT_WIDTH, "LEFT", FAILURES_WIDTH,
	    "FAILURES");
	if (next)
		buf_addf(s->out, "%-*s  ", NEXT_WIDTH, "NEXT");
	buf_adds(s->out, "STATE");
	screen_paint(s, PLAIN);
	buf_addc(s->out, '\n');
	for (size_t i = 0; i < json_array_size(bans); i++)
		add_ban(s, json_array_get(bans, i), width, next);
}

void
screen_jail(const json_t *payload, bool colour, struct buf *out)
{
	struct screen s = { out, colour };
	const json_t *actions = json_object_get(payload, "actions");
	const json_t *filter = json_object_get(payload, "filter");
	const json_t *bans = json_object_get(actions, "bans");
	const json_t *growth = json_object_get(actions, "increment");
	int64_t before;

	screen_head(&s, "Jail");
	screen_text(&s, payload, "jail");
	buf_addc(out, '\n');
	add_filter(&s, filter);
	add_cost(&s, filter);
	add_list(&s, "Files", json_object_get(filter, "files"));
	add_list(&s, "Journal", json_object_get(filter, "journal"));
	add_bans_line(&s, actions);
	add_growth(&s, growth);
	add_actions(&s, json_object_get(actions, "commands"));
	if (json_array_size(bans) == 0)
		return;
	add_table(&s, bans, json_is_object(growth));
	before = payload_int(actions, "banned", 0) -
	    (int64_t)json_array_size(bans);
	if (before > 0)
		buf_addf(out, "%" PRId64 " bans before them (gaol banned "
		    "lists all)\n", before);
}
