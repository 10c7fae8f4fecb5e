/* `gaol setup`: from fail2ban to gaold, and back. */
#ifndef GAOL_TOOLS_SETUP_H
#define GAOL_TOOLS_SETUP_H

#include <jansson.h>
#include <stdbool.h>

#include "base/buf.h"
#include "config/config.h"
#include "config/report.h"
#include "tools/handover.h"
#include "tools/running.h"

/* argv[0] is the verb; the exit status is 0, 1 (failure) or 2 (misuse). */
int tool_setup(int argc, char **argv);

/* --- setup.c and takeover.c ------------------------------------------- */

#define SETUP_PIDFILE "/var/run/fail2ban/fail2ban.pid"
#define SETUP_DATABASE "/var/lib/fail2ban/fail2ban.sqlite3"

struct setup {
	const char *dir;
	bool hand_back;
	bool dry_run;
	bool json;
	struct config *config;
	struct report report;
	struct running old;        /* the daemon that goes */
	struct handover handover;
	char *client;              /* fail2ban's */
	json_t *steps;             /* as they were done */
};

/* What is found, in order; 0, or -1 with *why. Changes nothing. */
int setup_look(struct setup *s, struct buf *why);
/* One step, as it begins. */
void setup_say(struct setup *s, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
/* From the old daemon to the other one. 0, or -1 with *why. */
int takeover_run(struct setup *s, struct buf *why);

static inline const char *
setup_pidfile(const struct setup *s)
{
	const char *path = s->config->main.pidfile;

	return path != NULL && path[0] != '\0' ? path : SETUP_PIDFILE;
}

static inline const char *
setup_database(const struct setup *s)
{
	const char *path = s->config->main.dbfile;

	return path != NULL && path[0] != '\0' ? path : SETUP_DATABASE;
}

#endif
