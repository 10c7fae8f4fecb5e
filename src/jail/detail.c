#include "jail/detail.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/xalloc.h"
#include "config/clean.h"

static json_t *
clean_string(struct span s)
{
	struct buf b = { 0 };
	json_t *value;

	clean_utf8(s, &b);
	value = json_stringn(b.p != NULL ? b.p : "", b.n);
	buf_fini(&b);
	return value;
}

static void
add_groups(json_t *root, const struct trace *trace)
{
	struct span name, value;
	struct buf key = { 0 };
	size_t at = 0;

	while (trace_group(trace, &at, &name, &value)) {
		buf_clear(&key);
		clean_utf8(name, &key);
		/* A group cannot pass itself off as our own members. */
		if (key.n > 0 && json_object_get(root, key.p) == NULL)
			json_object_set_new(root, key.p,
			    clean_string(value));
	}
	buf_fini(&key);
}

char *
detail_format(const struct strings *matches, unsigned failures,
    const struct trace *trace)
{
	json_t *root = json_object(), *lines = json_array();
	char *text;
	size_t i;

	for (i = 0; matches != NULL && i < matches->n; i++)
		json_array_append_new(lines,
		    clean_string(span_of(matches->v[i])));
	if (matches != NULL)
		json_object_set(root, "matches", lines);
	json_decref(lines);
	json_object_set_new(root, "failures", json_integer(failures));
	add_groups(root, trace);
	text = json_dumps(root, 0);
	json_decref(root);
	return text != NULL ? text : xstrdup("{}");
}

static void
add_string(struct buf *b, const json_t *value)
{
	if (json_is_string(value))
		clean_utf8(span_from(json_string_value(value),
		    json_string_length(value)), b);
}

static void
read_line(const json_t *line, struct strings *out)
{
	struct buf b = { 0 };
	json_t *piece;
	size_t i;

	if (json_is_array(line))
		json_array_foreach(line, i, piece)
			add_string(&b, piece);
	else
		add_string(&b, line);
	strings_take(out, buf_take(&b));
}

static unsigned
read_failures(const json_t *root)
{
	json_int_t n = json_integer_value(json_object_get(root, "failures"));

	return n > 0 && n <= UINT32_MAX ? (unsigned)n : 0;
}

unsigned
detail_failures(const char *data)
{
	json_t *root = data != NULL ?
	    json_loads(data, JSON_ALLOW_NUL, NULL) : NULL;
	unsigned n = read_failures(root);

	json_decref(root);
	return n;
}

void
detail_read(const char *data, struct strings *matches, unsigned *failures)
{
	json_t *root, *lines, *line;
	size_t i;

	root = data != NULL ? json_loads(data, JSON_ALLOW_NUL, NULL) : NULL;
	lines = json_object_get(root, "matches");
	json_array_foreach(lines, i, line)
		read_line(line, matches);
	*failures = read_failures(root);
	json_decref(root);
}

char *
detail_group(const char *data, const char *name)
{
	json_t *root, *value;
	struct buf b = { 0 };

	root = data != NULL ? json_loads(data, JSON_ALLOW_NUL, NULL) : NULL;
	value = json_object_get(root, name);
	if (json_is_string(value)) {
		add_string(&b, value);
		buf_reserve(&b, 0);
	}
	json_decref(root);
	return b.p != NULL ? buf_take(&b) : NULL;
}
