/*
 * The engine's database: that of the configuration from the start, and, while
 * there is no jail, the one that `set dbfile` names. The engine opens it by
 * itself, so it can be in the one directory only that is the engine's own.
 */
#include "process/engine_store.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"
#include "base/xalloc.h"
#include "process/engine_event.h"
#include "process/engine_local.h"

#define LOGGER "gaol.engine"
#define QUEUE_MAX 1000000   /* rows that wait for a slow disk at most */
/* What a database has that nobody told; fail2ban's as well. */
#define MAXMATCHES 10
#define PURGE_AGE 86400

/* --- open, close ---------------------------------------------------------- */

static void
on_state(const char *error, void *arg)
{
	struct engine *e = arg;

	free(e->store_error);
	e->store_error = error != NULL ? xstrdup(error) : NULL;
}

static void
on_file(void *arg)
{
	engine_refill(arg);
}

static struct store *
open_file(struct engine *e, const char *path, int64_t purge_age,
    int64_t maxmatches)
{
	static const struct store_events events = {
		.state = on_state, .file = on_file,
	};
	struct store_options options = {
		.path = path, .purge_age = purge_age,
		.maxmatches = maxmatches, .queue_max = QUEUE_MAX,
	};

	return store_open(&options, e->base, &events, e);
}

void
engine_store_open(struct engine *e)
{
	const struct main_config *c = &e->config->main;

	if (store_is_none(c->dbfile))
		return;
	e->dbfile = xstrdup(c->dbfile);
	e->store = open_file(e, c->dbfile, c->dbpurgeage_s, c->dbmaxmatches);
	if (e->store == NULL)
		on_state(strerror(errno), e);
	else if (store_error(e->store) != NULL)
		on_state(store_error(e->store), e);
}

void
engine_store_run(struct engine *e)
{
	if (store_start(e->store) == -1)
		log_error(LOGGER, "the store's thread does not start: %s",
		    strerror(errno));
	else
		store_purge_events(e->store, clock_wall());
}

void
engine_store_fini(struct engine *e)
{
	free(e->dbfile);
	free(e->store_error);
	e->dbfile = e->store_error = NULL;
}

/* --- another -------------------------------------------------------------- */

/*
 * No jail means nobody is read, banned or lifted: that the loop waits for one
 * commit and for the reading of a few rows is in nobody's way.
 */
static void
adopt(struct engine *e, struct store *store, const char *path)
{
	engine_restore_end(e);
	store_close(e->store);
	e->store = store;
	on_state(NULL, e);
	free(e->dbfile);
	e->dbfile = store != NULL ? xstrdup(path) : NULL;
	engine_events_restart(e);
	if (store != NULL)
		engine_store_run(e);
}

/* Directly in the directory of the configured one. */
static bool
is_own(const struct engine *e, const char *path)
{
	const char *configured = e->config->main.dbfile, *name;
	const char *slash = strrchr(configured, '/');
	size_t n;

	if (strcmp(path, ":memory:") == 0)
		return true;
	if (slash == NULL || store_is_none(configured))
		return false;
	n = (size_t)(slash + 1 - configured);
	if (strncmp(path, configured, n) != 0)
		return false;
	name = path + n;
	return *name != '\0' && strchr(name, '/') == NULL &&
	    strcmp(name, ".") != 0 && strcmp(name, "..") != 0;
}

/* A file that is no database would be moved aside as a damaged one. */
static int
check_file(const char *path, struct buf *why)
{
	static const char magic[16] = "SQLite format 3";
	char head[sizeof(magic)];
	struct stat st;
	int fd = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY |
	    O_CLOEXEC);
	ssize_t n = -1;

	if (fd == -1 && errno == ENOENT)
		return 0;
	if (fd != -1 && fstat(fd, &st) == 0 && S_ISREG(st.st_mode))
		n = read(fd, head, sizeof(head));
	if (n == 0 || (n == (ssize_t)sizeof(head) &&
	    memcmp(head, magic, sizeof(head)) == 0)) {
		close(fd);
		return 0;
	}
	buf_addf(why, "%s: %s", path, fd == -1 ? strerror(errno) :
	    "it is no database, and is left alone");
	if (fd != -1)
		close(fd);
	return -1;
}

static bool
has_jail(const struct engine *e)
{
	for (size_t i = 0; i < e->jails_n; i++)
		if (e->jails[i]->jail != NULL)
			return true;
	return false;
}

/* NULL: it can be, and *store is it; else fail2ban's exception, and why. */
static const char *
open_other(struct engine *e, const char *path, struct store **store,
    struct buf *why)
{
	*store = NULL;
	if (store_is_none(path))
		return NULL;
	if (!is_own(e, path)) {
		buf_addf(why, "dbfile: '%s'; accepted over the control "
		    "socket: None, :memory: and a file directly in the "
		    "directory of fail2ban.conf's dbfile", path);
		return "PermissionError";
	}
	if (strcmp(path, ":memory:") != 0 && check_file(path, why) == -1)
		return "ValueError";
	*store = open_file(e, path, PURGE_AGE, MAXMATCHES);
	if (*store != NULL && store_error(*store) == NULL)
		return NULL;
	buf_adds(why, *store != NULL ? store_error(*store) : strerror(errno));
	store_close(*store);
	return "OSError";
}

const char *
engine_store_set(struct engine *e, const char *path, struct buf *why)
{
	struct store *store;
	const char *type;

	if (e->dbfile != NULL ? strcmp(path, e->dbfile) == 0 :
	    store_is_none(path))
		return NULL;
	if (has_jail(e)) {
		buf_adds(why, "Cannot change database when there are jails "
		    "present");
		return "RuntimeError";
	}
	type = open_other(e, path, &store, why);
	if (type != NULL)
		return type;
	adopt(e, store, path);
	e->dbpurgeage = PURGE_AGE;
	e->dbmaxmatches = MAXMATCHES;
	return NULL;
}

/* --- a reload --------------------------------------------------------------- */

static void
go_back(struct engine *e)
{
	const char *path = e->config->main.dbfile;
	struct buf why = { 0 };

	if (engine_store_set(e, path, &why) != NULL)
		log_warning(LOGGER, "dbfile: '%s' counts from the next start, "
		    "until then '%s': %s", log_text(span_of(path)),
		    log_text(span_of(e->dbfile != NULL ? e->dbfile : "None")),
		    log_text(buf_span(&why)));
	buf_fini(&why);
}

void
engine_store_apply(struct engine *e)
{
	const struct main_config *c = &e->config->main;

	/* At the start it is not open yet, or is of this configuration. */
	if (e->restored)
		go_back(e);
	e->dbmaxmatches = e->dbpurgeage = -1;
	if (e->store == NULL)
		return;
	store_set_maxmatches(e->store, c->dbmaxmatches);
	store_set_purge_age(e->store, c->dbpurgeage_s);
}
