/*
 * The last lines of a log, for expressions that span several (maxlines > 1).
 * Lines that took part in a match leave; skipped ones stay.
 */
#ifndef GAOL_MATCH_WINDOW_H
#define GAOL_MATCH_WINDOW_H

#include <stdbool.h>

#include "base/buf.h"
#include "base/failure.h"

#define WINDOW_LINES_MAX 100

struct window;

struct window *window_new(size_t lines);   /* 2..WINDOW_LINES_MAX */
void window_free(struct window *w);
/* A window of so many lines with the last ones of *w, which is freed. */
struct window *window_resize(struct window *w, size_t lines);
/* Adds a line whose date is [from, to); the oldest goes when it is full. */
void window_push(struct window *w, struct span line, size_t from, size_t to);
/* Every line without its date, each with a newline. *out is cleared first. */
void window_text(const struct window *w, struct buf *out);
/* Only this line is left (what <F-CONTENT> made of them). */
void window_replace(struct window *w, struct span line);

/*
 * Marks the lines that `match`, a part of the window's text, touches, but not
 * those in `skipped` (parts of the text too).
 */
void window_mark(struct window *w, struct span text, struct span match);
void window_unmark(struct window *w, struct span text, struct span skipped);
/* The last n marked lines, whole; returns how many. */
size_t window_marked(const struct window *w, struct span *lines, size_t n);
/* The same as text without dates. *out is cleared first. */
void window_marked_text(const struct window *w, struct buf *out);
void window_drop_marked(struct window *w);

#endif
