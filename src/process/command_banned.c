/* `banned`, `get JAIL banned`, `get JAIL banip`: who is banned. */
#include "process/command_setting.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/buf.h"
#include "base/xalloc.h"
#include "control/payload.h"
#include "process/command_local.h"

static json_t *
banned_in_jails(const struct engine *e)
{
	json_t *all = json_array();

	for (size_t i = 0; i < e->jails_n; i++) {
		struct engine_jail *j = e->jails[i];
		json_t *ids = json_array();
		struct ticket *t;

		if (j->jail == NULL) {
			json_decref(ids);
			continue;
		}
		for (t = jail_ban_first(j->jail); t != NULL;
		    t = jail_ban_next(j->jail, t))
			json_array_append_new(ids, command_id_json(&t->id));
		json_array_append_new(all, json_pack("[s, o]",
		    j->config->name, ids));
	}
	return all;
}

static json_t *
jails_of_id(const struct engine *e, const char *text)
{
	struct id id = id_from_span(span_of(text));
	json_t *names = json_array();

	for (size_t i = 0; i < e->jails_n; i++) {
		struct engine_jail *j = e->jails[i];

		if (j->jail != NULL && jail_find(j->jail, &id) != NULL)
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
		request_reply(r, banned_in_jails(e));
		return;
	}
	list = json_array();
	for (size_t i = 1; i < argc; i++)
		json_array_append_new(list, jails_of_id(e, argv[i]));
	request_reply(r, list);
}

/* --- of one jail ----------------------------------------------------------- */

static json_t *
ids_json(const struct jail *jail)
{
	json_t *ids = json_array();

	for (struct ticket *t = jail_ban_first(jail); t != NULL;
	    t = jail_ban_next(jail, t))
		json_array_append_new(ids, command_id_json(&t->id));
	return ids;
}

static json_t *
is_banned_json(struct jail *jail, const char *text)
{
	struct id id = id_from_span(span_of(text));

	return json_integer(jail_find(jail, &id) != NULL);
}

/* All of them; of one id 1 or 0, of several a list of these. */
json_t *
command_banned_show(struct setting_call *c)
{
	struct jail *jail = c->jail->jail;
	json_t *list;

	if (c->argc == 0)
		return ids_json(jail);
	if (c->argc == 1)
		return is_banned_json(jail, c->argv[0]);
	list = json_array();
	for (size_t i = 0; i < c->argc; i++)
		json_array_append_new(list, is_banned_json(jail, c->argv[i]));
	return list;
}

/* --- ordered by their end -------------------------------------------------- */

struct row {
	const struct ticket *ticket;
	int64_t end;             /* seconds; INT64_MAX: for ever */
	size_t number;           /* as they came, where ends are equal */
};

static int
by_end(const void *a, const void *b)
{
	const struct row *x = a, *y = b;

	if (x->end != y->end)
		return x->end < y->end ? -1 : 1;
	return x->number < y->number ? -1 : x->number > y->number;
}

static struct row *
sorted_rows(const struct jail *jail, size_t *n)
{
	struct row *rows = xcalloc(jail_banned(jail) + 1, sizeof(*rows));

	*n = 0;
	for (struct ticket *t = jail_ban_first(jail); t != NULL;
	    t = jail_ban_next(jail, t), ++*n)
		rows[*n] = (struct row){ t, t->permanent ? INT64_MAX :
		    wall_seconds(t->time) + t->bantime, *n };
	qsort(rows, *n, sizeof(*rows), by_end);
	return rows;
}

/* Local time; upstream has no years of five digits. */
static void
add_time(struct buf *out, int64_t seconds)
{
	time_t when = (time_t)seconds;
	char text[32];
	struct tm tm;

	if (seconds >= INT64_C(253402214400) ||
	    localtime_r(&when, &tm) == NULL ||
	    strftime(text, sizeof(text), "%Y-%m-%d %H:%M:%S", &tm) == 0)
		buf_adds(out, "9999-12-31 23:59:59");
	else
		buf_adds(out, text);
}

/* "192.0.2.7 \t2026-11-21 22:08:12 + 600 = 2026-11-21 22:18:12" */
static json_t *
row_json(const struct row *row)
{
	const struct ticket *t = row->ticket;
	struct buf text = { 0 };
	json_t *json;

	id_format(&t->id, &text);
	buf_adds(&text, " \t");
	add_time(&text, wall_seconds(t->time));
	buf_addf(&text, " + %lld = ",
	    (long long)(t->permanent ? -1 : t->bantime));
	add_time(&text, row->end);
	json = payload_text(buf_span(&text));
	buf_fini(&text);
	return json;
}

json_t *
command_banned_list(struct setting_call *c)
{
	bool timed = c->argc > 0 && strcmp(c->argv[0], "--with-time") == 0;
	json_t *list = json_array();
	size_t n;
	struct row *rows = sorted_rows(c->jail->jail, &n);

	for (size_t i = 0; i < n; i++)
		json_array_append_new(list, timed ? row_json(&rows[i]) :
		    command_id_json(&rows[i].ticket->id));
	free(rows);
	return list;
}
