#include "config/clean.h"

#include "config/utf8.h"

void
clean_utf8(struct span s, struct buf *out)
{
	uint32_t code;
	size_t n, good;

	while (s.n > 0) {
		for (good = 0; good < s.n; good += n) {
			n = utf8_char(span_skip(s, good), &code);
			if (n == 0 || code == 0)
				break;
		}
		buf_add(out, s.p, good);
		s = span_skip(s, good);
		if (s.n > 0) {
			buf_adds(out, "\xef\xbf\xbd");
			s = span_skip(s, 1);
		}
	}
}
