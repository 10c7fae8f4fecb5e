#include "tools/mail_log.h"

#include <stdio.h>
#include <stdlib.h>

#include "access/event_make.h"
#include "access/place.h"
#include "access/user.h"
#include "base/xalloc.h"
#include "config/own.h"
#include "control/printable.h"
#include "match/event_filter.h"
#include "source/envelope.h"
#include "tools/filter_name.h"
#include "tools/log_file.h"
#include "tools/mail_hold.h"

#define SESSIONS_MAX 200000

/* One log and what reads it. */
struct input {
	struct mail_run *run;
	const char *path;
	struct event_filter *filter;   /* maybe another's, too */
	struct log_file *file;         /* NULL: it is at its end */
	struct envelope *envelope;     /* NULL: none */
	/* Told by the lines just read, and not yet looked at. */
	struct access_event *v;               /* own their texts */
	size_t n, at, cap;
};

struct mail_run {
	const struct mail_call *call;
	const struct mail_log_calls *calls;
	void *arg;
	struct event_filter **filters;  /* one, or one for each log */
	struct input *inputs;
	struct own_config own;
	struct user_rules rules;
	struct places *places;
	struct mail_sessions *sessions;
	struct mail_hold *hold;
	int64_t next;                  /* event's number */
	struct buf user;
};

/* --- events ------------------------------------------------------------- */

static void
tell_event(struct access_event *e, void *arg)
{
	struct mail_run *run = arg;

	places_find(run->places, &e->ip, &e->place);
	if (run->calls->event != NULL && mail_call_wants(run->call, e))
		run->calls->event(e, run->arg);
}

static void
tell_session(struct mail_session *s, struct access_event *e, void *arg)
{
	struct mail_run *run = arg;

	if (run->calls->session == NULL || !s->signed_in)
		return;
	places_find(run->places, &e->ip, &e->place);
	s->event = e;
	if (mail_call_wants(run->call, e))
		run->calls->session(s, run->arg);
}

static void
on_session(const struct mail_session *s, void *arg)
{
	struct mail_run *run = arg;

	mail_hold_session(run->hold, s);
}

static void
on_amend(const struct mail_amend *amend, void *arg)
{
	struct mail_run *run = arg;

	mail_hold_amend(run->hold, amend);
}

static void
take(struct mail_run *run, struct access_event *e)
{
	e->number = ++run->next;
	if (mail_sessions_event(run->sessions, e) == MAIL_SESSION_NEWS)
		mail_hold_event(run->hold, e,
		    mail_sessions_waits(run->sessions, e));
}

/* --- lines -------------------------------------------------------------- */

static void
keep(struct input *in, const struct access_event *e)
{
	if (in->n == in->cap) {
		in->cap = in->cap > 0 ? in->cap * 2 : 64;
		in->v = xreallocarray(in->v, in->cap, sizeof(*in->v));
	}
	access_event_copy(&in->v[in->n++], e);
}

static void
on_event(const struct event_line *line, void *arg)
{
	struct input *in = arg;
	struct mail_run *run = in->run;
	struct access_event e;

	event_make(line, &run->rules, &run->user, &e);
	e.texts[EVENT_LOG] = span_of(in->path);
	/* Several logs are told in order of time. */
	if (run->call->logs.n > 1)
		keep(in, &e);
	else
		take(run, &e);
}

/* How many events there are in what the envelope held. */
static size_t
read_text(struct input *in, enum envelope_what what,
    const struct enveloped *text)
{
	if (what == ENVELOPE_MESSAGE)
		return event_filter_message(in->filter, text->text,
		    text->time, on_event, in);
	if (what == ENVELOPE_STAMPED)
		return event_filter_stamped(in->filter, text->text,
		    text->time, on_event, in);
	return event_filter_line(in->filter, text->text, on_event, in);
}

static bool
on_line(struct span line, void *arg)
{
	enum envelope_what what = ENVELOPE_PLAIN;
	struct enveloped text = { .text = line };
	struct input *in = arg;

	if (in->envelope != NULL)
		what = envelope_open(in->envelope, line, &text);
	if (what == ENVELOPE_PART)
		return true;
	if ((what == ENVELOPE_REFUSED || read_text(in, what, &text) == 0) &&
	    in->run->calls->missed != NULL)
		in->run->calls->missed(line, in->run->arg);
	return true;
}

