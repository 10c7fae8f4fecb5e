/* `status`, `status JAIL`: what there is to see. */
#include "process/engine_local.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/xalloc.h"
#include "config/value.h"
#include "control/payload.h"
#include "process/command_local.h"

#define BANS_SHOWN 1000

json_t *
command_id_json(const struct id *id)
{
	struct buf text = { 0 };
	json_t *json;

	id_format(id, &text);
	json = payload_text(buf_span(&text));
	buf_fini(&text);
	return json;
}

struct engine_jail *
command_jail(struct engine *e, struct request *r, const char *name)
{
	struct engine_jail *j = engine_jail_find(e, name);

	if (j == NULL) {
		request_fail(r, "UnknownJailException", "%s", name);
		return NULL;
	}
	if (j->jail == NULL) {
		request_fail(r, "Exception", "jail '%s' does not run: %s",
		    name, j->error);
		return NULL;
	}
	return j;
}

/* --- status -------------------------------------------------------------- */

static int
by_name(const void *a, const void *b)
{
	const struct engine_jail *const *x = a, *const *y = b;

	return strcmp((*x)->config->name, (*y)->config->name);
}

static json_t *
jail_names(const struct engine *e)
{
	struct engine_jail **sorted = xcalloc(e->jails_n + 1, sizeof(*sorted));
	json_t *names = json_array();

	if (e->jails_n > 0)
		memcpy(sorted, e->jails, e->jails_n * sizeof(*sorted));
	qsort(sorted, e->jails_n, sizeof(*sorted), by_name);
	for (size_t i = 0; i < e->jails_n; i++) {
		if (sorted[i]->jail != NULL)
			json_array_append_new(names,
			    json_string(sorted[i]->config->name));
	}
	free(sorted);
	return names;
}

static json_t *
broken_jails(const struct engine *e)
{
	json_t *list = json_array();

	for (size_t i = 0; i < e->jails_n; i++) {
		const struct engine_jail *j = e->jails[i];

		if (j->error != NULL)
			json_array_append_new(list, json_pack("{s:s, s:o}",
			    "jail", j->config->name,
			    "error", payload_text(span_of(j->error))));
	}
	return list;
}

static json_t *
firewall_json(const struct engine *e)
{
	return json_pack("{s:s, s:s, s:o, s:I, s:I, s:I, s:I}",
	    "kind", e->config->own.firewall,
	    "state", e->firewall_error == 0 ? "ok" : "error",
	    "text", payload_text(span_of(e->firewall_error == 0 ? "" :
		e->firewall_text)),
	    "rebuilt", (json_int_t)e->firewall_rebuilt,
	    "refused", (json_int_t)e->asks.refused,
	    "dropped", (json_int_t)e->asks.dropped,
	    "waiting", (json_int_t)(e->asks.urgent.n + e->asks.bulk.n +
		e->asks.undone.n + table_count(e->asks.sent)));
}

static json_t *
store_json(const struct engine *e)
{
	struct store_counters c = { 0 };

	if (e->store != NULL)
		store_counters(e->store, &c);
	return json_pack("{s:s, s:s, s:s, s:I, s:I, s:I}",
	    "path", e->config->main.dbfile,
	    "state", e->store_error == NULL ? "ok" : "error",
	    "text", e->store_error == NULL ? "" : e->store_error,
	    "written", (json_int_t)c.written,
	    "waiting", (json_int_t)c.waiting,
	    "lost", (json_int_t)c.lost);
}

static const char *
log_state(const struct engine_log *log)
{
	if (log->error == 0)
		return log->tried ? "ok" : "opening";
	return log->error == ENOENT ? "missing" : "error";
}

static json_t *
logs_json(const struct engine *e)
{
	json_t *list = json_array();

	for (size_t i = 0; i < e->logs_n; i++) {
		const struct engine_log *log = &e->logs[i];

		json_array_append_new(list, json_pack("{s:o, s:s, s:s, s:s}",
		    "path", payload_text(span_of(log->path)),
		    "jail", log->jail->config->name,
		    "state", log_state(log),
		    "text", log->error != 0 ? strerror(log->error) : ""));
	}
	return list;
}

static json_t *
sandbox_json(const struct engine *e)
{
	const struct wire_sandbox *w = &e->warden_sandbox;
	struct sandbox_report r;

	sandbox_get_report(&r);
	return json_pack("[{s:s, s:i, s:i, s:b, s:b}, {s:s, s:i, s:i, s:b, "
	    "s:b}]", "process", "engine", "uid", (int)r.uid,
	    "landlock", r.landlock, "seccomp", (int)r.seccomp,
	    "dropped", (int)r.dropped, "process", "warden",
	    "uid", (int)w->uid, "landlock", (int)w->landlock,
	    "seccomp", (int)w->seccomp, "dropped", (int)w->dropped);
}

/* Settings that ask for what this version does not do, and since when. */
static json_t *
problems_json(const struct engine *e)
{
	json_t *list = json_array();

	for (size_t i = 0; i < e->jails_n; i++) {
		const struct engine_jail *j = e->jails[i];
		const struct strings *unused = j->jail != NULL ?
		    jail_unused(j->jail) : NULL;

		for (size_t k = 0; unused != NULL && k < unused->n; k++)
			json_array_append_new(list, json_sprintf(
			    "[%s] not in this version: %s", j->config->name,
			    log_text(span_of(unused->v[k]))));
		if (j->run_error != NULL)
			json_array_append_new(list, json_sprintf(
			    "[%s] no shell action is run: %s",
			    j->config->name, j->run_error));
	}
	return list;
}

