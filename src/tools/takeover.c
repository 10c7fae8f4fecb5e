/*
 * From one daemon to the other without a moment in which a banned address
 * gets through. Each of them takes its bans out of the firewall when it ends
 * and sets those of the database when it begins, with whatever commands its
 * actions have; that is theirs to do, and works for every kind of action. A
 * bridge holds all banned addresses from before the one ends until the other
 * has confirmed its last ban. If the new one does not start, the old one is
 * started again, behind the same bridge.
 */
#include "tools/setup.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/xalloc.h"
#include "firewall/bridge.h"
#include "firewall/firewall.h"
#include "tools/daemon.h"
#include "tools/target.h"
#include "tools/upstream.h"

#define STOP_SECONDS 300
#define SETTLE_SECONDS 300
#define LOOK_MS 50
#define GAOLD_UNIT "gaold.service"

/* --- gaold --------------------------------------------------------------- */

static json_int_t
number(json_t *status, const char *of, const char *key)
{
	json_t *o = of != NULL ? json_object_get(status, of) : status;

	return json_integer_value(json_object_get(o, key));
}

/* Bans that are on their way; -1: it does not answer. */
static json_int_t
count_unsettled(const struct target *t, json_int_t *failed)
{
	static const char *const words[] = { "status" };
	char type[CLIENT_TYPE_MAX];
	struct buf error = { 0 };
	json_t *status = target_ask(t, 1, words, type, &error);
	json_int_t n = -1;

	if (status != NULL) {
		n = number(status, NULL, "pending") +
		    number(status, "firewall", "waiting") +
		    number(status, "runner", "queued") +
		    number(status, "runner", "running");
		*failed = number(status, NULL, "failed") +
		    number(status, "runner", "failed");
	}
	json_decref(status);
	buf_fini(&error);
	return n;
}

static int
wait_settled(const struct target *t, struct buf *why)
{
	const struct timespec nap = { 0, LOOK_MS * 1000000L };
	time_t end = time(NULL) + SETTLE_SECONDS;
	json_int_t n, failed = 0;

	while ((n = count_unsettled(t, &failed)) != 0) {
		if (time(NULL) >= end) {
			buf_addf(why, "gaold has not set its bans after %d s",
			    SETTLE_SECONDS);
			return -1;
		}
		nanosleep(&nap, NULL);
	}
	if (failed == 0)
		return 0;
	buf_addf(why, "%lld bans could not be set; gaol status says more",
	    (long long)failed);
	return -1;
}

static int
start_gaold(struct setup *s, const struct target *t, struct buf *why)
{
	/* The unit names no directory. */
	if (strcmp(s->config->dir, config_default_dir()) == 0 &&
	    s->old.unit != NULL && running_has_unit(GAOLD_UNIT))
		return running_systemctl("start", GAOLD_UNIT, why);
	return daemon_start(t, NULL, why);
}

/* Tables, sets and rules, which gaold leaves for its next start. */
static int
remove_rules(const struct config *config, struct buf *why)
{
	struct firewall_rule *rules = NULL;
	struct report ignored = { 0 };
	size_t n = 0;
	int rc;

	for (size_t i = 0; i < config->jails_n; i++) {
		const struct jail_config *j = &config->jails[i];

		for (size_t k = 0; k < j->actions_n; k++) {
			if (j->actions[k].kind != ACTION_NFTABLES)
				continue;
			rules = xreallocarray(rules, n + 1, sizeof(*rules));
			memset(&rules[n], 0, sizeof(*rules));
			if (firewall_rule_parse(&rules[n], j, &j->actions[k],
				&ignored) == 0)
				n++;
		}
	}
	rc = bridge_remove_rules(rules, n);
	if (rc == -1)
		buf_addf(why, "gaold's sets stay in the firewall: %s",
		    strerror(errno));
	while (n > 0)
		firewall_rule_fini(&rules[--n]);
	free(rules);
	report_fini(&ignored);
	return rc;
}

/* --- the order of it --------------------------------------------------------- */

static int
protect(struct setup *s, struct buf *why)
{
	setup_say(s, "a bridge holds the banned addresses (table inet "
	    BRIDGE_TABLE ")");
	return handover_protect(&s->handover, why);
}

static int
stop_old(struct setup *s, struct buf *why)
{
	setup_say(s, "%s is stopped", s->hand_back ? "gaold" : "fail2ban");
	if (running_stop(&s->old, STOP_SECONDS, handover_follow, &s->handover,
		why) == 0)
		return 0;
	/* It runs on and holds its bans itself. */
	handover_release(&s->handover, why);
	return -1;
}

static int
start_fail2ban(struct setup *s, struct buf *why)
{
	setup_say(s, "fail2ban is started");
	if (upstream_start(s->client, s->config, why) == -1)
		return -1;
	setup_say(s, "fail2ban sets its bans");
	return upstream_wait_bans(s->client, s->config, setup_pidfile(s),
	    s->handover.bans, SETTLE_SECONDS, why);
}

static int
begin_gaold(struct setup *s, struct buf *why)
{
	struct target t = { .dir = s->config->dir };
	int rc = -1;

	setup_say(s, "gaold is started");
	if (target_find(&t, why) == 0 && start_gaold(s, &t, why) == 0) {
		setup_say(s, "gaold sets its bans");
		rc = wait_settled(&t, why);
	}
	target_fini(&t);
	return rc;
}

/* Whoever runs now starts with the machine, the other does not. */
static void
swap_units(struct setup *s)
{
	const char *on = s->hand_back ? UPSTREAM_UNIT : GAOLD_UNIT;
	struct buf why = { 0 };

	if (s->old.unit == NULL || !running_has_unit(on))
		return;
	setup_say(s, "%s starts with the machine, %s does not", on,
	    s->old.unit);
	if (running_systemctl("disable", s->old.unit, &why) == -1 ||
	    running_systemctl("enable", on, &why) == -1)
		setup_say(s, "%s", why.p);
	buf_fini(&why);
}

/* The other one does not start: the old one again. */
static void
go_back(struct setup *s, struct buf *why)
{
	struct running now = { .fd = -1 };
	struct buf more = { 0 };
	int rc = -1;

	if (running_find(&now, setup_pidfile(s), &more) == 0 &&
	    now.kind != RUNNING_NONE)
		buf_adds(&more, "it runs all the same");
	else
		rc = s->hand_back ? begin_gaold(s, &more) :
		    start_fail2ban(s, &more);
	running_fini(&now);
	if (rc == 0)
		rc = handover_release(&s->handover, &more);
	if (rc == 0)
		buf_addf(why, "; %s runs again",
		    s->hand_back ? "gaold" : "fail2ban");
	else
		buf_addf(why, "; %s; the bridge stays for %d minutes", more.p,
		    BRIDGE_SECONDS / 60);
	buf_fini(&more);
}

int
takeover_run(struct setup *s, struct buf *why)
{
	struct buf read = { 0 };
	int rc;

	if (protect(s, why) == -1 || stop_old(s, why) == -1)
		return -1;
	if (handover_settle(&s->handover, &read) == -1)
		setup_say(s, "its last bans may be missing from the bridge: "
		    "%s", read.p);
	buf_fini(&read);
	if (s->hand_back)
		rc = remove_rules(s->config, why) == -1 ? -1 :
		    start_fail2ban(s, why);
	else
		rc = begin_gaold(s, why);
	if (rc == -1) {
		go_back(s, why);
		return -1;
	}
	swap_units(s);
	setup_say(s, "the bridge is taken away");
	return handover_release(&s->handover, why);
}
