/*
 * Mail accesses: the lines of a jail whose filter has eventregexes are looked
 * through for them too, each event joined with its session, and what came of
 * one read of one log goes to the store together with the log's position. So
 * a restart, or a kill, neither loses nor doubles one. Where an address is,
 * the store's thread looks up: that may wait for a disk.
 */
#include "process/engine_event_local.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "access/event_make.h"
#include "access/mail_session.h"
#include "access/place.h"
#include "access/redact.h"
#include "base/log.h"
#include "base/xalloc.h"
#include "match/event_filter.h"
#include "process/check.h"
#include "process/engine_signins.h"
#include "source/journal.h"
#include "store/event_row.h"

#define SESSIONS_MAX 100000

/* --- sessions ---------------------------------------------------------- */

static void
add_session(struct engine_events *ee, const struct mail_session *s, bool open)
{
	struct event_row *row = event_rows_add(&ee->rows, s->event);

	row->number = s->number;
	row->is_session = true;
	row->is_open = open;
	row->is_gone = !open && !s->signed_in;
	row->signed_in = s->signed_in;
	row->signed_out = s->signed_out;
	row->login = s->login;
	row->end = s->end;
	row->failures = s->failures;
	row->duration_ms = s->duration_ms;
	if (s->login.us != 0)
		row->event.time = s->login;
}

static void
on_closed(const struct mail_session *s, void *arg)
{
	/* Who only failed is among the events. */
	if (s->signed_in || s->noted)
		add_session(arg, s, false);
}

static void
on_changed(const struct mail_session *s, void *arg)
{
	add_session(arg, s, true);
}

static void
add_amendment(struct engine_events *ee, const struct mail_amend *amend,
    bool session)
{
	struct event_row *row;
	struct access_event e;

	access_event_init(&e);
	e.ip = amend->ip;
	e.proxy_ip = amend->proxy_ip;
	row = event_rows_add(&ee->rows, &e);
	row->is_session = session;
	row->number = session ? amend->session : amend->event;
	row->is_gone = amend->gone;
	row->is_moved = !amend->gone;
}

static void
on_amend(const struct mail_amend *amend, void *arg)
{
	if (amend->event != 0)
		add_amendment(arg, amend, false);
	if (amend->session != 0)
		add_amendment(arg, amend, true);
}

/* --- life --------------------------------------------------------------- */

struct engine_events *
engine_events_new(void)
{
	struct engine_events *ee = xcalloc(1, sizeof(*ee));

	ee->sessions = mail_sessions_new(SESSIONS_MAX, on_closed, ee);
	ee->next = 1;
	ee->given_fd = -1;
	pthread_mutex_init(&ee->lock, NULL);
	ee->places = places_open(&(struct place_paths){ 0 });
	return ee;
}

/* The store's thread has ended. */
void
engine_events_free(struct engine_events *ee)
{
	mail_sessions_free(ee->sessions);
	user_rules_fini(&ee->rules);
	event_rows_fini(&ee->rows);
	buf_fini(&ee->user);
	buf_fini(&ee->line);
	buf_fini(&ee->detail);
	places_close(ee->places);
	signins_free(ee->signins);
	if (ee->given_fd != -1)
		close(ee->given_fd);
	pthread_mutex_destroy(&ee->lock);
	free(ee);
}

void
engine_events_start(struct engine *e)
{
	if (e->store == NULL)
		return;
	engine_event_restore(e);
	engine_event_thread_start(e);
}

static void
compile(struct engine_jail *j)
{
	struct report report = { 0 };

	event_filter_free(j->events);
	j->events = NULL;
	/* Without a database there is nowhere to keep them. */
	if (j->engine->store == NULL || j->error != NULL)
		return;
	/* What does not compile was said when the configuration was read. */
	j->events = check_compile_events(j->engine->config, j->config,
	    &report);
	report_fini(&report);
}

static void
keep_rows(struct engine *e)
{
	const struct own_config *own = &e->config->own;
	const struct store_keep keep = { {
		[STORE_LOGIN] = own->keep_login,
		[STORE_FAILURE] = own->keep_failure,
		[STORE_SESSION] = own->keep_session,
		[STORE_MESSAGE] = own->keep_message,
		[STORE_OTHER] = own->keep_other,
	} };

	if (e->store != NULL)
		store_keep(e->store, &keep);
}

void
engine_events_apply(struct engine *e)
{
	const struct own_config *own = &e->config->own;

	for (size_t i = 0; i < e->jails_n; i++)
		compile(e->jails[i]);
	user_rules_fini(&e->events->rules);
	user_rules_init(&e->events->rules, own);
	mail_sessions_proxies(e->events->sessions, own->trusted_proxy,
	    on_amend);
	engine_event_thread_apply(e->events, e->config);
	keep_rows(e);
}

