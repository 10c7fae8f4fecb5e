#include <errno.h>
#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "base/number.h"
#include "control/layout.h"
#include "control/payload.h"
#include "control/pickle_write.h"
#include "control/printable.h"
#include "tools/daemon.h"
#include "tools/f2b_client.h"

#define LOGGER "fail2ban"

static void
put(const struct buf *out)
{
	fwrite(out->p, 1, out->n, stdout);
	fflush(stdout);
}

/* The message of an exception as Python shows its arguments: ('x',). */
static void
log_refusal(const char *type, const char *message)
{
	struct buf args = { 0 }, text = { 0 };
	struct span reason, path;
	int64_t number;

	/* An OSError's path is none of its arguments. */
	if (pickle_write_errno(span_of(message), &number, &reason, &path)) {
		buf_addf(&args, "%" PRId64 ", ", number);
		printable_add_repr(&args, reason);
	} else {
		printable_add_repr(&args, span_of(message));
		buf_addc(&args, ',');
	}
	log_error(LOGGER, "NOK: (%s)", args.p);
	layout_error(type, message, &text);
	put(&text);
	buf_fini(&args);
	buf_fini(&text);
}

/* error: errno of the attempt to reach the socket. */
static void
log_unreachable(const struct f2b *f, int error, bool brief)
{
	const char *path = log_text(span_of(f->target.socket));
	struct buf why = { 0 };

	if (error == ETIMEDOUT)
		buf_adds(&why, "timed out");
	else
		buf_addf(&why, "[Errno %d] %s", error, strerror(error));
	if (access(f->target.socket, F_OK) == -1)
		log_error(LOGGER, "Failed to access socket path: %s."
		    " Is fail2ban running?", path);
	else if (access(f->target.socket, W_OK) == -1)
		log_error(LOGGER, "Permission denied to socket: %s,"
		    " (you must be root)", path);
	else if (brief)
		log_error(LOGGER, "%s", why.p);
	else
		log_error(LOGGER, "[%s] Unable to contact server."
		    " Is it running?", why.p);
	buf_fini(&why);
}

static void
log_failure(const struct f2b *f, const char *command, const char *type,
    const char *message, int error)
{
	if (error != 0)
		log_unreachable(f, error, strcmp(command, "ping") == 0);
	else if (strcmp(command, "reload") == 0 &&
	    strcmp(type, "UnknownJailException") == 0)
		log_error(LOGGER, "Failed during configuration: "
		    "No section: '%s'", log_text(span_of(message)));
	else
		log_refusal(type, message);
}

/* The payload, or NULL after the message. */
static json_t *
ask(const struct f2b *f, size_t argc, const char *const *argv)
{
	char type[CLIENT_TYPE_MAX] = "";
	struct buf error = { 0 };
	json_t *payload = target_ask(&f->target, argc, argv, type, &error);

	if (payload == NULL)
		log_failure(f, argv[0], type, error.n > 0 ? error.p : "",
		    errno);
	buf_fini(&error);
	return payload;
}

static void
add_headed(const char *head, const json_t *payload, struct buf *out)
{
	buf_adds(out, head);
	layout_plain(payload, out);
}

static void
add_reload(const json_t *payload, struct buf *out)
{
	const json_t *problems = json_object_get(payload, "problems");

	for (size_t i = 0; i < json_array_size(problems); i++)
		log_warning(LOGGER, "%s", log_text(span_of(
		    json_string_value(json_array_get(problems, i)))));
	buf_adds(out, "OK\n");
}

static void
add_echo(const json_t *payload, struct buf *out)
{
	for (size_t i = 0; i < json_array_size(payload); i++) {
		buf_adds(out, i > 0 ? " " : "");
		printable_add_lines(out, span_of(json_string_value(
		    json_array_get(payload, i))));
	}
	buf_addc(out, '\n');
}

/* As Python would write to stdout: UTF-8 in the C locale, too. */
static bool
speaks_utf8(void)
{
	static const char *const names[] = { "LC_ALL", "LC_CTYPE", "LANG" };
	const char *locale = "";

	for (size_t i = 0; i < 3 && locale[0] == '\0'; i++)
		locale = getenv(names[i]) != NULL ? getenv(names[i]) : "";
	return locale[0] == '\0' || strcmp(locale, "C") == 0 ||
	    strcmp(locale, "POSIX") == 0 ||
	    strcasestr(locale, "utf-8") != NULL ||
	    strcasestr(locale, "utf8") != NULL;
}

/* "stats" is an array of one jail, an object of all. */
static void
add_status(size_t argc, const char *const *argv, const json_t *payload,
    struct buf *out)
{
	bool all = argc > 1 && strcmp(argv[1], "--all") == 0;
	json_t *one;

	if (argc > 1 && json_is_array(payload)) {
		one = json_object();
		json_object_set(one, argv[1], (json_t *)(uintptr_t)payload);
		layout_stats(one, speaks_utf8(), out);
		json_decref(one);
	} else if (argc < 2) {
		layout_status(payload, out);
	} else if (!all) {
		layout_status_jail(payload, out);
	} else if (payload_is_status_all(payload)) {
		layout_status_all(payload, out);
	} else {
		layout_stats(payload, speaks_utf8(), out);
	}
}

/* What upstream's client makes of the reply to a command. */
static void
lay_out(size_t argc, const char *const *argv, const json_t *payload,
    struct buf *out)
{
	const char *name = argv[0];

