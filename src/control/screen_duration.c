#include "control/screen.h"

#include <inttypes.h>

void
screen_duration(int64_t seconds, struct buf *out)
{
	static const struct {
		int64_t seconds;
		char unit;
	} units[] = { { 86400, 'd' }, { 3600, 'h' }, { 60, 'm' }, { 1, 's' } };
	size_t i = 0;

	if (seconds < 0) {
		buf_adds(out, "permanent");
		return;
	}
	while (i < 3 && seconds < units[i].seconds)
		i++;
	buf_addf(out, "%" PRId64 "%c", seconds / units[i].seconds,
	    units[i].unit);
	if (i < 3 && seconds % units[i].seconds >= units[i + 1].seconds)
		buf_addf(out, " %" PRId64 "%c",
		    seconds % units[i].seconds / units[i + 1].seconds,
		    units[i + 1].unit);
}
