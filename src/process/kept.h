/* A failure that has to wait: with all its texts, which are lent otherwise. */
#ifndef GAOL_PROCESS_KEPT_H
#define GAOL_PROCESS_KEPT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/failure.h"

struct kept {
	struct failure failure;
	struct id id;      /* owns what failure.id borrows */
	char *text;
	size_t size;
};

struct kept *kept_new(const struct failure *f);
/* Is there room for another? Whoever writes lines chooses how long they are. */
bool kept_has_room(void);
/* What became of it has been told. */
void kept_told(struct kept *k);
/* Whoever still waits hears that nothing came of it. NULL is a no-op. */
void kept_free(struct kept *k);

#endif