static json_t *
status_daemon(const struct engine *e)
{
	json_int_t pending = 0, failed = 0;

	for (size_t i = 0; i < e->jails_n; i++) {
		if (e->jails[i]->jail == NULL)
			continue;
		pending += (json_int_t)e->jails[i]->states[TICKET_PENDING];
		failed += (json_int_t)e->jails[i]->states[TICKET_FAILED];
	}
	return json_pack("{s:s, s:I, s:I, s:o, s:o, s:I, s:I, s:o, s:o, s:o,"
	    " s:o, s:o, s:o, s:o, s:I, s:I}",
	    "version", GAOL_VERSION,
	    "pid", (json_int_t)e->options->parent,
	    "uptime", (json_int_t)((clock_boot().us - e->started.us) /
		CLOCK_SECOND),
	    "jails", jail_names(e),
	    "broken", broken_jails(e),
	    "pending", pending,
	    "failed", failed,
	    "firewall", firewall_json(e),
	    "store", store_json(e),
	    "runner", engine_run_json(e),
	    "sandbox", sandbox_json(e),
	    "problems", problems_json(e),
	    "logs", logs_json(e),
	    "resolver", engine_resolve_json(e),
	    "names_waiting", (json_int_t)engine_names_waiting(e),
	    "names_dropped", (json_int_t)engine_names_dropped(e));
}

/* --- status JAIL ---------------------------------------------------- */

json_t *
command_files_json(const struct engine *e, const struct engine_jail *j)
{
	json_t *files = json_array();

	for (size_t i = 0; i < e->logs_n; i++) {
		if (e->logs[i].jail == j)
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

	return json_pack("{s:I, s:I, s:o, s:I, s:I, s:I, s:I, s:I, s:I, s:I,"
	    " s:I, s:f, s:I, s:o}",
	    "failing", (json_int_t)jail_failing(j->jail),
	    "failed_total", (json_int_t)c->failed_total,
	    "files", command_files_json(e, j),
	    "lines", (json_int_t)f->lines,
	    "matched", (json_int_t)f->matched,
	    "ignored", (json_int_t)(f->ignored + c->ignored),
	    "cut", (json_int_t)f->cut,
	    "limit_hits", (json_int_t)f->limit_hits,
	    "evicted", (json_int_t)c->evicted,
	    "untold", (json_int_t)c->untold,
	    "refused", (json_int_t)c->refused,
	    "cpu", (double)f->cpu_ns / 1e9,
	    "over_budget", (json_int_t)f->over_budget,
	    "costliest", costliest_json(j->filter));
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

static json_t *
ban_json(const struct engine_jail *j, const struct ticket *t)
{
	json_t *ban = json_pack("{s:o, s:I, s:I, s:I, s:s, s:I, s:b}",
	    "id", command_id_json(&t->id),
	    "time", (json_int_t)wall_seconds(t->time),
	    "bantime", (json_int_t)(t->permanent ? -1 : t->bantime),
	    "left", (json_int_t)jail_left(j->jail, t, clock_boot()),
	    "state", state_name(t->state),
	    "failures", (json_int_t)t->failures,
	    "restored", (int)t->restored);

	if (t->state == TICKET_FAILED)
		json_object_set_new(ban, "error",
		    json_string(strerror(t->error)));
	return ban;
}

static json_t *
ids_json(const struct jail *jail)
{
	struct ticket *t = jail_ban_first(jail);
	json_t *ids = json_array();

	for (; t != NULL; t = jail_ban_next(jail, t))
		json_array_append_new(ids, command_id_json(&t->id));
	return ids;
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

static json_t *
actions_json(const struct engine_jail *j)
{
	return json_pack("{s:I, s:I, s:I, s:I, s:o, s:o}",
	    "banned", (json_int_t)jail_banned(j->jail),
	    "banned_total", (json_int_t)jail_counters(j->jail)->banned_total,
	    "pending", (json_int_t)j->states[TICKET_PENDING],
	    "failed", (json_int_t)j->states[TICKET_FAILED],
	    "commands", engine_run_jail_json(j),
	    "bans", bans_json(j));
}

/* For a reader who does not want every id. */
static bool
is_brief(size_t argc, const char *const *argv)
{
	return argc > 2 && strcmp(argv[2], "brief") == 0;
}

void
command_status(struct request *r, size_t argc, const char *const *argv,
    void *arg)
{
	struct engine *e = arg;
	struct engine_jail *j;
	json_t *filter, *actions;

	if (e->config == NULL) {
		request_fail(r, "Exception", "still starting");
		return;
	}
	if (argc < 2) {
		request_reply(r, status_daemon(e));
		return;
	}
	j = command_jail(e, r, argv[1]);
	if (j == NULL)
		return;
	filter = filter_json(e, j);
	if (engine_journal_of(e, j) != NULL)
		json_object_set_new(filter, "journal", journal_json(j));
	actions = actions_json(j);
	if (!is_brief(argc, argv))
		json_object_set_new(actions, "ids", ids_json(j->jail));
	request_reply(r, json_pack("{s:s, s:o, s:o}",
	    "jail", j->config->name, "filter", filter,
	    "actions", actions));
}
