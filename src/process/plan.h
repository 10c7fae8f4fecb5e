/*
 * The numbers that warden and engine use for the same things. Both build the
 * plan from the same configuration, so a message carries a number and never a
 * path or a name: an engine that was taken over can neither open a file that
 * no jail names nor touch a set that no action owns.
 */
#ifndef GAOL_PROCESS_PLAN_H
#define GAOL_PROCESS_PLAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "config/config.h"

#define PLAN_NO_JAIL UINT32_MAX   /* the engine knows whose it is */

struct plan_log {
	uint32_t jail;         /* index into config->jails; PLAN_NO_JAIL */
	const char *path;      /* the configuration's */
	bool tail;
};

struct plan_rule {
	uint32_t jail;
	uint32_t action;       /* index into the jail's actions */
};

struct plan {
	struct plan_log *logs;
	size_t logs_n;
	struct plan_rule *rules;   /* native actions of jails that run */
	size_t rules_n;
	struct strings journals;   /* backends that read one, each once */
	struct strings ignore_files;   /* paths of ignoreip, each once */
};

/*
 * Broken jails have no entries. A log that does not exist yet has one when
 * its path is no glob: it is waited for.
 */
void plan_make(struct plan *plan, const struct config *config);
/*
 * One more log of a jail, found after the plan was made; the path is borrowed
 * as the others are. False: it is one of them already.
 */
bool plan_add_log(struct plan *plan, uint32_t jail, const char *path,
    bool tail);
/* The same without looking whether it is: of no jail. Its number. */
uint32_t plan_append_log(struct plan *plan, const char *path);
/* One more journal, by its backend: its number. */
uint32_t plan_append_journal(struct plan *plan, const char *backend);
void plan_fini(struct plan *plan);
/* The number of a journal that a jail of this plan reads, by its backend. */
uint32_t plan_journal(const struct plan *plan, const char *backend);

#endif
