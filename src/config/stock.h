/*
 * fail2ban's own nftables action, known by the hash of what it would run: a
 * user's unchanged file is done natively, a changed one runs as written.
 */
#ifndef GAOL_CONFIG_STOCK_H
#define GAOL_CONFIG_STOCK_H

#include <stdbool.h>

#include "base/sha1.h"
#include "config/ini.h"

/* Of [Definition] as merged, without `type`, which its aliases set. */
void stock_fingerprint(const struct ini *ini, char hash[SHA1_HEX]);
bool stock_is_nftables(const struct ini *ini);

#endif
