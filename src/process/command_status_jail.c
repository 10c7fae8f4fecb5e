/* `status JAIL`: what there is to see of a jail. */
#include "process/engine_local.h"

#include <string.h>

#include "base/buf.h"
#include "config/value.h"
#include "control/payload.h"
#include "jail/detail.h"
#include "process/command_local.h"
#include "process/engine_unwrap.h"
#include "source/journal.h"

#define BANS_SHOWN 1000

json_t *
command_files_json(const struct engine *e, const struct engine_jail *j)
{
	json_t *files = json_array();

	for (size_t i = 0; i < e->logs_n; i++) {
		if (e->logs[i].jail == j && !e->logs[i].closed)
			json_array_append_new(files,
			    payload_text(span_of(e->logs[i].path)));
	}
	return files;
}

/* Which expression takes most of the time, or null. */
static json_t *
costliest_json(const struct filter *f)
{
	struct filter_cost most;

	if (!filter_costliest(f, &most))
		return json_null();
	return json_pack("{s:s, s:I, s:f}", "kind", most.kind,
	    "number", (json_int_t)most.number, "share", most.share);
}

/* Each alternative as one text. */
static json_t *
journal_json(const struct engine_jail *j)
{
	const struct strings *lines = &j->config->filter.journalmatch;
	json_t *list = json_array();

	for (size_t i = 0; i < lines->n; i++) {
		struct strings words = { 0 };
		struct buf text = { 0 };

		value_shell_words(lines->v[i], &words);
		for (size_t k = 0; k < words.n; k++) {
			if (strcmp(words.v[k], "+") == 0) {
				json_array_append_new(list,
				    payload_text(buf_span(&text)));
				buf_clear(&text);
				continue;
			}
			buf_addf(&text, "%s%s", text.n > 0 ? " " : "",
			    words.v[k]);
		}
		json_array_append_new(list, payload_text(buf_span(&text)));
		buf_fini(&text);
		strings_fini(&words);
	}
	return list;
}

static json_t *
filter_json(const struct engine *e, const struct engine_jail *j)
{
	const struct filter_counters *f = filter_counters(j->filter);
	const struct jail_counters *c = jail_counters(j->jail);
	const struct engine_reader *r = engine_journal_of(e, j);
	struct envelope_counters envelopes;

	engine_unwrap_counters(j, &envelopes);
	if (r != NULL) {
		envelopes.cut += journal_cut(r->journal);
		envelopes.lost += journal_parts_lost(r->journal);
	}
	return json_pack("{s:s, s:I, s:I, s:I, s:I, s:o, s:I, s:I, s:I, s:I, s:I, s:I, s:I,"
	    " s:I, s:I, s:I, s:f, s:I, s:o}",
	    "envelope", envelope_kind_name(j->config->envelope),
	    "unwrapped_not", (json_int_t)envelopes.refused,
	    "parts_lost", (json_int_t)envelopes.lost,
	    "failing", (json_int_t)jail_failing(j->jail),
	    "failed_total", (json_int_t)c->failed_total,
	    "files", command_files_json(e, j),
	    "lines", (json_int_t)f->lines,
	    "matched", (json_int_t)f->matched,
	    "ignored", (json_int_t)(f->ignored + c->ignored),
	    "cut", (json_int_t)(f->cut + envelopes.cut),
	    "limit_hits", (json_int_t)f->limit_hits,
	    "evicted", (json_int_t)c->evicted,
	    "untold", (json_int_t)c->untold,
	    "refused", (json_int_t)c->refused,
	    "narrow", (json_int_t)c->narrow,
	    "escalated", (json_int_t)c->escalated,
	    "cpu", (double)f->cpu_ns / 1e9,
	    "over_budget", (json_int_t)f->over_budget,
	    "costliest", costliest_json(j->filter));
}

/* bantime.increment: how far it goes, and whether it can. */
static json_t *
growth_json(const struct engine_jail *j)
{
	const struct engine *e = j->engine;
	const struct growth_config *g = &j->config->growth;
	const struct jail_counters *c = jail_counters(j->jail);
	bool well = e->store != NULL && e->store_error == NULL;

	if (!g->increment)
		return json_null();
	return json_pack("{s:s, s:s, s:b, s:o, s:I, s:I, s:I}",
	    "state", well ? "ok" : "error",
	    "text", well ? "" : "no database, so nothing grows",
	    "overalljails", (int)g->overalljails,
	    "maxtime", g->limited ? json_integer((json_int_t)g->maxtime) :
	    json_null(),
	    "grown", (json_int_t)c->grown,
	    "weighed", (json_int_t)c->weighed,
	    "unasked", (json_int_t)c->unasked);
}

