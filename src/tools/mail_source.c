#include "tools/mail_source.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "access/event_flat.h"
#include "base/strings.h"
#include "control/printable.h"
#include "tools/target.h"

/* --- one request ------------------------------------------------------- */

static void
complain(const struct mail_call *call, struct span why)
{
	struct buf text = { 0 };
	bool gone = errno == ENOENT || errno == ECONNREFUSED;

	printable_add_lines(&text, why);
	fprintf(stderr, "gaol %s: %s%s\n", call->verb,
	    text.p != NULL ? text.p : "no answer", gone ?
	    " (is gaold running? --from-log reads log files)" : "");
	buf_fini(&text);
}

/* 0, or -1: it is said why not. */
static int
find_target(const struct mail_call *call, struct target *target)
{
	struct buf why = { 0 };
	int rc;

	*target = (struct target){ .dir = call->dir,
		.socket_given = call->socket };
	errno = 0;
	rc = target_find(target, &why);
	if (rc == -1)
		complain(call, buf_span(&why));
	buf_fini(&why);
	return rc;
}

/* unknown: the daemon has no such command; NULL: that is an error, too. */
static json_t *
ask_target(const struct mail_call *call, const struct target *target,
    size_t argc, const char *const *argv, bool *unknown)
{
	char type[CLIENT_TYPE_MAX] = "";
	struct buf why = { 0 };
	json_t *reply;

	errno = 0;
	reply = target_ask(target, argc, argv, type, &why);
	if (reply == NULL && unknown != NULL)
		*unknown = errno == 0 && strcmp(type, "Exception") == 0 &&
		    span_eq(buf_span(&why), SPAN("Invalid command"));
	if (reply == NULL && (unknown == NULL || !*unknown))
		complain(call, buf_span(&why));
	buf_fini(&why);
	return reply;
}

json_t *
mail_source_ask(const struct mail_call *call, size_t argc,
    const char *const *argv, bool *unknown)
{
	struct target target;
	json_t *reply = NULL;

	if (find_target(call, &target) == 0)
		reply = ask_target(call, &target, argc, argv, unknown);
	target_fini(&target);
	return reply;
}

/* --- a page ------------------------------------------------------------- */

static void
add_word(struct strings *words, const char *name, struct span value)
{
	struct buf word = { 0 };

	buf_addf(&word, "%s=", name);
	buf_add_span(&word, value);
	strings_take(words, buf_take(&word));
}

static void
add_number(struct strings *words, const char *name, int64_t n)
{
	struct buf text = { 0 };

	buf_addf(&text, "%" PRId64, n);
	add_word(words, name, buf_span(&text));
	buf_fini(&text);
}

/* Which rows the daemon is asked for. */
static void
add_words(const struct mail_call *call, bool sessions, struct strings *words)
{
	char ip[ADDR_STRLEN];

	strings_add(words, sessions ? SPAN("sessions") : SPAN("events"));
	if (call->since.us != 0)
		add_number(words, "since", call->since.us);
	if (call->until.us != 0)
		add_number(words, "until", call->until.us);
	if (call->user.n > 0)
		add_word(words, "user", call->user);
	if (call->ip.family != ADDR_NONE) {
		addr_format(&call->ip, ip);
		add_word(words, "ip", span_of(ip));
	}
	if (call->service != -1)
		add_word(words, "service", span_of(event_service_name(
		    (enum event_service)call->service)));
	if (call->kind != -1 && !sessions)
		add_word(words, "kind", span_of(event_kind_name(
		    (enum event_kind)call->kind)));
	if (call->brief)
		add_word(words, "brief", SPAN("yes"));
	if (call->last > 0) {
		add_word(words, "newest", SPAN("yes"));
		add_number(words, "limit", (int64_t)call->last);
	}
}

static int64_t
number_of(const json_t *row, const char *name, int64_t unknown)
{
	const json_t *n = json_object_get(row, name);

	return json_is_integer(n) ? json_integer_value(n) : unknown;
}

