/* The table of what the control socket answers to, and the small handlers. */
#include "process/engine_local.h"

#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/xalloc.h"
#include "process/command_local.h"
#include "control/payload.h"

static void
ping(struct request *r, size_t argc, const char *const *argv, void *arg)
{
	/* Exporters send arguments with it; upstream ignores them too. */
	(void)argc;
	(void)argv;
	(void)arg;
	request_reply(r, json_string("pong"));
}

static void
version(struct request *r, size_t argc, const char *const *argv, void *arg)
{
	(void)argc;
	(void)argv;
	(void)arg;
	request_reply(r, json_string(GAOL_VERSION));
}

static void
server_status(struct request *r, size_t argc, const char *const *argv,
    void *arg)
{
	(void)argc;
	(void)argv;
	(void)arg;
	request_reply(r, json_string("Server ready"));
}

static void
echo(struct request *r, size_t argc, const char *const *argv, void *arg)
{
	struct rolls rolls = { 0 };
	struct roll *words = rolls_add(&rolls);

	(void)arg;
	for (size_t i = 1; i < argc; i++)
		roll_add(words, span_of(argv[i]));
	request_reply_long(r, roll_mark(words), &rolls);
}

static void
flushlogs(struct request *r, size_t argc, const char *const *argv, void *arg)
{
	struct engine *e = arg;
	struct wire_plain m = { .type = WIRE_REOPEN_LOG };

	(void)argc;
	(void)argv;
	port_send(e->parent, &m, sizeof(m), -1);
	request_reply(r, json_string(engine_target_rotates(e) ?
	    "rolled over" : "flushed"));
}

/* A reload that is asked for. */
struct reload_ask {
	struct engine *engine;
	struct request *request;
	char *jail;             /* NULL: all */
	bool if_exists, unban;
};

static void
reload_ask_free(struct reload_ask *ask)
{
	free(ask->jail);
	free(ask);
}

/* The ask is taken over. */
static void
reload_begin(struct reload_ask *ask)
{
	struct engine *e = ask->engine;
	struct wire_reload m = { .type = WIRE_RELOAD };
	const char *jail = ask->jail;

	/* The answer to the first configuration must not meet a second. */
	if (e->config == NULL) {
		request_fail(ask->request, "Exception", "still starting");
	} else if (e->ending) {
		request_fail(ask->request, "Exception", "shutting down");
	} else if (e->reload != NULL) {
		request_fail(ask->request, "Exception",
		    "another reload is under way");
	} else if (jail != NULL && strlen(jail) >= sizeof(m.jail)) {
		request_fail(ask->request, "UnknownJailException", "%s",
		    jail);
	} else {
		e->reload = ask->request;
		e->reload_if_exists = ask->if_exists;
		if (jail != NULL) {
			e->reload_jail = xstrdup(jail);
			memcpy(m.jail, jail, strlen(jail));
		}
		log_info("fail2ban.server", "Reload %s%s",
		    jail != NULL ? "jail " : "all jails",
		    jail != NULL ? log_text(span_of(jail)) : "");
		port_send(e->warden, &m, sizeof(m), -1);
	}
	reload_ask_free(ask);
}

static void
on_unbanned(const json_t *payload, const json_t *error, void *arg)
{
	struct reload_ask *ask = arg;

	(void)payload;
	if (error == NULL || ask->if_exists) {
		reload_begin(ask);
		return;
	}
	request_fail(ask->request, payload_str(error, "type", "Exception"),
	    "%s", payload_str(error, "message", ""));
	reload_ask_free(ask);
}

/* Every ban goes, then the configuration is read. */
static void
reload_unban(struct reload_ask *ask)
{
	json_t *words = ask->jail != NULL ?
	    json_pack("[s, s, s]", "unban", ask->jail, "--all") :
	    json_pack("[s, s]", "unban", "--all");

	request_inside(ask->request, words, on_unbanned, ask);
	json_decref(words);
}

/*
 * Options stand before the jail as words, or behind it in a list of their
 * own, as upstream's client sends them; --all names no jail. What that client
 * sends along behind is its configuration as a stream of commands: it is not
 * looked at, the warden reads its own files again.
 */
