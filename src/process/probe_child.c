#include "process/probe_child.h"

#include <errno.h>
#include <grp.h>
#include <string.h>

#include "base/buf.h"
#include "base/log.h"
#include "base/number.h"
#include "base/span.h"
#include "config/config.h"
#include "process/logname.h"
#include "process/sandbox.h"
#include "store/store.h"

#define LOGGER "gaol.parent"
#define ID_MAX ((int64_t)UINT32_MAX - 1)

/* A value and where it came from, for messages. */
struct value {
	const char *text;
	const char *name;    /* "logtarget" */
};

static struct value
pick(const char *given, const char *configured, const char *name)
{
	return (struct value){ given != NULL ? given : configured, name };
}

static void
log_problems(const struct report *report)
{
	struct buf line = { 0 };

	for (size_t i = 0; i < report->n; i++) {
		if (report->v[i].level != PROBLEM_ERROR)
			continue;
		buf_clear(&line);
		report_format(&report->v[i], &line);
		log_error(LOGGER, "%s", log_text(buf_span(&line)));
	}
	buf_fini(&line);
}

/* Copies an absolute path into a field of `size` bytes. */
static int
put_path(char *out, size_t size, struct value v)
{
	size_t n = v.text != NULL ? strlen(v.text) : 0;

	if (n == 0 || v.text[0] != '/') {
		log_error(LOGGER, "%s: '%s' is not an absolute path", v.name,
		    log_text(span_of(v.text)));
		return -1;
	}
	if (n >= size) {
		log_error(LOGGER, "%s: '%s' has %zu bytes; accepted: up to "
		    "%zu", v.name, log_text(span_of(v.text)), n, size - 1);
		return -1;
	}
	memcpy(out, v.text, n + 1);
	return 0;
}

static int
put_level(struct value v, struct probe_result *out)
{
	enum log_level level;

	if (log_level_parse(span_of(v.text), &level) == -1) {
		log_error(LOGGER, "%s: '%s' is no level; accepted: CRITICAL, "
		    "ERROR, WARNING, NOTICE, INFO, DEBUG, TRACEDEBUG, "
		    "HEAVYDEBUG or 1..50", v.name, log_text(span_of(v.text)));
		return -1;
	}
	out->log_level = (uint32_t)level;
	return 0;
}

static int
put_syslog(struct value v, struct probe_result *out)
{
	if (v.text == NULL || *v.text == '\0' ||
	    span_eq_nocase(span_of(v.text), SPAN("auto")))
		v.text = "/dev/log";
	return put_path(out->log.syslog_socket,
	    sizeof(out->log.syslog_socket), v);
}

/* The directory is what the engine may write, the name what it opens. */
static int
put_database(const char *dbfile, struct probe_result *out)
{
	struct value v = { dbfile, "dbfile" };
	char *slash;

	if (dbfile == NULL || *dbfile == '\0' || store_is_none(dbfile) ||
	    strcmp(dbfile, ":memory:") == 0)
		return 0;
	if (put_path(out->state_dir, sizeof(out->state_dir), v) == -1)
		return -1;
	slash = strrchr(out->state_dir, '/');
	if (slash == out->state_dir || slash[1] == '\0') {
		log_error(LOGGER, "dbfile: '%s' is no file in a directory of "
		    "its own", log_text(span_of(dbfile)));
		return -1;
	}
	memcpy(out->db_name, slash + 1, strlen(slash + 1) + 1);
	*slash = '\0';
	return 0;
}

static int
put_group(const char *name, struct probe_result *out)
{
	const struct group *group;
	int64_t number;

	out->socket_gid = 0;
	if (name == NULL || *name == '\0')
		return 0;
	if (number_parse(span_of(name), 0, ID_MAX, &number) == 0) {
		out->socket_gid = (uint32_t)number;
		return 0;
	}
	group = getgrnam(name);
	if (group == NULL) {
		log_error(LOGGER, "socket_group: there is no group '%s'",
		    log_text(span_of(name)));
		return -1;
	}
	out->socket_gid = group->gr_gid;
	return 0;
}

/* A role must not be root's; -1 says that the name is not known. */
static int
put_user(const char *name, int64_t uid, int64_t gid, uint32_t *uid_out,
    uint32_t *gid_out)
{
	if (uid < 1 || uid > ID_MAX || gid < 1 || gid > ID_MAX) {
		log_error(LOGGER, "users.%s: no such user, or it is root; make "
		    "it (useradd --system), or give a number in gaol.conf",
		    name);
		return -1;
	}
	*uid_out = (uint32_t)uid;
	*gid_out = (uint32_t)gid;
	return 0;
}

/* Name servers' answers are read there: not with what the warden may. */
static int
put_resolver(const struct own_config *o, struct probe_result *out)
{
	if (o->resolver_uid == -1) {
		out->resolver_uid = out->engine_uid;
		out->resolver_gid = out->engine_gid;
		return 0;
	}
	if (put_user("resolver", o->resolver_uid, o->resolver_gid,
		&out->resolver_uid, &out->resolver_gid) == -1)
		return -1;
	if (out->resolver_uid != out->warden_uid)
		return 0;
	log_error(LOGGER, "users: resolver and warden are both uid %u; "
	    "accepted: a user of the resolver's own, or the engine's",
	    (unsigned)out->resolver_uid);
	return -1;
}

/* All problems are shown, not only the first. */
static int
fill(const struct start *s, const struct config *c, struct probe_result *out)
{
	const struct main_config *m = &c->main;
	const struct own_config *o = &c->own;
	int bad = 0;

	bad |= put_path(out->socket, sizeof(out->socket),
	    pick(s->socket, m->socket, "socket"));
	bad |= put_path(out->pidfile, sizeof(out->pidfile),
	    pick(s->pidfile, m->pidfile, "pidfile"));
	bad |= put_level(pick(s->log_level, m->loglevel, "loglevel"), out);
	bad |= logname_parse(s->log_target != NULL ? s->log_target :
	    m->logtarget, &out->log);
	bad |= put_syslog(pick(s->syslog_socket, m->syslogsocket,
	    "syslogsocket"), out);
	bad |= put_database(m->dbfile, out);
	if (o->signins_file != NULL)
		bad |= put_path(out->signins_file, sizeof(out->signins_file),
		    (struct value){ o->signins_file, "signins_file" });
	if (o->runtime_log_dir != NULL)
		bad |= put_path(out->log_dir, sizeof(out->log_dir),
		    (struct value){ o->runtime_log_dir, "runtime_log_dir" });
	if (s->single)
		return bad;
	bad |= put_group(o->socket_group, out);
	bad |= put_user("engine", o->engine_uid, o->engine_gid,
	    &out->engine_uid, &out->engine_gid);
	bad |= put_user("warden", o->warden_uid, o->warden_gid,
	    &out->warden_uid, &out->warden_gid);
	bad |= put_resolver(o, out);
	if (bad == 0 && out->engine_uid == out->warden_uid) {
		log_error(LOGGER, "users: engine and warden are both uid %u; "
		    "they protect each other only with different ones",
		    (unsigned)out->engine_uid);
		bad = -1;
	}
	return bad;
}

int
probe_child(const struct start *start, struct probe_result *out)
{
	const struct config_request request = {
		.dir = start->dir, .share = start->share
	};
	struct report report = { 0 };
	struct config *c;
	int rc = -1;

	/* Reading is all it is for; without Landlock it still only reads. */
	(void)sandbox_landlock_warden();
	c = config_load_main(&request, &report);
	log_problems(&report);
	if (c != NULL)
		rc = fill(start, c, out);
	report_fini(&report);
	config_free(c);
	return rc;
}
