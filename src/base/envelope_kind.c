#include "base/envelope_kind.h"

static const char *const names[ENVELOPE_KINDS] = {
	"none", "auto", "docker", "cri", "journal", "syslog",
};

const char *
envelope_kind_name(enum envelope_kind kind)
{
	return kind < ENVELOPE_KINDS ? names[kind] : "none";
}

int
envelope_kind_parse(struct span name, enum envelope_kind *out)
{
	for (unsigned i = 0; i < ENVELOPE_KINDS; i++) {
		if (!span_eq(span_of(names[i]), name))
			continue;
		*out = (enum envelope_kind)i;
		return 0;
	}
	return -1;
}
