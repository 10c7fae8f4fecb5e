/* Words of a rule; firewall.h has what makes one. */
#ifndef GAOL_FIREWALL_FIREWALL_RULE_H
#define GAOL_FIREWALL_FIREWALL_RULE_H

#include <stdint.h>

#include "base/buf.h"

/* "tcp", or the number of a protocol without a name here. */
void firewall_rule_protocol(uint8_t number, struct buf *out);

#endif
