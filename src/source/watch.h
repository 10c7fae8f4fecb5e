/*
 * inotify(7), both halves. The warden owns the right to look at paths, so it
 * adds the watches; the engine reads the events from the same instance, whose
 * descriptor it was sent. For each log: its file (IN_MODIFY, IN_ATTRIB …) and
 * its directory (IN_CREATE, IN_MOVED_TO of that name).
 */
#ifndef GAOL_SOURCE_WATCH_H
#define GAOL_SOURCE_WATCH_H

#include <stdbool.h>
#include <stdint.h>

/* --- the side that may open paths ------------------------------------- */

struct watcher;

struct watcher *watcher_new(void);        /* NULL: errno */
void watcher_free(struct watcher *w);
int watcher_fd(const struct watcher *w);  /* to be sent; stays the watcher's */
/*
 * Opens `path` (O_RDONLY|O_NONBLOCK|O_NOCTTY|O_CLOEXEC; only a regular file;
 * symbolic links are followed) and watches it and its directory as `log`.
 * Again for the same log: the directory is watched anew, and if the file is
 * another one, the old one stays watched until the next change, for those who
 * still write to it. Returns the descriptor, or -1: errno of the open (the
 * directory is watched all the same, so a log that appears later is seen),
 * EINVAL for what is not a regular file. That no watch is left is not an
 * error: the wd below is -1, and the reader has to look by itself at times.
 */
int watcher_open(struct watcher *w, uint32_t log, const char *path);
void watcher_forget(struct watcher *w, uint32_t log);
/*
 * Which watch descriptors stand for a log (several logs share a directory, or
 * even a file). The engine cannot know, so the warden sends them with the log.
 */
int watcher_wd_file(const struct watcher *w, uint32_t log);  /* -1: none */
int watcher_wd_dir(const struct watcher *w, uint32_t log);   /* -1: none */

/* --- the side that reads events ---------------------------------------- */

enum watch_what {
	WATCH_GREW,       /* read it */
	WATCH_REPLACED,   /* the name may point to another file: open again */
	WATCH_OVERFLOW,   /* events were lost: look at every log (log is 0) */
};

struct watch;
typedef void watch_fn(enum watch_what what, uint32_t log, void *arg);

struct watch *watch_new(void);
void watch_free(struct watch *w);
/*
 * name: last component of the path, compared with directory events. A new
 * wd_file replaces the old one, which goes on to mean WATCH_GREW until it is
 * replaced itself. True: the name was already reported in that directory,
 * before the binding was known here, so it may be time to open it again.
 */
bool watch_bind(struct watch *w, uint32_t log, int wd_file, int wd_dir,
    const char *name);
void watch_unbind(struct watch *w, uint32_t log);
/*
 * Reads one buffer of events from the inotify descriptor and reports each log
 * at most once per kind. fn may bind and unbind. 0 (also when there was
 * nothing to read); -1 with errno when the descriptor failed.
 */
int watch_dispatch(struct watch *w, int fd, watch_fn *fn, void *arg);

#endif
