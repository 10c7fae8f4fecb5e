/*
 * Lines of a log that has an envelope: it is taken off, and what is left goes
 * to the filters, with its time where the envelope has one.
 */
#include "process/engine_unwrap.h"

#include "process/engine_event.h"
#include "source/envelope.h"

void
engine_unwrap_start(struct engine_log *log)
{
	enum envelope_kind kind = log->jail->config->envelope;

	envelope_free(log->envelope);
	log->envelope = NULL;
	if (kind != ENVELOPE_NONE)
		log->envelope = envelope_new(kind,
		    (size_t)log->jail->engine->config->own.line_max);
}

void
engine_unwrap_keep(struct engine_log *log)
{
	if (log->envelope == NULL || envelope_asked(log->envelope) !=
	    log->jail->config->envelope)
		engine_unwrap_start(log);
}

/* Once it is known that there is none, lines go the short way. */
static void
settle(struct engine_log *log)
{
	if (envelope_kind(log->envelope) != ENVELOPE_NONE)
		return;
	envelope_free(log->envelope);
	log->envelope = NULL;
}

static void
judge(struct engine_log *log, enum envelope_what what,
    const struct enveloped *in, enum filter_time mode,
    filter_failure_fn *found)
{
	struct filter *f = log->jail->filter;

	if (what == ENVELOPE_PLAIN)
		filter_line(f, in->text, mode, found, log);
	else if (what == ENVELOPE_STAMPED)
		filter_stamped(f, in->text, in->time, mode, found, log);
	else
		filter_message(f, in->text, in->time, mode, found, log);
}

static void
tell(struct engine_log *log, enum envelope_what what,
    const struct enveloped *in)
{
	struct engine *e = log->jail->engine;
	struct span path = span_of(log->path);

	if (what == ENVELOPE_PLAIN)
		engine_event_line(e, log->events, in->text, path);
	else
		engine_event_timed(e, log->events, in->text, in->time,
		    what == ENVELOPE_STAMPED, path);
}

void
engine_unwrap_line(struct engine_log *log, struct span line,
    enum filter_time mode, filter_failure_fn *found)
{
	struct enveloped in = { 0 };
	enum envelope_what what = envelope_open(log->envelope, line, &in);

	if (what == ENVELOPE_PART || what == ENVELOPE_REFUSED)
		return;
	judge(log, what, &in, mode, found);
	if (log->events != NULL)
		tell(log, what, &in);
	settle(log);
}

void
engine_unwrap_passed(struct engine_log *log, struct span lines)
{
	struct wall time;

	if (!envelope_passed(log->envelope, lines, &time))
		return;
	filter_passed(log->jail->filter, time);
	if (log->events != NULL)
		engine_event_passed(log->events, time);
}

void
engine_unwrap_counters(const struct engine_jail *j,
    struct envelope_counters *sum)
{
	const struct engine *e = j->engine;

	*sum = (struct envelope_counters){ 0 };
	for (size_t i = 0; i < e->logs_n; i++) {
		const struct engine_log *log = &e->logs[i];

		if (log->jail != j || log->envelope == NULL)
			continue;
		sum->refused += envelope_counters(log->envelope)->refused;
		sum->cut += envelope_counters(log->envelope)->cut;
		sum->lost += envelope_counters(log->envelope)->lost;
	}
}
