/*
 * One JSON object of a log, decoded by the JSON library. Every byte may be an
 * attacker's, and what a client sent may make the server's own line odd: such
 * a line must not be lost, or odd bytes would hide an attempt. Hence the rules
 * (RFC 8259 leaves them to the reader):
 *
 *   half a surrogate pair is U+FFFD; NUL is a character like any other;
 *   a number of 19 characters or more is kept as its text;
 *   refused: what is no object, a member that an object has twice, a NUL in a
 *   member's name, more than JSON_READ_DEPTH levels, more than
 *   JSON_READ_VALUES values, bytes that are no UTF-8, text behind the object.
 */
#ifndef GAOL_BASE_JSON_READ_H
#define GAOL_BASE_JSON_READ_H

#include <jansson.h>

#include "base/buf.h"
#include "base/span.h"

#define JSON_READ_DEPTH 32
#define JSON_READ_VALUES 65536

/*
 * A new reference, or NULL: *why, a constant or valid until the next call, says
 * what is wrong with it. `scratch` is overwritten; its bytes are kept from call
 * to call by whoever calls often.
 */
json_t *json_read(struct span text, struct buf *scratch, const char **why);

#endif
