/*
 * fail2ban-client's text layouts, byte for byte, from the same
 * payloads that JSON shows. Foreign text in payloads is escaped here. Each
 * form is added to `out` with its last newline.
 */
#ifndef GAOL_CONTROL_LAYOUT_H
#define GAOL_CONTROL_LAYOUT_H

#include <jansson.h>
#include <stdbool.h>

#include "base/buf.h"

/* Payload of ["status"]: {"jails": ["a", "b"], …}. */
void layout_status(const json_t *payload, struct buf *out);
/* Payload of ["status", JAIL]; "short" and "cymru" have other lists. */
void layout_status_jail(const json_t *payload, struct buf *out);
/* Payload of ["status", "--all"]: {"jails": […], "all": [{…}, …]}. */
void layout_status_all(const json_t *payload, struct buf *out);
/*
 * A table of {"sshd": ["polling", [0, 1], [2, 3]], …}, its lines drawn with
 * characters of Unicode, or of ASCII.
 */
void layout_stats(const json_t *payload, bool utf8, struct buf *out);
/* Any other payload as upstream prints it: number, text, list. */
void layout_plain(const json_t *payload, struct buf *out);
/*
 * `banned`: [["sshd", ["192.0.2.7"]]] as Python writes a list of dicts,
 * [{'sshd': ['192.0.2.7']}]; `banned ID…`: [["sshd"]] as [['sshd']].
 */
void layout_banned(const json_t *payload, struct buf *out);
/*
 * The reply to `get …` or `set …`: lists under their heads, single values
 * behind theirs, everything else as layout_plain().
 */
void layout_setting(size_t argc, const char *const *argv,
    const json_t *payload, struct buf *out);
/* What a failed request says: the text for stdout. */
void layout_error(const char *type, const char *message, struct buf *out);

#endif
