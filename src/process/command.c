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
	json_t *words = json_array();

	(void)arg;
	for (size_t i = 1; i < argc; i++)
		json_array_append_new(words, payload_text(span_of(argv[i])));
	request_reply(r, words);
}

static void
flushlogs(struct request *r, size_t argc, const char *const *argv, void *arg)
{
	struct engine *e = arg;
	struct wire_plain m = { .type = WIRE_REOPEN_LOG };

	(void)argc;
	(void)argv;
	port_send(e->parent, &m, sizeof(m), -1);
	request_reply(r, json_string("rolled over"));
}

/*
 * The warden reads its own files again; a stream of commands that a client
 * may have sent along is not looked at.
 */
static void
reload(struct request *r, size_t argc, const char *const *argv, void *arg)
{
	struct engine *e = arg;
	struct wire_reload m = { .type = WIRE_RELOAD };
	const char *jail = NULL;
	bool if_exists = false;

	/* fail2ban's options stand before the jail; --all names none. */
	for (size_t i = 1; i < argc && jail == NULL; i++) {
		if_exists |= strcmp(argv[i], "--if-exists") == 0;
		if (argv[i][0] != '-')
			jail = argv[i];
	}

	/* The answer to the first configuration must not meet a second. */
	if (e->config == NULL) {
		request_fail(r, "Exception", "still starting");
		return;
	}
	if (e->reload != NULL) {
		request_fail(r, "Exception", "another reload is under way");
		return;
	}
	if (jail != NULL && strlen(jail) >= sizeof(m.jail)) {
		request_fail(r, "UnknownJailException", "%s", jail);
		return;
	}
	e->reload = r;
	e->reload_if_exists = if_exists;
	if (jail != NULL) {
		e->reload_jail = xstrdup(jail);
		memcpy(m.jail, jail, strlen(jail));
	}
	log_info("fail2ban.server", "Reload %s%s",
	    e->reload_jail != NULL ? "jail " : "all jails",
	    e->reload_jail != NULL ? log_text(span_of(e->reload_jail)) : "");
	port_send(e->warden, &m, sizeof(m), -1);
}

static void
stop(struct request *r, size_t argc, const char *const *argv, void *arg)
{
	struct engine *e = arg;
	struct wire_plain flush = { .type = WIRE_FW_REMOVE };

	if (argc > 1 && strcmp(argv[1], "--flush") != 0) {
		command_stop_jail(r, argv[1], e);
		return;
	}
	/* Before the first configuration there is nothing to flush. */
	if (argc > 1 && e->stopping == NULL && e->config != NULL) {
		e->stopping = r;
		port_send(e->warden, &flush, sizeof(flush), -1);
		return;
	}
	request_reply(r, json_string("stopping"));
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
