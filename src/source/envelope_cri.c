/*
 * The container runtime interface's log (containerd, CRI-O, podman's k8s-file):
 * "RFC3339 stdout F TEXT"; F is a whole line or its end, P a part of one. More
 * tags may follow the first, ":" between them.
 */
#include "source/envelope_local.h"

#include "base/stamp.h"

static bool
cut_word(struct span *rest, struct span *word)
{
	size_t n = span_chr(*rest, ' ');

	*word = span_sub(*rest, 0, n);
	*rest = span_skip(*rest, n == SPAN_NONE ? rest->n : n + 1);
	return word->n > 0;
}

enum envelope_what
envelope_cri(struct envelope *e, struct span line, struct enveloped *out)
{
	struct span rest = line, time, stream, tags, first;

	if (!cut_word(&rest, &time) || !cut_word(&rest, &stream) ||
	    !cut_word(&rest, &tags) ||
	    !envelope_stream_parse(stream, &e->stream) ||
	    stamp_iso(time, &out->time) == -1)
		return ENVELOPE_REFUSED;
	first = span_sub(tags, 0, span_chr(tags, ':'));
	e->partial = span_eq(first, SPAN("P"));
	if (!e->partial && !span_eq(first, SPAN("F")))
		return ENVELOPE_REFUSED;
	out->text = rest;
	return ENVELOPE_STAMPED;
}
