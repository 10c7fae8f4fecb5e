/* This machine's own addresses, by rtnetlink, and when they change. */
#ifndef GAOL_FIREWALL_OWNADDR_H
#define GAOL_FIREWALL_OWNADDR_H

#include <stddef.h>

#include "base/addr.h"

struct event_base;
struct ownaddr;

typedef void ownaddr_fn(const struct addr *v, size_t n, void *arg);

/* Calls fn soon with all addresses, and again after each change. NULL: errno. */
struct ownaddr *ownaddr_open(struct event_base *base, ownaddr_fn *fn,
    void *arg);
void ownaddr_close(struct ownaddr *o);

#endif
