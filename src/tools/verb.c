#include "tools/verb.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/span.h"
#include "control/payload.h"
#include "control/printable.h"
#include "control/screen.h"
#include "tools/daemon.h"

/* Whole or not at all: a full disk behind a pipe is a failure too. */
static int
print(const struct buf *out)
{
	if (out->n > 0 && (fwrite(out->p, 1, out->n, stdout) != out->n ||
	    fflush(stdout) == EOF)) {
		fprintf(stderr, "gaol: standard output: %s\n",
		    strerror(errno));
		return EXIT_FAILED;
	}
	return EXIT_OK;
}

/* Foreign text behind our name, on stderr. */
static void
complain(const char *text)
{
	struct buf line = { 0 };

	buf_adds(&line, "gaol: ");
	printable_add_lines(&line, span_of(text));
	fprintf(stderr, "%s\n", line.p);
	buf_fini(&line);
}

/* error: errno of the attempt to reach the daemon, 0 when it answered. */
static void
complain_reply(const char *type, const char *message, int error)
{
	struct buf text = { 0 };

	if (strcmp(type, "UnknownJailException") == 0)
		buf_addf(&text, "there is no jail '%s'", message);
	else
		buf_adds(&text, message);
	if (error == ENOENT || error == ECONNREFUSED || error == ETIMEDOUT)
		buf_adds(&text, " (is gaold running?)");
	complain(text.p != NULL ? text.p : type);
	buf_fini(&text);
}

/* The payload, or NULL after a message. */
static json_t *
ask(const struct call *call)
{
	char type[CLIENT_TYPE_MAX] = "";
	struct buf error = { 0 };
	json_t *payload = target_ask(&call->target, call->argc, call->argv,
	    type, &error);

	if (payload == NULL)
		complain_reply(type, error.n > 0 ? error.p : type, errno);
	buf_fini(&error);
	return payload;
}

/* jansson escapes ASCII's control bytes; a terminal knows others too. */
static void
add_json(const json_t *payload, struct buf *out)
{
	size_t ascii = isatty(STDOUT_FILENO) ? JSON_ENSURE_ASCII : 0;
	char *text = json_dumps(payload, JSON_INDENT(2) | JSON_ENCODE_ANY |
	    ascii);

	buf_adds(out, text != NULL ? text : "null");
	buf_addc(out, '\n');
	free(text);
}

/* The usual verb: ask, then print JSON or what `form` makes of the reply. */
static int
ask_and_print(const struct call *call,
    void (*form)(const struct call *, const json_t *, struct buf *))
{
	struct buf out = { 0 };
	json_t *payload = ask(call);
	int rc = EXIT_FAILED;

	if (payload != NULL) {
		if (call->json)
			add_json(payload, &out);
		else
			form(call, payload, &out);
		rc = print(&out);
	}
	json_decref(payload);
	buf_fini(&out);
	return rc;
}

static void
form_text(const struct call *call, const json_t *payload, struct buf *out)
{
	(void)call;
	printable_add_lines(out, span_of(json_string_value(payload)));
	buf_addc(out, '\n');
}

static void
form_version(const struct call *call, const json_t *payload, struct buf *out)
{
	buf_adds(out, "gaold ");
	form_text(call, payload, out);
}

static void
form_status(const struct call *call, const json_t *payload, struct buf *out)
{
	if (call->argc > 1)
		screen_jail(payload, call->colour, out);
	else
		screen_status(payload, call->colour, out);
}

static void
add_words(const json_t *list, const char *between, struct buf *out)
{
	for (size_t i = 0; i < json_array_size(list); i++) {
		buf_adds(out, i > 0 ? between : "");
		printable_add(out, span_of(json_string_value(
		    json_array_get(list, i))));
	}
}

/* "JAIL ID", one ban a line; with ids asked for, "ID: JAIL JAIL". */
static void
form_banned(const struct call *call, const json_t *payload, struct buf *out)
{
	for (size_t i = 0; i < json_array_size(payload); i++) {
		const json_t *entry = json_array_get(payload, i);
		const json_t *ids = json_array_get(entry, 1);

		if (call->argc > 1) {
			printable_add(out, span_of(i + 1 < call->argc ?
			    call->argv[i + 1] : ""));
			buf_adds(out, json_array_size(entry) > 0 ? ": " :
			    ": not banned");
			add_words(entry, " ", out);
			buf_addc(out, '\n');
			continue;
		}
		for (size_t k = 0; k < json_array_size(ids); k++) {
			printable_add(out, span_of(json_string_value(
			    json_array_get(entry, 0))));
			buf_addc(out, ' ');
			printable_add(out, span_of(json_string_value(
			    json_array_get(ids, k))));
			buf_addc(out, '\n');
		}
	}
}

