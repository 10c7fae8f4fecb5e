/* A payload as JSON text, with long lists (control/draft.h). */
#ifndef GAOL_CONTROL_JSON_DRAFT_H
#define GAOL_CONTROL_JSON_DRAFT_H

#include <jansson.h>
#include <stdbool.h>

#include "control/draft.h"

/* As json_dump_callback() with JSON_COMPACT writes it. */
void json_draft(struct draft *d, const json_t *value,
    const struct rolls *rolls);
/* About n texts more, or the whole rest. False: that was the end. */
bool json_play(struct draft_player *p, size_t n);

#endif
