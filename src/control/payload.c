#include "control/payload.h"

#include "base/buf.h"
#include "base/log.h"
#include "control/printable.h"

/* jansson returns NULL for lack of memory only, once the text is UTF-8. */
static json_t *
made(json_t *value)
{
	if (value == NULL)
		log_fatal("gaol.control", "out of memory");
	return value;
}

json_t *
payload_text(struct span text)
{
	struct buf clean = { 0 };
	json_t *value = json_stringn(text.n > 0 ? text.p : "", text.n);

	if (value != NULL)
		return value;
	while (text.n > 0) {
		size_t n = printable_utf8(text, NULL);

		if (n > 0)
			buf_add(&clean, text.p, n);
		else
			buf_adds(&clean, "\xef\xbf\xbd");
		text = span_skip(text, n > 0 ? n : 1);
	}
	value = made(json_stringn(clean.p, clean.n));
	buf_fini(&clean);
	return value;
}

json_t *
payload_texts(const struct strings *list)
{
	json_t *array = made(json_array());

	for (size_t i = 0; i < list->n; i++)
		if (json_array_append_new(array,
		    payload_text(span_of(list->v[i]))) == -1)
			made(NULL);
	return array;
}

bool
payload_is_status_all(const json_t *payload)
{
	const json_t *all = json_object_get(payload, "all");

	return json_is_array(all) &&
	    !json_is_string(json_array_get(all, 0));
}

const char *
payload_str(const json_t *object, const char *key, const char *otherwise)
{
	const char *s = json_string_value(json_object_get(object, key));

	return s != NULL ? s : otherwise;
}

int64_t
payload_int(const json_t *object, const char *key, int64_t otherwise)
{
	const json_t *value = json_object_get(object, key);

	return json_is_integer(value) ? json_integer_value(value) : otherwise;
}

bool
payload_bool(const json_t *object, const char *key)
{
	return json_is_true(json_object_get(object, key));
}