void
engine_events_restart(struct engine *e)
{
	struct engine_events *ee = e->events;

	mail_sessions_free(ee->sessions);
	ee->sessions = mail_sessions_new(SESSIONS_MAX, on_closed, ee);
	mail_sessions_proxies(ee->sessions, e->config->own.trusted_proxy,
	    on_amend);
	event_rows_fini(&ee->rows);
	ee->next = 1;
	keep_rows(e);
	engine_events_start(e);
}

/* What is ours of a filter: its owner is who keeps it afterwards. */
static void
take_own(struct filter_config *to, const struct filter_config *from)
{
	to->own = from->own;
	to->eventprefix = from->eventprefix;
	to->events = from->events;
	to->events_n = from->events_n;
	to->eventjson = from->eventjson;
	to->jsonprefix = from->jsonprefix;
	to->jsontime = from->jsontime;
}

static void
swap_own(struct filter_config *a, struct filter_config *b)
{
	struct filter_config old = *a;

	take_own(a, b);
	take_own(b, &old);
}

/* NULL, and nothing added to why: nothing of it tells of accesses. */
static struct event_filter *
compile_changed(const struct engine_jail *j, const struct filter_config *from,
    struct buf *why)
{
	struct jail_config trial = *j->config;
	struct report report = { 0 };
	struct event_filter *events;

	take_own(&trial.filter, from);
	if (from->events_n == 0 && from->eventjson == NULL)
		return NULL;
	events = check_compile_events(j->engine->config, &trial, &report);
	if (events == NULL)
		buf_adds(why, report.n > 0 ? report.v[0].text :
		    "it does not compile");
	report_fini(&report);
	return events;
}

int
engine_event_change(struct engine_jail *j, struct filter_config *from,
    struct buf *why)
{
	struct event_filter *events = compile_changed(j, from, why);
	struct jail_config *own = why->n == 0 ? engine_jail_own(j) : NULL;

	if (own == NULL) {
		event_filter_free(events);
		return -1;
	}
	swap_own(&own->filter, from);
	event_filter_free(j->events);
	/* Without a database there is nowhere to keep them. */
	if (j->engine->store == NULL) {
		event_filter_free(events);
		events = NULL;
	}
	j->events = events;
	return 0;
}

/* --- lines -------------------------------------------------------------- */

static void
on_event(const struct event_line *line, void *arg)
{
	struct engine_events *ee = arg;
	struct event_row *row;
	struct access_event event;

	event_make(line, &ee->rules, &ee->user, &event);
	event.texts[EVENT_LOG] = ee->log;
	event.number = ee->next;
	if (mail_sessions_event(ee->sessions, &event) == MAIL_SESSION_KNOWN)
		return;
	ee->next++;
	ee->seen[event.kind]++;
	redact_event(&event, &ee->line, &ee->detail);
	row = event_rows_add(&ee->rows, &event);
	row->number = event.number;
	row->waits = event.kind == EVENT_LOGIN &&
	    mail_sessions_waits(ee->sessions, &event);
}

void
engine_event_join(struct event_filter *filter, struct sieve *sieve)
{
	filter_join(event_filter_inside(filter), sieve);
}

void
engine_event_sieve(struct event_filter *filter, struct sieve *sieve)
{
	filter_sieve(event_filter_inside(filter), sieve);
}

size_t
engine_event_skip(struct event_filter *filter, struct span rest)
{
	uint64_t lines;

	return filter_skip(event_filter_inside(filter), rest, FILTER_ASIS,
	    &lines);
}

void
engine_event_passed(struct event_filter *filter, struct wall time)
{
	filter_passed(event_filter_inside(filter), time);
}

void
engine_event_line(struct engine *e, struct event_filter *filter,
    struct span line, struct span log)
{
	e->events->log = log;
	event_filter_line(filter, line, on_event, e->events);
}

void
engine_event_timed(struct engine *e, struct event_filter *filter,
    struct span text, struct wall time, bool stamped, struct span log)
{
	e->events->log = log;
	if (stamped)
		event_filter_stamped(filter, text, time, on_event, e->events);
	else
		event_filter_message(filter, text, time, on_event, e->events);
}

void
engine_event_message(struct engine *e, struct event_filter *filter,
    struct span message, struct wall time)
{
	engine_event_timed(e, filter, message, time, false,
	    SPAN("systemd-journal"));
}

/* False: it told nothing, or the place was not taken. */
static bool
commit(struct engine *e, const struct store_place *place)
{
	struct engine_events *ee = e->events;

	mail_sessions_changed(ee->sessions, on_changed, ee);
	if (ee->rows.n == 0)
		return false;
	if (e->store == NULL) {
		event_rows_fini(&ee->rows);
		return false;
	}
	return store_events(e->store, &ee->rows, place);
}

