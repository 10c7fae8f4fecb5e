/*
 * gaol's own readable forms, for people at a terminal. Foreign text is
 * escaped here; colours only when asked for. Each form ends with a newline.
 */
#ifndef GAOL_CONTROL_SCREEN_H
#define GAOL_CONTROL_SCREEN_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"

/* Payload of ["status"]. */
void screen_status(const json_t *payload, bool colour, struct buf *out);
/* Payload of ["status", JAIL]: its counters and a table of its bans. */
void screen_jail(const json_t *payload, bool colour, struct buf *out);
/* The two largest units: "2d 3h", "9m 12s", "0s"; "permanent" below 0. */
void screen_duration(int64_t seconds, struct buf *out);

#endif
