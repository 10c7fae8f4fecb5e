/* A reply with long lists, made in pieces (control/roll.h). */
#ifndef GAOL_CONTROL_REPLY_LONG_H
#define GAOL_CONTROL_REPLY_LONG_H

#include <jansson.h>
#include <stdbool.h>

#include "base/buf.h"
#include "base/strings.h"
#include "control/request.h"
#include "control/roll.h"

struct reply_long;

/* As reply_ok(); takes the payload and the lists over. */
struct reply_long *reply_long_new(enum request_form form,
    const struct strings *argv, json_t *payload, struct rolls *rolls);
/* About n texts more are added to what it has. False: that was the end. */
bool reply_long_step(struct reply_long *l, size_t n);
/* What there is of it; whoever wants it takes the bytes out. */
struct buf *reply_long_bytes(struct reply_long *l);
void reply_long_free(struct reply_long *l);

#endif
