/* The engine's database: which one it is. */
#ifndef GAOL_PROCESS_ENGINE_STORE_H
#define GAOL_PROCESS_ENGINE_STORE_H

#include "base/buf.h"

struct engine;

/* That of the configuration; e->store stays NULL where it names none. */
void engine_store_open(struct engine *e);
/* Its thread, once what is read at the start has been read. */
void engine_store_run(struct engine *e);
/*
 * `set dbfile`: a file, made where there is none, :memory: or None. NULL: it is
 * the database from now on, with fail2ban's purge age and number of lines. Or
 * the name of fail2ban's exception and why, and nothing has changed.
 */
const char *engine_store_set(struct engine *e, const char *path,
    struct buf *why);
/* A configuration: what it says of the database counts, as far as it can. */
void engine_store_apply(struct engine *e);
/* What is left once the store is closed. */
void engine_store_fini(struct engine *e);

#endif
