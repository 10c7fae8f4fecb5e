/*
 * `ban`, `unban`, and `set JAIL banip|unbanip|attempt`. The answer comes
 * when the firewall has given its own: who reads "banned" may rely on it.
 */
#include "process/command_setting.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/xalloc.h"
#include "control/payload.h"
#include "control/printable.h"
#include "process/command_local.h"
#include "process/never.h"

struct ban_wait {
	struct engine_wait wait;   /* first: the callbacks cast back */
	struct request *request;
	json_t *errors;
	json_int_t fresh;          /* new bans, or lifted ones */
	json_int_t prolonged;
	struct addr told;          /* the last that failed */
	bool upstream;             /* answer with a number only */
	bool lifting;
	bool report;               /* an absent one is an error */
};

static void
add_error(struct ban_wait *w, json_t *id, const char *text)
{
	json_array_append_new(w->errors, json_pack("{s:o, s:s}", "id", id,
	    "error", text));
}

static void
on_failed(struct engine_wait *wait, const struct engine_ask *ask, int error,
    bool refused)
{
	struct ban_wait *w = (struct ban_wait *)wait;
	struct id id = id_from_addr(&ask->addr);

	/* Every native action says the same, one behind the other. */
	if (addr_eq(&w->told, &ask->addr))
		return;
	w->told = ask->addr;
	add_error(w, command_id_json(&id), engine_ask_why(error, refused));
	if (refused && ask->op == ASK_ADD)
		w->fresh--;
}

/* "not banned: ['192.0.2.7']" */
static void
fail_absent(struct ban_wait *w)
{
	struct buf list = { 0 };

	for (size_t i = 0; i < json_array_size(w->errors); i++) {
		buf_adds(&list, i > 0 ? ", " : "");
		printable_add_repr(&list, span_of(payload_str(
		    json_array_get(w->errors, i), "id", "")));
	}
	request_fail(w->request, "ValueError", "not banned: [%s]", list.p);
	buf_fini(&list);
	json_decref(w->errors);
	free(w);
}

static void
on_done(struct engine_wait *wait)
{
	struct ban_wait *w = (struct ban_wait *)wait;
	json_t *reply;

	if (w->report && json_array_size(w->errors) > 0) {
		fail_absent(w);
		return;
	}
	if (w->upstream) {
		reply = json_integer(w->fresh);
		json_decref(w->errors);
	} else if (w->lifting) {
		reply = json_pack("{s:I, s:o}", "count", w->fresh,
		    "errors", w->errors);
	} else {
		reply = json_pack("{s:I, s:I, s:o}", "new", w->fresh,
		    "prolonged", w->prolonged, "errors", w->errors);
	}
	request_reply(w->request, reply);
	free(w);
}

static struct ban_wait *
wait_new(struct request *r, bool upstream, bool lifting)
{
	struct ban_wait *w = xcalloc(1, sizeof(*w));

	w->wait.done = on_done;
	w->wait.failed = on_failed;
	/* One for ourselves, so that nothing answers while we still ask. */
	w->wait.asked = 1;
	w->request = r;
	w->errors = json_array();
	w->upstream = upstream;
	w->lifting = lifting;
	return w;
}

static void
wait_end(struct ban_wait *w)
{
	if (--w->wait.asked == 0)
		on_done(&w->wait);
}

/*
 * Native bans of these are refused by the warden, commands by the runner:
 * where neither is asked, or only the second, there is no ban of them either.
 */
static bool
is_protected(const struct engine_jail *j, struct ban_wait *w,
    const struct trie *never, const struct id *id)
{
	int error = id->addr.family != ADDR_NONE ?
	    never_refuses(never, &id->addr) : 0;
	struct buf text = { 0 };

	if (error != EACCES && error != ERANGE)
		return false;
	id_format(id, &text);
	log_error("fail2ban.actions", "[%s] %s is not banned: %s",
	    j->config->name, text.p, engine_ask_why(error, true));
	buf_fini(&text);
	add_error(w, command_id_json(id), engine_ask_why(error, true));
	return true;
}

/*
 * The hooks have asked already; a second request of the same element answers
 * when that one is through, and tells this client.
 */
static void
ban_one(struct engine_jail *j, struct ban_wait *w, const struct trie *never,
    const char *text)
{
	struct id id = id_from_span(span_of(text));
	enum ask_op op = ASK_RENEW;
	struct ticket *t;

	if (is_protected(j, w, never, &id))
		return;
	switch (jail_ban(j->jail, &id, 0, clock_wall())) {
	case JAIL_BAN_NEW:
		w->fresh++;
		op = ASK_ADD;
		break;
	case JAIL_BAN_PROLONGED:
		w->prolonged++;
		break;
	case JAIL_BAN_REFUSED:
		add_error(w, command_id_json(&id), errno == ENOSPC ?
		    "bans_max of this jail is reached" :
		    "this address cannot be banned");
		return;
	}
	t = jail_find(j->jail, &id);
	if (t != NULL)
		engine_ask(j, t, op, &w->wait);
}

/*
 * A network lifts every ban inside it, too. The rows go even when nothing is
 * banned just now, as upstream's do: nothing may come back at a restart.
 */
