/* What each verb does, and what the log says when it fails. */

#include "action/action_local.h"
#include "base/log.h"
#include "config/dump.h"

static const struct {
	const char *doing;    /* of whole families */
	const char *banning;  /* of a ticket */
	const char *log;      /* "Failed to LOG jail …" */
} words[ACTION_VERBS] = {
	[ACTION_START] = { "starting", NULL, "start" },
	[ACTION_BAN] = { "starting", "banning", "execute ban" },
	[ACTION_REBAN] = { "starting", "banning", "execute reban" },
	[ACTION_PROLONG] = { NULL, "prolonging", "execute ban" },
	[ACTION_UNBAN] = { NULL, "unbanning", "execute unban" },
	[ACTION_FLUSH] = { "flushing", NULL, "flush bans in" },
	[ACTION_STOP] = { "stopping", NULL, "stop" },
	[ACTION_CHECK] = { "checking", NULL, "check" },
	[ACTION_RELOAD] = { "reloading", NULL, "reload" },
};

static void
put_info(const struct job *j, struct buf *out)
{
	static const char *const tags[] = { "ip", "fid" };
	struct buf value = { 0 };

	buf_adds(out, " info 'ActionInfo({");
	for (size_t i = 0; i < 2; i++) {
		buf_clear(&value);
		values_put(&j->values, span_of(tags[i]), &value);
		buf_addf(out, "'%s': ", tags[i]);
		dump_repr(buf_span(&value), out);
		if (i == 0)
			buf_addf(out, ", 'family': %s%s%s, ",
			    j->family == ACTION_RAW ? "" : "'",
			    family_text(j->family),
			    j->family == ACTION_RAW ? "" : "'");
	}
	buf_adds(out, "})'");
	buf_fini(&value);
}

/* `doing` is what did not succeed: the ban, or the start before it. */
static void
fail(struct action *a, const char *doing, bool family)
{
	const struct job *j = a->job;
	struct buf text = { 0 }, ip = { 0 };

	buf_addf(&text, "Failed to %s jail '%s' action '%s'",
	    words[j->verb].log, a->jail, a->name);
	if (words[j->verb].banning != NULL)
		put_info(j, &text);
	if (a->why.n > 0) {
		buf_addf(&text, ": %s", log_text(buf_span(&a->why)));
	} else if (family) {
		buf_addf(&text, ": Error %s action Jail('%s')/%s: "
		    "'Script error'", doing, a->jail, a->name);
	} else {
		values_put(&j->values, SPAN("ip"), &ip);
		buf_addf(&text, ": Error %s %s", doing,
		    log_text(buf_span(&ip)));
	}
	log_error(LOGGER_ACTIONS, "%s", text.p);
	buf_fini(&text);
	buf_fini(&ip);
}

static void
family_end(struct action *a, int ok)
{
	if (!ok)
		fail(a, words[a->job->verb].doing, true);
	action_finish(a, ok ? ACTION_DONE : ACTION_ERROR);
}

static void
ticket_end(struct action *a, int ok)
{
	if (!ok)
		fail(a, words[a->job->verb].banning, false);
	action_finish(a, ok ? ACTION_DONE : ACTION_ERROR);
}

static void
ban_done(struct action *a, int ok)
{
	if (ok)
		action_set_bits(a, a->job->family, (uint8_t)(ACTION_STARTED |
		    ACTION_HOLDS | action_bits(a, a->job->family)));
	ticket_end(a, ok);
}

static void
ban(struct action *a)
{
	bool again = a->job->verb == ACTION_REBAN &&
	    tags_raw(a->tags, TAGS_REBAN)[0] != '\0';

	action_try(a, again ? TAGS_REBAN : TAGS_BAN, a->job->family,
	    ban_done);
}

static void
ban_started(struct action *a, int ok)
{
	if (ok) {
		ban(a);
		return;
	}
	fail(a, words[a->job->verb].doing, true);
	action_finish(a, ACTION_ERROR);
}

static void
verb_ban(struct action *a)
{
	struct family_list missing = { 0 };

	if (a->norestored && a->job->values.restored) {
		action_finish(a, ACTION_SKIPPED);
		return;
	}
	if (a->on_demand)
		missing = action_unstarted(a, a->job->family);
	if (missing.n > 0)
		action_operate(a, TAGS_START, missing, ban_started);
	else
		ban(a);
}

static void
verb_prolong(struct action *a)
{
	if ((a->norestored && a->job->values.restored) ||
	    !action_prolongs(a))
		action_finish(a, ACTION_SKIPPED);
	else
		action_try(a, TAGS_PROLONG, a->job->family, ticket_end);
}

static void
verb_unban(struct action *a)
{
	if ((action_bits(a, a->job->family) & ACTION_HOLDS) == 0)
		action_finish(a, ACTION_SKIPPED);
	else
		action_try(a, TAGS_UNBAN, a->job->family, ticket_end);
}

static void
verb_start(struct action *a)
{
	struct family_list missing = action_unstarted(a, ACTION_ALL);

	if (a->on_demand || missing.n == 0)
		action_finish(a, ACTION_SKIPPED);
	else
		action_operate(a, TAGS_START, missing, family_end);
}

static void
flush_checked(struct action *a, int verdict)
{
	(void)verdict;
	action_finish(a, ACTION_ERROR);
}

static void
flush_done(struct action *a, int ok)
{
	if (ok) {
		action_finish(a, ACTION_DONE);
		return;
	}
	fail(a, words[ACTION_FLUSH].doing, true);
	log_info(LOGGER_ACTIONS, "No flush occurred, do consistency check");
	action_check_all(a, a->job->last && !a->repair_on_unban ?
	    REPAIR_NOT_FLUSH : REPAIR_ALWAYS, flush_checked);
}

static void
verb_flush(struct action *a)
{
	struct family_list full =
	    action_families(a, ACTION_STARTED | ACTION_HOLDS);

	if (tags_raw(a->tags, TAGS_FLUSH)[0] == '\0') {
		action_finish(a, ACTION_EACH);
		return;
	}
	log_notice(LOGGER_ACTIONS, "[%s] Flush ticket(s) with %s", a->jail,
	    a->name);
	if (full.n == 0)
		action_finish(a, ACTION_SKIPPED);
	else
		action_operate(a, TAGS_FLUSH, full, flush_done);
}

static void
verb_stop(struct action *a)
{
	struct family_list started = action_families(a, ACTION_STARTED);

	a->state.n = 0;
	if (started.n == 0)
		action_finish(a, ACTION_SKIPPED);
	else
		action_operate(a, TAGS_STOP, started, family_end);
}

static void
verb_check(struct action *a)
{
	action_check_all(a, REPAIR_ALWAYS, family_end);
}

static void
verb_reload(struct action *a)
{
	struct family_list started = action_families(a, ACTION_STARTED);

	if (started.n == 0)
		action_finish(a, ACTION_SKIPPED);
	else
		action_operate(a, TAGS_RELOAD, started, family_end);
}

void
action_start_job(struct action *a)
{
	buf_clear(&a->why);
	switch (a->job->verb) {
	case ACTION_START: verb_start(a); break;
	case ACTION_BAN:
	case ACTION_REBAN: verb_ban(a); break;
	case ACTION_PROLONG: verb_prolong(a); break;
	case ACTION_UNBAN: verb_unban(a); break;
	case ACTION_FLUSH: verb_flush(a); break;
	case ACTION_STOP: verb_stop(a); break;
	case ACTION_CHECK: verb_check(a); break;
	case ACTION_RELOAD: verb_reload(a); break;
	}
}
