/* One stream of a command, read as it comes: its beginning is kept. */
#ifndef GAOL_ACTION_OUTPUT_H
#define GAOL_ACTION_OUTPUT_H

#include <stdint.h>

#include "base/buf.h"

struct event;
struct event_base;

struct output {
	int fd;                /* our end of the pipe; -1: closed */
	struct event *readable;
	struct buf kept;       /* up to COMMAND_OUTPUT_MAX bytes */
	uint64_t lost;         /* bytes read and thrown away */
};

/* The other end, for the command, in *theirs. 0, or -1 (errno). */
int output_open(struct output *o, struct event_base *base, int *theirs);
/* What is there now, without waiting for those who still hold the pipe. */
void output_finish(struct output *o);
void output_fini(struct output *o);

#endif
