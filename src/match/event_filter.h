/*
 * The eventregexes and the eventjson of a filter file: lines in, mail accesses
 * out. It is a filter like any other (its dates, its limits, its search for
 * texts before any expression), whose expressions need no address and have a
 * meaning; one of them may find the JSON of a line, which is decoded and then
 * read by rules of its own (json_map.h).
 */
#ifndef GAOL_MATCH_EVENT_FILTER_H
#define GAOL_MATCH_EVENT_FILTER_H

#include "base/event_line.h"
#include "match/filter.h"

struct event_filter;
struct json_map;

/*
 * Compiles config's eventprefix, eventregex, jsonprefix and eventjson, with its
 * datepattern (eventjson without one: stamps at the begin of a line only); of
 * options jail, match_limit, line_max, logtimezone, encoding count. NULL when
 * there are none, or one does not compile (then the report says which).
 */
struct event_filter *event_filter_new(const struct filter_config *config,
    const struct filter_options *options, struct report *report);
void event_filter_free(struct event_filter *ef);

typedef void event_filter_fn(const struct event_line *line, void *arg);

/*
 * One complete line without its newline. Of each kind of event the first
 * expression that matches counts: a line may tell of a sign-in and of a
 * message. A stamp counts as it stands. Returns how many events there were.
 */
size_t event_filter_line(struct event_filter *ef, struct span line,
    event_filter_fn *found, void *arg);
/* A line whose time is known already (journal): message only. */
size_t event_filter_message(struct event_filter *ef, struct span message,
    struct wall time, event_filter_fn *found, void *arg);

/* A line that came with its time: a stamp of its own is cut out only. */
size_t event_filter_stamped(struct event_filter *ef, struct span line,
    struct wall time, event_filter_fn *found, void *arg);

/*
 * How many texts were found where JSON should stand, and are no object that
 * is taken (base/json_read.h); *why, if there was one: what is wrong with the
 * last. It quotes the line.
 */
uint64_t event_filter_refused(const struct event_filter *ef,
    const char **why);

/* Its eventjson, for who examines it; NULL: it has none. */
const struct json_map *event_filter_json(const struct event_filter *ef);
/* The filter inside, for what serves all filters of a source. */
struct filter *event_filter_inside(struct event_filter *ef);

#endif
