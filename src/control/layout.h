/*
 * fail2ban-client's text layouts (compat §8.4), byte for byte, from the same
 * payloads that JSON shows. Foreign text in payloads is escaped here.
 */
#ifndef GAOL_CONTROL_LAYOUT_H
#define GAOL_CONTROL_LAYOUT_H

#include <jansson.h>

#include "base/buf.h"

/* Payload of ["status"]: {"jails": ["a", "b"], …}. */
void layout_status(const json_t *payload, struct buf *out);
/* Payload of ["status", JAIL]. */
void layout_status_jail(const json_t *payload, struct buf *out);
/* Any other payload as upstream prints it: number, text, list. */
void layout_plain(const json_t *payload, struct buf *out);
/* `banned`: Python repr of [{'sshd': ['192.0.2.7']}]. */
void layout_banned(const json_t *payload, struct buf *out);
/* gaol's own readable forms. */
void layout_gaol_status(const json_t *payload, struct buf *out);

#endif
