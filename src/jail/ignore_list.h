/*
 * A set of ids: addresses by a hash, networks by a trie, raw ids by their
 * bytes. Shared by those who hold a reference (a file of many jails).
 */
#ifndef GAOL_JAIL_IGNORE_LIST_H
#define GAOL_JAIL_IGNORE_LIST_H

#include <stdbool.h>
#include <stddef.h>

#include "base/id.h"

struct ignore_list;

#define IGNORE_LIST_MAX 100000   /* entries of one file */

struct ignore_list *ignore_list_new(void);
struct ignore_list *ignore_list_share(struct ignore_list *l);
void ignore_list_free(struct ignore_list *l);   /* the last one; NULL: no-op */
void ignore_list_add(struct ignore_list *l, const struct id *id);
/* Does it have anything inside the network, or that holds it? */
bool ignore_list_touches(struct ignore_list *l, const struct addr *net);
bool ignore_list_has(const struct ignore_list *l, const struct id *id);
/*
 * What a file says, up to IGNORE_LIST_MAX entries; *left counts those behind,
 * and those that are no address, network or id.
 */
struct ignore_list *ignore_list_read(struct span text, size_t *left);
size_t ignore_list_count(const struct ignore_list *l);

#endif
