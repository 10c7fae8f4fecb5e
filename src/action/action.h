/*
 * A shell action of a jail: its commands, and what it has done with them. Its
 * requests are served in order and one at a time; actions run beside each
 * other as far as the pool has room. Nothing here waits.
 *
 * The text of every command comes from the configuration that the owner of
 * the action read itself; a request carries values only.
 *
 * Families. An action with `?family=` variants runs its start, flush and stop
 * once for inet4 and once for inet6 (not twice, if they are the same text);
 * one without runs them once. A command that needs no start of its family
 * before the first ban there is not started before.
 */
#ifndef GAOL_ACTION_ACTION_H
#define GAOL_ACTION_ACTION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "action/host.h"
#include "action/pool.h"
#include "action/values.h"
#include "config/config.h"

#define ACTION_QUEUE_MAX 10000   /* requests that wait in one action */
#define ACTION_QUEUE_BYTES (32u << 20)   /* of their tickets */

struct action;

enum action_verb {
	ACTION_START,
	ACTION_BAN,
	ACTION_REBAN,     /* actionreban, or actionban */
	ACTION_PROLONG,
	ACTION_UNBAN,
	ACTION_FLUSH,
	ACTION_STOP,
	ACTION_CHECK,     /* are the bans still there? repair if not */
	ACTION_RELOAD,
};
#define ACTION_VERBS 9

enum action_outcome {
	ACTION_DONE,
	ACTION_SKIPPED,   /* nothing to do: norestored, no command, not started */
	ACTION_EACH,      /* flush: no command for it, unban one by one */
	ACTION_ERROR,     /* logged */
};

/* The families of an action; RAW: an id that is no address. */
enum action_family {
	ACTION_ALL,       /* of an action without variants */
	ACTION_INET4,
	ACTION_INET6,
	ACTION_RAW,
};
#define ACTION_FAMILIES 4

/*
 * What a successor needs to know when the process that holds the action dies:
 * two bits for each family, in the order in which they were started.
 */
#define ACTION_STARTED 1u
#define ACTION_HOLDS 2u    /* a ban succeeded since start or flush */

struct action_state {
	uint8_t n;
	uint8_t family[ACTION_FAMILIES];   /* enum action_family */
	uint8_t bits[ACTION_FAMILIES];
};

struct action_request {
	enum action_verb verb;
	uint64_t cookie;               /* comes back in the result */
	const struct values *values;   /* copied; NULL: no ticket */
	bool last;      /* of a flush: the stop follows, do not repair */
};

struct action_result {
	enum action_verb verb;
	enum action_outcome outcome;
	uint64_t cookie;
	/*
	 * Grows whenever the action had to be repaired: bans made under a
	 * smaller one may be gone and want ACTION_REBAN.
	 */
	uint32_t epoch;
	struct action_state state;
};

/* May make requests; may not free the action. */
typedef void action_done_fn(const struct action_result *result, void *arg);

struct action_options {
	const char *jail;                     /* copied */
	const struct action_config *config;   /* ACTION_SHELL; copied */
	int64_t bantime;      /* <bantime> where there is no ticket */
	bool ipv6;            /* is there any IPv6 here? see action_ipv6() */
	size_t queue_max;     /* 0: ACTION_QUEUE_MAX */
	struct pool *pool;
	struct host *host;
	action_done_fn *done;
	void *arg;
};

struct action *action_new(const struct action_options *options);
/* What waits is forgotten, what runs is killed; done() is not called. */
void action_free(struct action *a);
/*
 * 0, and done() will be called, never before this returns; or -1: ENOBUFS
 * (full: counted), EINVAL (a verb that needs a ticket has none).
 */
int action_ask(struct action *a, const struct action_request *request);
/*
 * A reload: the commands and parameters from now on. What was started stays
 * so. The caller asks for ACTION_RELOAD behind it.
 */
void action_configure(struct action *a, const struct action_config *config,
    int64_t bantime, bool ipv6);
/* IPv6 counts from now on, or does not: if nothing of it is started yet. */
void action_allow_ipv6(struct action *a, bool ipv6);
/* Before the first request: what a predecessor had started. */
void action_resume(struct action *a, const struct action_state *state);

const char *action_jail(const struct action *a);
const char *action_name(const struct action *a);
/* Would a ban that gets longer be worth an ACTION_PROLONG? */
bool action_prolongs(const struct action *a);
size_t action_waiting(const struct action *a);   /* the running one included */
unsigned long action_refused(const struct action *a);
const char *action_verb_name(enum action_verb verb);
/* allowipv6 of fail2ban.conf ("auto", "yes", "no"): does IPv6 count here? */
bool action_ipv6(const char *allowipv6);

#endif
