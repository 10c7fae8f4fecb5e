/*
 * fail2ban's failregex tags (<HOST>, <F-USER>…</F-USER>) made
 * into Python's regex syntax, which is what every fail2ban user writes around
 * them; python.h takes it from there to PCRE2's.
 */
#ifndef GAOL_MATCH_TAG_H
#define GAOL_MATCH_TAG_H

#include <stdbool.h>

#include "base/span.h"
#include "match/mapped.h"

/*
 * Appends the expansion of `regex` to *out. `dns`: <HOST> also takes a host
 * name (usedns is not "no"). What is no tag stays as it is. A flag group
 * alone at the start of a group, "((?i)x", becomes "(?i:x".
 */
void tag_expand(struct span regex, bool dns, struct mapped *out);

/* What a group's name says beyond naming (<F-ALT_USER_2> -> ALT, "user"). */
enum tag_kind { TAG_PLAIN, TAG_ALT, TAG_TUPLE };
enum tag_kind tag_kind(struct span group, struct span *target);

#endif
