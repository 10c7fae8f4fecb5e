/*
 * Replies that name bans, of which there may be a million: `status JAIL`,
 * `status --all`, `banned`, `get JAIL banned` and `get JAIL banip`. They are
 * gathered in many turns of the loop (control/work.h), in which bans come and
 * go: what is named was banned when its jail's turn came.
 */
#include "process/command_local.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/buf.h"
#include "base/strings.h"
#include "base/xalloc.h"
#include "process/command_rows.h"

#define ID_BYTES 16          /* of a text, about */
#define TIMED_BYTES 72
#define SORTED_A_STEP 4000   /* rows moved */

struct list {
	struct work work;          /* first */
	struct engine *engine;
	struct request *request;
	enum list_kind kind;
	enum status_flavor flavor;
	struct strings jails;
	size_t i;                  /* the jail whose turn it is */
	struct bans_walk *walk;    /* of its bans; NULL: not yet begun */
	struct rolls rolls;
	struct roll *roll;         /* theirs */
	struct rows *rows;         /* … and when they end */
	struct engine_cymru *cymru;
	json_t *payload;
	struct buf text;
};

static void
list_free(struct list *l)
{
	jail_walk_free(l->walk);
	rolls_fini(&l->rolls);
	rows_free(l->rows);
	command_cymru_free(l->cymru);
	strings_fini(&l->jails);
	buf_fini(&l->text);
	json_decref(l->payload);
	free(l);
}

static void
list_drop(struct work *work)
{
	struct list *l = (struct list *)work;
	struct request *r = l->request;

	list_free(l);
	request_fail(r, "ConnectionError", "the client has gone");
}

/* --- one ban -------------------------------------------------------------- */

