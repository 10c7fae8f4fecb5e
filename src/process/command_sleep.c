/* `sleep SECONDS`: a reply that comes later. Nobody else waits for it. */
#include "process/command_local.h"

#include <event2/event.h>
#include <math.h>
#include <stdlib.h>

#include "base/xalloc.h"

#define SECONDS_MAX 3600.0

/* As many as clients at most: each waits for its own reply. */
struct engine_sleep {
	struct engine *engine;
	struct engine_sleep *next;
	struct request *request;
	struct event *timer;
};

static void
end(struct engine_sleep *s)
{
	struct engine_sleep **at = &s->engine->sleeps;

	while (*at != s)
		at = &(*at)->next;
	*at = s->next;
	request_reply(s->request, NULL);
	event_free(s->timer);
	free(s);
}

static void
on_timer(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	end(arg);
}

static void
begin(struct engine *e, struct request *r, double seconds)
{
	struct engine_sleep *s = xcalloc(1, sizeof(*s));
	struct timeval tv = { .tv_sec = (time_t)seconds };

	tv.tv_usec = (suseconds_t)((seconds - floor(seconds)) * 1e6);
	s->engine = e;
	s->request = r;
	s->timer = evtimer_new(e->base, on_timer, s);
	if (s->timer == NULL || event_add(s->timer, &tv) == -1)
		log_fatal("gaol.engine", "out of memory");
	s->next = e->sleeps;
	e->sleeps = s;
}

void
command_sleep(struct request *r, size_t argc, const char *const *argv,
    void *arg)
{
	double seconds;
	char *rest;

	if (argc < 2) {
		request_fail(r, "IndexError", "list index out of range");
		return;
	}
	seconds = strtod(argv[1], &rest);
	if (rest == argv[1] || *rest != '\0' || !isfinite(seconds))
		request_fail(r, "ValueError", "could not convert string to "
		    "float: '%s'", argv[1]);
	else if (seconds < 0)
		request_fail(r, "ValueError",
		    "sleep length must be non-negative");
	else if (seconds > SECONDS_MAX)
		request_fail(r, "ValueError", "sleep: %s seconds; accepted: "
		    "0..%.0f", argv[1], SECONDS_MAX);
	else
		begin(arg, r, seconds);
}

void
command_sleep_end(struct engine *e)
{
	while (e->sleeps != NULL)
		end(e->sleeps);
}
