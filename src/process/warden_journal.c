/*
 * The journal's files: found, opened and watched for the engine, which may do
 * neither. All of a journal are sent at once, and only when they are not
 * those it has.
 */
#include "process/warden_local.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/log.h"
#include "base/xalloc.h"
#include "source/journal.h"

#define LOGGER "gaol.warden"
#define ADDED_MAX 100   /* until a reload */

void
warden_journal_where(struct warden_plan *p)
{
	size_t n = p->plan.journals.n;
	struct buf why = { 0 };

	p->journals = xcalloc(n + 1, sizeof(*p->journals));
	for (size_t i = 0; i < n; i++) {
		/* check_journals() has marked jails whose backend is bad. */
		if (journal_where_parse(&p->journals[i],
			p->plan.journals.v[i], &why) == -1)
			abort();
	}
}

void
warden_journal_where_fini(struct warden_plan *p)
{
	for (size_t i = 0; i < p->plan.journals.n; i++)
		journal_where_fini(&p->journals[i]);
	free(p->journals);
}

static bool
is_watched(const struct warden *w, int wd)
{
	for (size_t i = 0; i < w->journal_wds_n; i++)
		if (w->journal_wds[i] == wd)
			return true;
	return false;
}

/* Adds a record for every directory that can be watched. */
static void
watch_dirs(struct warden *w, const struct strings *dirs, struct buf *records)
{
	for (size_t i = 0; i < dirs->n; i++) {
		struct wire_wd record;

		record.wd = journal_watch_dir(w->journal_fd, dirs->v[i]);
		if (record.wd == -1)
			continue;
		buf_add(records, &record, sizeof(record));
		if (is_watched(w, record.wd))
			continue;
		w->journal_wds = xreallocarray(w->journal_wds,
		    w->journal_wds_n + 1, sizeof(*w->journal_wds));
		w->journal_wds[w->journal_wds_n++] = record.wd;
	}
}

void
warden_journal_forget(struct warden *w)
{
	for (size_t i = 0; i < w->journal_wds_n; i++)
		journal_watch_forget(w->journal_fd, w->journal_wds[i]);
	w->journal_wds_n = 0;
}

static int
send_file(struct warden *w, struct wire_journal m, const char *path)
{
	struct stat st;
	int fd, rc = 0;

	/* O_NONBLOCK: a FIFO of that name must not hold us up. */
	fd = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	if (fd == -1)
		return errno == ENOENT ? 0 : -1;
	m.type = WIRE_JOURNAL_FILE;
	if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode))
		rc = port_send(w->engine, &m, sizeof(m), fd);
	close(fd);
	return rc;
}

static int
send_files(struct warden *w, const struct wire_journal *m,
    const struct journal_files *files)
{
	int error = 0;

	for (size_t i = 0; i < files->n; i++) {
		if (send_file(w, *m, files->v[i].path) == 0)
			continue;
		if (error == 0)
			log_error(LOGGER, "%s: %s", files->v[i].path,
			    strerror(errno));
		error = errno;
	}
	if (files->left_out > 0)
		log_warning(LOGGER, "%zu journal files are left out, the "
		    "oldest; read at once: %d", files->left_out,
		    JOURNAL_FILES_MAX);
	return error;
}

void
warden_journal_open(struct warden *w, const struct wire_journal *ask)
{
	struct wire_journal m = *ask;
	struct journal_files files;
	const struct journal_where *where;
	struct buf records = { 0 }, message = { 0 };

	/* Only a journal that a jail names, by its number. */
	if (w->now == NULL || ask->generation != w->now->generation ||
	    ask->journal >= w->now->plan.journals.n)
		return;
	where = &w->now->journals[ask->journal];
	buf_add(&records, &(struct wire_wd){ -1 }, sizeof(struct wire_wd));
	/* Looked at again once watched: what comes between is not missed. */
	journal_files_find(&files, where, (struct wall){ ask->since });
	watch_dirs(w, &files.dirs, &records);
	journal_files_fini(&files);
	journal_files_find(&files, where, (struct wall){ ask->since });
	m.signature = journal_files_signature(&files);
	m.error = m.signature == ask->signature ? EALREADY :
	    send_files(w, &m, &files);
	journal_files_fini(&files);
	m.type = WIRE_JOURNAL_END;
	buf_add(&message, &m, sizeof(m));
	buf_add_span(&message, buf_span(&records));
	port_send(w->engine, message.p, message.n, -1);
	buf_fini(&message);
	buf_fini(&records);
}

/* --- one more ------------------------------------------------------------- */

static bool
find(const struct plan *plan, const char *backend, uint32_t *number)
{
	for (size_t i = 0; i < plan->journals.n; i++)
		if (strcmp(plan->journals.v[i], backend) == 0) {
			*number = (uint32_t)i;
			return true;
		}
	return false;
}

/* 0 or errno. */
static int
append(struct warden_plan *p, const char *backend, uint32_t *number)
{
	struct journal_where where;
	struct buf why = { 0 };
	int rc;

	if (!p->config->own.runtime_logs)
		return EPERM;
	if (p->journals_added == ADDED_MAX)
		return ENOSPC;
	rc = journal_where_parse(&where, backend, &why);
	buf_fini(&why);
	if (rc == -1)
		return EINVAL;
	*number = plan_append_journal(&p->plan, backend);
	p->journals = xreallocarray(p->journals, p->plan.journals.n,
	    sizeof(*p->journals));
	p->journals[*number] = where;
	p->journals_added++;
	return 0;
}

int
warden_journal_add(struct warden *w, const struct wire_journal_add *ask,
    const char **why)
{
	struct wire_journal_added answer = {
		.type = WIRE_JOURNAL_ADDED, .cookie = ask->cookie,
		.generation = ask->generation,
	};
	struct warden_plan *p = w->now;

	if (memchr(ask->backend, '\0', sizeof(ask->backend)) == NULL) {
		*why = "a backend without end";
		return -1;
	}
	if (p == NULL || ask->generation != p->generation)
		answer.error = ESTALE;
	else if (!find(&p->plan, ask->backend, &answer.journal))
		answer.error = append(p, ask->backend, &answer.journal);
	if (answer.error == EPERM)
		log_warning(LOGGER, "%s: not read: no jail has this backend, "
		    "and gaol.conf has no runtime_logs = true",
		    log_text(span_of(ask->backend)));
	port_send(w->engine, &answer, sizeof(answer), -1);
	return 0;
}
