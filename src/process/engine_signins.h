/*
 * The file of successful sign-ins (signins_file in gaol.conf): one line each,
 * once its row is on the disk. Used by the store's thread, under the lock of
 * whoever owns it.
 */
#ifndef GAOL_PROCESS_ENGINE_SIGNINS_H
#define GAOL_PROCESS_ENGINE_SIGNINS_H

#include <stdint.h>

#include "store/event_row.h"

struct signins;

/*
 * NULL for a NULL path. With what `before` (may be NULL) has open and holds
 * back, if it is of the same path.
 */
struct signins *signins_new(const char *path, struct signins *before);
/* The file, taken over, for all lines from now on. */
void signins_open(struct signins *s, int fd);
/* Writes what waits. NULL is a no-op. */
void signins_free(struct signins *s);
/*
 * A row that was written. Appends the line of a sign-in; one of which another
 * log may yet say more waits for that, a quarter of a minute at most, up to
 * SIGNINS_HELD of them; so do all until there is a file. A line that cannot be
 * written is counted, and gone: the database has it.
 */
#define SIGNINS_HELD 4096
void signins_row(struct signins *s, const struct event_row *row,
    struct wall now);
/* Writes what has waited long enough. True: there is more that waits. */
bool signins_flush(struct signins *s, struct wall now);   /* NULL: false */
uint64_t signins_failed(const struct signins *s);   /* lines; NULL: 0 */
int signins_error(const struct signins *s);         /* errno now; 0: well */

#endif