static json_int_t
unban_one(struct engine_jail *j, struct ban_wait *w, const struct id *id)
{
	struct engine *e = j->engine;
	bool is_net = id->addr.family != ADDR_NONE && !addr_is_host(&id->addr);
	json_int_t n;

	/* Whoever is inside of it may still have to come back. */
	if (is_net)
		engine_restore_finish(e);
	e->unban_wait = &w->wait;
	n = jail_unban(j->jail, id, UNBAN_BY_HAND);
	if (n == 0 && e->store != NULL)
		store_unban(e->store, j->config->name, id);
	if (is_net)
		n += (json_int_t)jail_unban_inside(j->jail, &id->addr,
		    UNBAN_BY_HAND);
	e->unban_wait = NULL;
	engine_restore_lifted(j);
	return n;
}

static void
ban_ids(struct engine_jail *j, struct request *r, size_t argc,
    const char *const *argv, bool upstream)
{
	struct ban_wait *w = wait_new(r, upstream, false);
	const struct engine *e = j->engine;
	struct trie *never = never_new(e->config, e->own, e->own_n);

	for (size_t i = 0; i < argc; i++)
		ban_one(j, w, never, argv[i]);
	trie_free(never);
	engine_jails_run(j->engine);
	wait_end(w);
}

static void
unban_in_jail(struct engine_jail *j, struct ban_wait *w, size_t argc,
    const char *const *argv, bool report)
{
	for (size_t i = 0; i < argc; i++) {
		struct id id = id_from_span(span_of(argv[i]));

		json_int_t n = unban_one(j, w, &id);

		w->fresh += n;
		if (n == 0 && report)
			add_error(w, command_id_json(&id), "is not banned");
	}
}

/* --- handlers ---------------------------------------------------------------- */

void
command_ban(struct request *r, size_t argc, const char *const *argv, void *arg)
{
	struct engine_jail *j;

	if (argc < 3) {
		request_fail(r, "IndexError", "ban takes JAIL ID…");
		return;
	}
	j = command_jail(arg, r, argv[1]);
	if (j != NULL)
		ban_ids(j, r, argc - 2, argv + 2, false);
}

static bool
is_all(const char *word)
{
	return strcmp(word, "--all") == 0;
}

/* `unban --all`, `unban ID…` (in every jail), `unban JAIL ID…|--all`. */
void
command_unban(struct request *r, size_t argc, const char *const *argv,
    void *arg)
{
	struct engine *e = arg;
	struct engine_jail *j;
	struct ban_wait *w;

	if (argc < 2) {
		request_fail(r, "Exception", "Invalid command");
		return;
	}
	j = engine_jail_find(e, argv[1]);
	if (j != NULL && (j->jail == NULL || argc < 3)) {
		request_fail(r, "Exception", argc < 3 ?
		    "unban JAIL takes ID…|--all" : "that jail does not run");
		return;
	}
	/* A jail that is none must not become all of them. */
	if (j == NULL && argc > 2 && is_all(argv[argc - 1])) {
		request_fail(r, "UnknownJailException", "%s", argv[1]);
		return;
	}
	w = wait_new(r, false, true);
	if (is_all(argv[argc - 1]))
		command_sweep(e, j != NULL ? j->config->name : NULL,
		    &w->wait, &w->fresh);
	else if (j != NULL)
		unban_in_jail(j, w, argc - 2, argv + 2, true);
	else
		for (size_t i = 0; i < e->jails_n; i++)
			if (e->jails[i]->jail != NULL)
				unban_in_jail(e->jails[i], w, argc - 1,
				    argv + 1, false);
	engine_jails_run(e);
	wait_end(w);
}

/* Absent ones are an error only with --report-absent, after all the others. */
static void
set_unbanip(struct setting_call *c, struct request *r)
{
	bool report = strcmp(c->argv[0], "--report-absent") == 0;
	size_t skip = report ? 1 : 0;
	struct ban_wait *w = wait_new(r, true, true);

	w->report = report;
	unban_in_jail(c->jail, w, c->argc - skip, c->argv + skip, report);
	engine_jails_run(c->jail->engine);
	wait_end(w);
}

static void
set_banip(struct setting_call *c, struct request *r)
{
	ban_ids(c->jail, r, c->argc, c->argv, true);
}

/* --- attempt --------------------------------------------------------------- */

/* A failure that somebody tells of, with its lines; 0: the id is ignored. */
static void
set_attempt(struct setting_call *c, struct request *r)
{
	struct failure f = { .time = clock_wall() };

	if (c->argc == 0) {
		request_fail(r, "TypeError", "Filter.addAttempt() missing 1 "
		    "required positional argument: 'ip'");
		return;
	}
	f.id = id_from_span(span_of(c->argv[0]));
	f.attempts = c->argc > 1 ? (unsigned)(c->argc - 1) : 1;
	/* The last ones, as many as a failure holds. */
	for (size_t i = 1; i < c->argc; i++)
		if (c->argc - i <= FAILURE_LINES_MAX)
			f.lines[f.lines_n++] = span_of(c->argv[i]);
	f.told = r;
	engine_jail_failure(c->jail, &f);
	engine_jails_run(c->jail->engine);
}

const struct setting command_setting_ban[] = {
	{ "banned", .tell = command_banned_tell },
	{ "banip", .tell = command_banned_by_end, .run = set_banip,
	    .ban = true },
	{ "unbanip", .run = set_unbanip, .least = 1, .verb = true,
	    .ban = true },
	{ "attempt", .run = set_attempt, .verb = true, .ban = true },
	{ 0 },
};
