/* `gaol timeline USER|ADDR`: all that is known of one, in order of time. */
#include "tools/mail_text.h"
#include "tools/tool.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "access/event_json.h"
#include "base/strings.h"
#include "base/xalloc.h"
#include "control/printable.h"
#include "tools/mail_source.h"

#define ADDRS_MAX 64   /* of an account, asked about */

static const char usage[] =
    "usage: gaol timeline [OPTIONS] USER|ADDR[/LEN]\n"
    "What is known of an account or address, in order of time: its accesses,\n"
    "the sessions as they ended, and the bans of the addresses in them, those in\n"
    "force and those that the database still has (not with --from-log).\n";

enum rank { ACCESS, SESSION, BAN };   /* of one time, in this order */

struct moment {
	struct wall time;
	enum rank rank;
	size_t number;         /* as they came, where times are equal */
	char *line;            /* as it is printed */
};

struct timeline {
	bool json;
	struct moment *v;
	size_t n, cap;
	struct addr addrs[ADDRS_MAX];
	size_t addrs_n;
	bool more_addrs;
	struct strings bans;   /* in force: jail, address, time of each */
};

/* --- moments ----------------------------------------------------------- */

/* The text is taken over. */
static void
add(struct timeline *t, struct wall time, enum rank rank, char *line)
{
	if (t->n == t->cap) {
		t->cap = t->cap > 0 ? t->cap * 2 : 256;
		t->v = xreallocarray(t->v, t->cap, sizeof(*t->v));
	}
	t->v[t->n] = (struct moment){ time, rank, t->n, line };
	t->n++;
}

/* Takes the value over. */
static char *
json_line(json_t *value)
{
	char *text = json_dumps(value, JSON_COMPACT | JSON_PRESERVE_ORDER);
	struct buf line = { 0 };

	buf_adds(&line, text != NULL ? text : "null");
	buf_addc(&line, '\n');
	free(text);
	json_decref(value);
	return buf_take(&line);
}

static void
note_addr(struct timeline *t, const struct addr *a)
{
	if (a->family == ADDR_NONE)
		return;
	for (size_t i = 0; i < t->addrs_n; i++)
		if (addr_eq(&t->addrs[i], a))
			return;
	if (t->addrs_n < ADDRS_MAX)
		t->addrs[t->addrs_n++] = *a;
	else
		t->more_addrs = true;
}

static void
on_event(const struct access_event *e, void *arg)
{
	struct timeline *t = arg;
	struct buf line = { 0 };

	note_addr(t, &e->ip);
	if (t->json) {
		add(t, e->time, ACCESS, json_line(event_json(e)));
		return;
	}
	mail_text_event(e, &line);
	add(t, e->time, ACCESS, buf_take(&line));
}

static void
session_text(const struct mail_session *s, struct buf *out)
{
	const struct access_event *e = s->event;

	mail_text_time(s->end, out);
	buf_addf(out, " session  %-5s ", event_service_name(e->service));
	printable_add(out, e->texts[EVENT_USER]);
	buf_addc(out, ' ');
	mail_text_place(e, out);
	buf_adds(out, " lasted ");
	mail_text_duration(s->duration_ms, out);
	buf_adds(out, ", in ");
	mail_text_bytes(e->numbers[EVENT_BYTES_IN], out);
	buf_adds(out, ", out ");
	mail_text_bytes(e->numbers[EVENT_BYTES_OUT], out);
	buf_addc(out, '\n');
}

/* One that is open has shown its sign-in already. */
static void
on_session(const struct mail_session *s, void *arg)
{
	struct timeline *t = arg;
	struct buf line = { 0 };

	if (!s->signed_out)
		return;
	if (t->json) {
		add(t, s->end, SESSION, json_line(mail_text_session_json(s)));
		return;
	}
	session_text(s, &line);
	add(t, s->end, SESSION, buf_take(&line));
}

/* --- bans ----------------------------------------------------------------- */

/* One ban is told by the jail, and by the database. */
static bool
is_told(const struct timeline *t, struct wall time, const char *jail,
    const char *ip)
{
	for (size_t i = 0; i < t->bans.n; i += 3)
		if (strcmp(t->bans.v[i], jail) == 0 &&
		    strcmp(t->bans.v[i + 1], ip) == 0 &&
		    strtoll(t->bans.v[i + 2], NULL, 10) == time.us)
			return true;
	return false;
}

static void
note_ban(struct timeline *t, struct wall time, const char *jail,
    const char *ip)
{
	struct buf us = { 0 };

	buf_addf(&us, "%" PRId64, time.us);
	strings_add(&t->bans, span_of(jail));
	strings_add(&t->bans, span_of(ip));
	strings_take(&t->bans, buf_take(&us));
}

static void
add_ban(struct timeline *t, struct wall time, const char *jail,
    const char *ip, const char *rest)
{
	struct buf line = { 0 };
	json_t *json;


	if (t->json) {
		json = json_object();
		event_json_set(json, "@timestamp", event_json_time(time));
		event_json_set(json, "event.action", json_string("ban"));
		event_json_set(json, "source.ip", json_string(ip));
		event_json_set(json, "gaol.jail",
		    event_json_text(span_of(jail)));
		add(t, time, BAN, json_line(json));
		return;
	}
	mail_text_time(time, &line);
	buf_adds(&line, " ban      ");
	printable_add(&line, span_of(jail));
	buf_addf(&line, " %s", ip);
	printable_add(&line, span_of(rest));
	buf_addc(&line, '\n');
	add(t, time, BAN, buf_take(&line));
}

