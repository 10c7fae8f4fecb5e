#include "tools/mail_log.h"

#include <stdio.h>
#include <stdlib.h>

#include "access/event_make.h"
#include "access/place.h"
#include "access/user.h"
#include "config/own.h"
#include "control/printable.h"
#include "match/event_filter.h"
#include "source/envelope.h"
#include "tools/filter_name.h"
#include "tools/log_file.h"

#define SESSIONS_MAX 200000

struct mail_run {
	const struct mail_call *call;
	const struct mail_log_calls *calls;
	void *arg;
	struct event_filter *filter;
	struct own_config own;
	struct user_rules rules;
	struct places *places;
	struct mail_sessions *sessions;
	struct buf user;
	struct span log;
	struct envelope *envelope;     /* of this log; NULL: none */
};

/* --- lines ------------------------------------------------------------ */

static void
on_event(const struct event_line *line, void *arg)
{
	struct mail_run *run = arg;
	struct event_line here = *line;
	struct access_event e;

	here.log = run->log;
	event_make(&here, &run->rules, &run->user, &e);
	if (mail_sessions_event(run->sessions, &e) == MAIL_SESSION_KNOWN)
		return;
	places_find(run->places, &e.ip, &e.place);
	if (run->calls->event != NULL && mail_call_wants(run->call, &e))
		run->calls->event(&e, run->arg);
}

/* How many events there are in what the envelope held. */
static size_t
read_text(struct mail_run *run, enum envelope_what what,
    const struct enveloped *in)
{
	if (what == ENVELOPE_MESSAGE)
		return event_filter_message(run->filter, in->text, in->time,
		    on_event, run);
	if (what == ENVELOPE_STAMPED)
		return event_filter_stamped(run->filter, in->text, in->time,
		    on_event, run);
	return event_filter_line(run->filter, in->text, on_event, run);
}

static bool
on_line(struct span line, void *arg)
{
	enum envelope_what what = ENVELOPE_PLAIN;
	struct enveloped in = { .text = line };
	struct mail_run *run = arg;

	if (run->envelope != NULL)
		what = envelope_open(run->envelope, line, &in);
	if (what == ENVELOPE_PART)
		return true;
	if ((what == ENVELOPE_REFUSED || read_text(run, what, &in) == 0) &&
	    run->calls->missed != NULL)
		run->calls->missed(line, run->arg);
	return true;
}

static void
on_block(struct span block, void *arg)
{
	struct mail_run *run = arg;

	/* What comes out of an envelope is not in the block. */
	if (run->envelope != NULL &&
	    envelope_kind(run->envelope) == ENVELOPE_NONE) {
		envelope_free(run->envelope);
		run->envelope = NULL;
	}
	if (run->envelope != NULL)
		block.n = 0;
	filter_block(event_filter_inside(run->filter), block);
}

static void
on_session(const struct mail_session *s, void *arg)
{
	struct mail_run *run = arg;
	struct mail_session placed = *s;
	struct access_event e = *s->event;

	if (run->calls->session == NULL || !s->signed_in)
		return;
	places_find(run->places, &e.ip, &e.place);
	placed.event = &e;
	if (mail_call_wants(run->call, &e))
		run->calls->session(&placed, run->arg);
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
compile(const struct mail_call *call, const struct filter_config *config,
    struct report *report)
{
	struct filter_options options = {
		.jail = call->filter, .logtimezone = call->zone,
		.encoding = call->encoding,
	};
	struct event_filter *ef = event_filter_new(config, &options, report);

	if (ef == NULL && config->events_n == 0 && config->eventjson == NULL)
		report_add(report, PROBLEM_ERROR, NULL, NULL, 0,
		    "filter '%s' has no eventregex and no eventjson: it tells "
		    "of no mail accesses", call->filter);
	return ef;
}

static struct event_filter *
open_filter(const struct mail_call *call)
{
	struct config_request request = {
		.share = call->share, .no_users = true
	};
	struct filter_config config = { 0 };
	struct report report = { 0 };
	struct event_filter *ef = NULL;
	struct filter_name name;

	if (!filter_name(call->filter, call->dir, call->share, &name)) {
		report_add(&report, PROBLEM_ERROR, NULL, NULL, 0,
		    "there is no filter '%s'", call->filter);
	} else {
		request.dir = name.dir;
		request.exact_file = name.is_file;
		if (config_load_filter(&request, name.entry, &config,
			&report) == 0) {
			ef = compile(call, &config, &report);
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
	uint64_t n = event_filter_refused(run->filter, &why);
	struct buf shown = { 0 };

	if (n == 0)
		return;
	printable_add(&shown, span_of(why));
	fprintf(stderr, "gaol %s: %llu lines hold JSON that cannot be read, "
	    "the last one: %s\n", run->call->verb, (unsigned long long)n,
	    shown.p);
	buf_fini(&shown);
}

static void
say_envelope(const struct mail_run *run)
{
	const struct envelope_counters *c;

	if (run->envelope == NULL)
		return;
	c = envelope_counters(run->envelope);
	if (c->refused > 0)
		fprintf(stderr, "gaol %s: %.*s: %llu lines are not '%s'\n",
		    run->call->verb, SPAN_FMT(run->log),
		    (unsigned long long)c->refused,
		    envelope_kind_name(run->call->envelope));
}

static int
read_log(struct mail_run *run, const char *path)
{
	static const struct log_file_calls calls = { on_block, on_line };
	int rc;

	run->log = span_of(path);
	run->envelope = envelope_new(run->call->envelope, LOG_FILE_LINE_MAX);
	rc = log_file_read(path, &calls, run);
	say_envelope(run);
	envelope_free(run->envelope);
	run->envelope = NULL;
	return rc;
}

static int
read_logs(struct mail_run *run)
{
	int rc = 0;

	for (size_t i = 0; i < run->call->logs.n; i++)
		if (read_log(run, run->call->logs.v[i]) == -1)
			rc = -1;
	mail_sessions_flush(run->sessions);
	say_refused(run);
	if (mail_sessions_evicted(run->sessions) > 0)
		fprintf(stderr, "gaol %s: more than %d sessions were open at "
		    "once: %llu were taken for ended\n", run->call->verb,
		    SESSIONS_MAX, (unsigned long long)
		    mail_sessions_evicted(run->sessions));
	return rc;
}

int
mail_log_read(struct mail_call *call, const struct mail_log_calls *calls,
    void *arg)
{
	struct mail_run run = { .call = call, .calls = calls, .arg = arg };
	int rc = -1;

	read_own(&run);
	run.filter = open_filter(call);
	if (run.filter != NULL && open_places(&run) == 0) {
		normalise_user(call, &run.rules);
		run.sessions = mail_sessions_new(SESSIONS_MAX, on_session,
		    &run);
		rc = read_logs(&run);
		mail_sessions_free(run.sessions);
	}
	places_close(run.places);
	event_filter_free(run.filter);
	user_rules_fini(&run.rules);
	own_config_fini(&run.own);
	buf_fini(&run.user);
	return rc;
}
