#include "control/shape.h"

#include <stdbool.h>
#include <string.h>

#include "base/buf.h"
#include "control/payload.h"

#define LEVEL(n) (1u << (n))

/* Steals the value, as jansson's "o" does. */
static json_t *
pair(const char *name, json_t *value)
{
	return json_pack("[s, o]", name, value);
}

static json_t *
count(const char *name, const json_t *object, const char *key)
{
	return pair(name, json_integer(payload_int(object, key, 0)));
}

static json_t *
list(const char *name, const json_t *object, const char *key)
{
	json_t *value = json_object_get(object, key);

	return pair(name, value != NULL ? json_incref(value) : json_array());
}

/* [("Number of jail", 2), ("Jail list", "a, b")] */
static json_t *
shape_status(const json_t *payload)
{
	const json_t *jails = json_object_get(payload, "jails");
	struct buf names = { 0 };
	json_t *shape;

	for (size_t i = 0; i < json_array_size(jails); i++) {
		buf_adds(&names, i > 0 ? ", " : "");
		buf_adds(&names, json_string_value(json_array_get(jails, i)));
	}
	shape = json_pack("[o, o]", pair("Number of jail",
	    json_integer((json_int_t)json_array_size(jails))),
	    pair("Jail list", payload_text(buf_span(&names))));
	buf_fini(&names);
	return shape;
}

/* [("Filter", [("Currently failed", 0), …]), ("Actions", […])] */
static json_t *
shape_status_jail(const json_t *payload)
{
	const json_t *filter = json_object_get(payload, "filter");
	const json_t *actions = json_object_get(payload, "actions");
	bool journal = json_object_get(filter, "journal") != NULL;

	return json_pack("[o, o]",
	    pair("Filter", json_pack("[o, o, o]",
		count("Currently failed", filter, "failing"),
		count("Total failed", filter, "failed_total"),
		journal ? list("Journal matches", filter, "journal") :
		list("File list", filter, "files"))),
	    pair("Actions", json_pack("[o, o, o]",
		count("Currently banned", actions, "banned"),
		count("Total banned", actions, "banned_total"),
		list("Banned IP list", actions, "ids"))));
}

/* [["sshd", ["192.0.2.7"]]] as [{"sshd": ["192.0.2.7"]}] */
static json_t *
shape_banned(const json_t *payload)
{
	json_t *shape = json_array();

	for (size_t i = 0; i < json_array_size(payload); i++) {
		const json_t *entry = json_array_get(payload, i);
		json_t *one = json_object();

		json_object_set(one,
		    json_string_value(json_array_get(entry, 0)),
		    json_array_get(entry, 1));
		json_array_append_new(shape, one);
	}
	return shape;
}

static bool
is_word(size_t argc, const char *const *argv, size_t i, const char *word)
{
	return i < argc && strcmp(argv[i], word) == 0;
}

/* NULL: the payload is as fail2ban has it. */
static json_t *
reshape(size_t argc, const char *const *argv, const json_t *payload,
    uint32_t *tuples)
{
	if (is_word(argc, argv, 0, "status") && json_is_object(payload)) {
		*tuples = LEVEL(1) | LEVEL(3);
		return argc > 1 ? shape_status_jail(payload) :
		    shape_status(payload);
	}
	if (is_word(argc, argv, 0, "banned") && argc == 1)
		return shape_banned(payload);
	if (is_word(argc, argv, 0, "unban"))
		return json_integer(payload_int(payload, "count", 0));
	if (is_word(argc, argv, 0, "reload"))
		return json_string("OK");
	if (is_word(argc, argv, 0, "stop"))
		return json_null();
	if (is_word(argc, argv, 2, "datepattern"))
		*tuples = LEVEL(0);
	if (strncmp(argv[0], "stat", 4) == 0)
		*tuples = LEVEL(2);
	return NULL;
}

json_t *
shape_reply(size_t argc, const char *const *argv, json_t *payload,
    uint32_t *tuples)
{
	json_t *shape;

	*tuples = 0;
	shape = reshape(argc, argv, payload, tuples);
	if (shape == NULL)
		return payload != NULL ? payload : json_null();
	json_decref(payload);
	return shape;
}
