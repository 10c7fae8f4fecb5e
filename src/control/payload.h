/*
 * Making and reading payloads. jansson refuses strings that are not UTF-8;
 * text that came out of a log may be anything, so it goes in through here.
 */
#ifndef GAOL_CONTROL_PAYLOAD_H
#define GAOL_CONTROL_PAYLOAD_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/span.h"
#include "base/strings.h"

/* A JSON string; what is not UTF-8 becomes U+FFFD. Never NULL. */
json_t *payload_text(struct span text);
/* A JSON array of such strings. */
json_t *payload_texts(const struct strings *list);

/*
 * Is it what ["status", "--all"] is, {"jails": […], "all": [{…}, …]}, and not
 * what "stats" is, {"all": ["polling", …], …} of a jail that is named so?
 */
bool payload_is_status_all(const json_t *payload);

/* Members of an object; the default when absent or of another type. */
const char *payload_str(const json_t *object, const char *key,
    const char *otherwise);
int64_t payload_int(const json_t *object, const char *key, int64_t otherwise);
bool payload_bool(const json_t *object, const char *key);

#endif
