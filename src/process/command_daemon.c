/*
 * `get` and `set` of what is the daemon's and not a jail's. What a process
 * with more rights opens (log target, syslog's socket, the database) is
 * what fail2ban.conf and the command line say: the engine cannot ask it for
 * another file, so `set` takes the value that is in force and refuses others.
 */
#include "process/command_daemon.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/number.h"
#include "base/xalloc.h"
#include "config/duration.h"
#include "control/payload.h"
#include "process/command_local.h"

struct item {
	const char *name;
	json_t *(*show)(const struct engine *e);
	void (*change)(struct engine *e, struct request *r, const char *text);
};

static const char *
picked(const char *given, const char *configured)
{
	return given != NULL ? given : configured;
}

/* --- loglevel ------------------------------------------------------------ */

static json_t *
upper(const char *text)
{
	struct buf out = { 0 };
	json_t *json;

	for (const char *p = text; *p != '\0'; p++)
		buf_addc(&out, (char)toupper((unsigned char)*p));
	json = payload_text(buf_span(&out));
	buf_fini(&out);
	return json;
}

static json_t *
show_loglevel(const struct engine *e)
{
	return upper(e->loglevel != NULL ? e->loglevel :
	    picked(e->options->log_level, e->config->main.loglevel));
}

static void
change_loglevel(struct engine *e, struct request *r, const char *text)
{
	enum log_level level;
	json_t *name = upper(text);

	if (log_level_parse(span_of(text), &level) == -1) {
		request_fail(r, "ValueError", "Invalid log level '%s'",
		    json_string_value(name));
		json_decref(name);
		return;
	}
	free(e->loglevel);
	e->loglevel = xstrdup(text);
	log_set_level(level);
	request_reply(r, name);
}

/* --- what others open -------------------------------------------------- */

/* The name alone, without "[datetime=off]". */
static struct span
target_name(const char *text)
{
	struct span name = span_of(text);
	size_t bracket = span_chr(name, '[');

	return span_trim(bracket != SPAN_NONE ? span_sub(name, 0, bracket) :
	    name);
}

static const char *
logtarget(const struct engine *e)
{
	return picked(e->options->log_target, e->config->main.logtarget);
}

static json_t *
show_logtarget(const struct engine *e)
{
	return payload_text(target_name(logtarget(e)));
}

static void
keep(struct request *r, const char *name, struct span now, const char *text,
    json_t *reply)
{
	if (span_eq_nocase(target_name(text), now)) {
		request_reply(r, reply);
		return;
	}
	json_decref(reply);
	request_fail(r, "PermissionError", "%s: '%s'; accepted over the "
	    "control socket: '%.*s', which is in force; fail2ban.conf and a "
	    "reload change it", name, text, SPAN_FMT(now));
}

static void
change_logtarget(struct engine *e, struct request *r, const char *text)
{
	keep(r, "logtarget", target_name(logtarget(e)), text,
	    show_logtarget(e));
}

static json_t *
show_syslogsocket(const struct engine *e)
{
	return payload_text(span_of(picked(e->options->syslog_socket,
	    e->config->main.syslogsocket)));
}

static void
change_syslogsocket(struct engine *e, struct request *r, const char *text)
{
	keep(r, "syslogsocket", span_of(picked(e->options->syslog_socket,
	    e->config->main.syslogsocket)), text, show_syslogsocket(e));
}

static void
change_allowipv6(struct engine *e, struct request *r, const char *text)
{
	keep(r, "allowipv6", span_of(e->config->main.allowipv6), text,
	    payload_text(span_of(text)));
}

/* --- the database ------------------------------------------------------- */

static json_t *
show_dbfile(const struct engine *e)
{
	if (e->store == NULL)
		return json_null();
	return payload_text(span_of(e->config->main.dbfile));
}

static void
change_dbfile(struct engine *e, struct request *r, const char *text)
{
	const char *now = e->config->main.dbfile;

	if (strcmp(text, now) == 0 || (e->store == NULL &&
	    strcasecmp(text, "none") == 0)) {
		request_reply(r, show_dbfile(e));
		return;
	}
	for (size_t i = 0; i < e->jails_n; i++)
		if (e->jails[i]->jail != NULL) {
			request_fail(r, "RuntimeError", "Cannot change "
			    "database when there are jails present");
			return;
		}
	request_fail(r, "PermissionError", "dbfile: '%s'; fail2ban.conf and a "
	    "restart change it", text);
}

