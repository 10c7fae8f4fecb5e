/*
 * inotify(7), both halves. The warden owns the right to look at paths, so it
 * adds the watches; the engine reads the events from the same instance, whose
 * descriptor it was sent. For each log: its file (IN_MODIFY, IN_ATTRIB …) and
 * its directory (IN_CREATE, IN_MOVED_TO of that name).
 */
#ifndef GAOL_SOURCE_WATCH_H
#define GAOL_SOURCE_WATCH_H

#include <stddef.h>
#include <stdint.h>

/* --- the side that may open paths ------------------------------------- */

struct watcher;

struct watcher *watcher_new(void);        /* NULL: errno */
void watcher_free(struct watcher *w);
int watcher_fd(const struct watcher *w);  /* to be sent; stays the watcher's */
/*
 * Opens `path` (O_RDONLY|O_NONBLOCK|O_NOCTTY|O_CLOEXEC; only a regular file)
 * and watches it and its directory as `log`. Again for the same log: the old
 * file watch is replaced. Returns the descriptor, or -1: errno of the
 * open (the directory is watched all the same, so a log that appears later is
 * seen), EINVAL for what is not a regular file, ENOSPC no watches left.
 */
int watcher_open(struct watcher *w, uint32_t log, const char *path);
void watcher_forget(struct watcher *w, uint32_t log);
/*
 * Which logs a watch descriptor stands for (several logs share a directory).
 * The engine cannot know wds, so the warden sends this map with each log.
 */
int watcher_wd_file(const struct watcher *w, uint32_t log);  /* -1: none */
int watcher_wd_dir(const struct watcher *w, uint32_t log);   /* -1: none */

/* --- the side that reads events ---------------------------------------- */

enum watch_what {
	WATCH_GREW,       /* read it */
	WATCH_REPLACED,   /* the name may point to another file: open again */
	WATCH_OVERFLOW,   /* events were lost: look at every log */
};

struct watch;
typedef void watch_fn(enum watch_what what, uint32_t log, void *arg);

struct watch *watch_new(void);
void watch_free(struct watch *w);
/* name: last component of the path, compared with directory events. */
void watch_bind(struct watch *w, uint32_t log, int wd_file, int wd_dir,
    const char *name);
void watch_unbind(struct watch *w, uint32_t log);
/*
 * Reads one buffer of events from the inotify descriptor and reports each log
 * at most once per kind. 0; -1 with errno when the descriptor failed.
 */
int watch_dispatch(struct watch *w, int fd, watch_fn *fn, void *arg);

#endif
