/*
 * One line of a filter's eventregex:
 *
 *	KIND[NAME=VALUE, …]: REGEX
 *
 * What kind of event the line is that the regex matches, and what is true of
 * all such lines unless the line itself says otherwise ([tls=none]).
 */
#ifndef GAOL_CONFIG_EVENT_RULE_H
#define GAOL_CONFIG_EVENT_RULE_H

#include <stdbool.h>

#include "base/buf.h"
#include "base/event.h"
#include "config/config.h"

struct event_rule {
	enum event_kind kind;
	struct properties fixed;
	char *regex;
};

#define EVENT_RULES_MAX 200   /* of one filter */

/*
 * Adds each line of the text (empty ones are none). 0, or -1: why, with the
 * line's number in the option, the value and what is accepted.
 */
int event_rules_add(struct filter_config *f, const char *text,
    struct buf *why);
void event_rules_fini(struct filter_config *f);

/*
 * The part that other rules of events have, too: cuts "KIND[NAME=VALUE, …]:"
 * off. 0, *fixed the caller's to free; or -1: why.
 */
int event_rule_head(struct span *line, enum event_kind *kind,
    struct properties *fixed, struct buf *why);
/* Is it a field of an event that takes any text? Appends ", NAME" of each. */
bool event_rule_is_text(struct span name);
void event_rule_list_texts(struct buf *why);

#endif
