/*
 * Docker's json-file: {"log":"TEXT\n","stream":"stdout","time":"RFC 3339"}, with
 * "attrs" if the daemon was told to add labels. A text without a newline at its
 * end goes on in the next object of its stream: Docker cuts at 16 KiB.
 */
#include "source/envelope_local.h"

#include <string.h>

#include "base/json_read.h"
#include "base/number.h"
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

/* --- as Docker writes it ------------------------------------------------------ */

#define LOG "{\"log\":\""
#define STREAM "\",\"stream\":\""
#define TIME "\",\"time\":\""
#define END "\"}"

/* Characters that JSON has as they are, and that are one byte each. */
static size_t
plain(struct span s)
{
	size_t i;

	for (i = 0; i < s.n && s.p[i] >= ' ' && s.p[i] < 0x7f &&
	    s.p[i] != '"' && s.p[i] != '\\'; i++)
		;
	return i;
}

/* Behind the text: stream and time, and nothing else. */
static bool
read_rest(struct envelope *e, struct span rest, struct enveloped *out)
{
	size_t n;

	if (!span_cut_prefix(&rest, SPAN(STREAM)))
		return false;
	n = plain(rest);
	if (!envelope_stream_parse(span_sub(rest, 0, n), &e->stream))
		return false;
	rest = span_skip(rest, n);
	if (!span_cut_prefix(&rest, SPAN(TIME)))
		return false;
	n = plain(rest);
	return span_eq(span_skip(rest, n), SPAN(END)) &&
	    stamp_iso(span_sub(rest, 0, n), &out->time) == 0;
}

bool
envelope_docker_whole(struct envelope *e, struct span line,
    struct enveloped *out)
{
	if (!span_cut_prefix(&line, SPAN(LOG)))
		return false;
	out->text = span_sub(line, 0, plain(line));
	line = span_skip(line, out->text.n);
	e->partial = false;
	return span_cut_prefix(&line, SPAN("\\n")) && read_rest(e, line, out);
}

/* "\n", "\u003c" …, of one byte. 0: not one of those. */
static size_t
escaped(struct span s, char *out)
{
	static const char names[] = "\"\\/bfnrt", means[] = "\"\\/\b\f\n\r\t";
	const char *at;
	uint64_t code;

	if (s.n < 2)
		return 0;
	at = memchr(names, s.p[1], sizeof(names) - 1);
	if (at != NULL) {
		*out = means[at - names];
		return 2;
	}
	if (s.n < 6 || s.p[1] != 'u' ||
	    number_parse_hex(span_sub(s, 2, 4), &code) == -1 ||
	    code == 0 || code > 0x7f)
		return 0;
	*out = (char)code;
	return 6;
}

/* Into e->text. False: not the text of a line, or not this simple. */
static bool
unescape(struct envelope *e, struct span *line)
{
	size_t n;
	char c;

	buf_clear(&e->text);
	for (;;) {
		n = plain(*line);
		buf_add_span(&e->text, span_sub(*line, 0, n));
		*line = span_skip(*line, n);
		if (!span_starts(*line, SPAN("\\")))
			return true;
		n = escaped(*line, &c);
		if (n == 0)
			return false;
		*line = span_skip(*line, n);
		if (c == '\n')
			break;
		buf_addc(&e->text, c);
	}
	e->partial = false;
	return true;
}

/* Without the JSON library, which takes most of the time of a line. */
static bool
read_quickly(struct envelope *e, struct span line, struct enveloped *out)
{
	if (!span_cut_prefix(&line, SPAN(LOG)))
		return false;
	e->partial = true;
	if (!unescape(e, &line) || !read_rest(e, line, out))
		return false;
	out->text = buf_span(&e->text);
	return true;
}

enum envelope_what
envelope_docker(struct envelope *e, struct span line, struct enveloped *out)
{
	enum envelope_what what;
	const char *why;
	json_t *root;

	if (envelope_docker_whole(e, line, out) ||
	    read_quickly(e, line, out))
		return ENVELOPE_STAMPED;
	if (!span_starts(line, SPAN("{")))
		return ENVELOPE_REFUSED;
	root = json_read(line, &e->scratch, &why);
	if (root == NULL)
		return ENVELOPE_REFUSED;
	what = take(e, root, out);
	json_decref(root);
	return what;
}
