/*
 * Replies in fail2ban's own shapes, for clients that speak its pickle. Most
 * payloads have them already (tuples as arrays); `status`, `banned`, `unban`
 * tell more to who speaks JSON.
 */
#ifndef GAOL_CONTROL_SHAPE_H
#define GAOL_CONTROL_SHAPE_H

#include <jansson.h>
#include <stddef.h>
#include <stdint.h>

/*
 * What fail2ban replies to the command, made of gaol's payload (NULL is
 * null; the reference is stolen). *tuples: for pickle_write_ok(), the levels
 * where fail2ban has tuples.
 */
json_t *shape_reply(size_t argc, const char *const *argv, json_t *payload,
    uint32_t *tuples);

#endif
