/*
 * `<tag>` substitution when a configuration is read: the options of a filter
 * or action refer to each other. What is not known then (<HOST>, <ip>,
 * <matches>) stays for run time.
 */
#ifndef GAOL_CONFIG_TAG_H
#define GAOL_CONFIG_TAG_H

#include <stdbool.h>

#include "base/buf.h"
#include "base/strings.h"
#include "config/config.h"

#define TAG_REPLACE_MAX 25            /* of one tag in one value */
#define TAG_VALUE_MAX (1u << 20)      /* bytes of one value */

/* A value for a tag that no option names; NULL: none. Freed by the caller. */
typedef int tag_extra_fn(const char *tag, char **value, struct buf *why,
    void *arg);

struct tag_rules {
	const struct strings *ignore;  /* neither replaced nor looked into */
	const char *condition;         /* "family=inet6": x?… before x */
	tag_extra_fn *extra;           /* NULL: none; 0 or -1 (why) */
	void *arg;
};

/* The next <tag> from `from` on: where it starts, and its name. */
bool tag_find(struct span s, size_t from, size_t *at, struct span *name);
/* Resolves every value in place. 0, or -1: `why` says which one and why. */
int tag_resolve(struct properties *tags, const struct tag_rules *rules,
    struct buf *why);

#endif
