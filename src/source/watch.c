/* The half of watch.h that reads events. Linux: inotify(7). */
#include "source/watch.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <unistd.h>

#include "base/table.h"
#include "base/xalloc.h"

#define EVENTS_SIZE 16384
#define MISSED_MAX 64

/* What means "the file lost its name", on a file or on a directory. */
#define GONE (IN_MOVE_SELF | IN_DELETE_SELF | IN_IGNORED | IN_UNMOUNT)
#define NAMED (IN_CREATE | IN_MOVED_TO)

enum { PENDING_GREW = 1, PENDING_REPLACED = 2 };

struct binding {
	int wd_file;       /* -1: none, like the others */
	int wd_before;     /* the previous wd_file */
	int wd_dir;
	char *name;
	unsigned pending;  /* to be reported at the end of this buffer */
};

/* The logs that one watch descriptor stands for, in whatever role. */
struct meaning {
	int wd;
	uint32_t *logs;
	size_t n;
	size_t cap;
};

/* An event that meant nothing to any binding we had then. */
struct missed {
	int wd;
	uint64_t name;     /* hash; 0: the watched file itself lost its name */
};

struct watch {
	struct binding *v;       /* by number of the log */
	size_t n;
	struct table *meanings;  /* of struct meaning, by wd */
	uint32_t *touched;       /* logs with something pending */
	size_t touched_n;
	size_t touched_cap;
	struct missed missed[MISSED_MAX];
	size_t missed_n;         /* ever; the ring holds the last ones */
};

static const struct binding no_binding = { -1, -1, -1, NULL, 0 };

static bool
meaning_eq(const void *entry, const void *key)
{
	return ((const struct meaning *)entry)->wd == *(const int *)key;
}

struct watch *
watch_new(void)
{
	struct watch *w = xcalloc(1, sizeof(*w));

	w->meanings = table_new(0, meaning_eq);
	return w;
}

void
watch_free(struct watch *w)
{
	struct meaning *m;
	size_t i, at = 0;

	if (w == NULL)
		return;
	while ((m = table_next(w->meanings, &at)) != NULL) {
		free(m->logs);
		free(m);
	}
	table_free(w->meanings);
	for (i = 0; i < w->n; i++)
		free(w->v[i].name);
	free(w->v);
	free(w->touched);
	free(w);
}

/* --- which logs a wd stands for -------------------------------------- */

static struct meaning *
meaning_of(const struct watch *w, int wd)
{
	return table_find(w->meanings, table_hash(&wd, sizeof(wd)), &wd);
}

static void
link_wd(struct watch *w, int wd, uint32_t log)
{
	struct meaning *m;
	size_t i;

	if (wd == -1)
		return;
	m = meaning_of(w, wd);
	if (m == NULL) {
		m = xcalloc(1, sizeof(*m));
		m->wd = wd;
		table_add(w->meanings, table_hash(&wd, sizeof(wd)), m);
	}
	for (i = 0; i < m->n; i++)
		if (m->logs[i] == log)
			return;
	if (m->n == m->cap) {
		m->cap = m->cap > 0 ? m->cap * 2 : 2;
		m->logs = xreallocarray(m->logs, m->cap, sizeof(*m->logs));
	}
	m->logs[m->n++] = log;
}

static void
unlink_wd(struct watch *w, int wd, uint32_t log)
{
	struct meaning *m = wd != -1 ? meaning_of(w, wd) : NULL;
	size_t i;

	if (m == NULL)
		return;
	for (i = 0; i < m->n; i++)
		if (m->logs[i] == log) {
			m->logs[i] = m->logs[--m->n];
			break;
		}
	if (m->n > 0)
		return;
	table_del(w->meanings, table_hash(&wd, sizeof(wd)), &wd);
	free(m->logs);
	free(m);
}

static void
unlink_all(struct watch *w, uint32_t log)
{
	const struct binding *b = &w->v[log];

	unlink_wd(w, b->wd_file, log);
	unlink_wd(w, b->wd_before, log);
	unlink_wd(w, b->wd_dir, log);
}

/* --- events that came before their binding --------------------------- */

static uint64_t
name_hash(const char *name)
{
	return table_hash(name, strlen(name)) | 1;
}

static void
miss(struct watch *w, int wd, uint64_t name)
{
	w->missed[w->missed_n++ % MISSED_MAX] = (struct missed){ wd, name };
}

/* When the ring forgot something, the safe answer is yes. */
static bool
was_missed(const struct watch *w, int wd, uint64_t name)
{
	size_t i;

	if (w->missed_n > MISSED_MAX)
		return true;
	for (i = 0; i < w->missed_n; i++)
		if (w->missed[i].wd == wd && w->missed[i].name == name)
			return true;
	return false;
}

/* --- binding --------------------------------------------------------- */

