/*
 * Replies as Python's pickle writes them, protocol 5: the bytes that
 * pickle.dumps(value, 5) gives for the same value (PEP 3154 for frames and
 * MEMOIZE, PEP 574, Lib/pickletools.py), so that whoever compares or cuts
 * them by hand finds what fail2ban sends.
 */
#ifndef GAOL_CONTROL_PICKLE_WRITE_H
#define GAOL_CONTROL_PICKLE_WRITE_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "control/draft.h"

/*
 * Adds the pickle of a JSON value: null is None, an array a list, or a tuple
 * when bit N of `tuples` is set and N arrays and objects are around it.
 */
void pickle_write(struct buf *out, const json_t *value, uint32_t tuples);
/* The reply (0, payload); `tuples` counts from the payload. */
void pickle_write_ok(struct buf *out, const json_t *payload, uint32_t tuples);
/* … with long lists, as far as it stands before them: for pickle_play(). */
void pickle_draft_ok(struct draft *d, const json_t *payload, uint32_t tuples,
    const struct rolls *rolls);
/*
 * The reply (1, exception). The class is fail2ban's own or Python's of that
 * name, Exception when there is none. An OSError's message may be Python's
 * own form, "[Errno 2] No such file or directory: '/x'".
 */
void pickle_write_error(struct buf *out, const char *type,
    const char *message);

/*
 * The three of "[Errno N] TEXT: 'PATH'", as Python shows an OSError; false:
 * it is no such text.
 */
bool pickle_write_errno(struct span message, int64_t *number,
    struct span *text, struct span *path);

#endif
