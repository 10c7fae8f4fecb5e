/*
 * The file of successful sign-ins (signins_file in gaol.conf): one line each,
 * once its row is on the disk. Used by the store's thread, under the lock of
 * whoever owns it.
 */
#ifndef GAOL_PROCESS_ENGINE_SIGNINS_H
#define GAOL_PROCESS_ENGINE_SIGNINS_H

#include <stdint.h>

#include "base/access_event.h"

struct signins;

/* NULL for a NULL path. */
struct signins *signins_new(const char *path);
void signins_free(struct signins *s);   /* NULL is a no-op */
/*
 * Appends the line. A file that was moved away, by a rotation, is begun anew.
 * A line that cannot be written is counted, and gone: the database has it.
 */
void signins_write(struct signins *s, const struct access_event *e);
uint64_t signins_failed(const struct signins *s);   /* lines; NULL: 0 */
int signins_error(const struct signins *s);         /* errno now; 0: well */

#endif
