/* What the readable forms are made of. */
#ifndef GAOL_CONTROL_SCREEN_LOCAL_H
#define GAOL_CONTROL_SCREEN_LOCAL_H

#include "control/screen.h"

enum colour { PLAIN, BOLD, GREEN, YELLOW, RED };

/* A buffer that knows whether it ends on a terminal. */
struct screen {
	struct buf *out;
	bool colour;
};

void screen_paint(struct screen *s, enum colour colour);
void screen_painted(struct screen *s, enum colour colour, const char *text);
/* "3 pending"; nothing for 0. */
void screen_count(struct screen *s, enum colour colour, int64_t n,
    const char *what);
/* The left column. */
void screen_head(struct screen *s, const char *head);
void screen_text(struct screen *s, const json_t *object, const char *key);
enum colour screen_colour_of(const char *state);
/* "ok", else the state and what the daemon says about it. */
void screen_state(struct screen *s, const json_t *object);
/* Those that are not 0, each behind a comma; the end of a line. */
struct screen_counter {
	const char *key, *text;
	enum colour colour;
};
void screen_counts(struct screen *s, const json_t *object,
    const struct screen_counter *counts, size_t n);
/* How many commands run, wait, failed; the end of a line. */
void screen_commands(struct screen *s, const json_t *object);

#endif
