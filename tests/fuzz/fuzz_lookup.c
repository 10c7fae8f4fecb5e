/*
 * Replies of name servers: what is read as a text is short, printable, and
 * within the reply. The same bytes as a name: what passes is one.
 */
#include "process/lookup.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char text[LOOKUP_TEXT_MAX + 1];
	struct span s = span_from(data, size);

	if (lookup_read_text(data, size, text) == LOOKUP_FOUND) {
		if (strlen(text) >= size)
			abort();
		for (const char *p = text; *p != '\0'; p++)
			if (*p < 0x20 || *p == 0x7f)
				abort();
	}
	if (lookup_is_name(s))
		for (size_t i = 0; i < s.n; i++)
			if (strchr("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOP"
			    "QRSTUVWXYZ0123456789-_.", s.p[i]) == NULL ||
			    s.p[i] == '\0')
				abort();
	return 0;
}
