/* `name[opt=value, …][opt=…]`: filters, actions, backends, log targets. */
#ifndef GAOL_CONFIG_ENTRY_H
#define GAOL_CONFIG_ENTRY_H

#include "base/buf.h"
#include "base/span.h"
#include "base/strings.h"
#include "config/config.h"

struct entry {
	char *name;
	struct properties options;
};

/* 0, or -1: `why` says where the text is not an entry. */
int entry_parse(struct entry *e, struct span text, struct buf *why);
void entry_fini(struct entry *e);
/* Cuts a list (`action =`) at blanks that stand outside the brackets. */
void entry_split(struct span text, struct strings *entries);

#endif
