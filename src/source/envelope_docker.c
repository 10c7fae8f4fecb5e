/*
 * Docker's json-file: {"log":"TEXT\n","stream":"stdout","time":"RFC 3339"}, with
 * "attrs" if the daemon was told to add labels. A text without a newline at its
 * end goes on in the next object of its stream: Docker cuts at 16 KiB.
 */
#include "source/envelope_local.h"

#include "base/json_read.h"
#include "base/stamp.h"

static bool
text_of(const json_t *root, const char *name, struct span *out)
{
	const json_t *at = json_object_get(root, name);

	if (!json_is_string(at))
		return false;
	*out = span_from(json_string_value(at), json_string_length(at));
	return true;
}

static bool
has_no_other(const json_t *root)
{
	size_t n = 3 + json_is_object(json_object_get(root, "attrs"));

	return json_object_size(root) == n;
}

static enum envelope_what
take(struct envelope *e, const json_t *root, struct enveloped *out)
{
	struct span text, stream, time;

	if (!text_of(root, "log", &text) ||
	    !text_of(root, "stream", &stream) ||
	    !text_of(root, "time", &time) || !has_no_other(root) ||
	    !envelope_stream_parse(stream, &e->stream) ||
	    stamp_iso(time, &out->time) == -1)
		return ENVELOPE_REFUSED;
	e->partial = !span_ends(text, SPAN("\n"));
	if (!e->partial)
		text.n--;
	/* Its lines were cut at newlines: another one is not its own. */
	if (span_chr(text, '\n') != SPAN_NONE)
		return ENVELOPE_REFUSED;
	buf_clear(&e->text);
	buf_add_span(&e->text, text);
	out->text = buf_span(&e->text);
	return ENVELOPE_STAMPED;
}

enum envelope_what
envelope_docker(struct envelope *e, struct span line, struct enveloped *out)
{
	enum envelope_what what;
	const char *why;
	json_t *root;

	if (!span_starts(line, SPAN("{")))
		return ENVELOPE_REFUSED;
	root = json_read(line, &e->scratch, &why);
	if (root == NULL)
		return ENVELOPE_REFUSED;
	what = take(e, root, out);
	json_decref(root);
	return what;
}
