#include "control/screen_local.h"

#include <inttypes.h>
#include <string.h>

#include "control/payload.h"
#include "control/printable.h"

static void
add_jails(struct screen *s, const json_t *payload)
{
	const json_t *jails = json_object_get(payload, "jails");

	screen_head(s, "Jails");
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
	bool restoring = payload_bool(payload, "restoring");

	if (pending == 0 && failed == 0 && !restoring)
		return;
	screen_head(s, "Bans");
	screen_count(s, YELLOW, pending, "pending");
	buf_adds(s->out, pending > 0 && failed > 0 ? ", " : "");
	screen_count(s, RED, failed, "failed");
	if (restoring) {
		buf_adds(s->out, pending > 0 || failed > 0 ? "; " : "");
		buf_adds(s->out, "more are being restored");
	}
	buf_addc(s->out, '\n');
}

static void
add_firewall(struct screen *s, const json_t *firewall)
{
	int64_t rebuilt = payload_int(firewall, "rebuilt", 0);

	screen_head(s, "Firewall");
	screen_text(s, firewall, "kind");
	buf_adds(s->out, ", ");
	screen_state(s, firewall);
	if (rebuilt > 0)
		buf_addf(s->out, "; rebuilt %" PRId64
		    " times after others changed it", rebuilt);
	buf_addc(s->out, '\n');
}

static void
add_store(struct screen *s, const json_t *store)
{
	int64_t lost = payload_int(store, "lost", 0);

	screen_head(s, "Store");
	screen_text(s, store, "path");
	buf_adds(s->out, ", ");
	screen_state(s, store);
	buf_addf(s->out, "; %" PRId64 " written",
	    payload_int(store, "written", 0));
	buf_adds(s->out, lost > 0 ? ", " : "");
	screen_count(s, RED, lost, "lost");
	buf_addc(s->out, '\n');
}

/* Only where a jail has a command. */
static void
add_runner(struct screen *s, const json_t *runner)
{
	if (strcmp(payload_str(runner, "state", "none"), "none") == 0)
		return;
	screen_head(s, "Runner");
	screen_state(s, runner);
	screen_commands(s, runner);
}

/* For how long nobody was answered and nothing read, at most. */
static void
add_turn(struct screen *s, const json_t *turn)
{
	int64_t slow = payload_int(turn, "slow", 0);

	if (turn == NULL)
		return;
	screen_head(s, "Turns");
	buf_addf(s->out, "the longest %.1f ms (%.1f ms of the processor)",
	    json_number_value(json_object_get(turn, "longest")),
	    json_number_value(json_object_get(turn, "processor")));
	buf_adds(s->out, slow > 0 ? ", " : "");
	screen_count(s, YELLOW, slow, "of 100 ms and more");
	buf_addc(s->out, '\n');
}

/* Only where a name was looked up. */
static void
add_names(struct screen *s, const json_t *names)
{
	static const struct screen_counter counts[] = {
		{ "asking", "asked", PLAIN },
		{ "waiting", "failures wait", YELLOW },
		{ "known", "known", PLAIN },
		{ "failed", "without an answer", YELLOW },
		{ "evicted", "forgotten early", YELLOW },
		{ "dropped", "not asked", RED },
		{ "uncounted", "failures not counted", RED },
		{ "unasked", "not waited for", RED },
		{ "lifted", "bans lifted by ignoreip", PLAIN },
		{ "lost", "times lost", RED },
	};

	if (strcmp(payload_str(names, "state", "idle"), "idle") == 0 &&
	    payload_int(names, "known", 0) == 0)
		return;
	screen_head(s, "Resolver");
	screen_state(s, names);
	screen_counts(s, names, counts, sizeof(counts) / sizeof(counts[0]));
}

/* Days that a report need not read event by event. */
static void
add_sums(struct screen *s, const char *head, const json_t *sums)
{
	int64_t days = payload_int(sums, "days", 0);

	if (days == 0)
		return;
	screen_head(s, head);
	buf_addf(s->out, "%" PRId64 " days summed (UTC, ", days);
	screen_text(s, sums, "first");
	buf_adds(s->out, " to ");
	screen_text(s, sums, "last");
	buf_adds(s->out, ")\n");
}