static void
reload(struct request *r, size_t argc, const char *const *argv, void *arg)
{
	struct reload_ask *ask = xcalloc(1, sizeof(*ask));
	const char *jail = NULL;
	bool list = argc > 2 && argv[2][0] == '[';

	ask->engine = arg;
	ask->request = r;
	for (size_t i = 1; i < argc && i < (list ? 3 : argc); i++) {
		bool options = list && i == 2;

		if (options ? strstr(argv[i], "\"--if-exists\"") != NULL :
		    strcmp(argv[i], "--if-exists") == 0)
			ask->if_exists = true;
		/* As a word it is its sender's own to do. */
		if (options && strstr(argv[i], "\"--unban\"") != NULL)
			ask->unban = true;
		if (jail == NULL && !options && argv[i][0] != '-')
			jail = argv[i];
	}
	if (jail != NULL)
		ask->jail = xstrdup(jail);
	if (ask->unban)
		reload_unban(ask);
	else
		reload_begin(ask);
}

static void
stop(struct request *r, size_t argc, const char *const *argv, void *arg)
{
	struct engine *e = arg;
	struct wire_plain flush = { .type = WIRE_FW_REMOVE };

	if (argc > 1 && strcmp(argv[1], "--flush") != 0) {
		command_stop_jail(r, argc, argv, e);
		return;
	}
	/* Before the first configuration there is nothing to flush. */
	if (argc > 1 && e->stopping == NULL && e->config != NULL) {
		e->stopping = r;
		port_send(e->warden, &flush, sizeof(flush), -1);
		return;
	}
	if (e->ending || e->leaving != NULL) {
		request_reply(r, json_string("stopping"));
		return;
	}
	/* As fail2ban does: the answer comes when all jails have stopped. */
	e->leaving = r;
	engine_stop(e, 0);
}

const struct command engine_commands[] = {
	{ "ping", "", "is the daemon alive?", RIGHT_READ, ping },
	{ "version", "", "its version", RIGHT_READ, version },
	{ "echo", "WORD…", "the words", RIGHT_READ, echo },
	{ "server-status", "", "is it at work?", RIGHT_READ, server_status },
	{ "status", "[JAIL|--all [FLAVOR]]", "of the daemon or its jails",
	    RIGHT_READ, command_status },
	{ "stats", "", "numbers of all jails", RIGHT_READ, command_stats },
	{ "statistic", "", "the same", RIGHT_READ, command_stats },
	{ "statistics", "", "the same", RIGHT_READ, command_stats },
	{ "banned", "[ID…]", "who is banned, or where an id is", RIGHT_READ,
	    command_banned },
	{ "get", "JAIL SETTING", "what a setting is", RIGHT_READ,
	    command_get },
	{ "events", "[NAME=VALUE…]", "mail accesses", RIGHT_READ,
	    command_events },
	{ "sessions", "[NAME=VALUE…]", "mail sessions", RIGHT_READ,
	    command_sessions },
	{ "sums", "[first=DAY last=DAY [behind=[SERVICE]:ACCOUNT]]",
	    "mail accesses of days, added up",
	    RIGHT_READ, command_sums },
	{ "past", "ID", "its bans in the database", RIGHT_READ,
	    command_past },
	{ "ban", "JAIL ID…", "ban by hand", RIGHT_BAN, command_ban },
	{ "unban", "[JAIL] ID…|--all", "lift bans", RIGHT_BAN,
	    command_unban },
	/* What is neither a ban nor an attempt asks for more by itself. */
	{ "set", "JAIL SETTING VALUE…", "change a setting", RIGHT_BAN,
	    command_set },
	{ "sleep", "SECONDS", "answers later", RIGHT_CONFIGURE,
	    command_sleep },
	{ "reload", "[JAIL]", "read the configuration again",
	    RIGHT_CONFIGURE, reload },
	{ "flushlogs", "", "open the log file anew", RIGHT_CONFIGURE,
	    flushlogs },
	{ "add", "JAIL [BACKEND]", "make a jail", RIGHT_CONFIGURE,
	    command_add },
	{ "start", "JAIL|--all", "start a jail that was added",
	    RIGHT_CONFIGURE, command_start_jail },
	{ "stop", "[--flush|JAIL|--all]", "end the daemon, or jails",
	    RIGHT_CONFIGURE, stop },
	{ "multi-set", "JAIL SETTING JSON", "set of each value of a list",
	    RIGHT_CONFIGURE, command_multi_set },
	{ "server-stream", "JSON", "run each command of a list",
	    RIGHT_CONFIGURE, command_stream },
	{ "config-error", "TEXT", "log a line", RIGHT_CONFIGURE,
	    command_config_error },
	{ 0 },
};
