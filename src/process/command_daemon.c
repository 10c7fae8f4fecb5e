/* `get` and `set` of what is the daemon's and not a jail's. */
#include "process/command_daemon.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/number.h"
#include "base/xalloc.h"
#include "config/duration.h"
#include "config/value.h"
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
	engine_target_level(e, level);
	request_reply(r, name);
}

/* --- what others open -------------------------------------------------- */

static json_t *
show_logtarget(const struct engine *e)
{
	return payload_text(engine_target_name(e));
}

static void
change_logtarget(struct engine *e, struct request *r, const char *text)
{
	engine_target_set(e, r, text, NULL);
}

static json_t *
show_syslogsocket(const struct engine *e)
{
	return payload_text(span_of(engine_target_socket(e)));
}

static void
change_syslogsocket(struct engine *e, struct request *r, const char *text)
{
	engine_target_set(e, r, NULL, text);
}

/* --- IPv6 ---------------------------------------------------------------- */

static void
change_allowipv6(struct engine *e, struct request *r, const char *text)
{
	if (strcmp(text, "auto") != 0 && !value_is_bool(text)) {
		request_fail(r, "ValueError", "allowipv6: '%s'; accepted: "
		    "auto, yes, no", text);
		return;
	}
	free(e->allowipv6);
	e->allowipv6 = xstrdup(text);
	engine_run_allow_ipv6(e);
	request_reply(r, payload_text(span_of(text)));
}

/* --- the database ------------------------------------------------------- */

static json_t *
show_dbfile(const struct engine *e)
{
	return e->dbfile != NULL ? payload_text(span_of(e->dbfile)) :
	    json_null();
}

static void
change_dbfile(struct engine *e, struct request *r, const char *text)
{
	struct buf why = { 0 };
	const char *type = engine_store_set(e, text, &why);

	if (type != NULL)
		request_fail(r, type, "%s", why.p);
	else
		request_reply(r, show_dbfile(e));
	buf_fini(&why);
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