void
engine_event_log_read(struct engine *e, struct engine_log *log)
{
	struct store_place place = { .jail = log->jail->config->name,
		.path = log->path };

	tail_position(log->tail, &place.position);
	if (commit(e, &place) && place.position.hash[0] != '\0')
		log->moved = false;
}

void
engine_event_journal_read(struct engine *e, struct engine_reader *r)
{
	const struct store_place place = { .jail = r->jail->config->name,
		.until = journal_place(r->journal) };

	if (commit(e, &place))
		r->moved = false;
}

bool
engine_event_full(const struct engine *e)
{
	return e->store != NULL && e->store_error == NULL &&
	    store_events_full(e->store);
}

struct span
engine_event_user(const struct engine *e, const char *name, struct buf *out)
{
	user_normalise(&e->events->rules, span_of(name), out);
	return buf_span(out);
}

/* --- which filter ------------------------------------------------------- */

static bool
same_filter(const struct engine_jail *a, const struct engine_jail *b)
{
	return strcmp(a->config->filter.name, b->config->filter.name) == 0;
}

struct event_filter *
engine_event_filter_of_log(const struct engine *e,
    const struct engine_log *log)
{
	if (log->jail->events == NULL)
		return NULL;
	for (const struct engine_log *other = e->logs; other < log; other++)
		if (!other->closed && other->jail->events != NULL &&
		    engine_jail_reads(other->jail) &&
		    strcmp(other->path, log->path) == 0 &&
		    same_filter(other->jail, log->jail))
			return NULL;
	return log->jail->events;
}

struct event_filter *
engine_event_filter_of_reader(const struct engine *e,
    const struct engine_reader *r)
{
	if (r->jail->events == NULL)
		return NULL;
	for (const struct engine_reader *other = e->journals.readers;
	    other < r; other++)
		if (other->source == r->source &&
		    other->jail->events != NULL &&
		    engine_jail_reads(other->jail) &&
		    same_filter(other->jail, r->jail))
			return NULL;
	return r->jail->events;
}

/* --- status ------------------------------------------------------------- */

/* "2026-11-28", UTC. */
static json_t *
day_json(int64_t day)
{
	time_t t = (time_t)(day * 86400);
	struct tm tm = { 0 };
	char text[32];

	gmtime_r(&t, &tm);
	return json_stringn(text, strftime(text, sizeof(text), "%F", &tm));
}

/* How far days are summed: the first and the last of them. */
static json_t *
sums_json(const struct store_sum_counters *c)
{
	json_t *json = json_pack("{s:I, s:I}", "days", (json_int_t)c->days,
	    "sums", (json_int_t)c->sums);

	if (c->days == 0)
		return json;
	json_object_set_new(json, "first", day_json(c->first));
	json_object_set_new(json, "last", day_json(c->last));
	return json;
}

json_t *
engine_events_json(const struct engine *e)
{
	struct engine_events *ee = e->events;
	struct store_counters c = { 0 };
	uint64_t failed, refused = 0;
	const char *why;
	int error;
	json_t *seen = json_object();

	for (unsigned i = 0; i < EVENT_KINDS; i++)
		if (ee->seen[i] > 0)
			json_object_set_new(seen,
			    event_kind_name((enum event_kind)i),
			    json_integer((json_int_t)ee->seen[i]));
	if (e->store != NULL)
		store_counters(e->store, &c);
	pthread_mutex_lock(&ee->lock);
	failed = signins_failed(ee->signins);
	error = signins_error(ee->signins);
	pthread_mutex_unlock(&ee->lock);
	for (size_t i = 0; i < e->jails_n; i++)
		if (e->jails[i]->events != NULL)
			refused += event_filter_refused(e->jails[i]->events,
			    &why);
	return json_pack("{s:o, s:o, s:I, s:I, s:s, s:I, s:I, s:I, s:I, s:I,"
	    " s:I}",
	    "seen", seen,
	    "sums", sums_json(&c.sums),
	    "json_refused", (json_int_t)refused,
	    "signins_failed", (json_int_t)failed,
	    "signins_text", error != 0 ? strerror(error) : "",
	    "stored", (json_int_t)c.events,
	    "waiting", (json_int_t)c.events_waiting,
	    "dropped", (json_int_t)c.events_dropped,
	    "sessions_open", (json_int_t)mail_sessions_open(ee->sessions),
	    "sessions_evicted",
	    (json_int_t)mail_sessions_evicted(ee->sessions),
	    "unpaired", (json_int_t)mail_sessions_unpaired(ee->sessions));
}
