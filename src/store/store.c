#include "store/store.h"

#include <errno.h>
#include <event2/event.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/log.h"
#include "base/xalloc.h"
#include "config/clean.h"
#include "store/data.h"
#include "store/private.h"

#define LOGGER "gaol.store"
#define STACK_SIZE (512 * 1024)
#define QUEUE_DEFAULT 65536

/* --- from the thread to the loop ------------------------------------- */

static void
log_notes(const char *notes)
{
	struct span rest = span_of(notes), line;

	while (span_cut(&rest, '\n', &line))
		log_warning(LOGGER, "%s", log_text(line));
}

/* One line in the log for each change, not for each failed attempt. */
static void
change_state(struct store *s, char *state)
{
	bool was_well = s->error == NULL;

	free(s->error);
	s->error = state;
	if (was_well == (state == NULL))
		return;
	if (state != NULL)
		log_warning(LOGGER, "database %s: %s; bans go on without it",
		    s->db.path, state);
	else
		log_notice(LOGGER, "database %s works again", s->db.path);
	if (s->events != NULL && s->events->state != NULL)
		s->events->state(state, s->arg);
}

static size_t
count_reads(const struct requests *reached)
{
	size_t n = 0;

	for (const struct request *r = reached->first; r != NULL; r = r->next)
		n += r->kind == REQUEST_READ;
	return n;
}

static void
change_file(struct store *s, unsigned file)
{
	if (s->file == file)
		return;
	s->file = file;
	if (s->events != NULL && s->events->file != NULL)
		s->events->file(s->arg);
}

static void
call_back(struct store *s, struct requests *reached)
{
	struct request *r;

	while ((r = requests_shift(reached)) != NULL) {
		if (r->kind == REQUEST_READ)
			read_tell(r->read, r->error);
		else if (r->kind == REQUEST_PURGE_EVENTS)
			store_purge_on(s, r);
		else if (r->kind == REQUEST_SUM_EVENTS)
			store_sum_on(s, r);
		else
			r->fn(r->error, r->arg);
		request_free(r);
	}
}

/* A function that is told may close the store: not touched after. */
static void
hear(struct store *s)
{
	struct requests reached;
	char *state, *notes;
	unsigned file;

	pthread_mutex_lock(&s->lock);
	state = s->state != NULL ? xstrdup(s->state) : NULL;
	notes = buf_take(&s->notes);
	reached = s->reached;
	s->reached = (struct requests){ 0 };
	file = s->files;
	pthread_mutex_unlock(&s->lock);
	log_notes(notes);
	free(notes);
	change_state(s, state);
	change_file(s, file);
	s->reading -= count_reads(&reached);
	call_back(s, &reached);
}

static void
on_wake(evutil_socket_t fd, short what, void *arg)
{
	struct store *s = arg;
	eventfd_t n;

	(void)what;
	(void)eventfd_read(fd, &n);
	hear(s);
}

/* --- life ------------------------------------------------------------- */

static int
init_wake(struct store *s, struct event_base *base)
{
	s->wake_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	if (s->wake_fd == -1)
		return -1;
	if (base == NULL)
		return 0;
	s->wake = event_new(base, s->wake_fd, EV_READ | EV_PERSIST, on_wake,
	    s);
	return s->wake != NULL && event_add(s->wake, NULL) == 0 ? 0 : -1;
}

static void
fini(struct store *s)
{
	if (s->wake != NULL)
		event_free(s->wake);
	if (s->wake_fd != -1)
		close(s->wake_fd);
	database_fini(&s->db);
	queue_fini(&s->queue);
	buf_fini(&s->notes);
	free(s->state);
	free(s->error);
	pthread_mutex_destroy(&s->lock);
	free(s);
}

void
store_settle(struct store *s, const char *error)
{
	writer_tell(s, error);
	hear(s);
}

bool
store_is_none(const char *path)
{
	return strcasecmp(path, "None") == 0;
}

struct store *
store_open(const struct store_options *o, struct event_base *base,
    const struct store_events *events, void *arg)
{
	struct store *s = xcalloc(1, sizeof(*s));

	s->off = o->path == NULL || store_is_none(o->path);
	s->purge_age = o->purge_age;
	for (int i = 0; i < STORE_CLASSES; i++)
		s->keep.seconds[i] = STORE_KEEP_ALL;
	s->maxmatches = o->maxmatches;
	s->arg = arg;
	s->wake_fd = -1;
	if (queue_init(&s->queue, o->queue_max > 0 ? o->queue_max :
	    QUEUE_DEFAULT) == -1) {
		free(s);
		return NULL;
	}
	pthread_mutex_init(&s->lock, NULL);
	database_init(&s->db, s->off ? "None" : o->path);
	if (init_wake(s, base) == -1) {
		fini(s);
		return NULL;
	}
	if (!s->off)
		store_settle(s, database_open(&s->db) == 0 ? NULL :
		    s->db.error.p);
	/* Only now: the caller reads store_error() for how it began. */
	s->events = events;
	return s;
}

