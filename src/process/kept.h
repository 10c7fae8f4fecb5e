/* A failure that has to wait: with all its texts, which are lent otherwise. */
#ifndef GAOL_PROCESS_KEPT_H
#define GAOL_PROCESS_KEPT_H

#include "base/failure.h"

struct kept {
	struct failure failure;
	struct id id;      /* owns what failure.id borrows */
	char *text;
};

struct kept *kept_new(const struct failure *f);
void kept_free(struct kept *k);   /* NULL is a no-op */

#endif
