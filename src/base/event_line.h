/*
 * What an eventregex saw in a line: the kind of event and the named values.
 * Made by match/, understood by access/. Everything in it is borrowed and
 * valid only during the call that hands it over.
 */
#ifndef GAOL_BASE_EVENT_LINE_H
#define GAOL_BASE_EVENT_LINE_H

#include "base/event.h"
#include "base/failure.h"

struct event_line {
	enum event_kind kind;
	unsigned regex;            /* eventregex that matched, from 1 */
	struct wall time;          /* of the line */
	struct span line;          /* as read, without its end */
	size_t groups_n;           /* what the line said, then what the filter
	                              says of all such lines ([tls=none]) */
	struct failure_group groups[FAILURE_GROUPS_MAX];
};

#endif
