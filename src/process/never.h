/*
 * Who is never banned, whoever asks: what the processes with rights hold
 * against an engine that was taken over, for native bans (the warden) and for
 * shell actions (the runner).
 */
#ifndef GAOL_PROCESS_NEVER_H
#define GAOL_PROCESS_NEVER_H

#include <stddef.h>

#include "base/addr.h"
#include "base/trie.h"
#include "config/config.h"

/*
 * Loopback, the literal ignoreip of [DEFAULT] (config may be NULL) and n own
 * addresses. The caller frees it with trie_free().
 */
struct trie *never_new(const struct config *config, const struct addr *own,
    size_t n);
/*
 * 0: it may be banned. Else errno: EINVAL not an address to ban, ERANGE a
 * network so wide that asking for it is a mistake or an attack, EACCES it is
 * one of those, or a network that holds one.
 */
int never_refuses(const struct trie *never, const struct addr *a);
/*
 * ERANGE: a network wider than gaol.conf lets anybody ban, and than what the
 * jail counts by (its ipv4_prefix, ipv6_prefix); else 0.
 */
int never_too_wide(const struct own_config *own,
    const struct jail_config *jail, const struct addr *a);

#endif
