/* `banned`, `get JAIL banned`, `get JAIL banip`: who is banned. */
#include "process/command_setting.h"

#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"
#include "process/command_local.h"

#define SEARCH_STEP 50       /* ids */

static void
banned_in_jails(struct request *r, const struct engine *e)
{
	struct engine_jail **jails = xcalloc(e->jails_n + 1, sizeof(*jails));
	size_t n = 0;

	for (size_t i = 0; i < e->jails_n; i++)
		if (e->jails[i]->jail != NULL)
			jails[n++] = e->jails[i];
	command_list(r, LIST_BANNED, STATUS_BASIC, jails, n);
	free(jails);
}

static bool
is_banned(struct engine_jail *j, const char *text)
{
	struct id id = id_from_span(span_of(text));

	return jail_find(j->jail, &id) != NULL ||
	    (engine_restore_one(j, &id) && jail_find(j->jail, &id) != NULL);
}

static json_t *
jails_of_id(const struct engine *e, const char *text)
{
	json_t *names = json_array();

	for (size_t i = 0; i < e->jails_n; i++) {
		struct engine_jail *j = e->jails[i];

		if (j->jail != NULL && is_banned(j, text))
			json_array_append_new(names,
			    json_string(j->config->name));
	}
	return names;
}

/* --- where ids are, in turns ---------------------------------------------- */

struct search {
	struct work work;          /* first */
	struct engine *engine;
	struct request *request;
	char *jail;                /* NULL: in which of all */
	size_t argc, i;
	const char *const *argv;   /* the request's, until its answer */
	json_t *list;
};

static void
search_free(struct search *s)
{
	json_decref(s->list);
	free(s->jail);
	free(s);
}

static void
search_drop(struct work *work)
{
	struct search *s = (struct search *)work;
	struct request *r = s->request;

	search_free(s);
	request_fail(r, "ConnectionError", "the client has gone");
}

static bool
search_on(struct work *work)
{
	struct search *s = (struct search *)work;
	struct engine_jail *j = s->jail == NULL ? NULL :
	    engine_jail_find(s->engine, s->jail);

	for (size_t n = 0; n < SEARCH_STEP && s->i < s->argc; n++) {
		const char *id = s->argv[s->i++];

		if (s->jail == NULL)
			json_array_append_new(s->list,
			    jails_of_id(s->engine, id));
		else if (j != NULL && j->jail != NULL)
			json_array_append_new(s->list,
			    json_integer(is_banned(j, id)));
	}
	if (s->i < s->argc)
		return true;
	/* The request has the words: it goes after its answer only. */
	request_reply(s->request, json_incref(s->list));
	search_free(s);
	return false;
}

static void
search(struct engine *e, struct request *r, const char *jail, size_t argc,
    const char *const *argv)
{
	struct search *s = xcalloc(1, sizeof(*s));

	s->work.step = search_on;
	s->work.drop = search_drop;
	s->work.is_short = argc <= WORK_SHORT;
	s->engine = e;
	s->request = r;
	s->jail = jail != NULL ? xstrdup(jail) : NULL;
	s->argc = argc;
	s->argv = argv;
	s->list = json_array();
	request_work(r, &s->work);
}

void
command_banned(struct request *r, size_t argc, const char *const *argv,
    void *arg)
{
	if (argc < 2)
		banned_in_jails(r, arg);
	else
		search(arg, r, NULL, argc - 1, argv + 1);
}

/* --- of one jail ----------------------------------------------------------- */

/* All of them; of one id 1 or 0, of several a list of these. */
void
command_banned_tell(struct setting_call *c, struct request *r)
{
	if (c->argc == 0)
		command_list(r, LIST_IDS, STATUS_BASIC, &c->jail, 1);
	else if (c->argc == 1)
		request_reply(r, json_integer(is_banned(c->jail,
		    c->argv[0])));
	else
		search(c->jail->engine, r, c->jail->config->name, c->argc,
		    c->argv);
}

/* Ordered by their end. */
void
command_banned_by_end(struct setting_call *c, struct request *r)
{
	bool timed = c->argc > 0 && strcmp(c->argv[0], "--with-time") == 0;

	command_list(r, timed ? LIST_WITH_TIME : LIST_BY_END, STATUS_BASIC,
	    &c->jail, 1);
}