static void
on_block(struct span block, void *arg)
{
	struct input *in = arg;

	if (in->envelope != NULL &&
	    envelope_kind(in->envelope) == ENVELOPE_NONE) {
		envelope_free(in->envelope);
		in->envelope = NULL;
	}
	filter_block(event_filter_inside(in->filter), block);
}

/* --- what is needed for it ---------------------------------------------- */

static int
open_places(struct mail_run *run)
{
	const struct mail_call *call = run->call;
	struct place_paths paths = { 0 };
	const char *error;

	place_paths_find(&paths, &run->own);
	if (call->country != NULL)
		paths.country = call->country;
	if (call->asn != NULL)
		paths.asn = call->asn;
	run->places = places_open(&paths);
	error = places_error(run->places);
	/* Only what was asked for must be there. */
	if (error == NULL || (call->country == NULL && call->asn == NULL &&
	    run->own.geoip_country == NULL && run->own.geoip_asn == NULL &&
	    run->own.geoip_ranges4 == NULL && run->own.geoip_ranges6 == NULL))
		return 0;
	fprintf(stderr, "gaol %s: %s\n", call->verb, error);
	return -1;
}

static void
print_report(const struct mail_call *call, const struct report *report)
{
	for (size_t i = 0; i < report->n; i++) {
		struct buf text = { 0 }, shown = { 0 };

		if (report->v[i].level != PROBLEM_ERROR)
			continue;
		report_format(&report->v[i], &text);
		printable_add(&shown, buf_span(&text));
		fprintf(stderr, "gaol %s: %s\n", call->verb, shown.p);
		buf_fini(&text);
		buf_fini(&shown);
	}
}

/* Accounts and places mean here what they mean to the daemon. */
static void
read_own(struct mail_run *run)
{
	struct report report = { 0 };
	const char *dir = run->call->dir;

	own_config_find(&run->own, dir != NULL ? dir : config_default_dir(),
	    false, &report);
	print_report(run->call, &report);
	report_fini(&report);
	user_rules_init(&run->rules, &run->own);
}

static struct event_filter *
compile(const struct mail_call *call, const char *text,
    const struct filter_config *config, struct report *report)
{
	struct filter_options options = {
		.jail = text, .logtimezone = call->zone,
		.encoding = call->encoding,
	};
	struct event_filter *ef = event_filter_new(config, &options, report);

	if (ef == NULL && config->events_n == 0 && config->eventjson == NULL)
		report_add(report, PROBLEM_ERROR, NULL, NULL, 0,
		    "filter '%s' has no eventregex and no eventjson: it tells "
		    "of no mail accesses", text);
	return ef;
}

static struct event_filter *
open_filter(const struct mail_call *call, const char *text)
{
	struct config_request request = {
		.share = call->share, .no_users = true
	};
	struct filter_config config = { 0 };
	struct report report = { 0 };
	struct event_filter *ef = NULL;
	struct filter_name name;

	if (!filter_name(text, call->dir, call->share, &name)) {
		report_add(&report, PROBLEM_ERROR, NULL, NULL, 0,
		    "there is no filter '%s'", text);
	} else {
		request.dir = name.dir;
		request.exact_file = name.is_file;
		if (config_load_filter(&request, name.entry, &config,
			&report) == 0) {
			ef = compile(call, text, &config, &report);
			filter_config_fini(&config);
		}
		filter_name_fini(&name);
	}
	print_report(call, &report);
	report_fini(&report);
	return ef;
}

static void
normalise_user(struct mail_call *call, const struct user_rules *rules)
{
	user_normalise(rules, call->user, &call->user_text);
	call->user = buf_span(&call->user_text);
}

static void
say_refused(const struct mail_run *run)
{
	const char *why = NULL;
	struct buf shown = { 0 };
	uint64_t n = 0;

	for (size_t i = 0; i < run->call->filters.n; i++)
		n += event_filter_refused(run->filters[i], &why);
	if (n == 0)
		return;
	printable_add(&shown, span_of(why));
	fprintf(stderr, "gaol %s: %llu lines hold JSON that cannot be read, "
	    "the last one: %s\n", run->call->verb, (unsigned long long)n,
	    shown.p);
	buf_fini(&shown);
}

static void
say_envelope(const struct input *in)
{
	const struct mail_call *call = in->run->call;
	const struct envelope_counters *c;

	if (in->envelope == NULL)
		return;
	c = envelope_counters(in->envelope);
	if (c->refused > 0)
		fprintf(stderr, "gaol %s: %s: %llu lines are not '%s'\n",
		    call->verb, in->path, (unsigned long long)c->refused,
		    envelope_kind_name(call->envelope));
	if (c->lost > 0)
		fprintf(stderr, "gaol %s: %s: %llu parts of lines without the "
		    "others\n", call->verb, in->path,
		    (unsigned long long)c->lost);
}

