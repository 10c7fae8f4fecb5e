/* How a packet is refused: fail2ban's "blocktype" of its nftables actions. */
#ifndef GAOL_FIREWALL_FIREWALL_BLOCK_H
#define GAOL_FIREWALL_FIREWALL_BLOCK_H

#include "base/buf.h"
#include "base/span.h"
#include "firewall/firewall.h"

#define FIREWALL_BLOCK_ACCEPTED \
	"drop, reject, reject with tcp reset, reject with icmp|icmpv6|icmpx " \
	"[type] NAME"

/*
 * nft's words, for one family (AF_INET or AF_INET6). 0, or -1 with the reason
 * in why.
 */
int firewall_block_parse(struct span text, int family,
    struct firewall_block *out, struct buf *why);
/* Back to words, for comments in the ruleset: "reject", "drop" … */
void firewall_block_format(const struct firewall_block *b, int family,
    struct buf *out);

#endif
