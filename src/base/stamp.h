/* Points in time as programs write them for programs. */
#ifndef GAOL_BASE_STAMP_H
#define GAOL_BASE_STAMP_H

#include "base/clock.h"
#include "base/span.h"

/*
 * RFC 3339 and its usual liberties: "2026-11-21T22:05:51", a blank or "t" for
 * the "T", a fraction of any length behind "." or ",", then "Z", "+01:00",
 * "+0100", "+01" or nothing, which is UTC. What is finer than a microsecond
 * is cut off. The whole text, or -1 (*out untouched); also for a day or a time
 * that does not exist. Years 1970 to 9999.
 */
int stamp_iso(struct span text, struct wall *out);
/*
 * Seconds since 1970, "1795298751" or "1795298751.467"; whole numbers also in
 * milli-, micro- or nanoseconds, which their size tells: below 10^11 they are
 * seconds (year 5138), then each unit has three digits more. As above.
 */
int stamp_epoch(struct span text, struct wall *out);
/* Either of them. */
int stamp_parse(struct span text, struct wall *out);

#endif
