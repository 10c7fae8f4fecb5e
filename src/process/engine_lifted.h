/*
 * Ids that were lifted while the start is not over. Their rows may still come
 * (engine_restore_start.c), and so may what the kernel held when its sets were
 * read (engine_sync.c): both are void.
 */
#ifndef GAOL_PROCESS_ENGINE_LIFTED_H
#define GAOL_PROCESS_ENGINE_LIFTED_H

#include <stdbool.h>

struct engine;
struct engine_jail;
struct id;

void engine_lifted_begin(struct engine *e);
/* Nothing of before the start comes any more; also when it never began. */
void engine_lifted_end(struct engine *e);
/* Of no consequence when the start is over. */
void engine_lifted_add(struct engine_jail *j, const struct id *id);
bool engine_lifted_has(const struct engine_jail *j, const struct id *id);

#endif
