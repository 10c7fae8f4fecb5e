#include "match/json_map.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/json_read.h"
#include "base/number.h"
#include "base/stamp.h"
#include "base/xalloc.h"

/* Of a number, and what buf_addf() may want behind it. */
#define TEXT_ROOM 64
#define ASCII_ESCAPE "\\u00"   /* how any ASCII character may begin */

struct json_map {
	struct json_rules rules;
	uint64_t *hits;            /* of each rule */
	struct json_rule_path time;
	bool timed;
	json_t *root;              /* the object at hand */
	struct buf scratch;
	struct buf texts;          /* of its numbers */
	uint64_t refused;
};

struct json_map *
json_map_new(const char *rules, const char *time)
{
	struct json_map *map = xcalloc(1, sizeof(*map));
	struct buf why = { 0 };

	json_rules_add(&map->rules, rules, &why);
	map->hits = xcalloc(map->rules.n + 1, sizeof(*map->hits));
	map->timed = time != NULL &&
	    json_rule_path_parse(&map->time, span_of(time), &why) == 0;
	buf_fini(&why);
	return map;
}

void
json_map_free(struct json_map *map)
{
	if (map == NULL)
		return;
	json_rules_fini(&map->rules);
	free(map->hits);
	json_rule_path_fini(&map->time);
	json_decref(map->root);
	buf_fini(&map->scratch);
	buf_fini(&map->texts);
	free(map);
}

size_t
json_map_rules(const struct json_map *map)
{
	return map->rules.n;
}

enum event_kind
json_map_kind(const struct json_map *map, size_t i)
{
	return map->rules.v[i].kind;
}

const struct properties *
json_map_fixed(const struct json_map *map, size_t i)
{
	return &map->rules.v[i].fixed;
}

uint64_t
json_map_hits(const struct json_map *map, size_t i)
{
	return map->hits[i];
}

uint64_t
json_map_refused(const struct json_map *map)
{
	return map->refused;
}

/* --- members ---------------------------------------------------------------- */

static json_t *
step(json_t *at, const char *name)
{
	int64_t i;

	if (json_is_object(at))
		return json_object_get(at, name);
	if (json_is_array(at) && number_parse(span_of(name), 0, INT32_MAX,
		&i) == 0)
		return json_array_get(at, (size_t)i);
	return NULL;
}

/* NULL: it is not there, or says nothing. */
static json_t *
member(const struct json_map *map, const struct json_rule_path *path)
{
	json_t *at = map->root;

	for (size_t i = 0; i < path->names.n && at != NULL; i++)
		at = step(at, path->names.v[i]);
	if (json_is_null(at) ||
	    (json_is_string(at) && json_string_length(at) == 0))
		return NULL;
	return at;
}

/*
 * A number's text goes to the end of map->texts, so texts of one object must
 * not be kept across a call: the caller has room for it reserved.
 */
static bool
text_of(struct json_map *map, const json_t *at, struct span *out)
{
	size_t from = map->texts.n;

	switch (json_typeof(at)) {
	case JSON_STRING:
		*out = span_from(json_string_value(at),
		    json_string_length(at));
		return true;
	case JSON_INTEGER:
		buf_addf(&map->texts, "%" JSON_INTEGER_FORMAT,
		    json_integer_value(at));
		break;
	case JSON_REAL:
		buf_addf(&map->texts, "%.17g", json_real_value(at));
		break;
	case JSON_TRUE:
		*out = SPAN("true");
		return true;
	case JSON_FALSE:
		*out = SPAN("false");
		return true;
	default:
		return false;
	}
	*out = span_skip(buf_span(&map->texts), from);
	return true;
}

/* --- conditions ---------------------------------------------------------------- */

static bool
is_one(struct json_map *map, const json_t *at, const struct strings *values)
{
	struct span text;

	if (!text_of(map, at, &text))
		return false;
	for (size_t i = 0; i < values->n; i++)
		if (span_eq(text, span_of(values->v[i])))
			return true;
	return false;
}

static bool
holds_one(struct json_map *map, const json_t *at,
    const struct strings *values)
{
	if (!json_is_array(at))
		return is_one(map, at, values);
	for (size_t i = 0; i < json_array_size(at); i++)
		if (is_one(map, json_array_get(at, i), values))
			return true;
	return false;
}

static bool
is_true(struct json_map *map, const struct json_condition *c)
{
	const json_t *at = member(map, &c->path);
	bool yes = at != NULL;

	if (yes && c->values.n > 0)
		yes = holds_one(map, at, &c->values);
	map->texts.n = 0;
	return yes != c->negated;
}

/* --- an object -------------------------------------------------------------- */

int
json_map_read(struct json_map *map, struct span text, const char **why)
{
	json_decref(map->root);
	map->root = json_read(text, &map->scratch, why);
	if (map->root != NULL)
		return 0;
	map->refused++;
	return -1;
}

static bool
field(struct json_map *map, const struct json_field *f, struct span *value)
{
	for (size_t i = 0; i < f->paths_n; i++) {
		const json_t *at = member(map, &f->paths[i]);

		if (at != NULL && text_of(map, at, value))
			return true;
	}
	return false;
}

