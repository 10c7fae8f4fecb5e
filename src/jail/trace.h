/*
 * What is remembered of failures besides their number: the raw id, the groups
 * of the first failure, and the last lines. One block of memory for an
 * address, because there may be a million of them.
 */
#ifndef GAOL_JAIL_TRACE_H
#define GAOL_JAIL_TRACE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/failure.h"
#include "base/strings.h"

struct trace;

/*
 * Of a first failure. `texts` false: only the raw id. NULL when there is
 * nothing to remember. At most lines_max lines are kept.
 */
struct trace *trace_new(const struct failure *f, bool texts,
    int64_t lines_max);
/*
 * Adds the lines of a later failure; the oldest beyond lines_max go. Takes t
 * (may be NULL) and returns what stands in its place.
 */
struct trace *trace_add_lines(struct trace *t, const struct failure *f,
    int64_t lines_max);
/* What it costs, the allocator's part included. NULL costs nothing. */
size_t trace_cost(const struct trace *t);
/* What trace_new or trace_add_lines would add at most. */
size_t trace_cost_of(const struct failure *f);
struct span trace_raw(const struct trace *t);
/* Copies of the lines, made UTF-8. */
void trace_lines(const struct trace *t, struct strings *out);
/*
 * Walk of the groups: start with *at = 0; false at the end. An address that
 * is not the id is the group "ip".
 */
bool trace_group(const struct trace *t, size_t *at, struct span *name,
    struct span *value);

#endif
