/* Look-ups in gaol's own tables. */
#include "store/event_table.h"

#include <stdlib.h>
#include <string.h>

#define FIXED "number, time, kind, service, reason, tls, ip, local_ip," \
	" proxy_ip, country, lan, asn, network, line"
#define FIXED_N 14
#define IP_MAX 17

/* What summary.h counts; the place of every other column is kept. */
static void
add_brief(struct buf *out)
{
	buf_adds(out, "SELECT number, time, kind, service, NULL, tls, NULL,"
	    " NULL, proxy_ip, country, lan, NULL, NULL, NULL");
	for (unsigned i = 0; i < EVENT_TEXTS; i++)
		buf_adds(out, i == EVENT_USER ? ", \"user\"" : ", NULL");
	for (unsigned i = 0; i < EVENT_NUMBERS; i++)
		buf_adds(out, i == EVENT_ATTEMPTS ? ", attempts" : ", NULL");
	buf_adds(out, " FROM gaol_events WHERE \"user\" IS NOT NULL");
}

/* Of a log the row has the number; an older one has its path. */
static void
add_text(struct buf *out, unsigned text)
{
	const char *name = event_text_name((enum event_text)text);

	if (text == EVENT_LOG)
		buf_addf(out, ", ifnull(\"%s\", (SELECT gaol_logs.path"
		    " FROM gaol_logs WHERE gaol_logs.number = log))", name);
	else
		buf_addf(out, ", \"%s\"", name);
}

static void
add_select(struct buf *out, bool sessions)
{
	buf_adds(out, "SELECT " FIXED);
	for (unsigned i = 0; i < EVENT_TEXTS; i++)
		add_text(out, i);
	for (unsigned i = 0; i < EVENT_NUMBERS; i++)
		buf_addf(out, ", \"%s\"", event_numbers[i].group.p);
	buf_adds(out, sessions ? ", is_open, signed_in, login, ended, failures,"
	    " duration_ms_in_all FROM gaol_sessions WHERE 1" :
	    " FROM gaol_events WHERE 1");
}

/*
 * A network of so many addresses that sorting what was found there by time
 * costs more than going through the times.
 */
static bool
is_wide(const struct addr *net)
{
	return net->plen < (net->family == ADDR_V4 ? 16 : 32);
}

/*
 * Which index a look-up goes by is said here, not guessed by sqlite: it knows
 * nothing of how many rows there are of a kind. "+" keeps it from a column's.
 */
struct way {
	bool parted;
	const char *ip, *service, *kind, *time;
};

static struct way
way_of(const struct store_query *q)
{
	struct way way = { false, "", "", "", "" };
	bool here = q->ip.family != ADDR_NONE && !is_wide(&q->ip);

	way.parted = q->user.n > 0 || here;
	if (q->user.n > 0)
		way.ip = way.service = way.kind = "+";
	else if (here)
		way.service = way.kind = "+";
	else if (q->ip.family != ADDR_NONE)
		way.ip = "+";
	/* Of two ranges it takes one: the network's. */
	if (q->user.n == 0 && here && !addr_is_host(&q->ip))
		way.time = "+";
	if (q->service != -1)
		way.kind = "+";
	return way;
}

/*
 * From when on, up to when; 0: unbounded. A page begins where the one before
 * ended: of the two ways to say so sqlite takes one, and with the period's own
 * begin it would go through all pages before.
 */
static int64_t
since_of(const struct store_query *q)
{
	bool behind = q->number != 0 && !q->newest;

	return behind && q->behind.us > q->since.us ? q->behind.us :
	    q->since.us;
}

static int64_t
until_of(const struct store_query *q)
{
	bool behind = q->number != 0 && q->newest;

	return behind && (q->until.us == 0 || q->behind.us < q->until.us) ?
	    q->behind.us + 1 : q->until.us;
}

