/*
 * Webmails and proxies (trusted_proxy) sign in for everybody: no jail of mail
 * counts what fails through them. Such a jail's filter tells of mail accesses
 * (eventregex), or its ban closes mail's ports.
 */
#ifndef GAOL_CONFIG_SPARE_H
#define GAOL_CONFIG_SPARE_H

#include "config/config.h"

struct ini;

/* Adds the list (gaol.conf's; may be NULL) to the ignoreip of such a jail. */
void spare_proxies(struct jail_config *jail, const struct ini *jails,
    const char *trusted_proxy);
/* Does the text of `port` name one of mail's? */
bool spare_is_mail_port(const char *ports);

#endif
