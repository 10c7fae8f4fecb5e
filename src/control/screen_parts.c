#include "control/screen_local.h"

#include <inttypes.h>
#include <string.h>

#include "control/payload.h"
#include "control/printable.h"

static const char *const codes[] = {
	[PLAIN] = "0",
	[BOLD] = "1",
	[GREEN] = "32",
	[YELLOW] = "33",
	[RED] = "31",
};

void
screen_paint(struct screen *s, enum colour colour)
{
	if (s->colour)
		buf_addf(s->out, "\x1b[%sm", codes[colour]);
}

void
screen_painted(struct screen *s, enum colour colour, const char *text)
{
	screen_paint(s, colour);
	printable_add(s->out, span_of(text));
	screen_paint(s, PLAIN);
}

void
screen_count(struct screen *s, enum colour colour, int64_t n, const char *what)
{
	if (n == 0)
		return;
	screen_paint(s, colour);
	buf_addf(s->out, "%" PRId64 " %s", n, what);
	screen_paint(s, PLAIN);
}

void
screen_head(struct screen *s, const char *head)
{
	screen_paint(s, BOLD);
	buf_addf(s->out, "%-10s", head);
	screen_paint(s, PLAIN);
}

void
screen_text(struct screen *s, const json_t *object, const char *key)
{
	printable_add(s->out, span_of(payload_str(object, key, "")));
}

enum colour
screen_colour_of(const char *state)
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
		{ "idle", PLAIN },
	};

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (strcmp(state, known[i].state) == 0)
			return known[i].colour;
	return RED;
}

void
screen_state(struct screen *s, const json_t *object)
{
	const char *state = payload_str(object, "state", "unknown");
	const char *text = payload_str(object, "text", "");

	screen_painted(s, screen_colour_of(state), state);
	if (text[0] != '\0') {
		buf_adds(s->out, ": ");
		printable_add(s->out, span_of(text));
	}
}

void
screen_counts(struct screen *s, const json_t *object,
    const struct screen_counter *counts, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		int64_t value = payload_int(object, counts[i].key, 0);

		buf_adds(s->out, value > 0 ? ", " : "");
		screen_count(s, counts[i].colour, value, counts[i].text);
	}
	buf_addc(s->out, '\n');
}

void
screen_commands(struct screen *s, const json_t *object)
{
	static const struct screen_counter counts[] = {
		{ "running", "running", PLAIN },
		{ "queued", "waiting", YELLOW },
		{ "failed", "failed", RED },
		{ "dropped", "not run", RED },
		{ "lost", "times lost", RED },
	};

	screen_counts(s, object, counts, sizeof(counts) / sizeof(counts[0]));
}
