/* How far a long run has come, on a terminal. */
#ifndef GAOL_TOOLS_PROGRESS_H
#define GAOL_TOOLS_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

struct progress {
	FILE *to;            /* NULL: shows nothing */
	uint64_t total;      /* bytes; 0: unknown, lines only */
	int64_t begun, shown;
	bool drawn;
};

/* Shows something only if `to` is a terminal, and only after a second. */
void progress_begin(struct progress *p, FILE *to, uint64_t total);
void progress_show(struct progress *p, uint64_t at, uint64_t lines);
/* Takes the bar away. */
void progress_end(struct progress *p);

#endif