/* 0, or -1: an error was printed. */
static int
open_filters(struct mail_run *run)
{
	const struct strings *names = &run->call->filters;

	run->filters = xcalloc(names->n, sizeof(struct event_filter *));
	for (size_t i = 0; i < names->n; i++) {
		run->filters[i] = open_filter(run->call, names->v[i]);
		if (run->filters[i] == NULL)
			return -1;
	}
	return 0;
}

/* --- logs --------------------------------------------------------------- */

/* -1: an error was printed; the other logs are read all the same. */
static int
open_logs(struct mail_run *run)
{
	static const struct log_file_calls calls = { on_block, on_line };
	const struct mail_call *call = run->call;
	int rc = 0;

	run->inputs = xcalloc(call->logs.n, sizeof(*run->inputs));
	for (size_t i = 0; i < call->logs.n; i++) {
		struct input *in = &run->inputs[i];

		in->run = run;
		in->path = call->logs.v[i];
		in->filter = run->filters[call->filters.n > 1 ? i : 0];
		in->envelope = envelope_new(call->envelope,
		    LOG_FILE_LINE_MAX);
		in->file = log_file_open(in->path, &calls, in);
		if (in->file == NULL)
			rc = -1;
	}
	return rc;
}

/* Until it has told something, or is at its end. */
static int
advance(struct input *in)
{
	int got = 1;

	if (in->at < in->n)
		return 0;
	in->n = in->at = 0;
	while (in->file != NULL && in->n == 0) {
		got = log_file_step(in->file);
		if (got == 1)
			continue;
		log_file_close(in->file);
		in->file = NULL;
		say_envelope(in);
	}
	return got == -1 ? -1 : 0;
}

/* The log whose next event is the earliest; NULL: there are no more. */
static struct input *
earliest(struct mail_run *run, int *rc)
{
	struct input *first = NULL;

	for (size_t i = 0; i < run->call->logs.n; i++) {
		struct input *in = &run->inputs[i];

		if (advance(in) == -1)
			*rc = -1;
		if (in->at < in->n && (first == NULL ||
		    in->v[in->at].time.us < first->v[first->at].time.us))
			first = in;
	}
	return first;
}

static int
read_logs(struct mail_run *run)
{
	int rc = open_logs(run);
	struct input *in;

	while ((in = earliest(run, &rc)) != NULL) {
		take(run, &in->v[in->at]);
		access_event_fini(&in->v[in->at++]);
	}
	mail_sessions_flush(run->sessions);
	mail_hold_flush(run->hold);
	say_refused(run);
	if (mail_sessions_evicted(run->sessions) > 0)
		fprintf(stderr, "gaol %s: more than %d sessions were open at "
		    "once: %llu were taken for ended\n", run->call->verb,
		    SESSIONS_MAX, (unsigned long long)
		    mail_sessions_evicted(run->sessions));
	return rc;
}

static void
end(struct mail_run *run)
{
	for (size_t i = 0; run->inputs != NULL && i < run->call->logs.n; i++) {
		envelope_free(run->inputs[i].envelope);
		free(run->inputs[i].v);
	}
	free(run->inputs);
	for (size_t i = 0; i < run->call->filters.n; i++)
		event_filter_free(run->filters[i]);
	free(run->filters);
	mail_sessions_free(run->sessions);
	mail_hold_free(run->hold);
	places_close(run->places);
	user_rules_fini(&run->rules);
	own_config_fini(&run->own);
	buf_fini(&run->user);
}

int
mail_log_read(struct mail_call *call, const struct mail_log_calls *calls,
    void *arg)
{
	static const struct mail_hold_calls told = {
		.event = tell_event, .session = tell_session,
	};
	struct mail_run run = { .call = call, .calls = calls, .arg = arg };
	int rc = -1;

	read_own(&run);
	if (open_filters(&run) == 0 && open_places(&run) == 0) {
		normalise_user(call, &run.rules);
		run.hold = mail_hold_new(&told, &run);
		run.sessions = mail_sessions_new(SESSIONS_MAX, on_session,
		    &run);
		mail_sessions_proxies(run.sessions, run.own.trusted_proxy,
		    on_amend);
		rc = read_logs(&run);
	}
	end(&run);
	return rc;
}