	if (strcmp(name, "ping") == 0)
		add_headed("Server replied: ", payload, out);
	else if (strcmp(name, "flushlogs") == 0)
		add_headed("logs: ", payload, out);
	else if (strcmp(name, "add") == 0)
		add_headed("Added jail ", payload, out);
	else if (strcmp(name, "echo") == 0 && json_is_array(payload))
		add_echo(payload, out);
	else if (strcmp(name, "status") == 0)
		add_status(argc, argv, payload, out);
	else if (strncmp(name, "stat", 4) == 0 && json_is_object(payload))
		layout_stats(payload, speaks_utf8(), out);
	else if (strcmp(name, "banned") == 0 && json_is_array(payload))
		layout_banned(payload, out);
	else if (strcmp(name, "unban") == 0 && json_is_object(payload))
		buf_addf(out, "%" PRId64 "\n",
		    payload_int(payload, "count", 0));
	else if (strcmp(name, "reload") == 0)
		add_reload(payload, out);
	else if (strcmp(name, "start") == 0)
		buf_adds(out, "Jail started\n");
	else if (strcmp(name, "stop") == 0)
		buf_adds(out, "Jail stopped\n");
	else if (strcmp(name, "get") == 0 || strcmp(name, "set") == 0)
		layout_setting(argc, argv, payload, out);
	else
		layout_plain(payload, out);
}

static bool
ask_and_print(const struct f2b *f, size_t argc, const char *const *argv)
{
	json_t *payload = ask(f, argc, argv);
	struct buf out = { 0 };

	if (payload == NULL)
		return false;
	lay_out(argc, argv, payload, &out);
	put(&out);
	json_decref(payload);
	buf_fini(&out);
	return true;
}

static bool
start(const struct f2b *f)
{
	struct buf why = { 0 };
	bool ok = false;

	if (daemon_answers(&f->target)) {
		log_error(LOGGER, "Server already running");
		return false;
	}
	if (f->foreground)
		daemon_exec(&f->target, f->extra, &why);
	else
		ok = daemon_start(&f->target, f->extra, &why) == 0;
	if (ok)
		puts("Server ready");
	else
		log_error(LOGGER, "Could not start server: %s",
		    log_text(buf_span(&why)));
	buf_fini(&why);
	return ok;
}

static bool
stop(const struct f2b *f, bool flush)
{
	char type[CLIENT_TYPE_MAX] = "";
	struct buf why = { 0 };
	bool ok = daemon_stop(&f->target, flush, type, &why) == 0;
	int error = errno;

	if (ok)
		puts("Shutdown successful");
	else if (type[0] != '\0')
		log_failure(f, "stop", type, why.p, error);
	else
		log_error(LOGGER, "Could not stop server");
	fflush(stdout);
	buf_fini(&why);
	return ok;
}

static bool
is_reload_option(const char *word)
{
	return strcmp(word, "--restart") == 0 ||
	    strcmp(word, "--unban") == 0 || strcmp(word, "--if-exists") == 0;
}

/* What --unban adds, once the new configuration is in force. */
static bool
unban_all(const struct f2b *f, const char *jail)
{
	const char *in_jail[] = { "unban", jail, "--all" };
	const char *in_all[] = { "unban", "--all" };
	json_t *payload = jail != NULL ? ask(f, 3, in_jail) :
	    ask(f, 2, in_all);

	json_decref(payload);
	return payload != NULL;
}

/* As Python shows a list: ['j1', 'j2']. */
static void
log_unexpected(size_t argc, const char *const *argv)
{
	struct buf text = { 0 };

	for (size_t i = 0; i < argc; i++) {
		buf_adds(&text, i > 0 ? ", " : "");
		printable_add_repr(&text, span_of(argv[i]));
	}
	log_error(LOGGER, "Unexpected argument(s) for reload: [%s]",
	    text.p != NULL ? text.p : "");
	buf_fini(&text);
}

/* Options, then one jail or nothing; "--all" is the same as nothing. */
static bool
reload(const struct f2b *f, size_t argc, const char *const *argv)
{
	size_t n = 1;
	bool unban = false;

	for (; n < argc && is_reload_option(argv[n]); n++)
		unban |= strcmp(argv[n], "--unban") == 0;
	if (argc > n + 1) {
		log_unexpected(argc - n, argv + n);
		return false;
	}
	if (!daemon_answers(&f->target)) {
		log_error(LOGGER, "Could not find server");
		return false;
	}
	if (argc == n + 1 && strcmp(argv[n], "--all") == 0)
		argc = n;
	return ask_and_print(f, argc, argv) &&
	    (!unban || unban_all(f, argc > n ? argv[n] : NULL));
}

static bool
restart(const struct f2b *f, size_t argc, const char *const *argv)
{
	const char *words[8] = { "reload", "--restart" };

	if (argc == 1) {
		stop(f, false);
		return start(f);
	}
	if (argc > sizeof(words) / sizeof(words[0]) - 1) {
		log_unexpected(argc - 1, argv + 1);
		return false;
	}
	memcpy(words + 2, argv + 1, (argc - 1) * sizeof(words[0]));
	return reload(f, argc + 1, words);
}

bool
f2b_command(const struct f2b *f, size_t argc, const char *const *argv)
{
	struct f2b timed = *f;
	int64_t seconds;

	if (strcmp(argv[0], "start") == 0 && argc == 1)
		return start(f);
	if (strcmp(argv[0], "stop") == 0 && (argc == 1 ||
	    strcmp(argv[1], "--flush") == 0))
		return stop(f, argc > 1);
	if (strcmp(argv[0], "restart") == 0)
		return restart(f, argc, argv);
	if (strcmp(argv[0], "reload") == 0)
		return reload(f, argc, argv);
	if (strcmp(argv[0], "ping") == 0 && argc > 1 &&
	    number_parse(span_of(argv[1]), 1, TARGET_TIMEOUT_MAX,
	    &seconds) == 0)
		timed.target.timeout = (int)seconds;
	return ask_and_print(&timed, argc, argv);
}
