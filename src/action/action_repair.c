/*
 * A firewall that somebody else reloaded has lost our chains. The check is
 * not made before each ban, which would double its price, but after one that
 * failed; then the family is repaired, or stopped and started, and the command
 * tried once more.
 */
#include <stdlib.h>

#include "action/action_local.h"
#include "base/log.h"
#include "base/xalloc.h"

static void attempt_run(struct action *a);

static void
attempt_end(struct action *a, int ok)
{
	a->attempt.then(a, ok);
}

static void
attempt_checked(struct action *a, int verdict)
{
	if (verdict == 1)
		attempt_run(a);
	else
		attempt_end(a, 0);
}

static void
attempt_done(struct action *a, int ok)
{
	struct action_attempt *t = &a->attempt;
	bool unban = t->command == TAGS_UNBAN;

	if (ok || ++t->failures > 1)
		attempt_end(a, ok);
	else if (tags_raw(a->tags, TAGS_CHECK)[0] == '\0')
		attempt_run(a);
	else
		action_check(a, t->family, unban && !a->repair_on_unban ?
		    REPAIR_NOT_UNBAN : REPAIR_ALWAYS, !unban,
		    attempt_checked);
}

static void
attempt_run(struct action *a)
{
	struct action_attempt *t = &a->attempt;
	const char *text = tags_text(a->tags, t->command,
	    family_condition(t->family), &a->why);

	if (text == NULL)
		attempt_end(a, 0);
	else
		action_run(a, xstrdup(text), &a->job->values, t->family,
		    attempt_done);
}

void
action_try(struct action *a, enum tags_command command,
    enum action_family family, action_then_fn *then)
{
	a->attempt = (struct action_attempt){
		.command = command, .family = family, .then = then,
	};
	attempt_run(a);
}

static void
invariant_end(struct action *a, int verdict)
{
	free(a->invariant.check);
	a->invariant.check = NULL;
	a->invariant.then(a, verdict);
}

static void
invariant_failed(struct action *a)
{
	log_at(LEVEL_CRITICAL, LOGGER_COMMAND,
	    "Unable to restore environment");
	invariant_end(a, 0);
}

static void
rechecked(struct action *a, int ok)
{
	if (ok)
		invariant_end(a, 1);
	else
		invariant_failed(a);
}

static void
recheck(struct action *a)
{
	struct action_invariant *i = &a->invariant;
	enum action_family f = action_in_state(a, i->family) ? i->family :
	    (enum action_family)a->families.v[0];

	if ((action_bits(a, f) & ACTION_STARTED) == 0)
		invariant_end(a, 1);
	else
		action_run(a, xstrdup(i->check), NULL, i->family, rechecked);
}

static void
repaired(struct action *a, int ok)
{
	action_set_bits(a, a->invariant.family, ok ? ACTION_STARTED : 0);
	if (ok)
		recheck(a);
	else
		invariant_failed(a);
}

static void
restarted(struct action *a, int ok)
{
	enum action_family f = a->invariant.family;

	if (!ok) {
		invariant_end(a, 0);
		return;
	}
	/* Without variants the start was everybody's. */
	if (action_in_state(a, f))
		action_set_bits(a, f, ACTION_STARTED);
	recheck(a);
}

static void
stopped(struct action *a, int ok)
{
	struct action_invariant *i = &a->invariant;
	struct family_list all = a->families;

	(void)ok;   /* it may have been gone already */
	if (a->on_demand && !i->force)
		restarted(a, 1);
	else if (i->family == ACTION_RAW || all.v[0] == ACTION_ALL)
		action_operate(a, TAGS_START, all, restarted);
	else
		action_operate(a, TAGS_START, family_list_of(i->family),
		    restarted);
}

/* What must be stopped, so that starting this family makes it sane. */
static void
restart(struct action *a)
{
	enum action_family f = a->invariant.family;
	struct family_list which = family_list_of(f);

	if (f == ACTION_RAW || a->families.v[0] == ACTION_ALL)
		which = action_families(a, ACTION_STARTED);
	for (uint8_t k = 0; k < which.n; k++)
		if (action_in_state(a, which.v[k]))
			action_set_bits(a, which.v[k], 0);
	if (f != ACTION_RAW && which.n == 1 && !action_in_state(a, which.v[0]))
		stopped(a, 1);
	else
		action_operate(a, TAGS_STOP, which, stopped);
}

static void
checked(struct action *a, int ok)
{
	struct action_invariant *i = &a->invariant;
	char *repair;

	if (ok) {
		invariant_end(a, 1);
		return;
	}
	if (i->repair != REPAIR_ALWAYS) {
		log_error(LOGGER_COMMAND, "Invariant check failed. %s is "
		    "impossible.", i->repair == REPAIR_NOT_UNBAN ? "Unban" :
		    "Flush");
		invariant_end(a, -1);
		return;
	}
	log_error(LOGGER_COMMAND, "Invariant check failed. Trying to restore "
	    "a sane environment");
	a->epoch++;
	repair = tags_family_text(a->tags, TAGS_REPAIR,
	    family_condition(i->family), &a->why);
	if (repair != NULL && repair[0] != '\0') {
		action_run(a, repair, NULL, i->family, repaired);
		return;
	}
	free(repair);
	restart(a);
}

void
action_check(struct action *a, enum action_family family, enum repair repair,
    bool force, action_then_fn *then)
{
	struct action_invariant *i = &a->invariant;

	*i = (struct action_invariant){
		.family = family, .repair = repair, .force = force,
		.then = then,
	};
	if (!force && family != ACTION_RAW && !action_in_state(a, family)) {
		invariant_end(a, 1);
		return;
	}
	i->check = tags_family_text(a->tags, TAGS_CHECK,
	    family_condition(family), &a->why);
	if (i->check == NULL)
		invariant_end(a, 0);
	else
		action_run(a, xstrdup(i->check), NULL, family, checked);
}

static void check_next(struct action *a);

static void
check_done(struct action *a, int verdict)
{
	enum action_family f = a->checking.v[a->checking_at++];

	if (verdict == 0) {
		action_set_bits(a, f, 0);
		action_forget(a, TAGS_START, f);
	}
	check_next(a);
}

static void
check_next(struct action *a)
{
	if (a->checking_at == a->checking.n)
		a->checked(a, 1);
	else
		action_check(a, a->checking.v[a->checking_at],
		    a->checking_repair, true, check_done);
}

void
action_check_all(struct action *a, enum repair repair, action_then_fn *then)
{
	a->checking_repair = repair;
	a->checking = action_families(a, ACTION_STARTED);
	a->checking_at = 0;
	a->checked = then;
	if (tags_raw(a->tags, TAGS_CHECK)[0] == '\0')
		a->checking.n = 0;
	check_next(a);
}
