/*
 * Which regexes are worth asking about a line: those of whose texts
 * (literal.h) it holds one. A sieve serves all filters that read the same
 * source: whoever comes first has a block of lines looked through, once, for
 * the texts of all of them. What comes of it is, for each line that holds any
 * text, a set of bits, one for each rule of each filter.
 *
 * Filters with the same rules share their bits: they are one class.
 */
#ifndef GAOL_MATCH_SIEVE_H
#define GAOL_MATCH_SIEVE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/span.h"
#include "match/scan.h"

#define SIEVE_RULES_MAX 1024u            /* of one class */
#define SIEVE_WORDS (SIEVE_RULES_MAX / 64)
#define SIEVE_NONE ((unsigned)-1)

struct sieve;

/* One filter's rules: `v` are the texts of each; n = 0: asked of any line. */
struct sieve_rules {
	uint64_t id;                     /* another one for other texts */
	struct literals *v;
	size_t n;
};

struct sieve *sieve_new(enum scan_kind kind);
/* One more who frees it. */
struct sieve *sieve_share(struct sieve *s);
void sieve_free(struct sieve *s);
/* Number of the class with this id, or SIEVE_NONE: to be added. */
unsigned sieve_class(const struct sieve *s, uint64_t id);
/*
 * Copies what it needs. SIEVE_NONE: no room, or too many rules; without room
 * the sieve forgets all classes, for those who are gone to make room.
 */
unsigned sieve_add(struct sieve *s, const struct sieve_rules *rules);
/* How many texts are looked for. */
size_t sieve_literals(struct sieve *s);

/*
 * What comes now is in this block; `serial` is 0 or tells that a block with
 * this number, at the same place, is the same as before.
 */
void sieve_block(struct sieve *s, struct span block, uint64_t serial);
struct span sieve_text(const struct sieve *s);
bool sieve_is_ascii(struct sieve *s);

/* Where in the block a caller is; all 0 to begin with. */
struct sieve_place {
	size_t line;                     /* of those that hold a text */
	size_t at;                       /* lines_passed end there */
	uint64_t lines_passed;
};
/*
 * The rules of the class to ask about a part of the block, as bits. False:
 * none.
 * `ascii`: the line is; texts may mean nothing to other ones.
 */
bool sieve_line(struct sieve *s, unsigned class, struct span line, bool ascii,
    struct sieve_place *place, uint64_t *rules);
/* … about any text, which need not be of the block. Adds to *rules. */
bool sieve_any(struct sieve *s, unsigned class, struct span text, bool ascii,
    uint64_t *rules);
/*
 * Bytes from `from` on, the begin of a line of the block, that are complete
 * lines of which no rule of the class is to be asked; *lines is how many.
 */
size_t sieve_skip(struct sieve *s, unsigned class, size_t from,
    struct sieve_place *place, uint64_t *lines);
#endif
