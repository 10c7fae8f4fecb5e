/*
 * Events as flat JSON objects, for the control socket: what one end makes of
 * an event the other end makes an event of again, with nothing lost but what
 * was not UTF-8.
 */
#ifndef GAOL_ACCESS_EVENT_FLAT_H
#define GAOL_ACCESS_EVENT_FLAT_H

#include <jansson.h>

#include "base/access_event.h"

/* The caller's. */
json_t *event_flat(const struct access_event *e);
/* Texts are borrowed from `json`. What makes no sense is left unknown. */
void event_flat_read(const json_t *json, struct access_event *e);

#endif
