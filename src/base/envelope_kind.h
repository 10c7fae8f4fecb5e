/* What may be wrapped around the lines of a log. */
#ifndef GAOL_BASE_ENVELOPE_KIND_H
#define GAOL_BASE_ENVELOPE_KIND_H

#include "base/span.h"

enum envelope_kind {
	ENVELOPE_NONE,        /* lines are what was written */
	ENVELOPE_AUTO,        /* what the first line of the log looks like */
	ENVELOPE_DOCKER,      /* Docker's json-file */
	ENVELOPE_CRI,         /* containerd, CRI-O, Kubernetes, podman */
	ENVELOPE_JOURNAL,     /* journalctl -o json */
	ENVELOPE_SYSLOG,      /* RFC 5424; <PRI> and the like of RFC 3164 */
	ENVELOPE_KINDS
};

/* All of them, "none, auto, …". */
#define ENVELOPE_NAMES "none, auto, docker, cri, journal, syslog"

const char *envelope_kind_name(enum envelope_kind kind);
/* 0, or -1: no such name (*out untouched). Case counts. */
int envelope_kind_parse(struct span name, enum envelope_kind *out);

#endif
