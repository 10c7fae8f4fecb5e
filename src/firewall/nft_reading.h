/*
 * Reads the elements of one set in turns, on a socket of its own: the kernel
 * finds each datagram of a dump by walking the set from its start, so that a
 * million of them take more than a minute, and others must get through
 * meanwhile. As nft_state_elements, which does it in one go.
 */
#ifndef GAOL_FIREWALL_NFT_READING_H
#define GAOL_FIREWALL_NFT_READING_H

#include <stdbool.h>

#include "firewall/nft_element.h"
#include "firewall/nft_link.h"

/*
 * So many that reading them takes long: somebody, most likely we, will have
 * changed something meanwhile, and would again the next time. What such a
 * reading has missed its owner adds again, which changes nothing.
 */
#define NFT_READING_LARGE 20000

struct nft_reading {
	struct nft_link link;
	bool open;
	bool asked;
	struct nft_link_answer answer;
	unsigned readings;
	struct nft_element_list list;    /* the most that one has brought */
	struct nft_element_list next;    /* the one under way */
};

/*
 * Goes on for some milliseconds, or begins. 1: there is more; 0: the list
 * holds all, until nft_reading_end; -1: errno, EINTR when it was disturbed (but
 * taken as it is with `anyway`), and the next call would begin anew.
 */
int nft_reading_step(struct nft_reading *r, const struct nft_element_set *set,
    bool anyway);
/* The list goes, and whatever is under way; the next step begins another. */
void nft_reading_end(struct nft_reading *r);
/* Its socket, too: nobody reads for a while. */
void nft_reading_close(struct nft_reading *r);

#endif