int
store_start(struct store *s)
{
	pthread_attr_t attr;
	sigset_t all, before;
	int rc;

	if (s->off || s->running)
		return 0;
	pthread_attr_init(&attr);
	pthread_attr_setstacksize(&attr, STACK_SIZE);
	/* Signals are the loop's. */
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	rc = pthread_create(&s->thread, &attr, writer_main, s);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	pthread_attr_destroy(&attr);
	if (rc != 0) {
		errno = rc;
		return -1;
	}
	s->running = true;
	return 0;
}

/* Who is told of the end may ask for more to be written: it is, too. */
static void
finish(struct store *s)
{
	struct requests rest;

	do {
		rest = queue_take(&s->queue);
		if (rest.n > 0 && !s->off)
			writer_drain(s, &rest);
		s->events = NULL;
		hear(s);
	} while (queue_count(&s->queue) > 0);
}

void
store_close(struct store *s)
{

	if (s == NULL)
		return;
	queue_stop(&s->queue);
	if (s->running)
		pthread_join(s->thread, NULL);
	s->running = false;
	finish(s);
	if (s->counters.lost > 0)
		log_warning(LOGGER, "database %s: %llu requests were lost",
		    s->db.path, (unsigned long long)s->counters.lost);
	fini(s);
}

unsigned
store_file(const struct store *s)
{
	return s->file;
}

const char *
store_error(const struct store *s)
{
	return s->error;
}

/* --- requests ----------------------------------------------------------- */

bool
store_push(struct store *s, struct request *r)
{
	if (queue_push(&s->queue, r))
		return true;
	request_free(r);
	pthread_mutex_lock(&s->lock);
	s->counters.lost++;
	pthread_mutex_unlock(&s->lock);
	return false;
}

/* The text columns are UTF-8, or upstream could not read its own table. */
char *
store_clean_text(struct span s)
{
	struct buf b = { 0 };

	buf_reserve(&b, s.n);
	clean_utf8(s, &b);
	return buf_take(&b);
}

char *
store_id_text(const struct id *id)
{
	struct buf b = { 0 };
	char *text;

	id_format(id, &b);
	text = store_clean_text(buf_span(&b));
	buf_fini(&b);
	return text;
}

static bool
push_jail(struct store *s, enum request_kind kind, const char *jail)
{
	return s->off || store_push(s, request_new(kind, jail));
}

bool
store_add_jail(struct store *s, const char *jail)
{
	return push_jail(s, REQUEST_ADD_JAIL, jail);
}

bool
store_disable_jail(struct store *s, const char *jail)
{
	return push_jail(s, REQUEST_DISABLE_JAIL, jail);
}

bool
store_unban_all(struct store *s, const char *jail)
{
	return push_jail(s, REQUEST_UNBAN_ALL, jail);
}

bool
store_ban(struct store *s, const char *jail, const struct ticket *t)
{
	struct request *r;

	if (s->off)
		return true;
	r = request_new(REQUEST_BAN, jail);
	r->text = store_id_text(&t->id);
	r->time = wall_seconds((struct wall){ t->time.us +
	    CLOCK_SECOND / 2 });
	r->bantime = t->permanent ? -1 : t->bantime;
	r->bancount = t->bancount > 0 ? t->bancount : 1;
	r->data = data_column(t, s->maxmatches);
	return store_push(s, r);
}

bool
store_unban(struct store *s, const char *jail, const struct id *id)
{
	struct request *r;

	if (s->off)
		return true;
	r = request_new(REQUEST_UNBAN, jail);
	r->text = store_id_text(id);
	return store_push(s, r);
}

bool
store_position(struct store *s, const char *jail, const char *path,
    const struct tail_position *pos)
{
	struct request *r;

	if (s->off)
		return true;
	r = request_new(REQUEST_POSITION, jail);
	r->text = store_clean_text(span_of(path));
	r->position = *pos;
	return store_push(s, r);
}

bool
store_journal(struct store *s, const char *jail, struct wall place)
{
	struct request *r;

	if (s->off)
		return true;
	r = request_new(REQUEST_JOURNAL, jail);
	r->time = place.us;
	return store_push(s, r);
}

void
store_set_purge_age(struct store *s, int64_t seconds)
{
	s->purge_age = seconds;
}

void
store_set_maxmatches(struct store *s, int64_t lines)
{
	s->maxmatches = lines;
}

bool
store_purge(struct store *s, struct wall now)
{
	struct request *r;

	if (s->off)
		return true;
	r = request_new(REQUEST_PURGE, NULL);
	r->time = wall_seconds(now) - s->purge_age;
	return store_push(s, r) && store_purge_events(s, now);
}

bool
store_barrier(struct store *s, void (*fn)(int error, void *arg), void *arg)
{
	struct request *r = request_new(REQUEST_BARRIER, NULL);

	r->fn = fn;
	r->arg = arg;
	if (!s->off)
		return store_push(s, r);
	/* Nothing to wait for, but still from the loop. */
	pthread_mutex_lock(&s->lock);
	requests_add(&s->reached, r);
	pthread_mutex_unlock(&s->lock);
	(void)eventfd_write(s->wake_fd, 1);
	return true;
}

void
store_counters(struct store *s, struct store_counters *out)
{
	pthread_mutex_lock(&s->lock);
	*out = s->counters;
	pthread_mutex_unlock(&s->lock);
	out->waiting = queue_count(&s->queue);
}
