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

size_t
request_odd_word(const json_t *array, const char **type)
{
	static const char *const names[] = {
		[JSON_OBJECT] = "dict", [JSON_ARRAY] = "list",
		[JSON_NULL] = "NoneType",
	};
	const json_t *value;
	size_t i;

	json_array_foreach(array, i, value) {
		size_t kind = (size_t)json_typeof(value);

		*type = kind < sizeof(names) / sizeof(names[0]) ?
		    names[kind] : NULL;
		if (*type != NULL)
			return i;
	}
	return 0;
}

static bool
is_plain(char c)
{
	return (unsigned char)c >= 0x20 && (unsigned char)c < 0x7f &&
	    c != '"' && c != '\\';
}

/* JSON's own white space. */
static struct span
skip_blanks(struct span s)
{
	size_t n = 0;

	while (n < s.n && (s.p[n] == ' ' || s.p[n] == '\t' ||
	    s.p[n] == '\n' || s.p[n] == '\r'))
		n++;
	return span_skip(s, n);
}

/* A text without escapes, and the comma or bracket behind it. */
static bool
cut_plain(struct span *rest, struct span *word, char *end)
{
	struct span s = skip_blanks(*rest);
	size_t n = 1;

	if (s.n == 0 || s.p[0] != '"')
		return false;
	while (n < s.n && is_plain(s.p[n]))
		n++;
	*word = span_sub(s, 1, n - 1);
	if (n == s.n || s.p[n] != '"')
		return false;
	s = skip_blanks(span_skip(s, n + 1));
	if (s.n == 0 || (s.p[0] != ',' && s.p[0] != ']'))
		return false;
	*end = s.p[0];
	*rest = span_skip(s, 1);
	return true;
}

/*
 * Most requests, and all that are long, are lists of plain words: read without
 * making a value of each. False: it is something else, nothing is added.
 */
static bool
parse_plain(struct span text, struct strings *argv)
{
	struct span rest = span_skip(text, 1), word;
	char end = ',';

	while (end == ',' && cut_plain(&rest, &word, &end))
		strings_add(argv, word);
	if (end == ']' && skip_blanks(rest).n == 0)
		return true;
	strings_fini(argv);
	return false;
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
	if (parse_plain(text, argv))
		return 0;
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
