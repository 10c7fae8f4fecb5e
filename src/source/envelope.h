/*
 * The envelopes of a log's lines, taken off: what a container runtime, the
 * journal or syslog wrapped around what a program wrote. Nobody behind this
 * sees them, so no expression can be fooled by a payload that looks like one;
 * and what is taken off is one layer of a known kind, so that a payload never
 * is taken for another.
 *
 * One envelope serves one log, in the order of its lines: parts of a line that
 * the runtime split are put together, up to line_max bytes for each of stdout
 * and stderr; the journal's as its reader does (journal_parts.h).
 *
 * ENVELOPE_AUTO: the first line that is not empty decides for good. Had its
 * writer put it there to deceive, nothing is lost by it: what does not look
 * like that envelope goes through as it is. With a kind that was named, it is
 * refused, for no such runtime writes it.
 */
#ifndef GAOL_SOURCE_ENVELOPE_H
#define GAOL_SOURCE_ENVELOPE_H

#include <stddef.h>
#include <stdint.h>

#include "base/clock.h"
#include "base/envelope_kind.h"
#include "base/span.h"

struct envelope;

enum envelope_what {
	ENVELOPE_PLAIN,       /* text; if it has a time, it says so itself */
	ENVELOPE_STAMPED,     /* text, its time; the text may have a stamp of
	                       * its own, which says less */
	ENVELOPE_MESSAGE,     /* text that has no stamp, its time */
	ENVELOPE_PART,        /* nothing yet: the rest of the line is to come */
	ENVELOPE_REFUSED,     /* no line of such a log; counted */
};

struct enveloped {
	struct span text;     /* of the line, or valid until the next call */
	struct wall time;
};

struct envelope_counters {
	uint64_t refused;
	uint64_t cut;         /* lines whose parts were too long together */
	uint64_t lost;        /* parts, lines: another one missed, too many */
};

struct envelope *envelope_new(enum envelope_kind kind, size_t line_max);
void envelope_free(struct envelope *e);   /* NULL is a no-op */
/* One line without its newline. *out is set by the first three. */
enum envelope_what envelope_open(struct envelope *e, struct span line,
    struct enveloped *out);
/* A line that was read before a restart: only the parts of one that is not
 * complete are of interest. */
void envelope_before(struct envelope *e, struct span line);
/*
 * Bytes of complete lines at the begin of `block` whose texts stand in them as
 * they are, each the whole of what its program wrote: what is nowhere in these
 * bytes is in none of the texts. Asked again of what is left of a block, it
 * remembers; envelope_block() says that there is another one in its place.
 */
size_t envelope_whole(struct envelope *e, struct span block);
void envelope_block(struct envelope *e);
/* Such lines were passed by unopened: the time of the last; false: it is its
 * text's own affair. */
bool envelope_passed(struct envelope *e, struct span lines, struct wall *time);
/* What is taken off; ENVELOPE_AUTO until that is decided. */
enum envelope_kind envelope_asked(const struct envelope *e);   /* new()'s */
enum envelope_kind envelope_kind(const struct envelope *e);
const struct envelope_counters *envelope_counters(const struct envelope *e);
/*
 * How long a line of the log may be so that one of line_max fits into it,
 * whatever it holds: JSON writes a byte as up to six.
 */
size_t envelope_line_max(enum envelope_kind kind, size_t line_max);

#endif
