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

/* The texts of a list as one. */
static json_t *
joined(const json_t *texts, const char *between)
{
	struct buf all = { 0 };
	json_t *text;

	for (size_t i = 0; i < json_array_size(texts); i++) {
		buf_adds(&all, i > 0 ? between : "");
		buf_adds(&all, json_string_value(json_array_get(texts, i)));
	}
	text = payload_text(buf_span(&all));
	buf_fini(&all);
	return text;
}

/* [("Number of jail", 2), ("Jail list", "a, b")] */
static json_t *
shape_status(const json_t *payload)
{
	const json_t *jails = json_object_get(payload, "jails");

	return json_pack("[o, o]", pair("Number of jail",
	    json_integer((json_int_t)json_array_size(jails))),
	    pair("Jail list", joined(jails, ", ")));
}

/* "short" has no list of bans, "cymru" has more of them. */
static json_t *
shape_actions(const json_t *actions)
{
	static const struct { const char *key, *name; } lists[] = {
		{ "ids", "Banned IP list" }, { "asns", "Banned ASN list" },
		{ "countries", "Banned Country list" },
		{ "rirs", "Banned RIR list" },
	};
	json_t *shape = json_pack("[o, o]",
	    count("Currently banned", actions, "banned"),
	    count("Total banned", actions, "banned_total"));

	for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++)
		if (json_object_get(actions, lists[i].key) != NULL)
			json_array_append_new(shape, list(lists[i].name,
			    actions, lists[i].key));
	return shape;
}

/* [("Filter", [("Currently failed", 0), …]), ("Actions", […])] */
static json_t *
shape_status_jail(const json_t *payload)
{
	const json_t *filter = json_object_get(payload, "filter");
	const json_t *journal = json_object_get(filter, "journal");

	return json_pack("[o, o]",
	    pair("Filter", json_pack("[o, o, o]",
		count("Currently failed", filter, "failing"),
		count("Total failed", filter, "failed_total"),
		journal != NULL ? pair("Journal matches",
		    json_pack("[o]", joined(journal, " + "))) :
		list("File list", filter, "files"))),
	    pair("Actions", shape_actions(json_object_get(payload,
		"actions"))));
}

/* … of the daemon, then {"sshd": … of the jail, …} */
static json_t *
shape_status_all(const json_t *payload)
{
	const json_t *all = json_object_get(payload, "all");
	json_t *shape = shape_status(payload), *jails = json_object();

	for (size_t i = 0; i < json_array_size(all); i++) {
		const json_t *one = json_array_get(all, i);

		json_object_set_new(jails, payload_str(one, "jail", ""),
		    shape_status_jail(one));
	}
	json_array_append_new(shape, jails);
	return shape;
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

/* "stats" is an array of one jail, an object of all. */
static json_t *
shape_any_status(size_t argc, const json_t *payload, uint32_t *tuples)
{
	*tuples = LEVEL(1) | LEVEL(3);
	if (payload_is_status_all(payload)) {
		*tuples |= LEVEL(5);
		return shape_status_all(payload);
	}
	if (json_is_object(json_object_get(payload, "filter")))
		return shape_status_jail(payload);
	if (argc < 2)
		return shape_status(payload);
	*tuples = json_is_array(payload) ? LEVEL(1) : LEVEL(2);
	return NULL;
}

/* NULL: the payload is as fail2ban has it. */
static json_t *
reshape(size_t argc, const char *const *argv, const json_t *payload,
    uint32_t *tuples)
{
	if (is_word(argc, argv, 0, "status"))
		return shape_any_status(argc, payload, tuples);
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
