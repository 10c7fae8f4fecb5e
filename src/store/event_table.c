#include "store/event_table.h"

#include <stdlib.h>
#include <string.h>

#include "config/clean.h"
#include "store/event_log.h"
#include "store/event_older.h"
#include "store/event_sum.h"

/* What is neither a text nor a number of the event, in this order. */
#define FIXED "number, time, kind, service, reason, tls, ip, local_ip, proxy_ip," \
	" country, lan, asn, network, line, part, log"
#define FIXED_N 16
#define SESSION ", is_open, signed_in, login, ended, failures," \
	" duration_ms_in_all"
#define SESSION_N 6
#define IP_MAX 17

/* --- names ------------------------------------------------------------- */

static void
add_columns(struct buf *out, const char *text_type, const char *number_type)
{
	for (unsigned i = 0; i < EVENT_TEXTS; i++)
		buf_addf(out, ", \"%s\"%s",
		    event_text_name((enum event_text)i), text_type);
	for (unsigned i = 0; i < EVENT_NUMBERS; i++)
		buf_addf(out, ", \"%s\"%s", event_numbers[i].group.p,
		    number_type);
}

static void
add_marks(struct buf *out, unsigned n)
{
	for (unsigned i = 0; i < n; i++)
		buf_adds(out, i > 0 ? ", ?" : "?");
}

static void
add_move(struct buf *out, bool session)
{
	buf_addf(out, "UPDATE %s SET ip = ?1, proxy_ip = ?2, country = ?3,"
	    " lan = ?4, asn = ?5, network = ?6 WHERE number = ?7",
	    session ? "gaol_sessions" : "gaol_events");
}

static void
add_insert(struct buf *out, bool session)
{
	buf_addf(out, "INSERT OR REPLACE INTO %s(" FIXED,
	    session ? "gaol_sessions" : "gaol_events");
	add_columns(out, "", "");
	buf_addf(out, "%s) VALUES(", session ? SESSION : "");
	add_marks(out, FIXED_N + EVENT_TEXTS + EVENT_NUMBERS +
	    (session ? SESSION_N : 0));
	buf_addc(out, ')');
}

void
event_table_sql(enum statement which, struct buf *out)
{
	switch (which) {
	case STATEMENT_ADD_EVENT:
		add_insert(out, false);
		break;
	case STATEMENT_SET_SESSION:
		add_insert(out, true);
		break;
	case STATEMENT_DEL_EVENT:
		buf_adds(out, "DELETE FROM gaol_events WHERE number = ?1");
		break;
	case STATEMENT_MOVE_EVENT:
	case STATEMENT_MOVE_SESSION:
		add_move(out, which == STATEMENT_MOVE_SESSION);
		break;
	case STATEMENT_DEL_SESSION:
		buf_adds(out, "DELETE FROM gaol_sessions WHERE number = ?1");
		break;
	case STATEMENT_PURGE_EVENTS:
		buf_adds(out, "DELETE FROM gaol_events WHERE number IN"
		    " (SELECT number FROM gaol_events WHERE kind = ?1"
		    " AND time < ?2 LIMIT ?3)");
		break;
	case STATEMENT_PURGE_SESSIONS:
		buf_adds(out, "DELETE FROM gaol_sessions WHERE number IN"
		    " (SELECT number FROM gaol_sessions WHERE time < ?1"
		    " LIMIT ?2)");
		break;
	default:
		break;
	}
}

/* --- tables ------------------------------------------------------------ */

static void
add_table(struct buf *out, const char *name, const char *more)
{
	buf_addf(out, "CREATE TABLE IF NOT EXISTS %s("
	    "number INTEGER PRIMARY KEY, time INTEGER NOT NULL,"
	    " kind TEXT NOT NULL, service TEXT, reason TEXT, tls TEXT,"
	    " ip BLOB, local_ip BLOB, proxy_ip BLOB, country TEXT,"
	    " lan INTEGER, asn INTEGER, network TEXT, line TEXT,"
	    " part INTEGER NOT NULL DEFAULT 0, log INTEGER", name);
	add_columns(out, " TEXT", " INTEGER");
	buf_addf(out, "%s);", more);
}

