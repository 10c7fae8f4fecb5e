#include "control/screen.h"

#include <inttypes.h>
#include <string.h>
#include <time.h>

#include "control/payload.h"
#include "control/printable.h"

enum colour { PLAIN, BOLD, GREEN, YELLOW, RED };

static const char *const codes[] = {
	[PLAIN] = "0",
	[BOLD] = "1",
	[GREEN] = "32",
	[YELLOW] = "33",
	[RED] = "31",
};

/* A buffer that knows whether it ends on a terminal. */
struct screen {
	struct buf *out;
	bool colour;
};

static void
paint(struct screen *s, enum colour colour)
{
	if (s->colour)
		buf_addf(s->out, "\x1b[%sm", codes[colour]);
}

static void
add_painted(struct screen *s, enum colour colour, const char *text)
{
	paint(s, colour);
	printable_add(s->out, span_of(text));
	paint(s, PLAIN);
}

/* "3 pending"; nothing for 0. */
static void
add_count(struct screen *s, enum colour colour, int64_t n, const char *what)
{
	if (n == 0)
		return;
	paint(s, colour);
	buf_addf(s->out, "%" PRId64 " %s", n, what);
	paint(s, PLAIN);
}

/* The left column. */
static void
add_head(struct screen *s, const char *head)
{
	paint(s, BOLD);
	buf_addf(s->out, "%-10s", head);
	paint(s, PLAIN);
}

static void
add_str(struct screen *s, const json_t *object, const char *key)
{
	printable_add(s->out, span_of(payload_str(object, key, "")));
}

static enum colour
colour_of(const char *state)
{
	static const struct {
		const char *state;
		enum colour colour;
	} known[] = {
		{ "ok", GREEN },
		{ "ready", GREEN },
		{ "starting", YELLOW },
		{ "confirmed", PLAIN },
		{ "pending", YELLOW },
		{ "opening", YELLOW },
	};

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (strcmp(state, known[i].state) == 0)
			return known[i].colour;
	return RED;
}

/* "ok", else the state and what the daemon says about it. */
static void
add_state(struct screen *s, const json_t *object)
{
	const char *state = payload_str(object, "state", "unknown");
	const char *text = payload_str(object, "text", "");

	add_painted(s, colour_of(state), state);
	if (text[0] != '\0') {
		buf_adds(s->out, ": ");
		printable_add(s->out, span_of(text));
	}
}

static void
add_jails(struct screen *s, const json_t *payload)
{
	const json_t *jails = json_object_get(payload, "jails");

	add_head(s, "Jails");
	buf_addf(s->out, "%zu", json_array_size(jails));
	for (size_t i = 0; i < json_array_size(jails); i++) {
		buf_adds(s->out, i == 0 ? ": " : ", ");
		printable_add(s->out, span_of(json_string_value(
		    json_array_get(jails, i))));
	}
	buf_addc(s->out, '\n');
}

/* Bans that are not in the firewall (yet). */
static void
add_unsettled(struct screen *s, const json_t *payload)
{
	int64_t pending = payload_int(payload, "pending", 0);
	int64_t failed = payload_int(payload, "failed", 0);

	if (pending == 0 && failed == 0)
		return;
	add_head(s, "Bans");
	add_count(s, YELLOW, pending, "pending");
	buf_adds(s->out, pending > 0 && failed > 0 ? ", " : "");
	add_count(s, RED, failed, "failed");
	buf_addc(s->out, '\n');
}

static void
add_firewall(struct screen *s, const json_t *firewall)
{
	int64_t rebuilt = payload_int(firewall, "rebuilt", 0);

	add_head(s, "Firewall");
	add_str(s, firewall, "kind");
	buf_adds(s->out, ", ");
	add_state(s, firewall);
	if (rebuilt > 0)
		buf_addf(s->out, "; rebuilt %" PRId64
		    " times after others changed it", rebuilt);
	buf_addc(s->out, '\n');
}

static void
add_store(struct screen *s, const json_t *store)
{
	int64_t lost = payload_int(store, "lost", 0);

	add_head(s, "Store");
	add_str(s, store, "path");
	buf_adds(s->out, ", ");
	add_state(s, store);
	buf_addf(s->out, "; %" PRId64 " written",
	    payload_int(store, "written", 0));
	buf_adds(s->out, lost > 0 ? ", " : "");
	add_count(s, RED, lost, "lost");
	buf_addc(s->out, '\n');
}

