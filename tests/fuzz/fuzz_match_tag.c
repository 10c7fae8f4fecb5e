/* A failregex of any bytes: translated, compiled, run once, never a crash. */
#include <stdint.h>
#include <stdlib.h>

#include "match/regex.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct matcher *m;
	struct regex_error error;
	struct span text = span_from(data, size), value;
	struct regex *r;
	unsigned flags;

	if (size > 2000)
		return 0;
	if (m == NULL)
		m = matcher_new(2000);
	for (flags = 0; flags < 8; flags += 3) {
		r = regex_new(text, flags, &error);
		if (r == NULL) {
			if (error.text[0] == '\0' || error.offset > size)
				abort();
			continue;
		}
		if (matcher_search(m, r,
		    SPAN("Nov 21 srv sshd[1]: Failed for x from 192.0.2.7"),
		    0, true) == REGEX_MATCH)
			matcher_group(m, 0, &value);
		matcher_search(m, r, SPAN("\xc3\xa9 from ::1\n"), 0, false);
		regex_free(r);
	}
	return 0;
}