/* Only where a jail's lines tell of mail accesses. */
static void
add_events(struct screen *s, const json_t *events)
{
	static const struct screen_counter counts[] = {
		{ "stored", "stored", PLAIN },
		{ "waiting", "waiting", PLAIN },
		{ "dropped", "dropped", RED },
		{ "json_refused", "lines of JSON not understood", YELLOW },
		{ "signins_failed", "lines of signins_file lost", RED },
		{ "sessions_open", "sessions open", PLAIN },
		{ "sessions_evicted", "taken for ended", YELLOW },
	};
	json_t *seen = json_object_get(events, "seen"), *n;
	const char *kind, *comma = "";

	if (json_object_size(seen) == 0) {
		add_sums(s, "Accesses", json_object_get(events, "sums"));
		return;
	}
	screen_head(s, "Accesses");
	json_object_foreach(seen, kind, n) {
		buf_addf(s->out, "%s%" JSON_INTEGER_FORMAT " ", comma,
		    json_integer_value(n));
		printable_add(s->out, span_of(kind));
		comma = ", ";
	}
	screen_counts(s, events, counts, sizeof(counts) / sizeof(counts[0]));
	add_sums(s, "", json_object_get(events, "sums"));
}

static void
add_sandbox(struct screen *s, const json_t *list)
{
	for (size_t i = 0; i < json_array_size(list); i++) {
		const json_t *p = json_array_get(list, i);
		int64_t landlock = payload_int(p, "landlock", 0);

		screen_head(s, i == 0 ? "Sandbox" : "");
		screen_text(s, p, "process");
		buf_addf(s->out, ": uid %" PRId64 ", ",
		    payload_int(p, "uid", -1));
		if (landlock > 0)
			buf_addf(s->out, "Landlock %" PRId64 ", ", landlock);
		else
			screen_painted(s, YELLOW, "no Landlock, ");
		if (payload_bool(p, "seccomp"))
			buf_adds(s->out, "seccomp");
		else
			screen_painted(s, YELLOW, "no seccomp");
		buf_addc(s->out, '\n');
	}
}

static void
add_logs(struct screen *s, const json_t *logs)
{
	for (size_t i = 0; i < json_array_size(logs); i++) {
		const json_t *log = json_array_get(logs, i);

		screen_head(s, i == 0 ? "Logs" : "");
		screen_text(s, log, "path");
		buf_adds(s->out, " (");
		screen_text(s, log, "jail");
		buf_adds(s->out, "), ");
		screen_state(s, log);
		buf_addc(s->out, '\n');
	}
}

static void
add_broken(struct screen *s, const json_t *broken)
{
	for (size_t i = 0; i < json_array_size(broken); i++) {
		const json_t *b = json_array_get(broken, i);

		screen_head(s, i == 0 ? "Broken" : "");
		screen_painted(s, RED, payload_str(b, "jail", ""));
		buf_adds(s->out, ": ");
		screen_text(s, b, "error");
		buf_addc(s->out, '\n');
	}
}

static void
add_problems(struct screen *s, const json_t *problems)
{
	for (size_t i = 0; i < json_array_size(problems); i++) {
		screen_head(s, i == 0 ? "Problems" : "");
		printable_add(s->out, span_of(json_string_value(
		    json_array_get(problems, i))));
		buf_addc(s->out, '\n');
	}
}

void
screen_status(const json_t *payload, bool colour, struct buf *out)
{
	struct screen s = { out, colour };

	screen_head(&s, "gaold");
	screen_text(&s, payload, "version");
	buf_addf(out, ", pid %" PRId64 ", up ",
	    payload_int(payload, "pid", 0));
	screen_duration(payload_int(payload, "uptime", 0), out);
	buf_addc(out, '\n');
	add_jails(&s, payload);
	add_unsettled(&s, payload);
	add_firewall(&s, json_object_get(payload, "firewall"));
	add_store(&s, json_object_get(payload, "store"));
	add_runner(&s, json_object_get(payload, "runner"));
	add_names(&s, json_object_get(payload, "names"));
	add_events(&s, json_object_get(payload, "events"));
	add_turn(&s, json_object_get(payload, "turn"));
	add_sandbox(&s, json_object_get(payload, "sandbox"));
	add_logs(&s, json_object_get(payload, "logs"));
	add_broken(&s, json_object_get(payload, "broken"));
	add_problems(&s, json_object_get(payload, "problems"));
}
