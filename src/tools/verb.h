/* The verbs of gaol that speak with the daemon, or start and stop it. */
#ifndef GAOL_TOOLS_VERB_H
#define GAOL_TOOLS_VERB_H

#include <stdbool.h>
#include <stddef.h>

#include "tools/target.h"

enum { EXIT_OK = 0, EXIT_FAILED = 1, EXIT_MISUSE = 2 };

/* One command line, its options of all verbs taken out of it. */
struct call {
	struct target target;
	bool json;
	bool colour;                /* stdout is a terminal that wants it */
	size_t argc;
	const char *const *argv;    /* argv[0] is the verb */
};

/* Each returns the exit status, having printed what there is to say. */
int verb_start(const struct call *call);
int verb_stop(const struct call *call);
int verb_restart(const struct call *call);
int verb_reload(const struct call *call);
int verb_flushlogs(const struct call *call);
int verb_status(const struct call *call);
int verb_ban(const struct call *call);
int verb_unban(const struct call *call);
int verb_get(const struct call *call);
int verb_set(const struct call *call);
int verb_banned(const struct call *call);
int verb_ping(const struct call *call);
int verb_version(const struct call *call);

#endif
