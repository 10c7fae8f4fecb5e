/*
 * Hosts that are trusted to say for whom they connect (trusted_proxy in
 * gaol.conf): webmails and reverse proxies.
 */
#ifndef GAOL_ACCESS_PROXIES_H
#define GAOL_ACCESS_PROXIES_H

#include <stdbool.h>

#include "base/addr.h"
#include "base/span.h"

struct proxies;

/* gaol.conf's text; NULL or "": nobody is. */
struct proxies *proxies_new(const char *nets);
void proxies_free(struct proxies *p);   /* NULL is a no-op */
bool proxies_any(const struct proxies *p);
bool proxies_has(const struct proxies *p, const struct addr *a);
/*
 * Who the client is, by the hops that a log shows, the nearest last, with the
 * names of headers before some or not: "X-Real-IP: 192.0.2.3,X-Forwarded-For:
 * 192.0.2.9, 10.0.0.3", "192.0.2.9, 10.0.0.2". Each hop is believed by the one
 * behind it only if that one is trusted (RFC 7239, section 8.1): what a client
 * wrote itself stands before the first that is not. `peer` is who connected;
 * ADDR_NONE: the last hop is, and becomes it. False: it cannot be told.
 */
bool proxies_client(const struct proxies *p, struct span hops,
    struct addr *peer, struct addr *client);

#endif
