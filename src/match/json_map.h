/*
 * A filter's eventjson at work: a line's JSON in, the fields of an event out.
 * The text is decoded once a line, whatever number of rules there is, and only
 * if the line holds a text that one of them must have.
 */
#ifndef GAOL_MATCH_JSON_MAP_H
#define GAOL_MATCH_JSON_MAP_H

#include "base/clock.h"
#include "base/failure.h"
#include "config/json_rule.h"
#include "match/literal.h"

struct json_map;

/* Of a filter's eventjson and jsontime (NULL: none), which were read before. */
struct json_map *json_map_new(const char *rules, const char *time);
void json_map_free(struct json_map *map);   /* NULL is a no-op */

/*
 * Texts of which a line must hold at least one for a rule to be true of it,
 * however its JSON is written: with blanks, with any character as \u00XX.
 * False: nothing is known.
 */
bool json_map_literals(const struct json_map *map, struct literals *out);

/*
 * The next object. 0; -1: it is none (json_read.h): counted, *why says what is
 * wrong with it. Overwrites what was there before.
 */
int json_map_read(struct json_map *map, struct span text, const char **why);
/*
 * Is rule i true of the object? Then its fields, those that are there: at most
 * `max` of them into groups, *n is how many. Texts last until the next object.
 */
bool json_map_rule(struct json_map *map, size_t i,
    struct failure_group *groups, size_t max, size_t *n);
/* What jsontime's member says. False: nothing that is a time. */
bool json_map_time(struct json_map *map, struct wall *time);

size_t json_map_rules(const struct json_map *map);
enum event_kind json_map_kind(const struct json_map *map, size_t i);
const struct properties *json_map_fixed(const struct json_map *map, size_t i);

/* How many objects the rule was true of. */
uint64_t json_map_hits(const struct json_map *map, size_t i);
/* What was no object, so far. */
uint64_t json_map_refused(const struct json_map *map);

#endif
