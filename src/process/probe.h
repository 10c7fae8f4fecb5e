/*
 * What a start needs to know of fail2ban.conf and gaol.conf. The files are
 * parsed in a child that lives for that only; what comes back is one struct of
 * fixed size, of which the parent checks size and terminators and nothing
 * else. All that the parent ever opens is named here.
 */
#ifndef GAOL_PROCESS_PROBE_H
#define GAOL_PROCESS_PROBE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "process/logtarget.h"
#include "process/start.h"

#define PROBE_PATH_MAX 1024
#define PROBE_SOCKET_MAX LOGTARGET_SOCKET_MAX

struct probe_result {
	uint32_t engine_uid, engine_gid;   /* 0: no user is known */
	uint32_t warden_uid, warden_gid;
	uint32_t resolver_uid, resolver_gid;
	uint32_t socket_gid;
	uint32_t log_level;
	struct logtarget log;
	char log_dir[PROBE_PATH_MAX];      /* runtime_log_dir, or "" */
	char socket[PROBE_SOCKET_MAX];
	char pidfile[PROBE_PATH_MAX];
	char signins_file[PROBE_PATH_MAX]; /* "": none */
	char state_dir[PROBE_PATH_MAX];    /* "": no database file */
	char db_name[PROBE_PATH_MAX];      /* its name in there */
};

struct probe {
	pid_t pid;          /* -1: none is running */
	int fd;
	size_t got;
	struct probe_result result;
};

/* Begins one; fd becomes readable. 0, or -1 (logged). */
int probe_begin(struct probe *p, const struct start *start);
/* Reads on: 1 the result is whole and checked, 0 not yet, -1 none (logged). */
int probe_more(struct probe *p);
/* Ends and waits for the child, whatever it does. */
void probe_end(struct probe *p);
/* All of it at once. 0, or -1 (logged). */
int probe_run(const struct start *start, struct probe_result *out);

/* Every text ends, every path is absolute, every number is one of ours. */
bool probe_valid(const struct probe_result *r);

#endif
