#include "firewall/nft_reading.h"

#include <errno.h>
#include <linux/netfilter/nf_tables.h>

#include "firewall/nft_state.h"

#define TURN_NS 4000000u     /* of the processor */

static int
begin(struct nft_reading *r, const struct nft_element_set *set)
{
	struct nft_link_ask ask = { .type = NFT_MSG_GETSETELEM, .dump = true,
		.family = set->family, .table = set->table,
		.set = set->name };

	if (!r->open && nft_link_open(&r->link) == -1)
		return -1;
	r->open = true;
	clock_tick();
	r->next = (struct nft_element_list){ .begun = clock_boot() };
	r->answer = (struct nft_link_answer){ .fn = nft_state_element,
		.arg = &r->next };
	if (nft_link_begin(&r->link, &ask, &r->answer) == -1)
		return -1;
	r->asked = true;
	return 0;
}

/* The one that is over is the better one, or it goes. True: it was. */
static bool
keep_the_better(struct nft_reading *r)
{
	bool better = r->next.n > r->list.n || r->readings == 0;

	if (better) {
		nft_element_list_fini(&r->list);
		r->list = r->next;
		r->next = (struct nft_element_list){ 0 };
	}
	nft_element_list_fini(&r->next);
	return better;
}

/* One is over. 1: one more is wanted. */
static int
over(struct nft_reading *r, bool disturbed, bool anyway)
{
	bool better;

	r->asked = false;
	if (disturbed && !anyway && r->next.n < NFT_READING_LARGE) {
		nft_reading_end(r);
		errno = EINTR;
		return -1;
	}
	better = keep_the_better(r);
	r->readings++;
	return better && r->list.n > NFT_STATE_GAPLESS &&
	    r->readings < NFT_STATE_READINGS;
}

int
nft_reading_step(struct nft_reading *r, const struct nft_element_set *set,
    bool anyway)
{
	uint64_t begun = clock_cpu_ns();
	int error, rc = 0;

	if (!r->asked && begin(r, set) == -1)
		goto fail;
	while (rc == 0 && !r->answer.over) {
		rc = nft_link_next(&r->link, &r->answer);
		if (clock_cpu_ns() - begun > TURN_NS && !r->answer.over)
			return 1;
	}
	if (rc == 0 || errno == EINTR)
		return over(r, rc == -1, anyway);
fail:
	error = errno;
	nft_reading_close(r);
	errno = error;
	return -1;
}

void
nft_reading_end(struct nft_reading *r)
{
	nft_element_list_fini(&r->list);
	nft_element_list_fini(&r->next);
	r->readings = 0;
	/* The kernel's half of the dialogue ends with the socket only. */
	if (r->asked)
		nft_reading_close(r);
}

void
nft_reading_close(struct nft_reading *r)
{
	r->asked = false;
	nft_reading_end(r);
	if (r->open)
		nft_link_close(&r->link);
	r->open = false;
}