static void
add_where(struct buf *out, const struct store_query *q)
{
	const char *beyond = q->newest ? "<" : ">";
	const char *order = q->newest ? "DESC" : "ASC";
	struct way way = way_of(q);

	if (way.parted)
		buf_adds(out, " AND part = :part");
	if (q->sessions)
		buf_adds(out, " AND signed_in");
	if (since_of(q) != 0)
		buf_addf(out, " AND %stime >= :since", way.time);
	if (until_of(q) != 0)
		buf_addf(out, " AND %stime < :until", way.time);
	if (q->user.n > 0)
		buf_adds(out, " AND \"user\" = :user");
	if (q->ip.family != ADDR_NONE && addr_is_host(&q->ip))
		buf_addf(out, " AND %sip = :first", way.ip);
	else if (q->ip.family != ADDR_NONE)
		buf_addf(out, " AND %sip >= :first AND %sip <= :last",
		    way.ip, way.ip);
	if (q->kind != -1 && !q->sessions)
		buf_addf(out, " AND %skind = '%s'", way.kind,
		    event_kind_name((enum event_kind)q->kind));
	if (q->service != -1)
		buf_addf(out, " AND %sservice = :service", way.service);
	if (q->number != 0)
		buf_addf(out, " AND (%stime, number) %s (:time, :number)",
		    way.time, beyond);
	buf_addf(out, " ORDER BY time %s, number %s LIMIT :limit", order,
	    order);
}

/* Of one kind: by its index, however rare it is among the others. */
static void
add_part_of_both(struct buf *out, const struct store_query *q,
    enum event_kind kind)
{
	struct store_query one = *q;

	one.kind = (int)kind;
	buf_adds(out, "SELECT * FROM (");
	add_brief(out);
	add_where(out, &one);
	buf_adds(out, ")");
}

/* Of each kind as many as are asked for; of both the first ones. */
static void
add_both(struct buf *out, const struct store_query *q)
{
	const char *order = q->newest ? "DESC" : "ASC";

	add_part_of_both(out, q, EVENT_LOGIN);
	buf_adds(out, " UNION ALL ");
	add_part_of_both(out, q, EVENT_FAILURE);
	buf_addf(out, " ORDER BY 2 %s, 1 %s LIMIT :limit", order, order);
}

void
event_table_query(const struct store_query *q, struct buf *out)
{
	if (q->brief && q->kind == -1) {
		add_both(out, q);
		return;
	}
	if (q->brief)
		add_brief(out);
	else
		add_select(out, q->sessions);
	add_where(out, q);
}

/* --- values ------------------------------------------------------------- */

static int
place_of(sqlite3_stmt *stmt, const char *name)
{
	return sqlite3_bind_parameter_index(stmt, name);
}

static void
bind_number(sqlite3_stmt *stmt, const char *name, int64_t n)
{
	sqlite3_bind_int64(stmt, place_of(stmt, name), n);
}

static void
bind_bytes(sqlite3_stmt *stmt, const char *name, const struct addr *a)
{
	unsigned char bytes[IP_MAX];
	size_t n = addr_bits(a) / 8;

	bytes[0] = a->family;
	memcpy(bytes + 1, a->b, n);
	sqlite3_bind_blob(stmt, place_of(stmt, name), bytes, (int)(n + 1),
	    SQLITE_TRANSIENT);
}

static void
bind_net(sqlite3_stmt *stmt, const struct addr *net)
{
	struct addr last = *net;

	if (net->family == ADDR_NONE)
		return;
	bind_bytes(stmt, ":first", net);
	for (unsigned i = net->plen; i < addr_bits(net); i++)
		last.b[i / 8] |= (uint8_t)(0x80u >> (i % 8));
	bind_bytes(stmt, ":last", &last);
}

static void
bind_query(sqlite3_stmt *stmt, const struct store_query *q)
{
	bind_number(stmt, ":since", since_of(q));
	bind_number(stmt, ":until", until_of(q));
	bind_number(stmt, ":time", q->behind.us);
	bind_number(stmt, ":number", q->number);
	bind_net(stmt, &q->ip);
	if (q->user.n > 0)
		sqlite3_bind_text(stmt, place_of(stmt, ":user"), q->user.p,
		    (int)q->user.n, SQLITE_STATIC);
	if (q->service != -1)
		sqlite3_bind_text(stmt, place_of(stmt, ":service"),
		    event_service_name((enum event_service)q->service), -1,
		    SQLITE_STATIC);
}

/* --- rows --------------------------------------------------------------- */

static int64_t
number_at(sqlite3_stmt *stmt, int at, int64_t unknown)
{
	return sqlite3_column_type(stmt, at) == SQLITE_NULL ? unknown :
	    sqlite3_column_int64(stmt, at);
}

