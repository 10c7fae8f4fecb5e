/*
 * Networks, each with a number, and the question which of those that hold an
 * address has the least: one look-up for each prefix length that occurs,
 * however many networks there are.
 */
#ifndef GAOL_BASE_NETS_H
#define GAOL_BASE_NETS_H

#include <stddef.h>

#include "base/addr.h"

#define NETS_NONE ((size_t)-1)

struct nets;

struct nets *nets_new(void);
void nets_free(struct nets *n);   /* NULL is a no-op */
/* Of one network that is added twice the first number counts. */
void nets_add(struct nets *n, const struct addr *net, size_t number);
size_t nets_count(const struct nets *n);
/*
 * The least number of those that hold all of `a` (a host or a network), or
 * NETS_NONE.
 */
size_t nets_least(const struct nets *n, const struct addr *a);

#endif