static const char *
state_name(enum ticket_state state)
{
	switch (state) {
	case TICKET_PENDING:
		return "pending";
	case TICKET_CONFIRMED:
		return "confirmed";
	case TICKET_FAILED:
		return "failed";
	}
	return "unknown";
}

/* A restored ticket has them in the data column until somebody asks. */
static unsigned
failures_of(const struct ticket *t)
{
	return t->restored && t->failures == 0 ? detail_failures(t->data) :
	    t->failures;
}

static json_t *
ban_json(const struct engine_jail *j, const struct ticket *t)
{
	int64_t next;
	json_t *ban = json_pack("{s:o, s:I, s:I, s:I, s:s, s:I, s:b, s:I}",
	    "id", command_id_json(&t->id),
	    "time", (json_int_t)wall_seconds(t->time),
	    "bantime", (json_int_t)(t->permanent ? -1 : t->bantime),
	    "left", (json_int_t)jail_left(j->jail, t, clock_boot()),
	    "state", state_name(t->state),
	    "failures", (json_int_t)failures_of(t),
	    "restored", (int)t->restored,
	    "bancount", (json_int_t)t->bancount);

	if (jail_next_bantime(j->jail, t, &next))
		json_object_set_new(ban, "next", json_integer(next));
	if (t->state == TICKET_FAILED)
		json_object_set_new(ban, "error",
		    json_string(strerror(t->error)));
	return ban;
}

/* The latest bans; all of a large jail would hold up everybody else. */
static json_t *
bans_json(const struct engine_jail *j)
{
	struct ticket *t = jail_ban_of_last(j->jail, BANS_SHOWN);
	json_t *bans = json_array();

	for (; t != NULL; t = jail_ban_next(j->jail, t))
		json_array_append_new(bans, ban_json(j, t));
	return bans;
}

/* Where they are named, there are as many as names. */
static json_t *
actions_json(const struct engine_jail *j, const struct roll *ids)
{
	return json_pack("{s:I, s:I, s:I, s:I, s:o, s:o}",
	    "banned", (json_int_t)(ids != NULL ? roll_count(ids) :
		jail_banned(j->jail)),
	    "banned_total", (json_int_t)jail_counters(j->jail)->banned_total,
	    "pending", (json_int_t)j->states[TICKET_PENDING],
	    "failed", (json_int_t)j->states[TICKET_FAILED],
	    "increment", growth_json(j),
	    "commands", engine_run_jail_json(j));
}

/* --- flavors --------------------------------------------------------------- */

enum status_flavor
command_status_flavor(const char *word)
{
	static const char *const words[] = {
		[STATUS_BASIC] = "basic", [STATUS_SHORT] = "short",
		[STATUS_STATS] = "stats", [STATUS_CYMRU] = "cymru",
		[STATUS_BRIEF] = "brief",
	};

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (strcmp(words[i], word) == 0)
			return (enum status_flavor)i;
	log_warning("fail2ban.actions", "Unsupported extended jail status "
	    "flavor '%s'. Supported: short, basic, stats, cymru",
	    log_text(span_of(word)));
	return STATUS_BASIC;
}

/* What upstream would call it: "auto" is inotify there, too. */
static const char *
backend_name(const struct engine_jail *j)
{
	const char *backend = j->config->backend;

	if (engine_journal_of(j->engine, j) != NULL)
		return "systemd";
	return span_eq_nocase(span_sub(span_of(backend), 0, 7),
	    SPAN("polling")) ? "polling" : "pyinotify";
}

json_t *
command_status_stats(const struct engine_jail *j)
{
	const struct jail_counters *c = jail_counters(j->jail);

	return json_pack("[s, [I, I], [I, I]]", backend_name(j),
	    (json_int_t)jail_failing(j->jail), (json_int_t)c->failed_total,
	    (json_int_t)jail_banned(j->jail), (json_int_t)c->banned_total);
}

json_t *
command_status_jail(const struct engine_jail *j, enum status_flavor flavor,
    const struct roll *ids)
{
	json_t *filter = filter_json(j->engine, j);
	json_t *actions = actions_json(j, ids);

	if (engine_journal_of(j->engine, j) != NULL)
		json_object_set_new(filter, "journal", journal_json(j));
	if (flavor != STATUS_SHORT)
		json_object_set_new(actions, "bans", bans_json(j));
	/* For a reader who does not want every id. */
	if (ids != NULL)
		json_object_set_new(actions, "ids", roll_mark(ids));
	return json_pack("{s:s, s:o, s:o}", "jail", j->config->name,
	    "filter", filter, "actions", actions);
}