bool
watch_bind(struct watch *w, uint32_t log, int wd_file, int wd_dir,
    const char *name)
{
	struct binding *b, old;

	if (log >= w->n) {
		w->v = xreallocarray(w->v, (size_t)log + 1, sizeof(*w->v));
		while (w->n <= log)
			w->v[w->n++] = no_binding;
	}
	b = &w->v[log];
	old = *b;
	unlink_all(w, log);
	if (wd_file != old.wd_file)
		b->wd_before = old.wd_file;
	b->wd_file = wd_file;
	b->wd_dir = wd_dir;
	if (old.name == NULL || strcmp(old.name, name) != 0) {
		b->name = xstrdup(name);
		free(old.name);
		old.wd_dir = -1;
	}
	link_wd(w, b->wd_file, log);
	link_wd(w, b->wd_before, log);
	link_wd(w, b->wd_dir, log);
	return (wd_dir != -1 && wd_dir != old.wd_dir &&
	    was_missed(w, wd_dir, name_hash(name))) ||
	    (wd_file != -1 && wd_file != old.wd_file &&
	    was_missed(w, wd_file, 0));
}

void
watch_unbind(struct watch *w, uint32_t log)
{
	if (log >= w->n)
		return;
	unlink_all(w, log);
	free(w->v[log].name);
	w->v[log] = no_binding;
}

/* --- events ---------------------------------------------------------- */

static void
touch(struct watch *w, uint32_t log, unsigned what)
{
	struct binding *b = &w->v[log];

	if (b->pending == 0 && what != 0) {
		if (w->touched_n == w->touched_cap) {
			w->touched_cap = w->touched_cap > 0 ?
			    w->touched_cap * 2 : 16;
			w->touched = xreallocarray(w->touched,
			    w->touched_cap, sizeof(*w->touched));
		}
		w->touched[w->touched_n++] = log;
	}
	b->pending |= what;
}

/* What an event says about one of the logs its wd stands for. */
static unsigned
judge(const struct binding *b, const struct inotify_event *ev,
    const char *name)
{
	unsigned what = 0;

	if (ev->wd == b->wd_file || ev->wd == b->wd_before)
		what |= (ev->mask & IN_MODIFY) != 0 ? PENDING_GREW : 0;
	if (ev->wd == b->wd_file)
		what |= (ev->mask & (GONE | IN_ATTRIB)) != 0 ?
		    PENDING_REPLACED : 0;
	if (ev->wd == b->wd_dir && ((ev->mask & GONE) != 0 ||
	    ((ev->mask & NAMED) != 0 && strcmp(name, b->name) == 0)))
		what |= PENDING_REPLACED;
	return what;
}

static void
take_event(struct watch *w, const struct inotify_event *ev, const char *name)
{
	const struct meaning *m = meaning_of(w, ev->wd);
	bool known = false;
	unsigned what;
	size_t i;

	for (i = 0; m != NULL && i < m->n; i++) {
		what = judge(&w->v[m->logs[i]], ev, name);
		touch(w, m->logs[i], what);
		known = known || what != 0;
	}
	if (known)
		return;
	if ((ev->mask & NAMED) != 0)
		miss(w, ev->wd, name_hash(name));
	else if (m == NULL && (ev->mask & (IN_MOVE_SELF | IN_DELETE_SELF)) !=
	    0)
		miss(w, ev->wd, 0);
}

/* The kernel pads names with NULs up to ev.len; there is always one. */
static bool
take_events(struct watch *w, const char *p, size_t n)
{
	struct inotify_event ev;
	bool overflow = false;

	while (n >= sizeof(ev)) {
		memcpy(&ev, p, sizeof(ev));
		if (ev.len > n - sizeof(ev))
			break;
		if ((ev.mask & IN_Q_OVERFLOW) != 0)
			overflow = true;
		else
			take_event(w, &ev, ev.len > 0 ? p + sizeof(ev) : "");
		p += sizeof(ev) + ev.len;
		n -= sizeof(ev) + ev.len;
	}
	return overflow;
}

/* fn may bind and unbind: nothing is kept across its calls but an index. */
static void
report(struct watch *w, watch_fn *fn, void *arg)
{
	unsigned what;
	uint32_t log;
	size_t i;

	for (i = 0; i < w->touched_n; i++) {
		log = w->touched[i];
		what = w->v[log].pending;
		w->v[log].pending = 0;
		if ((what & PENDING_GREW) != 0)
			fn(WATCH_GREW, log, arg);
		if ((what & PENDING_REPLACED) != 0)
			fn(WATCH_REPLACED, log, arg);
	}
	w->touched_n = 0;
}

int
watch_dispatch(struct watch *w, int fd, watch_fn *fn, void *arg)
{
	char events[EVENTS_SIZE];
	bool overflow;
	ssize_t n;

	do
		n = read(fd, events, sizeof(events));
	while (n == -1 && errno == EINTR);
	if (n == -1)
		return errno == EAGAIN ? 0 : -1;
	overflow = take_events(w, events, (size_t)n);
	report(w, fn, arg);
	if (overflow)
		fn(WATCH_OVERFLOW, 0, arg);
	return 0;
}
