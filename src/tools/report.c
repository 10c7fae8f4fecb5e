/* `gaol report`: a period, by account and service; who has no TLS. */
#include "tools/mail_text.h"
#include "tools/tool.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "access/event_json.h"
#include "access/summary.h"
#include "control/printable.h"
#include "tools/mail_source.h"
#include "tools/report_read.h"

#define ROWS_MAX 2000000   /* in memory: 400 MB, with countries more */

static const char usage[] =
    "usage: gaol report [OPTIONS]\n"
    "       gaol report insecure [OPTIONS]\n"
    "What the period from --since to --until comes to, by account and\n"
    "service: sign-ins, failed attempts, the last sign-in, countries ('+':\n"
    "none from there before the period).\n"
    "insecure: who signed in without TLS from beyond the LAN, how often,\n"
    "since when, and the first sign-in with TLS after the last without.\n"
    "      --csv            comma separated values (RFC 4180)\n";

struct report_run {
	struct summary *summary;
	struct wall since, until;
	bool json, csv, insecure;
};

static void
add(const struct access_event *e, void *arg)
{
	struct report_run *run = arg;

	if (run->until.us != 0 && e->time.us >= run->until.us)
		return;
	summary_add(run->summary, e, e->time.us >= run->since.us);
}

/* --- cells ------------------------------------------------------------ */

static void
add_time(struct buf *out, struct wall time)
{
	if (time.us == 0)
		buf_addc(out, '-');
	else
		mail_text_time(time, out);
}

static void
add_countries(struct buf *out, const struct summary_row *row)
{
	for (size_t i = 0; i < row->countries_n && i < SUMMARY_COUNTRIES;
	    i++) {
		buf_addf(out, "%s%s", i > 0 ? " " : "",
		    row->countries[i].is_new ? "+" : "");
		printable_add(out, span_of(row->countries[i].code));
	}
	if (row->countries_n > SUMMARY_COUNTRIES)
		buf_addf(out, " and %zu more",
		    row->countries_n - SUMMARY_COUNTRIES);
	if (row->countries_n == 0)
		buf_addc(out, '-');
}

/* RFC 4180, and no cell that a spreadsheet takes for a formula. */
static void
add_csv(struct buf *out, struct span text)
{
	bool nothing = span_eq(text, SPAN("-"));
	bool formula = !nothing && text.n > 0 && strchr("=+-@", text.p[0]) != NULL &&
	    text.p[0] != '\0';

	buf_adds(out, formula ? "\"'" : "\"");
	for (size_t i = 0; i < text.n && !nothing; i++) {
		if (text.p[i] == '"')
			buf_addc(out, '"');
		buf_addc(out, text.p[i]);
	}
	buf_addc(out, '"');
}

/* The cells of a row, in the order of its head. */
struct cells {
	struct buf v[8];
	size_t n;
};

static struct buf *
cell(struct cells *c)
{
	return &c->v[c->n++];
}

static void
all_cells(const struct summary_row *row, struct cells *c)
{
	printable_add(cell(c), row->user);
	buf_adds(cell(c), event_service_name(row->service));
	buf_addf(cell(c), "%" PRIu64, row->logins);
	buf_addf(cell(c), "%" PRIu64, row->failures);
	add_time(cell(c), row->last);
	add_countries(cell(c), row);
}

static void
insecure_cells(const struct summary_row *row, struct cells *c)
{
	printable_add(cell(c), row->user);
	buf_adds(cell(c), event_service_name(row->service));
	buf_addf(cell(c), "%" PRIu64, row->insecure);
	add_time(cell(c), row->insecure_first);
	add_time(cell(c), row->insecure_last);
	add_time(cell(c), row->secure_after);
}

/* --- forms ------------------------------------------------------------ */

static json_t *
time_json(struct wall time)
{
	return time.us != 0 ? event_json_time(time) : NULL;
}

static json_t *
countries_json(const struct summary_row *row, bool only_new)
{
	json_t *list = json_array();

	for (size_t i = 0; i < row->countries_n && i < SUMMARY_COUNTRIES; i++)
		if (!only_new || row->countries[i].is_new)
			json_array_append_new(list, event_json_text(
			    span_of(row->countries[i].code)));
	return list;
}

static void
print_json(const struct summary_row *row, bool insecure)
{
	json_t *o = json_object();

	event_json_set(o, "user.name", event_json_text(row->user));
	event_json_set(o, "network.protocol",
	    json_string(event_service_name(row->service)));
	if (insecure) {
		event_json_set(o, "gaol.insecure",
		    json_integer((json_int_t)row->insecure));
		event_json_set(o, "gaol.insecure_first",
		    time_json(row->insecure_first));
		event_json_set(o, "gaol.insecure_last",
		    time_json(row->insecure_last));
		event_json_set(o, "gaol.secure_after",
		    time_json(row->secure_after));
	} else {
		event_json_set(o, "gaol.logins",
		    json_integer((json_int_t)row->logins));
		event_json_set(o, "gaol.failures",
		    json_integer((json_int_t)row->failures));
		event_json_set(o, "gaol.first_login", time_json(row->first));
		event_json_set(o, "gaol.last_login", time_json(row->last));
		event_json_set(o, "gaol.countries",
		    countries_json(row, false));
		event_json_set(o, "gaol.new_countries",
		    countries_json(row, true));
	}
	mail_text_json(o);
}

