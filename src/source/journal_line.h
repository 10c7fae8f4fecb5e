/*
 * The fields of one journal entry into the line that fail2ban makes of it.
 * Every byte may be an attacker's; what is kept is bounded.
 */
#ifndef GAOL_SOURCE_JOURNAL_LINE_H
#define GAOL_SOURCE_JOURNAL_LINE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/span.h"

#define JOURNAL_FIELDS 13

struct journal_line {
	size_t line_max;
	unsigned seen;                     /* bits, by field */
	struct buf field[JOURNAL_FIELDS];
	struct buf text;
};

void journal_line_fini(struct journal_line *l);
/* A new entry begins. */
void journal_line_clear(struct journal_line *l);
/* "FIELD=value"; fields of no interest are skipped. */
void journal_line_add(struct journal_line *l, struct span data);
/*
 * "host ident[pid]: message", newlines in it as "\n"; the kernel's with its
 * own clock (`monotonic`, microseconds). Valid until the next entry.
 */
struct span journal_line_text(struct journal_line *l, uint64_t monotonic);
/* Valid until the next entry, or until it is set. */
struct span journal_line_message(const struct journal_line *l);
/* Another message in its place: the two change hands. */
void journal_line_set_message(struct journal_line *l, struct buf *message);

/* What an entry says of the line that it is a part of. */
struct journal_part {
	struct span pid, id, container, priority;
	int64_t ordinal;      /* from 1; 0: it does not say */
	bool more;            /* it is not the last one */
};

/*
 * *part is of the line's fields, valid as they are. False: it does not say
 * that it is one; it may be the last one of a runtime that gives no ids.
 */
bool journal_line_part(const struct journal_line *l,
    struct journal_part *part);
/* When it was logged; `received` if the entry does not say. */
struct wall journal_line_time(const struct journal_line *l,
    struct wall received);

#endif
