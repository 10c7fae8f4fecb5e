/* Records to the systemd journal, in its own protocol: one datagram each. */
#ifndef GAOL_BASE_LOG_JOURNAL_H
#define GAOL_BASE_LOG_JOURNAL_H

#include <stdbool.h>

#include "base/log_format.h"

#define LOG_JOURNAL_SOCKET "/run/systemd/journal/socket"

/*
 * MESSAGE, PRIORITY and SYSLOG_IDENTIFIER as fail2ban's handler sends them,
 * LOGGER too. False: not taken (errno); never waits.
 */
bool log_journal_send(int fd, const struct log_record *record);

#endif
