/* The port list of an action: "ssh,80:90 imaps" into sorted ranges. */
#ifndef GAOL_FIREWALL_FIREWALL_PORTS_H
#define GAOL_FIREWALL_FIREWALL_PORTS_H

#include <stddef.h>

#include "base/buf.h"
#include "base/span.h"
#include "firewall/firewall.h"

#define FIREWALL_PORTS_MAX 1024   /* ranges in one list */

/*
 * Pieces are separated by commas and blanks; a piece is a number, a range
 * (a:b or a-b) or a name of /etc/services. The result is sorted, ranges that
 * touch are one; *v is the caller's to free. 0, or -1 with the reason in why.
 */
int firewall_ports_parse(struct span list, struct firewall_ports **v,
    size_t *n, struct buf *why);
/* "22,80-90" */
void firewall_ports_format(const struct firewall_ports *v, size_t n,
    struct buf *out);

#endif
