/*
 * Account names as they are counted: "Alice+news@Example.COM", "alice" and an
 * alias may all be one account. The name as the log had it is kept beside.
 */
#ifndef GAOL_ACCESS_USER_H
#define GAOL_ACCESS_USER_H

#include <stddef.h>

#include "base/buf.h"
#include "base/span.h"

#define USER_NAME_MAX 256   /* bytes; longer ones are cut */

/* "@alt.example" to "@example.com", "postmaster@a.example" to "bob@…". */
struct user_alias {
	char *from;             /* lower case */
	char *to;
};

/* Borrowed by whoever normalises; all of it may be empty. */
struct user_rules {
	char *domain;           /* of names without one; NULL: none is added */
	char separator;         /* of "name+detail"; 0: none is cut off */
	struct user_alias *aliases;
	size_t aliases_n;
};

struct own_config;

/* As gaol.conf has them; the caller frees them with user_rules_fini(). */
void user_rules_init(struct user_rules *rules, const struct own_config *own);
void user_rules_fini(struct user_rules *rules);

/*
 * Adds the account's name to `out`: cut to USER_NAME_MAX, ASCII letters in
 * lower case (other letters stay: servers tell them apart), detail cut off,
 * domain added, aliases followed (a whole name first, then a domain; once, so
 * that a circle of them does no harm). Empty for an empty name. An NT name
 * ("DOMAIN\user") stays as it is but for its case.
 */
void user_normalise(const struct user_rules *rules, struct span raw,
    struct buf *out);
/* What stands behind the last '@', or nothing. */
struct span user_domain(struct span name);

#endif