static void
add_commands(struct screen *s, const json_t *object)
{
	static const struct {
		const char *key, *text;
		enum colour colour;
	} counts[] = {
		{ "running", "running", PLAIN },
		{ "queued", "waiting", YELLOW },
		{ "failed", "failed", RED },
		{ "dropped", "not run", RED },
		{ "lost", "times lost", RED },
	};

	for (size_t i = 0; i < sizeof(counts) / sizeof(counts[0]); i++) {
		int64_t n = payload_int(object, counts[i].key, 0);

		buf_adds(s->out, n > 0 ? ", " : "");
		add_count(s, counts[i].colour, n, counts[i].text);
	}
	buf_addc(s->out, '\n');
}

/* Only where a jail has a command. */
static void
add_runner(struct screen *s, const json_t *runner)
{
	if (strcmp(payload_str(runner, "state", "none"), "none") == 0)
		return;
	add_head(s, "Runner");
	add_state(s, runner);
	add_commands(s, runner);
}

static void
add_sandbox(struct screen *s, const json_t *list)
{
	for (size_t i = 0; i < json_array_size(list); i++) {
		const json_t *p = json_array_get(list, i);
		int64_t landlock = payload_int(p, "landlock", 0);

		add_head(s, i == 0 ? "Sandbox" : "");
		add_str(s, p, "process");
		buf_addf(s->out, ": uid %" PRId64 ", ",
		    payload_int(p, "uid", -1));
		if (landlock > 0)
			buf_addf(s->out, "Landlock %" PRId64 ", ", landlock);
		else
			add_painted(s, YELLOW, "no Landlock, ");
		if (payload_bool(p, "seccomp"))
			buf_adds(s->out, "seccomp");
		else
			add_painted(s, YELLOW, "no seccomp");
		buf_addc(s->out, '\n');
	}
}

static void
add_logs(struct screen *s, const json_t *logs)
{
	for (size_t i = 0; i < json_array_size(logs); i++) {
		const json_t *log = json_array_get(logs, i);

		add_head(s, i == 0 ? "Logs" : "");
		add_str(s, log, "path");
		buf_adds(s->out, " (");
		add_str(s, log, "jail");
		buf_adds(s->out, "), ");
		add_state(s, log);
		buf_addc(s->out, '\n');
	}
}

static void
add_broken(struct screen *s, const json_t *broken)
{
	for (size_t i = 0; i < json_array_size(broken); i++) {
		const json_t *b = json_array_get(broken, i);

		add_head(s, i == 0 ? "Broken" : "");
		add_painted(s, RED, payload_str(b, "jail", ""));
		buf_adds(s->out, ": ");
		add_str(s, b, "error");
		buf_addc(s->out, '\n');
	}
}

static void
add_problems(struct screen *s, const json_t *problems)
{
	for (size_t i = 0; i < json_array_size(problems); i++) {
		add_head(s, i == 0 ? "Problems" : "");
		printable_add(s->out, span_of(json_string_value(
		    json_array_get(problems, i))));
		buf_addc(s->out, '\n');
	}
}

void
screen_status(const json_t *payload, bool colour, struct buf *out)
{
	struct screen s = { out, colour };

	add_head(&s, "gaold");
	add_str(&s, payload, "version");
	buf_addf(out, ", pid %" PRId64 ", up ",
	    payload_int(payload, "pid", 0));
	screen_duration(payload_int(payload, "uptime", 0), out);
	buf_addc(out, '\n');
	add_jails(&s, payload);
	add_unsettled(&s, payload);
	add_firewall(&s, json_object_get(payload, "firewall"));
	add_store(&s, json_object_get(payload, "store"));
	add_runner(&s, json_object_get(payload, "runner"));
	add_sandbox(&s, json_object_get(payload, "sandbox"));
	add_logs(&s, json_object_get(payload, "logs"));
	add_broken(&s, json_object_get(payload, "broken"));
	add_problems(&s, json_object_get(payload, "problems"));
}

