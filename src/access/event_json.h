/*
 * Events and sessions as JSON, in the names of the Elastic Common Schema
 * (https://www.elastic.co/guide/en/ecs/current/); what it has no name for is
 * below "gaol". Fields that are not known are absent.
 */
#ifndef GAOL_ACCESS_EVENT_JSON_H
#define GAOL_ACCESS_EVENT_JSON_H

#include <jansson.h>

#include "base/access_event.h"

/* The caller's. The line stands in "event.original", redacted. */
json_t *event_json(const struct access_event *e);
/* "2026-11-21T22:05:51.467Z"; the caller's. */
json_t *event_json_time(struct wall time);
/*
 * Sets "a.b.c" of nested objects, made as needed; the value is taken over
 * (NULL is no value).
 */
void event_json_set(json_t *object, const char *path, json_t *value);
/* Text that may not be UTF-8; NULL when it is empty. */
json_t *event_json_text(struct span text);

#endif
