/*
 * Any text: what addr_parse takes, inet_pton(3) takes too, with the same
 * bytes; and what was parsed comes back from its own text.
 */
#include "base/addr.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
require(bool ok)
{
	if (!ok)
		abort();
}

static bool
model(struct span s, unsigned char out[16], int *family)
{
	char text[128];

	if (s.n >= sizeof(text) || span_chr(s, '\0') != SPAN_NONE)
		return false;
	if (s.n > 0)
		memcpy(text, s.p, s.n);
	text[s.n] = '\0';
	*family = AF_INET6;
	if (inet_pton(AF_INET6, text, out) == 1)
		return true;
	*family = AF_INET;
	return inet_pton(AF_INET, text, out) == 1;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span s = span_from(data, size);
	struct addr a, again;
	unsigned char b[16];
	char text[ADDR_STRLEN];
	bool expected;
	size_t n;
	int family;

	expected = model(s, b, &family);
	require((addr_parse(s, &a) == 0) == expected);
	if (expected) {
		n = a.family == ADDR_V4 ? 4 : 16;
		require(memcmp(a.b, b + (family == AF_INET6 ? 16 - n : 0),
		    n) == 0);
		require(addr_is_host(&a));
	}
	if (addr_parse_net(s, &a) == 0) {
		n = addr_format(&a, text);
		require(n < sizeof(text) && text[n] == '\0');
		require(addr_parse_net(span_from(text, n), &again) == 0);
		require(addr_eq(&a, &again) && addr_in(&a, &again));
	} else {
		require(!expected);
	}
	return 0;
}