static json_t *
show_number(const struct engine *e, int64_t set, int64_t configured)
{
	if (e->store == NULL)
		return json_null();
	return json_integer(set >= 0 ? set : configured);
}

static json_t *
show_dbmaxmatches(const struct engine *e)
{
	return show_number(e, e->dbmaxmatches, e->config->main.dbmaxmatches);
}

static void
change_dbmaxmatches(struct engine *e, struct request *r, const char *text)
{
	int64_t n;

	if (e->store != NULL && number_parse(span_of(text), 0, INT32_MAX,
	    &n) != 0) {
		request_fail(r, "ValueError",
		    "invalid literal for int() with base 10: '%s'", text);
		return;
	}
	if (e->store != NULL) {
		e->dbmaxmatches = n;
		store_set_maxmatches(e->store, n);
	}
	request_reply(r, show_dbmaxmatches(e));
}

static json_t *
show_dbpurgeage(const struct engine *e)
{
	return show_number(e, e->dbpurgeage, e->config->main.dbpurgeage_s);
}

static void
change_dbpurgeage(struct engine *e, struct request *r, const char *text)
{
	double seconds;

	if (e->store != NULL && (duration_parse(span_of(text), &seconds) != 0
	    || seconds < 0)) {
		/* Python reads it there, and says this of a word. */
		if (isalpha((unsigned char)text[0]))
			request_fail(r, "NameError", "name '%s' is not "
			    "defined", text);
		else
			request_fail(r, "SyntaxError", "dbpurgeage: '%s' is "
			    "not a duration", text);
		return;
	}
	if (e->store != NULL) {
		e->dbpurgeage = (int64_t)seconds;
		store_set_purge_age(e->store, e->dbpurgeage);
	}
	request_reply(r, show_dbpurgeage(e));
}

/* --- thread -------------------------------------------------------------- */

/* Its stack is of no consequence here; who sets it is not told off for it. */
static json_t *
show_thread(const struct engine *e)
{
	int64_t size = e->config->main.stacksize;

	return json_pack("{s:I}", "stacksize", (json_int_t)(size > 0 ? size :
	    0));
}

static void
change_thread(struct engine *e, struct request *r, const char *text)
{
	json_t *options = json_loads(text, 0, NULL);

	(void)e;
	if (json_is_object(options))
		request_reply(r, json_null());
	else
		request_fail(r, "AttributeError",
		    "'str' object has no attribute 'items'");
	json_decref(options);
}

/* ----------------------------------------------------------------------- */

static const struct item items[] = {
	{ "loglevel", show_loglevel, change_loglevel },
	{ "logtarget", show_logtarget, change_logtarget },
	{ "syslogsocket", show_syslogsocket, change_syslogsocket },
	{ "allowipv6", NULL, change_allowipv6 },
	{ "dbfile", show_dbfile, change_dbfile },
	{ "dbmaxmatches", show_dbmaxmatches, change_dbmaxmatches },
	{ "dbpurgeage", show_dbpurgeage, change_dbpurgeage },
	{ "thread", show_thread, change_thread },
};

static const struct item *
find(const char *name)
{
	for (size_t i = 0; i < sizeof(items) / sizeof(items[0]); i++)
		if (strcmp(items[i].name, name) == 0)
			return &items[i];
	return NULL;
}

bool
command_daemon_get(struct engine *e, struct request *r, size_t argc,
    const char *const *argv)
{
	const struct item *item = argc > 1 ? find(argv[1]) : NULL;

	if (item == NULL || item->show == NULL)
		return false;
	if (e->config == NULL)
		request_fail(r, "Exception", "still starting");
	else
		request_reply(r, item->show(e));
	return true;
}

bool
command_daemon_set(struct engine *e, struct request *r, size_t argc,
    const char *const *argv)
{
	const struct item *item = argc > 1 ? find(argv[1]) : NULL;

	if (item == NULL)
		return false;
	if (!request_may(r, RIGHT_CONFIGURE))
		return true;
	if (argc < 3)
		request_fail(r, "IndexError", "list index out of range");
	else if (e->config == NULL)
		request_fail(r, "Exception", "still starting");
	else
		item->change(e, r, argv[2]);
	return true;
}
