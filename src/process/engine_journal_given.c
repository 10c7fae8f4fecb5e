#include "process/engine_journal_given.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"
#include "process/engine_local.h"
#include "source/journal.h"
#include "source/journal_where.h"

struct engine_journal_given {
	struct engine_journal_given *next;
	uint32_t cookie;
	char *name;                 /* the jail's */
	char *backend;
	struct request *request;    /* who asked; NULL: the jail is made */
};

void
engine_journal_given_check(const char *backend, struct buf *why)
{
	struct journal_where where;
	struct strings none = { 0 };

	if (strlen(backend) >= WIRE_PATH_MAX)
		buf_addf(why, "backend: longer than %d bytes",
		    WIRE_PATH_MAX - 1);
	else if (journal_where_parse(&where, backend, why) == 0)
		journal_where_fini(&where);
	if (why->n == 0)
		journal_check(&none, why);
}

/* --- who waits ---------------------------------------------------------- */

static void
ask(struct engine *e, const struct engine_journal_given *g)
{
	struct wire_journal_add m = {
		.type = WIRE_JOURNAL_ADD, .generation = e->generation,
		.cookie = g->cookie,
	};

	memcpy(m.backend, g->backend, strlen(g->backend));
	port_send(e->warden, &m, sizeof(m), -1);
}

static void
given_new(struct engine *e, const char *name, const char *backend,
    struct request *r)
{
	struct engine_journal_given *g = xcalloc(1, sizeof(*g));

	g->cookie = ++e->given_cookie;
	g->name = xstrdup(name);
	g->backend = xstrdup(backend);
	g->request = r;
	g->next = e->journals.given;
	e->journals.given = g;
	ask(e, g);
}

static struct engine_journal_given **
find(struct engine *e, uint32_t cookie)
{
	struct engine_journal_given **at = &e->journals.given;

	while (*at != NULL && (*at)->cookie != cookie)
		at = &(*at)->next;
	return at;
}

static void
given_free(struct engine_journal_given *g)
{
	free(g->name);
	free(g->backend);
	free(g);
}

void
engine_journal_given_add(struct engine *e, const char *name,
    const char *backend, struct request *r)
{
	given_new(e, name, backend, r);
}

void
engine_journal_given_keep(struct engine_jail *j)
{
	given_new(j->engine, j->config->name, j->config->backend, NULL);
}

/* --- answers ------------------------------------------------------------- */

static void
fail(struct request *r, const char *backend, int error)
{
	if (error == EPERM)
		request_fail(r, "PermissionError", "%s: no jail of the "
		    "configuration has this backend; gaol.conf: runtime_logs "
		    "= true allows any", backend);
	else if (error == ENOSPC)
		request_fail(r, "Exception", "too many journals were added; "
		    "a reload makes room");
	else
		request_fail(r, "OSError", "[Errno %d] %s: '%s'", error,
		    strerror(error), backend);
}

/* Somebody else may have made it meanwhile. */
static void
make(struct engine *e, const struct engine_journal_given *g, uint32_t source)
{
	struct engine_jail *j = engine_jail_find(e, g->name);
	struct buf why = { 0 };

	if (j != NULL && !j->stopped) {
		request_fail(g->request, "DuplicateJailException", "%s",
		    g->name);
		return;
	}
	j = engine_life_add(e, g->name, g->backend, &why);
	if (j != NULL) {
		engine_journal_add(j, source);
		request_reply(g->request, json_string(g->name));
	} else {
		request_fail(g->request, "ValueError", "%s", why.p);
	}
	buf_fini(&why);
}

/* A jail that is gone, or reads another by now, needs it no more. */
static void
keep(struct engine *e, const struct engine_journal_given *g,
    const struct wire_journal_added *m)
{
	struct engine_jail *j = engine_jail_find(e, g->name);

	if (j == NULL || !j->made || strcmp(j->config->backend,
		g->backend) != 0)
		return;
	if (m->error == 0)
		engine_journal_add(j, m->journal);
	else
		log_error("fail2ban.filtersystemd", "[%s] its journal is not "
		    "read any more: %s", g->name, m->error == EPERM ?
		    "no jail of the configuration has its backend" :
		    strerror(m->error));
}

void
engine_journal_given_answer(struct engine *e,
    const struct wire_journal_added *m)
{
	struct engine_journal_given **at = find(e, m->cookie), *g = *at;

	if (g == NULL)
		return;
	/* A reload came between. */
	if (m->generation != e->generation) {
		ask(e, g);
		return;
	}
	*at = g->next;
	if (g->request == NULL)
		keep(e, g, m);
	else if (m->error != 0 || m->journal > e->journals.sources_n)
		fail(g->request, g->backend,
		    m->error != 0 ? m->error : EPROTO);
	else
		make(e, g, m->journal);
	given_free(g);
}

void
engine_journal_given_fini(struct engine *e)
{
	struct engine_journal_given *g;

	while ((g = e->journals.given) != NULL) {
		e->journals.given = g->next;
		if (g->request != NULL)
			request_fail(g->request, "Exception", "shutting down");
		given_free(g);
	}
}