/* What is no address of ours is none. */
static void
addr_at(sqlite3_stmt *stmt, int at, struct addr *out)
{
	const unsigned char *p = sqlite3_column_blob(stmt, at);
	int n = sqlite3_column_bytes(stmt, at);

	memset(out, 0, sizeof(*out));
	if (n != 5 && n != IP_MAX)
		return;
	if (p[0] != (n == 5 ? ADDR_V4 : ADDR_V6))
		return;
	out->family = p[0];
	out->plen = n == 5 ? 32 : 128;
	memcpy(out->b, p + 1, (size_t)n - 1);
}

static void
copy_text(sqlite3_stmt *stmt, int at, char *out, size_t size)
{
	struct span text = span_sub(database_text(stmt, at), 0, size - 1);

	if (text.n > 0)
		memcpy(out, text.p, text.n);
	out[text.n] = '\0';
}

/* What a row leaves out because its account's name says it. */
static void
say_again(struct access_event *e)
{
	struct span user = e->texts[EVENT_USER];
	size_t at = span_find_last(user, SPAN("@"));

	if (e->texts[EVENT_USER_RAW].n == 0)
		e->texts[EVENT_USER_RAW] = user;
	if (e->texts[EVENT_DOMAIN].n == 0 && at != SPAN_NONE)
		e->texts[EVENT_DOMAIN] = span_skip(user, at + 1);
}

/* A name that this release does not know leaves what it stood for unknown. */
static void
read_event(sqlite3_stmt *stmt, struct access_event *e)
{
	int at = FIXED_N;

	access_event_init(e);
	e->time.us = sqlite3_column_int64(stmt, 1);
	event_kind_parse(database_text(stmt, 2), &e->kind);
	event_service_parse(database_text(stmt, 3), &e->service);
	event_reason_parse(database_text(stmt, 4), &e->reason);
	event_tls_parse(database_text(stmt, 5), &e->tls);
	addr_at(stmt, 6, &e->ip);
	addr_at(stmt, 7, &e->local_ip);
	addr_at(stmt, 8, &e->proxy_ip);
	copy_text(stmt, 9, e->place.country, sizeof(e->place.country));
	e->place.lan = sqlite3_column_int(stmt, 10) != 0;
	e->place.asn = (uint32_t)sqlite3_column_int64(stmt, 11);
	copy_text(stmt, 12, e->place.network, sizeof(e->place.network));
	e->line = database_text(stmt, 13);
	for (unsigned i = 0; i < EVENT_TEXTS; i++)
		e->texts[i] = database_text(stmt, at++);
	say_again(e);
	for (unsigned i = 0; i < EVENT_NUMBERS; i++)
		e->numbers[i] = number_at(stmt, at++, EVENT_NUMBER_UNKNOWN);
}

static void
read_row(sqlite3_stmt *stmt, bool session, struct event_rows *out)
{
	int at = FIXED_N + EVENT_TEXTS + EVENT_NUMBERS;
	struct event_row *row;
	struct access_event e;

	read_event(stmt, &e);
	row = event_rows_add(out, &e);
	row->number = sqlite3_column_int64(stmt, 0);
	row->is_session = session;
	if (!session)
		return;
	row->is_open = sqlite3_column_int(stmt, at) != 0;
	row->signed_in = sqlite3_column_int(stmt, at + 1) != 0;
	row->login.us = number_at(stmt, at + 2, 0);
	row->end.us = number_at(stmt, at + 3, 0);
	row->signed_out = row->end.us != 0;
	row->failures = number_at(stmt, at + 4, 0);
	row->duration_ms = number_at(stmt, at + 5, -1);
}

/* One more than is told says whether there is more. */
static int
find_rows(sqlite3_stmt *stmt, const struct store_query *q, size_t limit,
    struct event_rows *out, bool *more)
{
	int rc;

	bind_number(stmt, ":limit", (int64_t)(limit - out->n) + 1);
	while ((rc = sqlite3_step(stmt)) == SQLITE_ROW && !*more) {
		*more = out->n == limit;
		if (!*more)
			read_row(stmt, q->sessions, out);
	}
	sqlite3_reset(stmt);
	return rc == SQLITE_ROW || rc == SQLITE_DONE ? SQLITE_OK : rc;
}