static bool
is_by_end(const struct list *l)
{
	return l->kind == LIST_BY_END || l->kind == LIST_WITH_TIME;
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

static int64_t
end_of(const struct ticket *t)
{
	return t->permanent ? INT64_MAX : wall_seconds(t->time) + t->bantime;
}

/* "192.0.2.7 \t2026-11-21 22:08:12 + 600 = 2026-11-21 22:18:12" */
static void
add_times(struct buf *out, const struct ticket *t)
{
	buf_adds(out, " \t");
	add_time(out, wall_seconds(t->time));
	buf_addf(out, " + %lld = ",
	    (long long)(t->permanent ? -1 : t->bantime));
	add_time(out, end_of(t));
}

static void
add_ban(struct list *l, const struct ticket *t)
{
	size_t at;

	buf_clear(&l->text);
	id_format(&t->id, &l->text);
	if (l->kind == LIST_WITH_TIME)
		add_times(&l->text, t);
	at = roll_add(l->roll, buf_span(&l->text));
	if (is_by_end(l))
		rows_add(l->rows, end_of(t), at);
	if (l->cymru != NULL)
		command_cymru_ask(l->cymru, &t->id);
}

/* --- one jail --------------------------------------------------------------- */

/* Short and brief ones have all their numbers, and no list. */
static bool
names_bans(const struct list *l)
{
	return (l->kind != LIST_STATUS && l->kind != LIST_STATUS_ALL) ||
	    (l->flavor != STATUS_SHORT && l->flavor != STATUS_BRIEF);
}

static void
begin_jail(struct list *l, struct engine_jail *j)
{
	size_t n = jail_banned(j->jail);

	l->walk = jail_walk_new(j->jail);
	l->roll = names_bans(l) ? rolls_add(&l->rolls) : NULL;
	if (l->roll != NULL)
		roll_reserve(l->roll, n, l->kind == LIST_WITH_TIME ?
		    TIMED_BYTES : ID_BYTES);
	if (is_by_end(l))
		l->rows = rows_new(l->roll, n);
	if (l->flavor == STATUS_CYMRU && l->kind == LIST_STATUS)
		l->cymru = command_cymru_new(j->engine);
}

static void
end_jail(struct list *l, struct engine_jail *j)
{
	json_t *one = NULL;

	jail_walk_free(l->walk);
	l->walk = NULL;
	l->i++;
	switch (l->kind) {
	case LIST_STATUS:
		l->payload = command_status_jail(j, l->flavor, l->roll);
		return;
	case LIST_STATUS_ALL:
		one = command_status_jail(j, l->flavor, l->roll);
		break;
	case LIST_BANNED:
		one = json_pack("[s, o]", j->config->name,
		    roll_mark(l->roll));
		break;
	case LIST_IDS:
	case LIST_BY_END:
	case LIST_WITH_TIME:
		l->payload = roll_mark(l->roll);
		return;
	}
	json_array_append_new(l->payload, one);
}

static struct engine_jail *
jail_of(const struct list *l)
{
	struct engine_jail *j = engine_jail_find(l->engine,
	    l->jails.v[l->i]);

	return j != NULL && j->jail != NULL ? j : NULL;
}

/* --- all of it ------------------------------------------------------------ */

static json_t *
all_jails(const struct list *l)
{
	json_t *names = json_array(), *one;
	size_t i;

	json_array_foreach(l->payload, i, one)
		json_array_append(names, json_object_get(one, "jail"));
	return json_pack("{s:o, s:O}", "jails", names, "all", l->payload);
}

static void
end_list(struct list *l)
{
	struct request *r = l->request;

	if (rolls_bytes(&l->rolls) > SERVER_REPLY_MAX) {
		request_fail(r, "Exception", "the reply is too long");
	} else if (l->payload == NULL) {
		request_fail(r, "UnknownJailException", "%s", l->jails.v[0]);
	} else if (l->cymru != NULL) {
		command_cymru_reply(l->cymru, r, json_incref(l->payload),
		    &l->rolls);
		l->cymru = NULL;
	} else {
		request_reply_long(r, l->kind == LIST_STATUS_ALL ?
		    all_jails(l) : json_incref(l->payload), &l->rolls);
	}
	list_free(l);
}

/* False: this jail has no more. */
static bool
gather(struct list *l)
{
	for (size_t n = 0; n < WORK_STEP; n++) {
		const struct ticket *t = jail_walk_next(l->walk);

		if (t == NULL)
			return false;
		add_ban(l, t);
	}
	return rolls_bytes(&l->rolls) <= SERVER_REPLY_MAX;
}

static bool
go_on(struct work *work)
{
	struct list *l = (struct list *)work;
	struct engine_jail *j;

	if (l->i == l->jails.n) {
		end_list(l);
		return false;
	}
	j = jail_of(l);
	if (j == NULL) {
		/* Stopped meanwhile. */
		jail_walk_free(l->walk);
		l->walk = NULL;
		l->i++;
	} else if (l->walk == NULL) {
		begin_jail(l, j);
	} else if ((!names_bans(l) || !gather(l)) &&
	    (l->rows == NULL || !rows_sort(l->rows, SORTED_A_STEP))) {
		end_jail(l, j);
	}
	return true;
}

void
command_list(struct request *r, enum list_kind kind,
    enum status_flavor flavor, struct engine_jail *const *jails, size_t n)
{
	struct list *l = xcalloc(1, sizeof(*l));
	size_t bans = 0;

	for (size_t i = 0; i < n; i++) {
		strings_add(&l->jails,
		    span_of(jails[i]->config->name));
		bans += jail_banned(jails[i]->jail);
	}
	l->work.step = go_on;
	l->work.drop = list_drop;
	l->work.is_short = bans <= WORK_SHORT;
	l->engine = n > 0 ? jails[0]->engine : NULL;
	l->request = r;
	l->kind = kind;
	l->flavor = flavor;
	if (kind == LIST_STATUS_ALL || kind == LIST_BANNED)
		l->payload = json_array();
	request_work(r, &l->work);
}
