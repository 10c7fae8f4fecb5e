/* Lines of any bytes through a filter that has every stage. */
#include <stdint.h>
#include <stdlib.h>

#include "base/log.h"
#include "match/filter.h"
#include "match/text.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
found(const struct failure *failure, void *arg)
{
	size_t i;

	(void)arg;
	/* Whoever stores or prints it relies on this. */
	for (i = 0; i < failure->groups_n; i++)
		if (!text_is_utf8(failure->groups[i].value))
			abort();
	for (i = 0; i < failure->lines_n; i++)
		if (!text_is_utf8(failure->lines[i]))
			abort();
}

static struct filter *
make(int64_t maxlines)
{
	static const char *const regexes[] = {
		"^Failed \\S+ for (?P<inv>invalid user )?<F-USER>(?P<u>\\S+)|"
		"(?(inv).*?|[^:]+)</F-USER> from <HOST>(?: port \\d+)?$",
		"^<F-NOFAIL>Connection from</F-NOFAIL> <HOST>",
		"^<F-MLFFORGET><F-MLFGAINED>Accepted \\w+</F-MLFGAINED>"
		"</F-MLFFORGET> for <F-USER>\\S+</F-USER> from <HOST>",
		"^locked <F-ALT_USER>\\S*</F-ALT_USER>",
		"^begin <F-ID/>$<SKIPLINES>^end (?P=fid)",
		"id=<F-ID/> net=<SUBNET>",
	};
	struct filter_options options = { .match_limit = 5000 };
	struct filter_config config = { 0 };
	struct report report = { 0 };
	struct filter *f;
	size_t i;

	config.prefregex = (char *)"^<F-MLFID>(?:\\[\\])?\\s*(?:\\S+ )?"
	    "sshd\\[\\d+\\]: </F-MLFID><F-CONTENT>.+</F-CONTENT>$";
	config.maxlines = maxlines;
	for (i = 0; i < sizeof(regexes) / sizeof(regexes[0]); i++)
		strings_add(&config.failregex, span_of(regexes[i]));
	strings_add(&config.ignoreregex, SPAN("from 127\\."));
	f = filter_new(&config, &options, &report);
	strings_fini(&config.failregex);
	strings_fini(&config.ignoreregex);
	report_fini(&report);
	return f;
}

/* The same lines once more, as parts of a block: no verdict may differ. */
static void
compare(struct filter *f, struct filter *g, struct span text)
{
	struct sieve *sieve = sieve_new(SCAN_BEST);
	enum filter_time mode;
	struct span line;
	uint64_t passed;
	int n = 0;

	sieve_block(sieve, text, 1);
	filter_sieve(g, sieve);
	filter_skip(g, text, FILTER_LIVE, &passed);
	while (span_cut(&text, '\n', &line)) {
		mode = (enum filter_time)(n++ % 3);
		if (filter_line(f, line, mode, found, NULL) !=
		    filter_line(g, line, mode, found, NULL))
			abort();
	}
	filter_sieve(g, NULL);
	sieve_free(sieve);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct filter *f, *g;
	int64_t lines = size > 0 ? data[0] % 4 : 1;

	log_set_level(LEVEL_CRITICAL);
	clock_freeze(wall_from_seconds(1795298892),
	    (struct boot){ CLOCK_SECOND });
	/* The first byte says how many lines a match may span. */
	f = make(lines);
	g = make(lines);
	if (f == NULL || g == NULL)
		abort();
	compare(f, g, span_from(data, size));
	filter_free(f);
	filter_free(g);
	return 0;
}
