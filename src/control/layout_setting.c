#include "control/layout.h"

#include <inttypes.h>
#include <stdbool.h>
#include <string.h>

#include "base/span.h"
#include "control/printable.h"

/* A list shown as a tree below its head. */
struct list_form {
	const char *keys;    /* options it is for, each between blanks */
	const char *empty;
	const char *head;
	bool numbered;
};

static const struct list_form lists[] = {
	{ " logpath addlogpath dellogpath ",
	    "No file is currently monitored",
	    "Current monitored log file(s):", false },
	{ " ignoreip addignoreip delignoreip ",
	    "No IP address/network is ignored",
	    "These IP addresses/networks are ignored:", false },
	{ " failregex addfailregex delfailregex ignoreregex addignoreregex"
	    " delignoreregex ",
	    "No regular expression is defined",
	    "The following regular expression are defined:", true },
};

/* A single value of the whole server, below its head. */
static const struct {
	const char *key, *head;
} values[] = {
	{ "syslogsocket", "Current syslog socket is:" },
	{ "logtarget", "Current logging target is:" },
	{ "dbfile", "Current database file is:" },
	{ "dbpurgeage", "Current database purge age is:" },
};

static void
add_string(struct buf *out, const json_t *value)
{
	printable_add_lines(out, span_from(json_string_value(value),
	    json_string_length(value)));
}

static void
add_list(const struct list_form *form, const json_t *list, struct buf *out)
{
	size_t n = json_array_size(list);

	buf_addf(out, "%s\n", n == 0 ? form->empty : form->head);
	for (size_t i = 0; i < n; i++) {
		buf_adds(out, i + 1 < n ? "|- " : "`- ");
		if (form->numbered)
			buf_addf(out, "[%zu]: ", i);
		add_string(out, json_array_get(list, i));
		buf_addc(out, '\n');
	}
}

static const struct list_form *
find_list(const char *key)
{
	for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++) {
		const char *at = strstr(lists[i].keys, key);

		if (at != NULL && key[0] != '\0' && at[-1] == ' ' &&
		    at[strlen(key)] == ' ')
			return &lists[i];
	}
	return NULL;
}

/* False: `key` is none of the server's own values. */
static bool
add_value(const char *key, const json_t *payload, struct buf *out)
{
	for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
		if (strcmp(key, values[i].key) != 0)
			continue;
		if (json_is_null(payload)) {
			buf_adds(out, "Database currently disabled\n");
			return true;
		}
		buf_addf(out, "%s\n`- ", values[i].head);
		if (json_is_integer(payload))
			buf_addf(out, "%" JSON_INTEGER_FORMAT "seconds",
			    json_integer_value(payload));
		else
			add_string(out, payload);
		buf_addc(out, '\n');
		return true;
	}
	if (strcmp(key, "loglevel") != 0 || !json_is_string(payload))
		return false;
	buf_adds(out, "Current logging level is ");
	printable_add_repr(out, span_of(json_string_value(payload)));
	buf_addc(out, '\n');
	return true;
}

/* `get JAIL actions` and `get JAIL banip [SEPARATOR | --with-time]`. */
static void
add_joined(const json_t *list, const char *between, struct buf *out)
{
	for (size_t i = 0; i < json_array_size(list); i++) {
		buf_adds(out, i > 0 ? between : "");
		add_string(out, json_array_get(list, i));
	}
	buf_addc(out, '\n');
}

static void
add_actions(const char *jail, const json_t *list, struct buf *out)
{
	bool none = json_array_size(list) == 0;

	buf_adds(out, none ? "No actions for jail " : "The jail ");
	printable_add(out, span_of(jail));
	buf_adds(out, none ? "" : " has the following actions:\n");
	add_joined(list, ", ", out);
}

/* What an action has: "properties" or "methods". */
static void
add_names(const char *const *argv, const char *what, const json_t *list,
    struct buf *out)
{
	bool none = json_array_size(list) == 0;

	if (none)
		buf_addf(out, "No %s for jail ", what);
	else
		buf_adds(out, "The jail ");
	printable_add(out, span_of(argv[1]));
	buf_adds(out, " action ");
	printable_add(out, span_of(argv[3]));
	if (!none)
		buf_addf(out, " has the following %s:\n", what);
	add_joined(list, ", ", out);
}

/* [["_COMM=a", "_UID=0"], ["_COMM=b"]] */
static void
add_matches(const json_t *list, struct buf *out)
{
	size_t n = json_array_size(list);

	buf_adds(out, n == 0 ? "No journal match filter set" :
	    "Current match filter:\n");
	for (size_t i = 0; i < n; i++) {
		const json_t *one = json_array_get(list, i);

		buf_adds(out, i > 0 ? " + " : "");
		for (size_t k = 0; k < json_array_size(one); k++) {
			buf_adds(out, k > 0 ? " " : "");
			add_string(out, json_array_get(one, k));
		}
	}
	buf_addc(out, '\n');
}

/* [PATTERN, NAME], [null, NAME] or null */
static void
add_datepattern(const json_t *payload, struct buf *out)
{
	const json_t *pattern = json_array_get(payload, 0);

	buf_adds(out, "Current date pattern set to: ");
	if (json_array_size(payload) < 2) {
		buf_adds(out, "Not set/required\n");
		return;
	}
	if (!json_is_string(pattern)) {
		add_string(out, json_array_get(payload, 1));
	} else {
		add_string(out, pattern);
		buf_adds(out, " (");
		add_string(out, json_array_get(payload, 1));
		buf_addc(out, ')');
	}
	buf_addc(out, '\n');
}

void
layout_setting(size_t argc, const char *const *argv, const json_t *payload,
    struct buf *out)
{
	const char *key = argc > 2 ? argv[2] : "";
	const struct list_form *form = find_list(key);
	const char *between = argc > 3 ? argv[3] : " ";

	if (argc > 1 && add_value(argv[1], payload, out))
		return;
	if (form != NULL && json_is_array(payload)) {
		add_list(form, payload, out);
	} else if (strcmp(key, "actions") == 0 && json_is_array(payload)) {
		add_actions(argv[1], payload, out);
	} else if (strncmp(key, "action", 6) == 0 && argc > 3 &&
	    json_is_array(payload) && (strcmp(key, "actionproperties") == 0 ||
	    strcmp(key, "actionmethods") == 0)) {
		add_names(argv, key + 6, payload, out);
	} else if (strcmp(key, "banip") == 0 && json_is_array(payload)) {
		add_joined(payload, strcmp(between, "--with-time") == 0 ?
		    "\n" : between, out);
	} else if (strcmp(key, "datepattern") == 0) {
		add_datepattern(payload, out);
	} else if (json_is_array(payload) && (strcmp(key, "journalmatch") ==
	    0 || strcmp(key, "addjournalmatch") == 0 ||
	    strcmp(key, "deljournalmatch") == 0)) {
		add_matches(payload, out);
	} else if (strcmp(key, "logencoding") == 0) {
		buf_adds(out, "Current log encoding is set to:\n");
		layout_plain(payload, out);
	} else {
		layout_plain(payload, out);
	}
}