static void
tell_session(const json_t *row, const struct access_event *e,
    const struct mail_log_calls *calls, void *arg)
{
	const struct mail_session s = {
		.number = number_of(row, "number", 0), .event = e,
		.login = { number_of(row, "login", 0) },
		.end = { number_of(row, "end", 0) }, .signed_in = true,
		.signed_out = json_object_get(row, "end") != NULL,
		.failures = number_of(row, "failures", 0),
		.duration_ms = number_of(row, "lasted_ms", -1),
	};

	calls->session(&s, arg);
}

static void
tell_row(const json_t *row, bool sessions, const struct mail_log_calls *calls,
    struct access_event *e, void *arg)
{
	event_flat_read(row, e);
	if (sessions)
		tell_session(row, e, calls, arg);
	else
		calls->event(e, arg);
}

/* Returns the word that asks for what comes behind it, or NULL: it was all. */
static char *
tell_page(const json_t *page, bool sessions,
    const struct mail_log_calls *calls, void *arg)
{
	const json_t *rows = json_object_get(page, "rows"), *row;
	struct buf behind = { 0 };
	struct access_event e;
	size_t i;

	access_event_init(&e);
	json_array_foreach(rows, i, row)
		tell_row(row, sessions, calls, &e, arg);
	if (!json_is_true(json_object_get(page, "more")) || i == 0)
		return NULL;
	buf_addf(&behind, "behind=%" PRId64 ":%" PRId64, e.time.us,
	    number_of(json_array_get(rows, i - 1), "number", 0));
	return buf_take(&behind);
}

/* The latest ones come first; they are told in order of time, as all are. */
static void
tell_last(const json_t *page, bool sessions,
    const struct mail_log_calls *calls, void *arg)
{
	const json_t *rows = json_object_get(page, "rows");
	struct access_event e;

	access_event_init(&e);
	for (size_t i = json_array_size(rows); i > 0; i--)
		tell_row(json_array_get(rows, i - 1), sessions, calls, &e,
		    arg);
}

/* --- all of them -------------------------------------------------------- */

static int
read_last(struct mail_call *call, bool sessions,
    const struct mail_log_calls *calls, void *arg)
{
	struct strings words = { 0 };
	json_t *page;

	add_words(call, sessions, &words);
	page = mail_source_ask(call, words.n, (const char *const *)words.v,
	    NULL);
	strings_fini(&words);
	if (page == NULL)
		return -1;
	tell_last(page, sessions, calls, arg);
	json_decref(page);
	return 0;
}

static int
read_pages(struct mail_call *call, bool sessions,
    const struct mail_log_calls *calls, void *arg)
{
	struct strings words = { 0 };
	struct target target;
	json_t *page;
	char *behind = NULL;
	int rc = -1;

	if (call->last > 0)
		return read_last(call, sessions, calls, arg);
	if (find_target(call, &target) == 0)
		add_words(call, sessions, &words);
	while (words.n > 0 && (page = ask_target(call, &target, words.n,
	    (const char *const *)words.v, NULL)) != NULL) {
		bool first = behind == NULL;

		behind = tell_page(page, sessions, calls, arg);
		json_decref(page);
		if (behind == NULL) {
			rc = 0;
			break;
		}
		if (!first)
			free(words.v[--words.n]);
		strings_take(&words, behind);
	}
	strings_fini(&words);
	target_fini(&target);
	return rc;
}

int
mail_source_read(struct mail_call *call, const struct mail_log_calls *calls,
    void *arg)
{
	int rc = 0;

	if (call->logs.n > 0)
		return mail_log_read(call, calls, arg);
	if (calls->missed != NULL) {
		fprintf(stderr, "gaol %s: --missed needs --from-log FILE\n",
		    call->verb);
		return -1;
	}
	if (calls->event != NULL)
		rc = read_pages(call, false, calls, arg);
	if (rc == 0 && calls->session != NULL)
		rc = read_pages(call, true, calls, arg);
	return rc;
}