/* Characters of it, for a column's width. */
static size_t
width(struct span text)
{
	size_t n = 0;

	for (size_t i = 0; i < text.n; i++)
		n += ((unsigned char)text.p[i] & 0xc0) != 0x80;
	return n;
}

static void
add_column(struct buf *out, struct span text, size_t column)
{
	static const size_t widths[] = { 32, 8, 12, 20, 20, 0, 0, 0 };
	size_t n = width(text);

	buf_add_span(out, text);
	for (; n < widths[column]; n++)
		buf_addc(out, ' ');
	if (widths[column] > 0)
		buf_adds(out, "  ");
}

static void
print_cells(const struct cells *c, bool csv)
{
	struct buf out = { 0 };

	for (size_t i = 0; i < c->n; i++) {
		if (csv && i > 0)
			buf_addc(&out, ',');
		if (csv)
			add_csv(&out, buf_span(&c->v[i]));
		else
			add_column(&out, buf_span(&c->v[i]), i);
	}
	buf_adds(&out, csv ? "\r\n" : "\n");
	fputs(out.p, stdout);
	buf_fini(&out);
}

static void
print_head(bool insecure, bool csv)
{
	static const char *const all[] = { "account", "service", "logins",
		"failures", "last login", "countries" };
	static const char *const some[] = { "account", "service",
		"without TLS", "first", "last", "TLS since" };
	struct cells c = { .n = 0 };

	for (size_t i = 0; i < 6; i++)
		buf_adds(cell(&c), insecure ? some[i] : all[i]);
	print_cells(&c, csv);
	for (size_t i = 0; i < c.n; i++)
		buf_fini(&c.v[i]);
}

static void
print_row(const struct report_run *run, const struct summary_row *row,
    bool insecure)
{
	struct cells c = { .n = 0 };

	if (run->json) {
		print_json(row, insecure);
		return;
	}
	(insecure ? insecure_cells : all_cells)(row, &c);
	print_cells(&c, run->csv);
	for (size_t i = 0; i < c.n; i++)
		buf_fini(&c.v[i]);
}

static void
print_rows(const struct report_run *run)
{
	const struct summary_row *const *rows;
	size_t n;

	rows = summary_rows(run->summary, &n);
	for (size_t i = 0; i < n; i++)
		if (run->insecure ? rows[i]->insecure > 0 :
		    rows[i]->logins + rows[i]->failures > 0)
			print_row(run, rows[i], run->insecure);
	if (summary_left_out(run->summary) > 0)
		fprintf(stderr, "gaol report: events of more than %d accounts "
		    "were left out: %" PRIu64 "\n", ROWS_MAX,
		    summary_left_out(run->summary));
}

/* --- what it reads ------------------------------------------------------ */

/* 0: a report of all, 1: of the insecure, -1: neither. */
static int
which(const struct mail_call *call)
{
	if (call->words_n == 0)
		return 0;
	return call->words_n == 1 &&
	    strcmp(call->words[0], "insecure") == 0 ? 1 : -1;
}

/* What comes through a pipe comes once. */
static bool
is_once(const struct mail_call *call)
{
	struct stat st;

	for (size_t i = 0; i < call->logs.n; i++)
		if (stat(call->logs.v[i], &st) == 0 && !S_ISREG(st.st_mode))
			return true;
	return false;
}

/* What came before the period tells what is new in it. */
static int
read_all(const struct mail_call *call, struct report_run *run)
{
	static const struct mail_log_calls calls = { .event = add };
	struct mail_call logs = *call;

	if (call->logs.n == 0)
		return report_read(call, run->summary);
	logs.since.us = 0;
	return mail_source_read(&logs, &calls, run);
}

static int
make(const struct mail_call *call, struct report_run *run)
{
	int rc;

	if (!run->json)
		print_head(run->insecure, run->csv);
	do {
		rc = read_all(call, run);
		print_rows(run);
	} while (rc == 0 && summary_next(run->summary));
	return rc == 0 ? 0 : 1;
}

static int
report(const struct mail_call *call)
{
	struct report_run run = { .since = call->since, .until = call->until,
		.json = call->json, .csv = call->csv,
		.insecure = which(call) == 1 };
	int rc;

	if (which(call) == -1) {
		fputs(usage, stderr);
		return 2;
	}
	run.summary = summary_new(ROWS_MAX, is_once(call));
	rc = make(call, &run);
	summary_free(run.summary);
	return rc;
}

int
tool_report(int argc, char **argv)
{
	struct mail_call call;
	int rc = mail_call_parse(&call, argc, argv, usage);

	rc = rc == 0 ? report(&call) : rc == 1 ? 0 : rc;
	mail_call_fini(&call);
	return rc;
}
