/*
 * Over the moment in which one program takes its bans out of the kernel and
 * the next has not yet put them in: a table of its own that drops every packet
 * of the addresses it is given, before any other filter sees it. Each address
 * leaves by itself after BRIDGE_SECONDS, so that nobody stays shut out when
 * whoever made it dies. Used by a tool, never by the daemon.
 */
#ifndef GAOL_FIREWALL_BRIDGE_H
#define GAOL_FIREWALL_BRIDGE_H

#include <stddef.h>

#include "base/addr.h"

#define BRIDGE_TABLE "gaol-bridge"
#define BRIDGE_SECONDS 900

struct bridge;

/*
 * Makes the table with the n addresses and networks in it, in one transaction;
 * one that was left behind is replaced by it. Brings v into another order.
 * NULL: errno, nothing changed.
 */
struct bridge *bridge_open(struct addr *v, size_t n);
/* One more. 0 (also when it is in already), or -1: errno. */
int bridge_add(struct bridge *b, const struct addr *a);
/* Takes the table out of the kernel. 0, or -1: errno. */
int bridge_remove(struct bridge *b);
/* Lets go of it; what is in the kernel stays there. NULL is legal. */
void bridge_close(struct bridge *b);

/*
 * Takes the tables, chains, sets and rules of a daemon that has ended out of
 * the kernel, in one transaction. 0, or -1: errno.
 */
struct firewall_rule;
int bridge_remove_rules(const struct firewall_rule *rules, size_t n);

#endif
