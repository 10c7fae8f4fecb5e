/* fail2ban's durations: "10m", "1d 12h", "1h30", "60*60", "-1", "1.5h". */
#ifndef GAOL_CONFIG_DURATION_H
#define GAOL_CONFIG_DURATION_H

#include <stdbool.h>

#include "base/span.h"

#define DURATION_MAX (1000.0 * 31557600.0)   /* a thousand years, seconds */

/*
 * Seconds: unit words become factors, neighbours add, the rest is arithmetic
 * as in Python (config/expression.h). 0, or -1 (errno EINVAL; ERANGE beyond ±DURATION_MAX).
 */
int duration_parse(struct span text, double *seconds);

/* Is it a float in Python ("1.5h", "1y"), shown with a point? */
bool duration_is_real(struct span text);

#endif