/* Can rows of the time from `begin` to before `end` be meant? */
static bool
is_meant(const struct store_query *q, int64_t begin, int64_t end)
{
	if (q->since.us != 0 && end <= q->since.us)
		return false;
	if (q->until.us != 0 && begin >= q->until.us)
		return false;
	if (q->number == 0)
		return true;
	return q->newest ? begin <= q->behind.us : end > q->behind.us;
}

/* Parts are in order of time: so is what one after the other has. */
static int
find_in_parts(struct database *db, sqlite3_stmt *stmt,
    const struct store_query *q, size_t limit, struct event_rows *out,
    bool *more)
{
	const struct event_parts *p = &db->parts;
	int rc = SQLITE_OK;
	size_t i;

	for (size_t k = 0; k < p->n && rc == SQLITE_OK && !*more; k++) {
		i = q->newest ? p->n - 1 - k : k;
		/* The first has what is older, too. */
		if (!is_meant(q, i > 0 ? p->v[i].begin : INT64_MIN,
			event_parts_end(p, i)))
			continue;
		bind_number(stmt, ":part", p->v[i].number);
		rc = find_rows(stmt, q, limit, out, more);
	}
	return rc;
}

int
event_table_find(struct database *db, const struct store_query *q,
    struct event_rows *out, bool *more)
{
	size_t limit = q->limit == 0 || q->limit > STORE_FOUND_MAX ?
	    STORE_FOUND_MAX : q->limit;
	struct buf text = { 0 };
	sqlite3_stmt *stmt;
	int rc;

	*more = false;
	event_table_query(q, &text);
	rc = sqlite3_prepare_v2(db->handle, text.p, -1, &stmt, NULL);
	buf_fini(&text);
	if (rc != SQLITE_OK)
		return rc;
	bind_query(stmt, q);
	rc = way_of(q).parted ? find_in_parts(db, stmt, q, limit, out, more) :
	    find_rows(stmt, q, limit, out, more);
	sqlite3_finalize(stmt);
	return rc;
}

/* The rows that `where` says, with its one number. */
static int
all_rows(struct database *db, bool sessions, const char *where,
    int64_t number, struct event_rows *out)
{
	struct buf text = { 0 };
	sqlite3_stmt *stmt;
	int rc;

	add_select(&text, sessions);
	buf_adds(&text, where);
	rc = sqlite3_prepare_v2(db->handle, text.p, -1, &stmt, NULL);
	buf_fini(&text);
	if (rc != SQLITE_OK)
		return rc;
	sqlite3_bind_int64(stmt, 1, number);
	while ((rc = sqlite3_step(stmt)) == SQLITE_ROW)
		read_row(stmt, sessions, out);
	sqlite3_finalize(stmt);
	return rc == SQLITE_DONE ? SQLITE_OK : rc;
}

int
event_table_open(struct database *db, struct event_rows *out)
{
	return all_rows(db, true, " AND is_open AND number > ?1"
	    " ORDER BY number", 0, out);
}

int
event_table_accesses(struct database *db, int64_t within_us,
    struct event_rows *out)
{
	return all_rows(db, false, " AND kind IN ('login', 'failure')"
	    " AND \"user\" IS NOT NULL AND time >="
	    " (SELECT max(time) FROM gaol_events) - ?1"
	    " ORDER BY time DESC, number DESC LIMIT 10000", within_us, out);
}

int
event_table_latest(struct database *db, int64_t within_us,
    struct event_rows *out)
{
	return all_rows(db, false, " AND time >="
	    " (SELECT max(time) FROM gaol_events) - ?1"
	    " ORDER BY time DESC, number DESC LIMIT 10000", within_us, out);
}

int
event_table_messages(struct database *db, int64_t within_us,
    struct event_rows *out)
{
	/* Most sign-ins bring no message: not to be gone through. */
	return all_rows(db, false, " AND number IN (SELECT number"
	    " FROM gaol_events INDEXED BY gaol_events_queue"
	    " WHERE kind IN ('login', 'received') AND queue_id IS NOT NULL"
	    " AND time >= (SELECT max(time) FROM gaol_events) - ?1"
	    " ORDER BY time DESC, number DESC LIMIT 10000)"
	    " ORDER BY time DESC, number DESC", within_us, out);
}
