#include "control/request.h"

#include <stdlib.h>

#include "base/buf.h"
#include "base/log.h"

static const char *
find_fault(const json_t *array)
{
	size_t n = json_array_size(array);

	if (n == 0)
		return "a request is an array of at least one string";
	for (size_t i = 0; i < n; i++)
		if (!json_is_string(json_array_get(array, i)))
			return "every word of a request is a string";
	return NULL;
}

int
request_parse(struct span text, struct strings *argv, const char **why)
{
	json_error_t error;
	json_t *array;

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
	*why = find_fault(array);
	if (*why == NULL)
		for (size_t i = 0; i < json_array_size(array); i++)
			strings_add(argv, span_of(json_string_value(
			    json_array_get(array, i))));
	json_decref(array);
	return *why == NULL ? 0 : -1;
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