/* "192.0.2.7 \t2026-11-21 22:08:12 + 600 = 2026-11-21 22:18:12" */
static void
read_ban(struct timeline *t, const char *jail, const char *ip,
    const char *text)
{
	struct tm tm = { .tm_isdst = -1 };
	size_t n = strlen(ip);
	struct wall begun;
	const char *rest;

	if (strncmp(text, ip, n) != 0 || strncmp(text + n, " \t", 2) != 0)
		return;
	rest = strptime(text + n + 2, "%Y-%m-%d %H:%M:%S", &tm);
	if (rest == NULL)
		return;
	begun = wall_from_seconds(mktime(&tm));
	note_ban(t, begun, jail, ip);
	add_ban(t, begun, jail, ip, rest);
}

static int
jail_bans(struct timeline *t, const struct mail_call *call, const char *jail,
    const char *ip)
{
	const char *const words[] = { "get", jail, "banip", "--with-time" };
	json_t *list = mail_source_ask(call, 4, words, NULL), *text;
	size_t i;

	if (list == NULL)
		return -1;
	json_array_foreach(list, i, text)
		if (json_is_string(text))
			read_ban(t, jail, ip, json_string_value(text));
	json_decref(list);
	return 0;
}

/* As jail_bans() has it: " + 600 = 2026-11-21 22:18:12". */
static void
add_past(struct timeline *t, const json_t *row, const char *ip)
{
	const char *jail = json_string_value(json_object_get(row, "jail"));
	struct wall begun = wall_from_seconds(json_integer_value(
	    json_object_get(row, "time")));
	int64_t lasts = json_integer_value(json_object_get(row, "bantime"));
	struct buf rest = { 0 };

	if (jail == NULL || is_told(t, begun, jail, ip))
		return;
	if (lasts >= 0) {
		buf_addf(&rest, " + %" PRId64 " = ", lasts);
		mail_text_time((struct wall){ begun.us +
		    lasts * CLOCK_SECOND }, &rest);
	} else if (lasts == -1) {
		buf_adds(&rest, " + -1 = 9999-12-31 23:59:59");
	}
	add_ban(t, begun, jail, ip, rest.p != NULL ? rest.p : "");
	buf_fini(&rest);
}

/* Those that are over, and were not lifted by hand. */
static int
past_bans(struct timeline *t, const struct mail_call *call, const char *ip)
{
	const char *const words[] = { "past", ip };
	json_t *rows = mail_source_ask(call, 2, words, NULL), *row;
	size_t i;

	if (rows == NULL)
		return -1;
	json_array_foreach(rows, i, row)
		add_past(t, row, ip);
	json_decref(rows);
	return 0;
}

static int
addr_bans(struct timeline *t, const struct mail_call *call,
    const struct addr *a)
{
	char ip[ADDR_STRLEN];
	const char *const words[] = { "banned", ip };
	json_t *jails, *jail;
	size_t i;
	int rc = 0;

	addr_format(a, ip);
	jails = mail_source_ask(call, 2, words, NULL);
	if (jails == NULL)
		return -1;
	json_array_foreach(json_array_get(jails, 0), i, jail)
		if (rc == 0 && json_is_string(jail))
			rc = jail_bans(t, call, json_string_value(jail), ip);
	json_decref(jails);
	return rc == 0 ? past_bans(t, call, ip) : rc;
}

static int
add_bans(struct timeline *t, const struct mail_call *call)
{
	int rc = 0;

	/* Who was only banned has no events. */
	if (call->ip.family != ADDR_NONE && addr_is_host(&call->ip))
		note_addr(t, &call->ip);
	for (size_t i = 0; i < t->addrs_n && rc == 0; i++)
		rc = addr_bans(t, call, &t->addrs[i]);
	if (t->more_addrs)
		fprintf(stderr, "gaol timeline: bans of the first %d "
		    "addresses only\n", ADDRS_MAX);
	return rc;
}

/* --- all of it --------------------------------------------------------------- */

static int
by_time(const void *a, const void *b)
{
	const struct moment *x = a, *y = b;

	if (x->time.us != y->time.us)
		return x->time.us < y->time.us ? -1 : 1;
	if (x->rank != y->rank)
		return x->rank < y->rank ? -1 : 1;
	return x->number < y->number ? -1 : x->number > y->number;
}

static void
print(struct timeline *t)
{
	if (t->n > 0)
		qsort(t->v, t->n, sizeof(*t->v), by_time);
	for (size_t i = 0; i < t->n; i++) {
		fputs(t->v[i].line, stdout);
		free(t->v[i].line);
	}
	free(t->v);
}

static int
run(struct mail_call *call)
{
	static const struct mail_log_calls calls = {
		.event = on_event, .session = on_session,
	};
	struct timeline t = { .json = call->json };
	int rc;

	if (addr_parse_net(span_of(call->words[0]), &call->ip) == -1)
		call->user = span_of(call->words[0]);
	rc = mail_source_read(call, &calls, &t);
	if (rc == 0 && call->logs.n == 0)
		rc = add_bans(&t, call);
	print(&t);
	strings_fini(&t.bans);
	return rc == 0 ? 0 : 1;
}

int
tool_timeline(int argc, char **argv)
{
	struct mail_call call;
	int rc = mail_call_parse(&call, argc, argv, usage);

	if (rc == 0 && call.words_n != 1) {
		fprintf(stderr, "gaol timeline: one USER or ADDR is needed\n"
		    "%s", usage);
		rc = 2;
	} else if (rc == 0) {
		rc = run(&call);
	} else if (rc == 1) {
		rc = 0;
	}
	mail_call_fini(&call);
	return rc;
}
