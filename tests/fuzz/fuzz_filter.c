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

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span rest = span_from(data, size), line;
	struct filter *f;
	int n = 0;

	log_set_level(LEVEL_CRITICAL);
	clock_freeze(wall_from_seconds(1795298892),
	    (struct boot){ CLOCK_SECOND });
	/* The first byte says how many lines a match may span. */
	f = make(size > 0 ? data[0] % 4 : 1);
	if (f == NULL)
		abort();
	while (span_cut(&rest, '\n', &line))
		filter_line(f, line, (enum filter_time)(n++ % 3), found,
		    NULL);
	filter_free(f);
	return 0;
}
