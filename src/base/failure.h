/*
 * A failure: one log line (or the last line of a session) that a failregex
 * took for an attack. Made by match/, counted by jail/. Everything in it is
 * borrowed and valid only during the call that hands it over.
 */
#ifndef GAOL_BASE_FAILURE_H
#define GAOL_BASE_FAILURE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/clock.h"
#include "base/id.h"
#include "base/span.h"

#define FAILURE_GROUPS_MAX 32
#define FAILURE_LINES_MAX 16
#define FAILURE_USERS_MAX 16

struct failure_group {
	struct span name;    /* "user", "ip4", "mlfid" … lower case */
	struct span value;
};

struct failure {
	struct id id;              /* what is counted: fid > ip4 > ip6 > dns */
	bool named;                /* id.raw is a host name to be looked up */
	struct addr ip;            /* the address seen, if it is not the id */
	struct wall time;          /* of the line, after upstream's time rules */
	unsigned attempts;         /* told of by hand, so many; 0: seen */
	void *told;                /* whoever told of it, and waits for what
	                              becomes of it; NULL: nobody */
	unsigned regex;            /* failregex that matched, from 1 */
	size_t groups_n;
	struct failure_group groups[FAILURE_GROUPS_MAX];
	size_t lines_n;            /* the lines of the session, this one last */
	struct span lines[FAILURE_LINES_MAX];
	size_t users_n;            /* everybody the session named */
	struct span users[FAILURE_USERS_MAX];
};

#endif
