/*
 * A log target as it is written, "SYSLOG[facility=local0]", into what the
 * parent opens and how records look there.
 */
#ifndef GAOL_PROCESS_LOGNAME_H
#define GAOL_PROCESS_LOGNAME_H

#include "process/logtarget.h"

/*
 * Fills all but the syslog_socket of out. 0, or -1 when the target is none
 * (logged). Options that nobody knows or understands are warned about and left
 * out.
 */
int logname_parse(const char *text, struct logtarget *out);

#endif
