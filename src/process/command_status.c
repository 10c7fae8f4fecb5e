/* `status`: what there is to see of the daemon. */
#include "process/engine_local.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/turn.h"
#include "base/xalloc.h"
#include "control/payload.h"
#include "process/command_local.h"

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

	if (j == NULL || j->stopped) {
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

bool
command_meant(const struct engine_jail *j, const char *name)
{
	return j->jail != NULL && (name == NULL ||
	    strcmp(name, j->config->name) == 0);
}

/* --- status -------------------------------------------------------------- */

static int
by_name(const void *a, const void *b)
{
	const struct engine_jail *const *x = a, *const *y = b;

	return strcmp((*x)->config->name, (*y)->config->name);
}

/* The jails at work by their names; the caller frees the list. */
static struct engine_jail **
sorted_jails(const struct engine *e, size_t *n)
{
	struct engine_jail **sorted = xcalloc(e->jails_n + 1, sizeof(*sorted));

	*n = 0;
	for (size_t i = 0; i < e->jails_n; i++)
		if (e->jails[i]->jail != NULL)
			sorted[(*n)++] = e->jails[i];
	qsort(sorted, *n, sizeof(*sorted), by_name);
	return sorted;
}

static json_t *
jail_names(const struct engine *e)
{
	json_t *names = json_array();
	size_t n;
	struct engine_jail **sorted = sorted_jails(e, &n);

	for (size_t i = 0; i < n; i++)
		json_array_append_new(names,
		    json_string(sorted[i]->config->name));
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
		e->asks.undone.n + engine_sent_count(e->asks.sent)));
}

static json_t *
store_json(const struct engine *e)
{
	struct store_counters c = { 0 };

	if (e->store != NULL)
		store_counters(e->store, &c);
	return json_pack("{s:s, s:s, s:s, s:I, s:I, s:I}",
	    "path", e->dbfile != NULL ? e->dbfile : "None",
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

		if (log->closed)
			continue;
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

/* Settings without the effect their writer hoped for. */
static json_t *
problems_json(const struct engine *e)
{
	json_t *list = json_array();

	for (size_t i = 0; i < e->jails_n; i++) {
		const struct engine_jail *j = e->jails[i];
		const struct strings *files = j->jail != NULL ?
		    jail_ignore_files(j->jail) : NULL;

		for (size_t k = 0; files != NULL && k < files->n; k++) {
			if (jail_ignore_file_known(j->jail, files->v[k]))
				continue;
			json_array_append_new(list, json_sprintf(
			    "[%s] ignoreip: file:/%s is not read",
			    j->config->name, log_text(span_of(files->v[k]))));
		}
		if (j->run_error != NULL)
			json_array_append_new(list, json_sprintf(
			    "[%s] no shell action is run: %s",
			    j->config->name, j->run_error));
	}
	return list;
}

/* The resolver, what it was asked, and who waits for it. */
static json_t *
names_json(const struct engine *e)
{
	json_t *names = engine_resolve_json(e);

	json_object_update_new(names, engine_ignoreip_json(e));
	json_object_set_new(names, "waiting", json_integer((json_int_t)
	    (engine_names_waiting(e) + engine_ignoreip_waiting(e))));
	json_object_set_new(names, "uncounted",
	    json_integer((json_int_t)engine_names_dropped(e)));
	return names;
}

/* For how long others had to wait, in milliseconds. */
static json_t *
turn_json(void)
{
	struct turn_report t;

	turn_get(&t);
	return json_pack("{s:f, s:f, s:I}",
	    "longest", (double)t.longest_us / 1e3,
	    "processor", (double)t.longest_cpu_us / 1e3,
	    "slow", (json_int_t)t.slow);
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
	return json_pack("{s:s, s:I, s:I, s:o, s:o, s:b, s:I, s:I, s:o, s:o,"
	    " s:o, s:o, s:o, s:o, s:o, s:o, s:o}",
	    "version", GAOL_VERSION,
	    "pid", (json_int_t)e->options->parent,
	    "uptime", (json_int_t)((clock_boot().us - e->started.us) /
		CLOCK_SECOND),
	    "jails", jail_names(e),
	    "broken", broken_jails(e),
	    "restoring", e->restore != NULL,
	    "pending", pending,
	    "failed", failed,
	    "firewall", firewall_json(e),
	    "store", store_json(e),
	    "runner", engine_run_json(e),
	    "turn", turn_json(),
	    "sandbox", sandbox_json(e),
	    "problems", problems_json(e),
	    "logs", logs_json(e),
	    "names", names_json(e),
	    "events", engine_events_json(e));
}

/* --- status, stats -------------------------------------------------------- */

/* {"sshd": …, "web": …} */
static json_t *
stats_json(const struct engine *e)
{
	json_t *stats = json_object();
	size_t n;
	struct engine_jail **sorted = sorted_jails(e, &n);

	for (size_t i = 0; i < n; i++)
		json_object_set_new(stats, sorted[i]->config->name,
		    command_status_stats(sorted[i]));
	free(sorted);
	return stats;
}

void
command_stats(struct request *r, size_t argc, const char *const *argv,
    void *arg)
{
	(void)argc;
	(void)argv;
	request_reply(r, stats_json(arg));
}

static void
status_all(struct request *r, const struct engine *e,
    enum status_flavor flavor)
{
	struct engine_jail **sorted;
	size_t n;

	if (flavor == STATUS_STATS) {
		request_reply(r, stats_json(e));
		return;
	}
	sorted = sorted_jails(e, &n);
	command_list(r, LIST_STATUS_ALL, flavor, sorted, n);
	free(sorted);
}

/* `status`, `status JAIL [FLAVOR]`, `status --all [FLAVOR]` */
void
command_status(struct request *r, size_t argc, const char *const *argv,
    void *arg)
{
	struct engine *e = arg;
	struct engine_jail *j;
	enum status_flavor flavor;

	if (e->config == NULL) {
		request_fail(r, "Exception", "still starting");
		return;
	}
	if (argc < 2) {
		request_reply(r, status_daemon(e));
		return;
	}
	if (argc > 3) {
		request_fail(r, "Exception", "Invalid command (no status)");
		return;
	}
	if (strcmp(argv[1], "--all") == 0) {
		status_all(r, e, argc > 2 ? command_status_flavor(argv[2]) :
		    STATUS_BASIC);
		return;
	}
	j = command_jail(e, r, argv[1]);
	if (j == NULL)
		return;
	flavor = argc > 2 ? command_status_flavor(argv[2]) : STATUS_BASIC;
	if (flavor == STATUS_STATS)
		request_reply(r, command_status_stats(j));
	else
		command_list(r, LIST_STATUS, flavor, &j, 1);
}
