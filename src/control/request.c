#include "control/request.h"

#include <stdlib.h>

#include "base/buf.h"
#include "base/log.h"
#include "control/pickle_read.h"
#include "control/printable.h"

enum request_form
request_form_of(char first)
{
	return first == REQUEST_CLOSE.p[0] || pickle_read_starts(first) ?
	    REQUEST_PICKLE : REQUEST_JSON;
}

struct span
request_end_of(enum request_form form)
{
	return form == REQUEST_PICKLE ? SPAN("<F2B_END_COMMAND>") :
	    SPAN("\n");
}

static void
add_word(const json_t *value, struct strings *argv)
{
	struct buf text = { 0 };
	char *json;

	switch (json_typeof(value)) {
	case JSON_STRING:
		strings_add(argv, span_of(json_string_value(value)));
		return;
	case JSON_TRUE:
	case JSON_FALSE:
		strings_add(argv, json_is_true(value) ? SPAN("True") :
		    SPAN("False"));
		return;
	case JSON_NULL:
		strings_add(argv, SPAN("None"));
		return;
	case JSON_REAL:
		printable_add_real(&text, json_real_value(value));
		strings_take(argv, buf_take(&text));
		return;
	default:
		json = json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY);
		if (json == NULL)
			log_fatal("gaol.control", "out of memory");
		buf_adds(&text, json);
		free(json);
		strings_take(argv, buf_take(&text));
	}
}

int
request_words(const json_t *array, struct strings *argv)
{
	if (!json_is_string(json_array_get(array, 0)))
		return -1;
	for (size_t i = 0; i < json_array_size(array); i++)
		add_word(json_array_get(array, i), argv);
	return 0;
}

static int
parse_json(struct span text, struct strings *argv, const char **why)
{
	json_error_t error;
	json_t *array;
	int rc;

	/* jansson skips blanks and would report an object as a fault late. */
	if (text.n == 0 || text.p[0] != '[') {
		*why = "a request begins with '['";
		return -1;
	}
	array = json_loadb(text.p, text.n, 0, &error);
	if (array == NULL) {
		*why = "the request is not valid JSON";
		return -1;
	}
	rc = request_words(array, argv);
	if (rc == -1)
		*why = "a request is an array whose first word is a string";
	json_decref(array);
	return rc;
}

int
request_parse(enum request_form form, struct span text,
    struct strings *argv, const char **why)
{
	return form == REQUEST_PICKLE ? pickle_read(text, argv, why) :
	    parse_json(text, argv, why);
}
