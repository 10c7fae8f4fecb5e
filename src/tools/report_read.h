/*
 * What a report counts, out of the daemon's database: days it has summed as
 * sums, the rest as events. The same comes out as of events alone.
 */
#ifndef GAOL_TOOLS_REPORT_READ_H
#define GAOL_TOOLS_REPORT_READ_H

#include "access/summary.h"
#include "tools/mail_call.h"

/* The call's period, and of the time before it what is news. 0, or -1: said. */
int report_read(const struct mail_call *call, struct summary *summary);

#endif
