/*
 * A shell command with foreign values in it. A value that no shell can
 * misunderstand is pasted; every other one becomes a positional parameter of
 * sh -c and a variable that the text names:
 *
 *	f2bV_matches=$0 f2bV_F_user=$1
 *	printf '%s\n' "$f2bV_matches" | mail root
 *
 * So it is never parsed. fail2ban's names and order, because people write
 * actions that use them.
 */
#ifndef GAOL_ACTION_ESCAPE_H
#define GAOL_ACTION_ESCAPE_H

#include <stdbool.h>

#include "base/buf.h"
#include "base/strings.h"

#define ESCAPE_PASTE_MAX 1024u          /* a longer value is a variable */
#define ESCAPE_VALUE_MAX (96u << 10)    /* bytes of one; exec takes 128 KiB */
#define ESCAPE_VALUES_MAX (512u << 10)  /* bytes of all variables */
#define ESCAPE_TEXT_MAX (120u << 10)    /* bytes of the command itself */

/* All zero is an empty one. */
struct escape {
	struct buf text;
	struct strings names;     /* "f2bV_matches" */
	struct strings values;    /* of the same length */
	size_t bytes;             /* of the values */
	size_t open_at;           /* text ends in a variable's name: where */
	bool cut;                 /* a value was too long: its end is missing */
};

/* May this value stand in a command as it is? */
bool escape_is_plain(struct span value);
/* Trusted text, as it is. */
void escape_add(struct escape *e, struct span text);
/* A foreign value of the tag of this name ("matches", "F_user"). */
void escape_add_value(struct escape *e, struct span tag, struct span value);
/*
 * The arguments behind "-c": the script with its assignments and the values,
 * ended by NULL; one allocation, which borrows the values. NULL (errno E2BIG).
 */
char **escape_argv(const struct escape *e);
/* As Python prints it: the text, or a list with the values behind it. */
void escape_format(const struct escape *e, struct buf *out);
void escape_fini(struct escape *e);

#endif
