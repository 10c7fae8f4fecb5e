/* The host names that the tags of one text need, looked up before it runs. */
#ifndef GAOL_ACTION_NAMES_H
#define GAOL_ACTION_NAMES_H

#include <stdbool.h>

#include "action/host.h"
#include "base/span.h"

/* All zero: nothing asked. */
struct names {
	struct host *host;
	struct host_query *query;   /* at work */
	struct span text;           /* borrowed */
	struct addr addr;           /* ADDR_NONE: no <ip-host> */
	bool asked_own, asked_host;
	char *own;                  /* <fq-hostname>; NULL: unknown */
	char *of_addr;              /* <ip-host>; NULL: unknown */
	void (*done)(void *arg);
	void *arg;
};

/*
 * Looks up what the text names and calls done(), perhaps before this returns.
 * The text must stay; host, addr, done and arg have been set.
 */
void names_find(struct names *n, struct span text);
void names_fini(struct names *n);   /* done() will not be called */

#endif
