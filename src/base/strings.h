/* A growing list of owned NUL-terminated strings (configuration values). */
#ifndef GAOL_BASE_STRINGS_H
#define GAOL_BASE_STRINGS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/span.h"

struct strings {
	char **v;
	size_t n;
	size_t cap;
};

void strings_add(struct strings *l, struct span s);      /* copies */
void strings_take(struct strings *l, char *s);           /* takes over */
bool strings_has(const struct strings *l, const char *s);
void strings_copy(struct strings *to, const struct strings *from);
bool strings_eq(const struct strings *a, const struct strings *b);
void strings_fini(struct strings *l);

#endif
