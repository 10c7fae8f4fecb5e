/*
 * Mail accesses read from a log, as the engine reads them, up to what it hands
 * to its store. Started by bench.py:
 *
 *	accesses LOG DIR FILTER
 *
 * prints for each stage its name, lines, events and CPU seconds; a stage holds
 * those before it:
 *
 *	lines     the log cut into lines, scanned for the filter's texts
 *	match     dates and expressions
 *	make      … what they saw, understood
 *	join      … joined with its session, told once
 *	rows      … passwords taken out, copied for the store
 *	jail      the lines for the jail's failregexes alone
 *	both      … and for mail accesses
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "access/event_make.h"
#include "access/mail_session.h"
#include "access/redact.h"
#include "base/clock.h"
#include "base/log.h"
#include "config/config.h"
#include "match/event_filter.h"
#include "source/lines.h"
#include "store/event_row.h"

#define CHUNK (256u * 1024)
#define SESSIONS_MAX 100000
#define ROUNDS 5

enum stage { LINES, MATCH, MAKE, JOIN, ROWS, JAIL, BOTH, STAGES };

static const char *const names[STAGES] = {
	"lines", "match", "make", "join", "rows", "jail", "both",
};

struct run {
	enum stage stage;
	struct event_filter *events;   /* NULL: not looked for */
	struct filter *jail;           /* NULL: none */
	struct mail_sessions *sessions;
	struct user_rules rules;
	struct buf user, line, detail;
	struct event_rows rows;
	struct span log;
	uint64_t told;
};

/* --- what becomes of an event ------------------------------------------------ */

static void
add_row(struct run *run, struct access_event *e)
{
	redact_event(e, &run->line, &run->detail);
	event_rows_add(&run->rows, e);
}

static void
on_event(const struct event_line *line, void *arg)
{
	struct run *run = arg;
	struct access_event e;

	run->told++;
	if (run->stage == MATCH)
		return;
	event_make(line, &run->rules, &run->user, &e);
	e.texts[EVENT_LOG] = run->log;
	if (run->stage == MAKE)
		return;
	if (mail_sessions_event(run->sessions, &e) == MAIL_SESSION_KNOWN)
		return;
	if (run->stage != JOIN)
		add_row(run, &e);
}

static void
on_session(const struct mail_session *s, void *arg)
{
	struct run *run = arg;

	if (run->stage > JOIN && (s->signed_in || s->noted))
		event_rows_add(&run->rows, s->event);
}

static void
on_failure(const struct failure *failure, void *arg)
{
	(void)failure;
	(void)arg;
}

/* --- lines ---------------------------------------------------------------- */

static bool
on_line(struct span line, void *arg)
{
	struct run *run = arg;

	if (run->jail != NULL)
		filter_line(run->jail, line, FILTER_ASIS, on_failure, run);
	if (run->events != NULL && run->stage != LINES)
		event_filter_line(run->events, line, on_event, run);
	return true;
}

/* As the engine does: what neither wants is passed by. */
static size_t
on_skip(struct span rest, uint64_t *lines, void *arg)
{
	struct run *run = arg;

	if (run->events != NULL)
		rest.n = filter_skip(event_filter_inside(run->events), rest,
		    FILTER_ASIS, lines);
	if (run->jail != NULL && rest.n > 0)
		rest.n = filter_skip(run->jail, rest, FILTER_ASIS, lines);
	return rest.n;
}

static void
chunk(struct run *run, struct sieve *sieve, struct lines *lines,
    struct span text, uint64_t serial)
{
	sieve_block(sieve, text, serial);
	if (run->jail != NULL)
		filter_sieve(run->jail, sieve);
	if (run->events != NULL)
		filter_sieve(event_filter_inside(run->events), sieve);
	lines_feed(lines, text, on_line, run);
	if (run->jail != NULL)
		filter_sieve(run->jail, NULL);
	if (run->events != NULL)
		filter_sieve(event_filter_inside(run->events), NULL);
	mail_sessions_changed(run->sessions, on_session, run);
	event_rows_fini(&run->rows);
}

static uint64_t
read_log(struct run *run, const char *path)
{
	static char text[CHUNK];
	struct sieve *sieve = sieve_new(SCAN_BEST);
	struct lines lines;
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	uint64_t serial = 0, count;
	ssize_t got;

	lines_init(&lines, 65536);
	if (run->stage >= JAIL)
		lines.skip = on_skip;
	run->sessions = mail_sessions_new(SESSIONS_MAX, on_session, run);
	while ((got = read(fd, text, sizeof(text))) > 0) {
		clock_tick();
		chunk(run, sieve, &lines, span_from(text, (size_t)got),
		    ++serial);
	}
	count = lines.count;
	close(fd);
	mail_sessions_free(run->sessions);
	event_rows_fini(&run->rows);
	lines_fini(&lines);
	sieve_free(sieve);
	return count;
}

/* --- stages ------------------------------------------------------------------- */

static void
load(const char *dir, const char *name, struct run *run)
{
	const struct config_request request = { .dir = dir, .share = "." };
	const struct filter_options options = { .jail = name };
	struct filter_config config = { 0 };
	struct report report = { 0 };

	if (config_load_filter(&request, name, &config, &report) == 0) {
		if (run->stage >= JAIL)
			run->jail = filter_new(&config, &options, &report);
		if (run->stage != JAIL)
			run->events = event_filter_new(&config, &options,
			    &report);
	}
	if (run->jail == NULL && run->events == NULL) {
		fprintf(stderr, "accesses: no filter '%s'\n", name);
		exit(1);
	}
	filter_config_fini(&config);
	report_fini(&report);
}

static void
measure(char **argv, enum stage stage)
{
	struct run run = { .stage = stage, .log = span_of(argv[1]) };
	uint64_t begin, took, lines = 0, least = UINT64_MAX;

	load(argv[2], argv[3], &run);
	/* The quickest: others run on this machine, too. */
	for (int i = 0; i < ROUNDS; i++) {
		run.told = 0;
		begin = clock_cpu_ns();
		lines = read_log(&run, argv[1]);
		took = clock_cpu_ns() - begin;
		if (took < least)
			least = took;
	}
	printf("%s %llu %llu %.4f\n", names[stage], (unsigned long long)lines,
	    (unsigned long long)run.told, (double)least / 1e9);
	fflush(stdout);
	event_filter_free(run.events);
	filter_free(run.jail);
	buf_fini(&run.user);
	buf_fini(&run.line);
	buf_fini(&run.detail);
}

int
main(int argc, char **argv)
{
	if (argc < 4) {
		fprintf(stderr, "usage: accesses LOG DIR FILTER [STAGE]\n");
		return 2;
	}
	log_set_level(LEVEL_CRITICAL);
	clock_tick();
	for (enum stage i = LINES; i < STAGES; i++)
		if (argc == 4 || strcmp(argv[4], names[i]) == 0)
			measure(argv, i);
	return 0;
}
