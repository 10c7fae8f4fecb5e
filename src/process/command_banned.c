/* `banned`, `get JAIL banned`, `get JAIL banip`: who is banned. */
#include "process/command_setting.h"

#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"
#include "process/command_local.h"

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

void
command_banned(struct request *r, size_t argc, const char *const *argv,
    void *arg)
{
	struct engine *e = arg;
	json_t *list;

	if (argc < 2) {
		banned_in_jails(r, e);
		return;
	}
	list = json_array();
	for (size_t i = 1; i < argc; i++)
		json_array_append_new(list, jails_of_id(e, argv[i]));
	request_reply(r, list);
}

/* --- of one jail ----------------------------------------------------------- */

static json_t *
are_banned_json(const struct setting_call *c)
{
	json_t *list = json_array();

	for (size_t i = 0; i < c->argc; i++)
		json_array_append_new(list, json_integer(
		    is_banned(c->jail, c->argv[i])));
	return list;
}

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
		request_reply(r, are_banned_json(c));
}

/* Ordered by their end. */
void
command_banned_by_end(struct setting_call *c, struct request *r)
{
	bool timed = c->argc > 0 && strcmp(c->argv[0], "--with-time") == 0;

	command_list(r, timed ? LIST_WITH_TIME : LIST_BY_END, STATUS_BASIC,
	    &c->jail, 1);
}
