/* What the files of the envelope share, and nobody else sees. */
#ifndef GAOL_SOURCE_ENVELOPE_LOCAL_H
#define GAOL_SOURCE_ENVELOPE_LOCAL_H

#include <stdbool.h>

#include "base/buf.h"
#include "source/envelope.h"
#include "source/journal_line.h"
#include "source/journal_parts.h"

enum envelope_stream { STREAM_OUT, STREAM_ERR, STREAMS };

struct envelope_parts {
	struct buf text;
	bool open;            /* more is to come */
	bool cut;
};

struct envelope {
	enum envelope_kind kind;
	bool decided;         /* by its first line, not by name */
	size_t line_max;
	struct envelope_counters counters;
	struct envelope_parts parts[STREAMS];
	struct journal_line journal;
	struct journal_parts journal_parts;
	uint64_t monotonic;   /* of the journal's entry */
	struct buf text;      /* of this line */
	struct buf scratch;
	/* Of a block, what envelope_whole() has looked at. */
	struct span looked;
	size_t whole;         /* bytes of it that are such lines */
	/* Of this line, by whoever opened it: */
	enum envelope_stream stream;
	bool partial;
};

/*
 * Each opens one line of its kind into *out, or says ENVELOPE_REFUSED without
 * any other effect. Docker's and CRI's set stream and partial, too.
 */
enum envelope_what envelope_docker(struct envelope *e, struct span line,
    struct enveloped *out);
/* A whole line whose text stands in it byte by byte, and is of one byte each.
 * False: nothing is known of it. */
bool envelope_docker_whole(struct envelope *e, struct span line,
    struct enveloped *out);
enum envelope_what envelope_cri(struct envelope *e, struct span line,
    struct enveloped *out);
enum envelope_what envelope_journal(struct envelope *e, struct span line,
    struct enveloped *out);
/* What envelope_journal() has just opened: a line, or a part of one. */
enum envelope_what envelope_journal_join(struct envelope *e,
    struct enveloped *out);
/* Never refused: any line may be syslog's. */
enum envelope_what envelope_syslog(struct envelope *e, struct span line,
    struct enveloped *out);
/* Does it begin as only syslog's protocols do, with <PRI>? */
bool envelope_is_syslog(struct span line);

/* "stdout", "stderr". */
bool envelope_stream_parse(struct span name, enum envelope_stream *out);

#endif
