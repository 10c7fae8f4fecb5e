/*
 * One line of a filter's eventjson:
 *
 *	KIND[NAME=VALUE, …]: CONDITION … -> FIELD=MEMBER …
 *
 * A member is named by its path, "fields.remote_ip"; a name that is no word
 * stands in quotes, "\"a b\".c"; a number is a place in an array. A condition is
 *
 *	MEMBER            it is there, neither null nor ""
 *	!MEMBER           it is not
 *	MEMBER=V|V…       it is one of these, or an array that holds one
 *	MEMBER!=V|V…      it is not
 *
 * and a field takes the first of its members, "user=a.name|b", that is there.
 */
#ifndef GAOL_CONFIG_JSON_RULE_H
#define GAOL_CONFIG_JSON_RULE_H

#include <stdbool.h>

#include "base/buf.h"
#include "base/event.h"
#include "base/strings.h"
#include "config/config.h"

struct json_rule_path {
	struct strings names;
};

struct json_condition {
	struct json_rule_path path;
	bool negated;
	struct strings values;       /* none: whether it is there */
};

struct json_field {
	char *name;                  /* as eventregex's groups are called */
	struct json_rule_path *paths;
	size_t paths_n;
};

struct json_rule {
	enum event_kind kind;
	struct properties fixed;
	struct json_condition *conditions;
	size_t conditions_n;
	struct json_field *fields;
	size_t fields_n;
};

struct json_rules {
	struct json_rule *v;
	size_t n;
};

#define JSON_RULES_MAX 100      /* of one filter */
#define JSON_PATH_MAX 8         /* names */

/*
 * Adds each line of the text (empty ones are none). 0, or -1: why, with the
 * line's number in the option, the value and what is accepted; what was added
 * is the caller's to free in either case.
 */
int json_rules_add(struct json_rules *rules, const char *text,
    struct buf *why);
void json_rules_fini(struct json_rules *rules);

/* One path alone (jsontime). 0, or -1: why. */
int json_rule_path_parse(struct json_rule_path *path, struct span text,
    struct buf *why);
void json_rule_path_fini(struct json_rule_path *path);

#endif
