/* What one entry of ignoreip is. */
#ifndef GAOL_CONFIG_IGNOREIP_H
#define GAOL_CONFIG_IGNOREIP_H

#include "base/buf.h"
#include "base/id.h"
#include "config/config.h"

struct ini;

enum ignoreip_kind {
	IGNOREIP_NONE,   /* nothing */
	IGNOREIP_ID,     /* an address, a network, or text that is no name */
	IGNOREIP_NAME,   /* a host's, or a raw id: it counts as both */
	IGNOREIP_FILE,   /* file:/PATH */
};

struct ignoreip {
	enum ignoreip_kind kind;
	struct id id;        /* ID, NAME; borrows */
	struct span path;    /* FILE: borrowed, absolute, or empty: it is not */
};

struct ignoreip ignoreip_parse(struct span entry);
/* Letters, digits, '-', '_', '.' and no more: it would be looked up. */
bool ignoreip_is_name(struct span s);
/*
 * The text of a file: entries between blanks, commas and ends of lines;
 * behind a blank # or ; the rest of a line is a comment. False at the end.
 */
bool ignoreip_next(struct span *rest, struct span *entry);
/* Entries that can have no effect are reported, where they stand. */
void ignoreip_check(const struct jail_config *jail, struct ini *ini,
    struct report *report);

#endif
