/*
 * Who is left alone: ignoreip and, with ignoreself, the machine's own
 * addresses. Asked for every failure, so it answers without allocating.
 */
#ifndef GAOL_JAIL_IGNORE_H
#define GAOL_JAIL_IGNORE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/id.h"
#include "base/strings.h"
#include "config/config.h"

struct ignore;

/* IGNORE_COMMAND is never this room's own: the command's answer. */
enum ignore_verdict { IGNORE_NO, IGNORE_SELF, IGNORE_IP, IGNORE_COMMAND };

/*
 * Takes ignoreip and ignoreself. Entries: an address, addr/len, addr/netmask,
 * or the text of a raw id. Host names (but "localhost"), file: entries and
 * ignorecommand are not in this version.
 */
struct ignore *ignore_new(const struct jail_config *config);
void ignore_free(struct ignore *g);
/* Replaces the own addresses (127.0.0.1 and ::1 are always among them). */
void ignore_own(struct ignore *g, const struct addr *own, size_t n);
enum ignore_verdict ignore_check(const struct ignore *g,
    const struct id *id);
/* Settings without the effect their writer hoped for: "ignoreip NAME". */
const struct strings *ignore_unused(const struct ignore *g);

#endif
