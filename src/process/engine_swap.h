#ifndef GAOL_PROCESS_ENGINE_SWAP_H
#define GAOL_PROCESS_ENGINE_SWAP_H

#include "process/engine_local.h"

/* A configuration on its way in. */
struct incoming {
	struct config *config;
	struct plan plan;
	struct filter **filters;   /* by jail; NULL for a broken one */
	struct report report;
	uint32_t generation;
};

/*
 * The running configuration is that one from now on; what a jail has counted
 * and banned stays with its name. Takes over the tree and the filters.
 */
void engine_swap(struct engine *e, struct incoming *in);

#endif
