/*
 * Filters that read one log together, as the engine has them do it: the same
 * chunk for each in turn, through one sieve. Started by bench.py:
 *
 *	together LOG DIR FILTER…
 *
 * prints for each scanner: its name, filters, lines, bytes, texts, CPU
 * seconds, failures.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/xalloc.h"
#include "config/config.h"
#include "match/filter.h"
#include "source/lines.h"

#define CHUNK (256u * 1024)

struct reader {
	struct filter *filter;
	struct lines lines;
};

static uint64_t failures;

static void
on_failure(const struct failure *failure, void *arg)
{
	(void)failure;
	(void)arg;
	failures++;
}

static bool
on_line(struct span line, void *arg)
{
	struct reader *r = arg;

	filter_line(r->filter, line, FILTER_ASIS, on_failure, r);
	return true;
}

static size_t
on_skip(struct span rest, uint64_t *lines, void *arg)
{
	struct reader *r = arg;

	return filter_skip(r->filter, rest, FILTER_ASIS, lines);
}

/* Filters that cannot be loaded alone are left out. */
static size_t
load(const char *dir, char **names, const struct filter_options *options,
    struct reader *out)
{
	struct config_request request = { .dir = dir, .share = "." };
	struct filter_config config;
	struct report report;
	size_t n = 0;

	for (; *names != NULL; names++) {
		config = (struct filter_config){ 0 };
		report = (struct report){ 0 };
		out[n].filter = NULL;
		if (config_load_filter(&request, *names, &config,
		    &report) == 0 && config.failregex.n > 0)
			out[n].filter = filter_new(&config, options, &report);
		if (out[n].filter != NULL) {
			lines_init(&out[n].lines, 65536);
			if (!options->scan_off)
				out[n].lines.skip = on_skip;
			n++;
		}
		filter_config_fini(&config);
		report_fini(&report);
	}
	return n;
}

static uint64_t
run(const char *log, enum scan_kind kind, struct reader *readers, size_t n,
    size_t *texts)
{
	static char chunk[CHUNK];
	struct sieve *sieve = sieve_new(kind);
	int fd = open(log, O_RDONLY | O_CLOEXEC);
	uint64_t serial = 0, bytes = 0;
	ssize_t got;
	size_t i;

	for (i = 0; i < n; i++)
		filter_join(readers[i].filter, sieve);
	while ((got = read(fd, chunk, sizeof(chunk))) > 0) {
		clock_tick();
		serial++;
		bytes += (uint64_t)got;
		for (i = 0; i < n; i++) {
			sieve_block(sieve, span_from(chunk, (size_t)got),
			    serial);
			filter_sieve(readers[i].filter, sieve);
			lines_feed(&readers[i].lines, span_from(chunk,
			    (size_t)got), on_line, &readers[i]);
			filter_sieve(readers[i].filter, NULL);
		}
	}
	close(fd);
	*texts = sieve_literals(sieve);
	sieve_free(sieve);
	return bytes;
}

static void
measure(const char *log, const char *dir, char **names, enum scan_kind kind,
    bool off, size_t most)
{
	struct filter_options options = { .scan_off = off };
	struct reader *readers = xcalloc(most, sizeof(*readers));
	size_t n = load(dir, names, &options, readers), texts, i;
	uint64_t begin = clock_cpu_ns(), bytes;

	failures = 0;
	bytes = run(log, kind, readers, n, &texts);
	printf("%s %zu %llu %llu %zu %.3f %llu\n", off ? "none" :
	    scan_kind_name(kind), n, (unsigned long long)
	    (n > 0 ? readers[0].lines.count : 0), (unsigned long long)bytes,
	    texts, (double)(clock_cpu_ns() - begin) / 1e9,
	    (unsigned long long)failures);
	fflush(stdout);
	for (i = 0; i < n; i++) {
		filter_free(readers[i].filter);
		lines_fini(&readers[i].lines);
	}
	free(readers);
}

int
main(int argc, char **argv)
{
	if (argc < 4) {
		fprintf(stderr, "usage: together LOG DIR FILTER...\n");
		return 2;
	}
	log_set_level(LEVEL_CRITICAL);
	clock_tick();
	measure(argv[1], argv[2], argv + 3, SCAN_WIDE, false, (size_t)argc);
	measure(argv[1], argv[2], argv + 3, SCAN_NARROW, false, (size_t)argc);
	measure(argv[1], argv[2], argv + 3, SCAN_PLAIN, false, (size_t)argc);
	measure(argv[1], argv[2], argv + 3, SCAN_BEST, true, (size_t)argc);
	return 0;
}
