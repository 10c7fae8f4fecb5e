/*
 * The bytes of one reply, with its end, in the form its request had. Each is
 * added to `out`.
 */
#ifndef GAOL_CONTROL_REPLY_H
#define GAOL_CONTROL_REPLY_H

#include <jansson.h>

#include "base/buf.h"
#include "base/strings.h"
#include "control/request.h"

/* Steals the payload (NULL is null). `argv` is what was asked. */
void reply_ok(enum request_form form, const struct strings *argv,
    json_t *payload, struct buf *out);
void reply_error(enum request_form form, const char *type,
    const char *message, struct buf *out);
/* What an error is in JSON: {"type": …, "message": …}. */
json_t *reply_error_json(const char *type, const char *message);
/* To what is no request. */
void reply_broken(enum request_form form, const char *why, struct buf *out);
/* To whoever asks too late. */
void reply_stopping(enum request_form form, struct buf *out);

#endif
