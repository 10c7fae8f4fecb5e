/* `events`, `sessions`: mail accesses as the store has them, a page each. */
#include "process/engine_local.h"

#include <stdlib.h>
#include <string.h>

#include "access/event_flat.h"
#include "base/buf.h"
#include "base/number.h"
#include "base/xalloc.h"
#include "control/payload.h"
#include "process/engine_event.h"
#include "store/event_row.h"

static const char accepted[] = "since=US, until=US, user=NAME, "
    "ip=ADDR[/LEN], kind=NAME, service=NAME, limit=N, newest=yes, "
    "brief=yes, behind=US:NUMBER";

/* --- words ----------------------------------------------------------------- */

static int
take_time(struct span text, struct wall *out)
{
	return number_parse(text, 0, INT64_MAX, &out->us);
}

static int
take_behind(struct store_query *q, struct span text)
{
	struct span time;

	if (!span_cut(&text, ':', &time) || take_time(time, &q->behind) == -1)
		return -1;
	return number_parse(text, 1, INT64_MAX, &q->number);
}

static int
take_limit(struct store_query *q, struct span text)
{
	int64_t n;

	if (number_parse(text, 1, STORE_FOUND_MAX, &n) == -1)
		return -1;
	q->limit = (size_t)n;
	return 0;
}

static int
take_choice(struct store_query *q, struct span name, struct span value)
{
	enum event_service service;
	enum event_kind kind;

	if (span_eq(name, SPAN("kind")) &&
	    event_kind_parse(value, &kind) == 0)
		q->kind = (int)kind;
	else if (span_eq(name, SPAN("service")) &&
	    event_service_parse(value, &service) == 0)
		q->service = (int)service;
	else
		return -1;
	return 0;
}

/* "user=…": 0, or -1 for a word that means nothing. */
static int
take_word(const struct engine *e, const char *word, struct store_query *q,
    struct buf *user)
{
	struct span value = span_of(word), name;

	if (!span_cut(&value, '=', &name) || value.n == 0)
		return -1;
	if (span_eq(name, SPAN("since")))
		return take_time(value, &q->since);
	if (span_eq(name, SPAN("until")))
		return take_time(value, &q->until);
	if (span_eq(name, SPAN("ip")))
		return addr_parse_net(value, &q->ip);
	if (span_eq(name, SPAN("limit")))
		return take_limit(q, value);
	if (span_eq(name, SPAN("behind")))
		return take_behind(q, value);
	if (span_eq(name, SPAN("newest"))) {
		q->newest = span_eq(value, SPAN("yes"));
		return 0;
	}
	if (span_eq(name, SPAN("brief"))) {
		q->brief = span_eq(value, SPAN("yes")) && !q->sessions;
		return 0;
	}
	if (!span_eq(name, SPAN("user")))
		return take_choice(q, name, value);
	q->user = engine_event_user(e, value.p, user);
	return 0;
}

/* --- answers ---------------------------------------------------------------- */

static void
set_time(json_t *json, const char *name, struct wall time)
{
	if (time.us != 0)
		json_object_set_new(json, name,
		    json_integer((json_int_t)time.us));
}

static json_t *
row_json(const struct event_row *row)
{
	json_t *json = event_flat(&row->event);

	json_object_set_new(json, "number",
	    json_integer((json_int_t)row->number));
	if (!row->is_session)
		return json;
	json_object_set_new(json, "open", json_boolean(row->is_open));
	set_time(json, "login", row->login);
	set_time(json, "end", row->end);
	json_object_set_new(json, "failures",
	    json_integer((json_int_t)row->failures));
	if (row->duration_ms >= 0)
		json_object_set_new(json, "lasted_ms",
		    json_integer((json_int_t)row->duration_ms));
	return json;
}

static void
reply(int error, struct store_found *found, void *arg)
{
	json_t *rows = json_array();

	for (size_t i = 0; error == 0 && i < found->rows->n; i++)
		json_array_append_new(rows,
		    row_json(event_rows_at(found->rows, i)));
	if (error == 0) {
		request_reply(arg, json_pack("{s:o, s:b}", "rows", rows,
		    "more", (int)found->more));
		return;
	}
	json_decref(rows);
	request_fail(arg, "Exception", "the database cannot be read: %s",
	    strerror(error));
}

static void
ask(struct engine *e, struct request *r, size_t argc, const char *const *argv,
    bool sessions)
{
	struct store_query q = { .sessions = sessions, .kind = -1,
		.service = -1 };
	struct buf user = { 0 };

	for (size_t i = 1; i < argc; i++)
		if (take_word(e, argv[i], &q, &user) == -1) {
			request_fail(r, "ValueError", "'%s' is not usable; "
			    "accepted: %s", argv[i], accepted);
			buf_fini(&user);
			return;
		}
	if (e->store == NULL || !store_find(e->store, &q, reply, r))
		request_fail(r, "Exception", "there is no database to look "
		    "into%s%s", e->store_error != NULL ? ": " : "",
		    e->store_error != NULL ? e->store_error : "");
	buf_fini(&user);
}

void
command_events(struct request *r, size_t argc, const char *const *argv,
    void *arg)
{
	ask(arg, r, argc, argv, false);
}

void
command_sessions(struct request *r, size_t argc, const char *const *argv,
    void *arg)
{
	ask(arg, r, argc, argv, true);
}