/*
 * Each look-up goes by one of these, in order of time: the account's, else the
 * address's, else the service's or the kind's, else all. That an event's kind
 * stands in the first two spares fetching the rows of others.
 */
static void
add_indexes(struct buf *out, const char *table, const char *kind)
{
	buf_addf(out, "CREATE INDEX IF NOT EXISTS %s_part_user ON %s"
	    "(part, \"user\", time%s) WHERE \"user\" IS NOT NULL;",
	    table, table, kind);
	buf_addf(out, "CREATE INDEX IF NOT EXISTS %s_part_ip ON %s"
	    "(part, ip, time%s) WHERE ip IS NOT NULL;", table, table, kind);
	buf_addf(out, "CREATE INDEX IF NOT EXISTS %s_by_service ON %s"
	    "(service, time);", table, table);
	buf_addf(out, "CREATE INDEX IF NOT EXISTS %s_time ON %s(time);",
	    table, table);
}

int
event_table_make(sqlite3 *db)
{
	struct buf text = { 0 };
	int rc = event_older(db);

	if (rc != SQLITE_OK)
		return rc;
	buf_adds(&text, "CREATE TABLE IF NOT EXISTS"
	    " gaol_schema(version INTEGER);");
	buf_addf(&text, "INSERT INTO gaol_schema(version) SELECT %d"
	    " WHERE NOT EXISTS (SELECT 1 FROM gaol_schema);"
	    "UPDATE gaol_schema SET version = %d WHERE version < %d;",
	    EVENT_TABLE_VERSION, EVENT_TABLE_VERSION, EVENT_TABLE_VERSION);
	add_table(&text, "gaol_events", "");
	add_table(&text, "gaol_sessions", ", is_open INTEGER NOT NULL,"
	    " signed_in INTEGER NOT NULL, login INTEGER, ended INTEGER,"
	    " failures INTEGER, duration_ms_in_all INTEGER");
	add_indexes(&text, "gaol_events", ", kind");
	add_indexes(&text, "gaol_sessions", "");
	buf_adds(&text, "CREATE TABLE IF NOT EXISTS gaol_parts("
	    "number INTEGER PRIMARY KEY, begin INTEGER NOT NULL);"
	    "CREATE TABLE IF NOT EXISTS gaol_logs("
	    "number INTEGER PRIMARY KEY, path TEXT NOT NULL UNIQUE);");
	event_sum_tables(&text);
	/* event_table_messages() */
	buf_adds(&text, "CREATE INDEX IF NOT EXISTS gaol_events_queue"
	    " ON gaol_events(time) WHERE queue_id IS NOT NULL"
	    " AND kind IN ('login', 'received');"
	    "CREATE INDEX IF NOT EXISTS gaol_events_kind"
	    " ON gaol_events(kind, time);"
	    "CREATE INDEX IF NOT EXISTS gaol_sessions_open"
	    " ON gaol_sessions(number) WHERE is_open;");
	rc = sqlite3_exec(db, text.p, NULL, NULL, NULL);
	buf_fini(&text);
	return rc == SQLITE_OK ? event_parts_fill(db) : rc;
}

int
event_table_version(sqlite3 *db, int64_t *version)
{
	*version = EVENT_TABLE_VERSION;
	return database_row(db, "SELECT version FROM gaol_schema", 0, version,
	    1);
}

int
event_table_next(struct database *db, bool sessions, int64_t *number)
{
	*number = 0;
	if (database_row(db->handle, sessions ?
		"SELECT max(number) FROM gaol_sessions" :
		"SELECT max(number) FROM gaol_events", 0, number, 1) !=
	    SQLITE_ROW)
		return SQLITE_ERROR;
	++*number;
	return SQLITE_OK;
}

/* --- writing ------------------------------------------------------------ */

/* A statement and which of its marks comes next. */
struct binder {
	sqlite3_stmt *stmt;
	int at;
	struct buf clean;
};

static void
bind_number(struct binder *b, int64_t n)
{
	sqlite3_bind_int64(b->stmt, b->at++, n);
}

