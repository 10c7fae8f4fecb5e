/*
 * inotify(7) on the directories of a journal. journald writes through memory
 * maps, which nobody is told of, and then truncates the file to the size it
 * has, for those who watch.
 */
#include "source/journal.h"

#include <errno.h>
#include <string.h>
#include <sys/inotify.h>
#include <unistd.h>

#define EVENTS_SIZE 16384
#define NAMES (IN_CREATE | IN_DELETE | IN_MOVED_FROM | IN_MOVED_TO | \
    IN_DELETE_SELF | IN_MOVE_SELF | IN_UNMOUNT)

int
journal_watch_open(void)
{
	return inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
}

int
journal_watch_dir(int fd, const char *path)
{
	return inotify_add_watch(fd, path, IN_MODIFY | IN_ONLYDIR | NAMES);
}

void
journal_watch_forget(int fd, int wd)
{
	inotify_rm_watch(fd, wd);
}

struct told {
	enum journal_event event;
	int wd;
	bool any;
};

static void
take(const struct inotify_event *ev, struct told *last,
    void (*fn)(enum journal_event event, int wd, void *arg), void *arg)
{
	struct told now = { .event = JOURNAL_GREW, .wd = ev->wd, .any = true };

	if ((ev->mask & IN_Q_OVERFLOW) != 0)
		now = (struct told){ JOURNAL_OVERFLOW, -1, true };
	else if ((ev->mask & NAMES) != 0)
		now.event = JOURNAL_CHANGED;
	else if ((ev->mask & IN_MODIFY) == 0)
		return;   /* IN_IGNORED: we or the kernel removed the watch */
	if (last->any && last->event == now.event && last->wd == now.wd)
		return;
	*last = now;
	fn(now.event, now.wd, arg);
}

int
journal_watch_read(int fd,
    void (*fn)(enum journal_event event, int wd, void *arg), void *arg)
{
	char events[EVENTS_SIZE];
	struct told last = { .any = false };
	struct inotify_event ev;
	const char *p = events;
	ssize_t n;

	do
		n = read(fd, events, sizeof(events));
	while (n == -1 && errno == EINTR);
	if (n == -1)
		return errno == EAGAIN ? 0 : -1;
	while ((size_t)n >= sizeof(ev)) {
		memcpy(&ev, p, sizeof(ev));
		if (ev.len > (size_t)n - sizeof(ev))
			break;
		take(&ev, &last, fn, arg);
		p += sizeof(ev) + ev.len;
		n -= (ssize_t)(sizeof(ev) + ev.len);
	}
	return 0;
}
