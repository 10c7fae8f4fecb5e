/*
 * The commands of an action and the <tags> in them, in two steps. First what
 * the configuration says: parameters, for one family, into each other. Then
 * what a ticket says: each tag once, never looked into again, because its
 * value is foreign.
 */
#ifndef GAOL_ACTION_TAGS_H
#define GAOL_ACTION_TAGS_H

#include <stdbool.h>
#include <stdint.h>

#include "action/escape.h"
#include "action/values.h"
#include "config/config.h"

enum tags_command {
	TAGS_START,
	TAGS_STOP,
	TAGS_FLUSH,
	TAGS_RELOAD,
	TAGS_CHECK,
	TAGS_REPAIR,
	TAGS_BAN,
	TAGS_REBAN,
	TAGS_PROLONG,
	TAGS_UNBAN,
};
#define TAGS_COMMANDS 10

struct tags;

/* Copies the properties. */
struct tags *tags_new(const struct properties *props);
void tags_free(struct tags *t);   /* NULL is a no-op */
/* Has it `?family=` variants? */
bool tags_has_families(const struct tags *t);
/* A command as it was written, or ""; for questions, not for a shell. */
const char *tags_raw(const struct tags *t, enum tags_command command);
/*
 * The command with its parameters, for "inet4", "inet6" or "" (no variant).
 * Borrowed until tags_free. NULL: `why` names the tag that leads to itself.
 */
const char *tags_text(struct tags *t, enum tags_command command,
    const char *family, struct buf *why);
/*
 * The same for a command of a whole family (start, stop, flush, reload,
 * check, repair), which knows <family> and no <F-…>. The caller frees it.
 */
char *tags_family_text(struct tags *t, enum tags_command command,
    const char *family, struct buf *why);

/* What the tags of a ticket need besides its values; all borrowed. */
struct tags_context {
	const struct values *values;   /* NULL: <br>, <sp>, host names only */
	const char *jail;
	const char *family;            /* "inet4", "inet6", "None", "" */
	const char *ip_host;           /* NULL: "None" */
	const char *fq_hostname;       /* NULL: the short one */
};

/* Is this tag in the text? Host names are looked up only then. */
bool tags_wants(struct span text, struct span tag);
/* Tags nobody knows stay as they are. */
void tags_expand(struct span text, const struct tags_context *context,
    struct escape *out);

#endif
