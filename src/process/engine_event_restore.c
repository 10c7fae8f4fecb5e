/* What was under way when the daemon stopped, from its database. */
#include "process/engine_event_local.h"

#include "base/log.h"

#define LOGGER "gaol.events"
#define ACCESSES_US (12 * 3600 * CLOCK_SECOND)   /* of a webmail's session */
#define MESSAGES_US (6 * 3600 * CLOCK_SECOND)   /* on their way, mostly */

/* Webmails' sign-ins, of which the other half may yet come. */
static void
restore_accesses(struct engine *e)
{
	struct event_rows rows = { 0 };

	if (e->config->own.trusted_proxy != NULL &&
	    store_load_accesses(e->store, ACCESSES_US, &rows) == -1)
		log_warning(LOGGER, "sign-ins of before are not known");
	for (size_t i = rows.n; i > 0; i--) {
		struct event_row *row = event_rows_at(&rows, i - 1);

		row->event.number = row->number;
		mail_sessions_recall(e->events->sessions, &row->event);
	}
	event_rows_fini(&rows);
}

/* Another log's lines about them may not be read yet. */
static void
restore_told(struct engine *e)
{
	struct event_rows rows = { 0 };

	if (store_load_latest(e->store, MAIL_SESSIONS_TOLD * CLOCK_SECOND,
		&rows) == -1)
		log_warning(LOGGER, "what was told last is not known");
	for (size_t i = rows.n; i > 0; i--)
		mail_sessions_told(e->events->sessions,
		    &event_rows_at(&rows, i - 1)->event);
	event_rows_fini(&rows);
}

/* The oldest first, as they were written. */
static void
restore_messages(struct engine *e)
{
	struct event_rows rows = { 0 };

	if (store_load_messages(e->store, MESSAGES_US, &rows) == -1)
		log_warning(LOGGER, "messages under way are not known");
	for (size_t i = rows.n; i > 0; i--)
		mail_sessions_message(e->events->sessions,
		    &event_rows_at(&rows, i - 1)->event);
	event_rows_fini(&rows);
}

static void
restore_sessions(struct engine *e)
{
	struct engine_events *ee = e->events;
	struct event_rows rows = { 0 };
	int64_t next;

	if (store_load_sessions(e->store, &rows, &next) == -1)
		log_warning(LOGGER, "open sessions are not known");
	for (size_t i = 0; i < rows.n; i++) {
		const struct event_row *row = event_rows_at(&rows, i);
		const struct mail_session s = {
			.number = row->number, .event = &row->event,
			.login = row->login, .signed_in = row->signed_in,
			.failures = row->failures,
		};

		mail_sessions_restore(ee->sessions, &s);
	}
	mail_sessions_number(ee->sessions, next);
	event_rows_fini(&rows);
	if (store_load_number(e->store, &ee->next) == -1)
		log_warning(LOGGER, "the events' last number is not known");
}

void
engine_event_restore(struct engine *e)
{
	restore_told(e);
	restore_messages(e);
	restore_sessions(e);
	restore_accesses(e);
}