/* NULL for what is not known. */
static void
bind_known(struct binder *b, int64_t n, int64_t unknown)
{
	if (n != unknown)
		sqlite3_bind_int64(b->stmt, b->at, n);
	b->at++;
}

static void
bind_name(struct binder *b, const char *name)
{
	sqlite3_bind_text(b->stmt, b->at++, name, -1, SQLITE_STATIC);
}

static void
bind_text(struct binder *b, struct span text)
{
	if (text.n > 0) {
		buf_clear(&b->clean);
		clean_utf8(text, &b->clean);
		sqlite3_bind_text(b->stmt, b->at, b->clean.p,
		    (int)b->clean.n, SQLITE_TRANSIENT);
	}
	b->at++;
}

/* Family and bytes: those of a network lie side by side. */
static size_t
addr_bytes(const struct addr *a, unsigned char out[IP_MAX])
{
	size_t n = addr_bits(a) / 8;

	out[0] = a->family;
	memcpy(out + 1, a->b, n);
	return n + 1;
}

static void
bind_addr(struct binder *b, const struct addr *a)
{
	unsigned char bytes[IP_MAX];

	if (a->family != ADDR_NONE)
		sqlite3_bind_blob(b->stmt, b->at, bytes,
		    (int)addr_bytes(a, bytes), SQLITE_TRANSIENT);
	b->at++;
}

/* The account's name, or the log's number, says it: event_find.c knows. */
static bool
is_said(const struct access_event *e, unsigned text)
{
	struct span user = e->texts[EVENT_USER];
	size_t at = span_find_last(user, SPAN("@"));

	switch (text) {
	case EVENT_LOG:
		return true;
	case EVENT_USER_RAW:
		return span_eq(e->texts[text], user);
	case EVENT_DOMAIN:
		return at != SPAN_NONE &&
		    span_eq(e->texts[text], span_skip(user, at + 1));
	default:
		return false;
	}
}

static void
bind_place(struct binder *b, const struct place *p)
{
	bind_text(b, span_of(p->country));
	bind_known(b, p->lan, 0);
	bind_known(b, p->asn, 0);
	bind_text(b, span_of(p->network));
}

static void
bind_event(struct binder *b, const struct event_row *row, int64_t part,
    int64_t log)
{
	const struct access_event *e = &row->event;

	bind_known(b, row->number, 0);
	bind_number(b, e->time.us);
	bind_name(b, event_kind_name(e->kind));
	bind_name(b, event_service_name(e->service));
	bind_name(b, e->reason == REASON_NONE ? NULL :
	    event_reason_name(e->reason));
	bind_name(b, e->tls == EVENT_TLS_UNKNOWN ? NULL :
	    event_tls_name(e->tls));
	bind_addr(b, &e->ip);
	bind_addr(b, &e->local_ip);
	bind_addr(b, &e->proxy_ip);
	bind_place(b, &e->place);
	bind_text(b, e->line);
	bind_number(b, part);
	bind_known(b, log, 0);
	for (unsigned i = 0; i < EVENT_TEXTS; i++)
		bind_text(b, is_said(e, i) ? (struct span){ NULL, 0 } :
		    e->texts[i]);
	for (unsigned i = 0; i < EVENT_NUMBERS; i++)
		bind_known(b, e->numbers[i], EVENT_NUMBER_UNKNOWN);
}

static void
bind_session(struct binder *b, const struct event_row *row)
{
	bind_number(b, row->is_open);
	bind_number(b, row->signed_in);
	bind_known(b, row->login.us, 0);
	/* The end of one that nobody signed out of is not known. */
	bind_known(b, row->signed_out ? row->end.us : 0, 0);
	bind_number(b, row->failures);
	bind_known(b, row->duration_ms, -1);
}

static int
delete_row(struct database *db, const struct event_row *row)
{
	sqlite3_stmt *stmt = database_statement(db, row->is_session ?
	    STATEMENT_DEL_SESSION : STATEMENT_DEL_EVENT);

	sqlite3_bind_int64(stmt, 1, row->number);
	return database_run(stmt);
}

