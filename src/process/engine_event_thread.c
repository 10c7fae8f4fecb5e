/*
 * What is done with rows of mail accesses on the store's thread, which may wait
 * for a disk: the place of an address is looked up, and a sign-in is written
 * to the file of sign-ins.
 */
#include "process/engine_event_local.h"

#include <unistd.h>

#include "access/place.h"
#include "access/proxied.h"
#include "base/log.h"
#include "process/engine_signins.h"

#define LOGGER "gaol.events"
#define REFRESH_US (10 * CLOCK_SECOND)   /* a database of places is looked at */

static void
find_place(struct event_row *row, void *arg)
{
	struct access_event *event = &row->event;
	struct engine_events *ee = arg;
	struct wall now = clock_wall_now();

	pthread_mutex_lock(&ee->lock);
	if (now.us - ee->refreshed.us > REFRESH_US) {
		ee->refreshed = now;
		places_refresh(ee->places);
	}
	places_find(ee->places, &event->ip, &event->place);
	pthread_mutex_unlock(&ee->lock);
}

/* Behind the row: the file may lack a line after a crash, never double it. */
static void
on_written(const struct event_row *row, void *arg)
{
	struct engine_events *ee = arg;

	pthread_mutex_lock(&ee->lock);
	if (ee->signins != NULL)
		signins_row(ee->signins, row, clock_wall_now());
	pthread_mutex_unlock(&ee->lock);
}

bool
engine_event_tick(struct engine *e)
{
	struct engine_events *ee = e->events;
	struct store_counters c = { 0 };
	bool more;

	if (e->store != NULL)
		store_counters(e->store, &c);
	pthread_mutex_lock(&ee->lock);
	more = signins_flush(ee->signins, clock_wall_now());
	more |= ee->signins != NULL && c.events_waiting > 0;
	pthread_mutex_unlock(&ee->lock);
	return more;
}

/* The file was opened (again); where none is wanted any more it goes. */
static void
take_signins(struct engine_events *ee, int fd)
{
	pthread_mutex_lock(&ee->lock);
	if (ee->signins != NULL)
		signins_open(ee->signins, fd);
	else
		close(fd);
	pthread_mutex_unlock(&ee->lock);
}

/* The descriptor comes from the parent, before this or behind it. */
static void
open_signins(struct engine_events *ee, const struct config *c)
{
	struct signins *before = ee->signins;

	pthread_mutex_lock(&ee->lock);
	ee->signins = signins_new(c->own.signins_file, before);
	pthread_mutex_unlock(&ee->lock);
	signins_free(before);
	if (ee->given_fd == -1)
		return;
	take_signins(ee, ee->given_fd);
	ee->given_fd = -1;
}

void
engine_events_signins(struct engine *e, int fd)
{
	struct engine_events *ee = e->events;

	if (e->config != NULL) {
		take_signins(ee, fd);
		return;
	}
	if (ee->given_fd != -1)
		close(ee->given_fd);
	ee->given_fd = fd;
}

static void
open_places(struct engine_events *ee, const struct own_config *own)
{
	struct place_paths paths = { 0 };
	struct places *places, *before;

	place_paths_find(&paths, own);
	places = places_open(&paths);
	if (places_error(places) != NULL)
		log_warning(LOGGER, "geoip: %s",
		    log_text(span_of(places_error(places))));
	pthread_mutex_lock(&ee->lock);
	before = ee->places;
	ee->places = places;
	pthread_mutex_unlock(&ee->lock);
	places_close(before);
}

void
engine_event_thread_start(struct engine *e)
{
	static const struct store_row_hooks hooks = {
		.complete = find_place, .written = on_written,
		.tls = proxied_tls,
	};

	store_row_hooks(e->store, &hooks, e->events);
}

void
engine_event_thread_apply(struct engine_events *ee, const struct config *c)
{
	open_places(ee, &c->own);
	open_signins(ee, c);
}
