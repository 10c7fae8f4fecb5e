/* Lists of addresses and networks in gaol.conf. */
#ifndef GAOL_CONFIG_OWN_NETS_H
#define GAOL_CONFIG_OWN_NETS_H

#include <libconfig.h>

#include "base/addr.h"
#include "base/buf.h"

/*
 * `[ "192.0.2.7", "2001:db8::/64" ]`, `( … )`, or one text with commas: in
 * place of *out, which is freed, a text with commas, NULL for an empty list.
 * 0; or -1 with *out as it was: `bad` has the entry that is none, or nothing
 * when it is no list at all.
 */
int own_nets_read(const config_setting_t *s, char **out, struct buf *bad);
/* Cuts the next one off such a text; false at its end. */
bool own_nets_next(struct span *rest, struct addr *net);

#endif