static int
move_row(struct database *db, const struct event_row *row)
{
	struct binder b = { .at = 1 };
	int rc;

	b.stmt = database_statement(db, row->is_session ?
	    STATEMENT_MOVE_SESSION : STATEMENT_MOVE_EVENT);
	bind_addr(&b, &row->event.ip);
	bind_addr(&b, &row->event.proxy_ip);
	bind_place(&b, &row->event.place);
	bind_number(&b, row->number);
	rc = database_run(b.stmt);
	buf_fini(&b.clean);
	return rc;
}

static int
set_row(struct database *db, const struct event_row *row,
    struct event_log *log)
{
	struct binder b = { .at = 1 };
	int64_t part;
	int rc = event_parts_of(db, row->event.time.us, row->is_session,
	    &part);

	if (rc == SQLITE_OK)
		rc = event_log_find(db, row->event.texts[EVENT_LOG], log);
	if (rc != SQLITE_OK)
		return rc;
	b.stmt = database_statement(db, row->is_session ?
	    STATEMENT_SET_SESSION : STATEMENT_ADD_EVENT);
	bind_event(&b, row, part, log->number);
	if (row->is_session)
		bind_session(&b, row);
	rc = database_run(b.stmt);
	buf_fini(&b.clean);
	return rc;
}

static int
write_row(struct database *db, const struct event_row *row,
    struct event_log *log)
{
	int rc = event_sum_touch(db, row);

	if (rc != SQLITE_OK)
		return rc;
	return row->is_gone ? delete_row(db, row) :
	    row->is_moved ? move_row(db, row) : set_row(db, row, log);
}

int
event_table_write(struct database *db, const struct event_rows *rows)
{
	struct event_log log = { 0 };   /* not for longer: it may be undone */
	int rc = SQLITE_OK;

	for (size_t i = 0; i < rows->n && rc == SQLITE_OK; i++)
		rc = write_row(db, event_rows_at(rows, i), &log);
	return rc;
}

/* --- purging ------------------------------------------------------------ */

static int
purge_kind(struct database *db, enum event_kind kind, int64_t before,
    int64_t *room)
{
	sqlite3_stmt *stmt;
	int64_t oldest = before;
	int rc = event_sum_oldest(db, kind, &oldest);

	if (rc != SQLITE_OK || oldest >= before)
		return rc;
	stmt = database_statement(db, STATEMENT_PURGE_EVENTS);
	sqlite3_bind_text(stmt, 1, event_kind_name(kind), -1, SQLITE_STATIC);
	sqlite3_bind_int64(stmt, 2, before);
	sqlite3_bind_int64(stmt, 3, *room);
	rc = database_run(stmt);
	if (rc != SQLITE_OK)
		return rc;
	*room -= sqlite3_changes(db->handle);
	return kind == EVENT_LOGIN || kind == EVENT_FAILURE ?
	    event_sum_touch_all(db, oldest, before) : SQLITE_OK;
}

static int
purge_sessions(struct database *db, int64_t before, int64_t *room)
{
	sqlite3_stmt *stmt = database_statement(db, STATEMENT_PURGE_SESSIONS);
	int rc;

	sqlite3_bind_int64(stmt, 1, before);
	sqlite3_bind_int64(stmt, 2, *room);
	rc = database_run(stmt);
	if (rc == SQLITE_OK)
		*room -= sqlite3_changes(db->handle);
	return rc;
}

int
event_table_purge(struct database *db, const struct store_keep *keep,
    int64_t now_us, bool *more)
{
	int64_t room = EVENT_PURGE_SLICE;
	int rc = SQLITE_OK;

	for (unsigned i = 0; i < EVENT_KINDS && rc == SQLITE_OK && room > 0;
	    i++)
		rc = purge_kind(db, (enum event_kind)i, now_us -
		    keep->seconds[store_class_of((int)i)] * CLOCK_SECOND,
		    &room);
	if (rc == SQLITE_OK && room > 0)
		rc = purge_sessions(db, now_us -
		    keep->seconds[STORE_SESSION] * CLOCK_SECOND, &room);
	*more = rc == SQLITE_OK && room <= 0;
	return rc;
}
