/*
 * The data of a ticket in upstream's JSON: {"matches": […], "failures": n,
 * and the groups of the first failure}.
 */
#ifndef GAOL_JAIL_DETAIL_H
#define GAOL_JAIL_DETAIL_H

#include "base/strings.h"
#include "jail/trace.h"

/* The caller frees it. matches NULL: none are named. trace may be NULL. */
char *detail_format(const struct strings *matches, unsigned failures,
    const struct trace *trace);
/*
 * What a data column says, ours or upstream's (whose lines may be lists of
 * pieces). Unreadable or NULL data says nothing: no lines, *failures 0.
 */
void detail_read(const char *data, struct strings *matches,
    unsigned *failures);
/* The number alone. */
unsigned detail_failures(const char *data);
/* One group of it, or NULL; the caller frees it. */
char *detail_group(const char *data, const char *name);

#endif