/* Counters that are 0 on a good day are shown on the others only. */
static void
add_filter(struct screen *s, const json_t *filter)
{
	static const struct {
		const char *key, *text;
	} rare[] = {
		{ "cut", "cut at line_max" },
		{ "limit_hits", "given up at match_limit" },
		{ "evicted", "addresses forgotten at tracked_max" },
	};

	add_head(s, "Filter");
	buf_addf(s->out, "%" PRId64 " failing, %" PRId64 " failures in total\n",
	    payload_int(filter, "failing", 0),
	    payload_int(filter, "failed_total", 0));
	add_head(s, "Lines");
	buf_addf(s->out, "%" PRId64 " read, %" PRId64 " matched, %" PRId64
	    " ignored", payload_int(filter, "lines", 0),
	    payload_int(filter, "matched", 0),
	    payload_int(filter, "ignored", 0));
	for (size_t i = 0; i < sizeof(rare) / sizeof(rare[0]); i++) {
		int64_t n = payload_int(filter, rare[i].key, 0);

		buf_adds(s->out, n > 0 ? ", " : "");
		add_count(s, YELLOW, n, rare[i].text);
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
	add_head(s, "Cost");
	paint(s, YELLOW);
	buf_addf(s->out, "%" PRId64 " times over half a processor for 10 s",
	    times);
	paint(s, PLAIN);
	if (json_is_object(most)) {
		buf_adds(s->out, "; most in ");
		add_str(s, most, "kind");
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
		add_head(s, i == 0 ? head : "");
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

	add_head(s, "Bans");
	buf_addf(s->out, "%" PRId64 " now, %" PRId64 " in total",
	    payload_int(actions, "banned", 0),
	    payload_int(actions, "banned_total", 0));
	buf_adds(s->out, pending > 0 ? ", " : "");
	add_count(s, YELLOW, pending, "pending");
	buf_adds(s->out, failed > 0 ? ", " : "");
	add_count(s, RED, failed, "failed");
	buf_addc(s->out, '\n');
}

static void
add_actions(struct screen *s, const json_t *list)
{
	for (size_t i = 0; i < json_array_size(list); i++) {
		const json_t *action = json_array_get(list, i);

		add_head(s, i == 0 ? "Commands" : "");
		add_str(s, action, "name");
		buf_addf(s->out, ": %" PRId64 " done",
		    payload_int(action, "done", 0));
		add_commands(s, action);
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
		add_painted(s, colour_of(state), state);
	if (error[0] != '\0') {
		buf_adds(s->out, ": ");
		printable_add(s->out, span_of(error));
	}
	buf_addc(s->out, '\n');
}

enum { TIME_WIDTH = 19, LEFT_WIDTH = 9, FAILURES_WIDTH = 8 };

static void
add_ban(struct screen *s, const json_t *ban, size_t id_width)
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
	add_ban_state(s, ban);
	buf_fini(&cell);
}

static void
add_table(struct screen *s, const json_t *bans)
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
	paint(s, BOLD);
	buf_addf(s->out, "%-*s  %-*s  %-*s  %-*s  STATE", (int)width, "ID",
	    TIME_WIDTH, "BANNED", LEFT_WIDTH, "LEFT", FAILURES_WIDTH,
	    "FAILURES");
	paint(s, PLAIN);
	buf_addc(s->out, '\n');
	for (size_t i = 0; i < json_array_size(bans); i++)
		add_ban(s, json_array_get(bans, i), width);
}

void
screen_jail(const json_t *payload, bool colour, struct buf *out)
{
	struct screen s = { out, colour };
	const json_t *actions = json_object_get(payload, "actions");
	const json_t *filter = json_object_get(payload, "filter");
	const json_t *bans = json_object_get(actions, "bans");
	int64_t before;

	add_head(&s, "Jail");
	add_str(&s, payload, "jail");
	buf_addc(out, '\n');
	add_filter(&s, filter);
	add_cost(&s, filter);
	add_list(&s, "Files", json_object_get(filter, "files"));
	add_list(&s, "Journal", json_object_get(filter, "journal"));
	add_bans_line(&s, actions);
	add_actions(&s, json_object_get(actions, "commands"));
	if (json_array_size(bans) == 0)
		return;
	add_table(&s, bans);
	before = payload_int(actions, "banned", 0) -
	    (int64_t)json_array_size(bans);
	if (before > 0)
		buf_addf(out, "%" PRId64 " bans before them (gaol banned "
		    "lists all)\n", before);
}
