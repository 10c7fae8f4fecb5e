/*
 * `journalctl -o json`: an entry as one object, whose fields make the line that
 * the journal itself gives (journal_line.h). A field is a text, an array of
 * numbers where its bytes are no text, an array of these where the entry has
 * it several times, or null where it is too long.
 */
#include "source/envelope_local.h"

#include "base/json_read.h"
#include "base/number.h"

#define RECORD_SEPARATOR '\x1e'   /* -o json-seq */

static bool
is_bytes(const json_t *at)
{
	return json_is_array(at) && json_is_integer(json_array_get(at, 0));
}

static void
add_bytes(struct buf *to, const json_t *at)
{
	for (size_t i = 0; i < json_array_size(at); i++)
		buf_addc(to, (char)json_integer_value(
		    json_array_get(at, i)));
}

static void
add_value(struct envelope *e, const char *name, const json_t *at)
{
	struct buf *field = &e->text;

	buf_clear(field);
	buf_addf(field, "%s=", name);
	if (json_is_string(at))
		buf_add(field, json_string_value(at), json_string_length(at));
	else if (is_bytes(at))
		add_bytes(field, at);
	else
		return;
	journal_line_add(&e->journal, buf_span(field));
}

static void
add_fields(struct envelope *e, json_t *root)
{
	const char *name;
	json_t *at;

	journal_line_clear(&e->journal);
	json_object_foreach(root, name, at) {
		if (!json_is_array(at) || is_bytes(at)) {
			add_value(e, name, at);
			continue;
		}
		for (size_t i = 0; i < json_array_size(at); i++)
			add_value(e, name, json_array_get(at, i));
	}
}

static bool
number_of(const json_t *root, const char *name, int64_t *out)
{
	const json_t *at = json_object_get(root, name);

	return json_is_string(at) && number_parse(
	    span_from(json_string_value(at), json_string_length(at)), 0,
	    INT64_MAX, out) == 0;
}

static enum envelope_what
take(struct envelope *e, json_t *root, struct enveloped *out)
{
	int64_t received, monotonic;

	if (!number_of(root, "__REALTIME_TIMESTAMP", &received) ||
	    json_object_get(root, "MESSAGE") == NULL)
		return ENVELOPE_REFUSED;
	if (!number_of(root, "__MONOTONIC_TIMESTAMP", &monotonic))
		monotonic = 0;
	e->monotonic = (uint64_t)monotonic;
	add_fields(e, root);
	out->text = journal_line_text(&e->journal, e->monotonic);
	out->time = journal_line_time(&e->journal,
	    (struct wall){ received });
	return ENVELOPE_MESSAGE;
}

enum envelope_what
envelope_journal(struct envelope *e, struct span line, struct enveloped *out)
{
	enum envelope_what what;
	const char *why;
	json_t *root;

	if (line.n > 0 && line.p[0] == RECORD_SEPARATOR)
		line = span_skip(line, 1);
	if (!span_starts(line, SPAN("{")))
		return ENVELOPE_REFUSED;
	root = json_read(line, &e->scratch, &why);
	if (root == NULL)
		return ENVELOPE_REFUSED;
	what = take(e, root, out);
	json_decref(root);
	return what;
}

enum envelope_what
envelope_journal_join(struct envelope *e, struct enveloped *out)
{
	struct journal_parts *parts = &e->journal_parts;
	enum journal_parts_what what = journal_parts_take(parts, &e->journal);

	e->counters.cut = parts->counters.cut;
	e->counters.lost = parts->counters.lost + parts->counters.evicted;
	if (what == JOURNAL_PARTS_TAKEN)
		return ENVELOPE_PART;
	if (what == JOURNAL_PARTS_WHOLE)
		out->text = journal_line_text(&e->journal, e->monotonic);
	return ENVELOPE_MESSAGE;
}