bool
json_map_rule(struct json_map *map, size_t i, struct failure_group *groups,
    size_t max, size_t *n)
{
	const struct json_rule *rule = &map->rules.v[i];

	*n = 0;
	if (map->root == NULL)
		return false;
	for (size_t k = 0; k < rule->conditions_n; k++)
		if (!is_true(map, &rule->conditions[k]))
			return false;
	map->hits[i]++;
	/* All texts stay where they are: numbers are short. */
	map->texts.n = 0;
	buf_reserve(&map->texts, (rule->fields_n + 2) * TEXT_ROOM);
	for (size_t k = 0; k < rule->fields_n && *n < max; k++) {
		struct span value;

		if (field(map, &rule->fields[k], &value))
			groups[(*n)++] = (struct failure_group){
				span_of(rule->fields[k].name), value };
	}
	return true;
}

bool
json_map_time(struct json_map *map, struct wall *time)
{
	const json_t *at;
	struct span text;
	bool known;

	if (!map->timed || map->root == NULL)
		return false;
	at = member(map, &map->time);
	if (at == NULL)
		return false;
	map->texts.n = 0;
	if (json_is_real(at))
		buf_addf(&map->texts, "%.6f", json_real_value(at));
	text = buf_span(&map->texts);
	known = (json_is_real(at) || text_of(map, at, &text)) &&
	    stamp_parse(text, time) == 0;
	map->texts.n = 0;
	return known;
}

/* --- what to look for --------------------------------------------------------- */

/* Not written in two ways but for ASCII_ESCAPE. */
static bool
is_plain(char c)
{
	return c >= ' ' && c <= '~' && c != '"' && c != '\\' && c != '/';
}

/* The longest part of it that stands in a line as it is. False: too short. */
static bool
add_literal(struct literals *set, struct span text)
{
	struct span best = { NULL, 0 };
	struct literal l = { 0 };

	for (size_t i = 0, n; i < text.n; i += n + 1) {
		for (n = 0; i + n < text.n && is_plain(text.p[i + n]); n++)
			;
		if (n > best.n)
			best = span_sub(text, i, n);
	}
	best = span_sub(best, 0, LITERAL_MAX);
	if (best.n < LITERAL_MIN || set->n == LITERAL_SET_MAX)
		return false;
	l.n = (unsigned char)best.n;
	memcpy(l.text, best.p, best.n);
	for (size_t i = 0; i < set->n; i++)
		if (literal_covers(&set->v[i], &l))
			return true;
	set->v[set->n++] = l;
	if (set->score == 0 || literal_rarity(best) < set->score)
		set->score = literal_rarity(best);
	return true;
}

/* A number may be written in many ways. */
static bool
is_number(struct span text)
{
	size_t i;

	for (i = 0; i < text.n && text.p[i] != '\0' &&
	    strchr("0123456789+-.eE", text.p[i]) != NULL; i++)
		;
	return i == text.n;
}

static bool
values_literals(const struct json_condition *c, struct literals *out)
{
	*out = (struct literals){ 0 };
	for (size_t i = 0; i < c->values.n; i++) {
		struct span value = span_of(c->values.v[i]);

		if (is_number(value) || !add_literal(out, value))
			return false;
	}
	return c->values.n > 0;
}

/* Its last name; places of an array are not written. */
static bool
name_literals(const struct json_condition *c, struct literals *out)
{
	const struct strings *names = &c->path.names;
	struct span name = span_of(names->v[names->n - 1]);

	*out = (struct literals){ 0 };
	return !is_number(name) && add_literal(out, name);
}

static bool
is_covered(const struct literals *by, const struct literal *l)
{
	for (size_t i = 0; i < by->n; i++)
		if (literal_covers(&by->v[i], l))
			return true;
	return false;
}

/* How many of them are to be looked for besides what is. */
static size_t
count_new(const struct literals *sought, const struct literals *set)
{
	size_t n = 0;

	for (size_t i = 0; i < set->n; i++)
		n += !is_covered(sought, &set->v[i]);
	return n;
}

/* The rarest are best; where there is no room for those, the fewest new ones. */
static bool
is_better(const struct literals *sought, bool few, const struct literals *set,
    const struct literals *than)
{
	size_t a = few ? count_new(sought, set) : 0;
	size_t b = few ? count_new(sought, than) : 0;

	return than->n == 0 || a < b || (a == b && set->score > than->score);
}

static bool
rule_literals(const struct json_rule *rule, const struct literals *sought,
    bool few, struct literals *out)
{
	struct literals set;

	*out = (struct literals){ 0 };
	for (size_t i = 0; i < rule->conditions_n; i++) {
		const struct json_condition *c = &rule->conditions[i];

		if (c->negated)
			continue;
		if (values_literals(c, &set) &&
		    is_better(sought, few, &set, out))
			*out = set;
		if (name_literals(c, &set) &&
		    is_better(sought, few, &set, out))
			*out = set;
	}
	return out->n > 0;
}

static bool
rules_literals(const struct json_map *map, bool few, struct literals *out)
{
	struct literals set;

	*out = (struct literals){ 0 };
	for (size_t i = 0; i < map->rules.n; i++) {
		if (!rule_literals(&map->rules.v[i], out, few, &set))
			return false;
		for (size_t k = 0; k < set.n; k++)
			if (!add_literal(out, span_from(set.v[k].text,
				set.v[k].n)))
				return false;
	}
	return out->n < LITERAL_SET_MAX;
}

bool
json_map_literals(const struct json_map *map, struct literals *out)
{
	int score;

	if (!rules_literals(map, false, out) && !rules_literals(map, true, out))
		return false;
	score = out->score;
	out->v[out->n] = (struct literal){
		.n = sizeof(ASCII_ESCAPE) - 1, .text = ASCII_ESCAPE };
	out->n++;
	out->score = score;
	return out->n > 1;
}