static void
add_setting(const json_t *value, const char *between, struct buf *out)
{
	char *text;

	if (json_is_string(value)) {
		printable_add_lines(out, span_from(json_string_value(value),
		    json_string_length(value)));
		return;
	}
	if (json_is_null(value)) {
		buf_adds(out, "not set");
		return;
	}
	if (!json_is_array(value)) {
		text = json_dumps(value, JSON_ENCODE_ANY | JSON_ENSURE_ASCII);
		buf_adds(out, text != NULL ? text : "?");
		free(text);
		return;
	}
	for (size_t i = 0; i < json_array_size(value); i++) {
		buf_adds(out, i > 0 ? between : "");
		add_setting(json_array_get(value, i), " ", out);
	}
}

/* A list has a line for each of its members; an empty one has none. */
static void
form_setting(const struct call *call, const json_t *payload, struct buf *out)
{
	(void)call;
	if (json_is_array(payload) && json_array_size(payload) == 0)
		return;
	add_setting(payload, "\n", out);
	buf_addc(out, '\n');
}

int
verb_get(const struct call *call)
{
	return ask_and_print(call, form_setting);
}

int
verb_set(const struct call *call)
{
	return ask_and_print(call, form_setting);
}

int
verb_ping(const struct call *call)
{
	return ask_and_print(call, form_text);
}

int
verb_flushlogs(const struct call *call)
{
	return ask_and_print(call, form_text);
}

int
verb_version(const struct call *call)
{
	return ask_and_print(call, form_version);
}

/* The screen has no use for the list of all ids. */
int
verb_status(const struct call *call)
{
	const char *const words[] = { call->argv[0], call->argv[1], "brief" };
	struct call brief = *call;

	if (call->argc == 2 && !call->json) {
		brief.argc = 3;
		brief.argv = words;
	}
	return ask_and_print(&brief, form_status);
}

int
verb_banned(const struct call *call)
{
	return ask_and_print(call, form_banned);
}

/* Each {"id", "error"} on stderr; false when there was one. */
static bool
complain_ids(const json_t *errors)
{
	struct buf text = { 0 };

	for (size_t i = 0; i < json_array_size(errors); i++) {
		const json_t *e = json_array_get(errors, i);

		buf_clear(&text);
		buf_addf(&text, "%s: %s", payload_str(e, "id", "?"),
		    payload_str(e, "error", "refused"));
		complain(text.p);
	}
	buf_fini(&text);
	return json_array_size(errors) == 0;
}

/* Some ids may have been done and others not: both is said, and fails. */
static int
change_bans(const struct call *call, const char *done, const char *also)
{
	struct buf out = { 0 };
	json_t *payload = ask(call);
	int rc = EXIT_FAILED;

	if (payload == NULL)
		return rc;
	if (call->json)
		add_json(payload, &out);
	else if (also != NULL)
		buf_addf(&out, "%" PRId64 " banned, %" PRId64 " prolonged\n",
		    payload_int(payload, done, 0),
		    payload_int(payload, also, 0));
	else
		buf_addf(&out, "%" PRId64 " unbanned\n",
		    payload_int(payload, done, 0));
	rc = print(&out);
	if (!complain_ids(json_object_get(payload, "errors")))
		rc = EXIT_FAILED;
	json_decref(payload);
	buf_fini(&out);
	return rc;
}

int
verb_ban(const struct call *call)
{
	return change_bans(call, "new", "prolonged");
}

int
verb_unban(const struct call *call)
{
	return change_bans(call, "count", NULL);
}

/* Problems of the configuration do not make a reload fail: it runs now. */
int
verb_reload(const struct call *call)
{
	struct buf out = { 0 };
	json_t *payload = ask(call);
	const json_t *problems = json_object_get(payload, "problems");
	int rc;

	if (payload == NULL)
		return EXIT_FAILED;
	if (call->json)
		add_json(payload, &out);
	else
		buf_adds(&out, "reloaded\n");
	for (size_t i = 0; !call->json && i < json_array_size(problems); i++)
		complain(json_string_value(json_array_get(problems, i)));
	rc = print(&out);
	json_decref(payload);
	buf_fini(&out);
	return rc;
}

int
verb_start(const struct call *call)
{
	struct buf why = { 0 };
	int rc = EXIT_OK;

	if (daemon_answers(&call->target)) {
		complain("gaold is already running");
		return EXIT_FAILED;
	}
	if (daemon_start(&call->target, NULL, &why) == -1) {
		complain(why.p);
		rc = EXIT_FAILED;
	}
	buf_fini(&why);
	return rc;
}

static int
stop(const struct call *call, bool flush)
{
	char type[CLIENT_TYPE_MAX] = "";
	struct buf why = { 0 };
	int rc = EXIT_OK;

	if (daemon_stop(&call->target, flush, type, &why) == -1) {
		complain_reply(type, why.n > 0 ? why.p : type, errno);
		rc = EXIT_FAILED;
	}
	buf_fini(&why);
	return rc;
}

int
verb_stop(const struct call *call)
{
	return stop(call, call->argc > 1);
}

int
verb_restart(const struct call *call)
{
	if (daemon_answers(&call->target) && stop(call, false) != EXIT_OK)
		return EXIT_FAILED;
	return verb_start(call);
}
