/*
 * The canonical flat form of a configuration: upstream's command stream, one
 * list a line in Python's repr ('set', 'multi-set', 'add', 'addaction' …).
 * It is `gaol dump`, the golden test, and what the warden hands the engine.
 * Property: dump_write(dump_read(dump_write(c))) = dump_write(c).
 */
#ifndef GAOL_CONFIG_DUMP_H
#define GAOL_CONFIG_DUMP_H

#include "base/buf.h"
#include "config/config.h"

enum dump_form {
	DUMP_UPSTREAM,   /* exactly what fail2ban-client -d prints */
	DUMP_ENGINE,     /* plus our own options and broken jails' errors */
};

void dump_write(const struct config *c, enum dump_form form, struct buf *out);
/* A stream as fail2ban-client --dp breaks up its long lines. */
void dump_pretty(struct span stream, struct buf *out);
/* Reads DUMP_ENGINE. NULL with the report filled when it is not one. */
struct config *dump_read(struct span text, struct report *report);
/* The same as a JSON tree. */
void dump_json(const struct config *c, struct buf *out);
/* Python's repr of a string, as upstream's log and -d print it. */
void dump_repr(struct span s, struct buf *out);

#endif
