#include "control/layout.h"

#include <inttypes.h>
#include <stdbool.h>
#include <string.h>

#include "base/span.h"
#include "control/payload.h"
#include "control/printable.h"

static struct span
string_of(const json_t *value)
{
	return span_from(json_string_value(value), json_string_length(value));
}

static void
add_repr(struct buf *out, const json_t *value)
{
	const char *key;
	json_t *member;
	size_t n = 0;

	switch (json_typeof(value)) {
	case JSON_OBJECT:
		buf_addc(out, '{');
		json_object_foreach((json_t *)(uintptr_t)value, key, member) {
			buf_adds(out, n++ > 0 ? ", " : "");
			printable_add_repr(out, span_of(key));
			buf_adds(out, ": ");
			add_repr(out, member);
		}
		buf_addc(out, '}');
		break;
	case JSON_ARRAY:
		buf_addc(out, '[');
		for (; n < json_array_size(value); n++) {
			buf_adds(out, n > 0 ? ", " : "");
			add_repr(out, json_array_get(value, n));
		}
		buf_addc(out, ']');
		break;
	case JSON_STRING:
		printable_add_repr(out, string_of(value));
		break;
	case JSON_INTEGER:
		buf_addf(out, "%" JSON_INTEGER_FORMAT,
		    json_integer_value(value));
		break;
	case JSON_REAL:
		printable_add_real(out, json_real_value(value));
		break;
	case JSON_TRUE:
	case JSON_FALSE:
		buf_adds(out, json_is_true(value) ? "True" : "False");
		break;
	case JSON_NULL:
		buf_adds(out, "None");
		break;
	}
}

void
layout_plain(const json_t *payload, struct buf *out)
{
	if (json_is_string(payload))
		printable_add_lines(out, string_of(payload));
	else
		add_repr(out, payload);
	buf_addc(out, '\n');
}

/* ["sshd", ["192.0.2.7"]] and not ["sshd", "j2"]? */
static bool
is_pair(const json_t *value)
{
	return json_array_size(value) == 2 &&
	    json_is_string(json_array_get(value, 0)) &&
	    json_is_array(json_array_get(value, 1));
}

void
layout_banned(const json_t *payload, struct buf *out)
{
	buf_addc(out, '[');
	for (size_t i = 0; i < json_array_size(payload); i++) {
		const json_t *entry = json_array_get(payload, i);

		buf_adds(out, i > 0 ? ", " : "");
		if (!is_pair(entry)) {
			add_repr(out, entry);
			continue;
		}
		buf_addc(out, '{');
		add_repr(out, json_array_get(entry, 0));
		buf_adds(out, ": ");
		add_repr(out, json_array_get(entry, 1));
		buf_addc(out, '}');
	}
	buf_adds(out, "]\n");
}

void
layout_error(const char *type, const char *message, struct buf *out)
{
	struct span text = span_of(message);

	if (strcmp(type, "UnknownJailException") == 0) {
		buf_adds(out, "Sorry but the jail '");
		printable_add(out, text);
		buf_adds(out, "' does not exist");
	} else if (strcmp(type, "DuplicateJailException") == 0) {
		buf_adds(out, "The jail '");
		printable_add(out, text);
		buf_adds(out, "' already exists");
	} else if (strcmp(type, "IndexError") == 0) {
		buf_adds(out, "Sorry but the command is invalid");
	} else if (strcmp(type, "KeyError") == 0) {
		printable_add_repr(out, text);
	} else {
		printable_add_lines(out, text);
	}
	buf_addc(out, '\n');
}
