/* What a jail does that finds none of its log files. */
#ifndef GAOL_CONFIG_NOLOGS_H
#define GAOL_CONFIG_NOLOGS_H

#include "config/ini.h"
#include "config/interpolate.h"

enum nologs {
	NOLOGS_NONE,      /* it has one, or names none */
	NOLOGS_WAIT,
	NOLOGS_SKIP,      /* skip_if_nologs */
	NOLOGS_JOURNAL,   /* it knows what to look for in the journal */
};

/*
 * For a jail whose backend is auto. The journal is read instead when the jail
 * (fail2ban's rule) or its filter (ours: a fresh Debian 12 has no auth.log,
 * and its fail2ban says it in the filter) has a journalmatch, and, for the
 * latter, this machine has a journal. `filter` may be NULL.
 */
enum nologs nologs_decide(const struct scope *jail, const struct ini *filter);

#endif
