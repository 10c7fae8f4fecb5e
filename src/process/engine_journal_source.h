/*
 * The files of the journals that the readers (engine_journal.h) read: asked
 * for, taken, and asked for again when a directory of theirs changes.
 */
#ifndef GAOL_PROCESS_ENGINE_JOURNAL_SOURCE_H
#define GAOL_PROCESS_ENGINE_JOURNAL_SOURCE_H

#include <stddef.h>
#include <stdint.h>

struct engine;
struct engine_journals;
struct wire_journal;
struct wire_wd;

int engine_journal_source_init(struct engine *e);
void engine_journal_source_fini(struct engine *e);
/* All sources; nothing reads them any more. */
void engine_journal_source_free(struct engine_journals *all);
/* The warden sends the source's files, unless they are those we have. */
void engine_journal_source_ask(struct engine *e, uint32_t number);
void engine_journal_source_ask_all(struct engine *e);
/* Takes over fd. */
void engine_journal_source_watch(struct engine *e, int fd);
void engine_journal_source_file(struct engine *e,
    const struct wire_journal *m, int fd);
void engine_journal_source_end(struct engine *e,
    const struct wire_journal *m, const struct wire_wd *wds, size_t n);

#endif
