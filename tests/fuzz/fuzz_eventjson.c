/*
 * Lines of any bytes through a filter with eventjson: no crash, whatever they
 * hold; what the search for texts spares is no event, in blocks and alone.
 */
#include <stdint.h>
#include <stdlib.h>

#include "base/log.h"
#include "config/filter_load.h"
#include "match/event_filter.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char rules[] =
    "login: event=auth_request_finished fields.success=yes -> "
    "user=fields.original_user|fields.user ip=fields.remote_ip "
    "fport=fields.remote_port duration_us=fields.duration\n"
    "failure: event=auth_request_finished !fields.success -> "
    "user=fields.user ip=fields.remote_ip\n"
    "logout: ev=session_end why!=x|y -> user=user detail=list.0|why\n"
    "client: \"a b\".c=d -> client=\"a b\".e\n";

static void
count(const struct event_line *line, void *arg)
{
	uint64_t *sum = arg;

	*sum = *sum * 31 + line->regex;
	for (size_t i = 0; i < line->groups_n; i++)
		for (size_t k = 0; k < line->groups[i].value.n; k++)
			*sum = *sum * 31 +
			    (unsigned char)line->groups[i].value.p[k];
}

static struct event_filter *
make(bool scan_off)
{
	struct filter_options options = { .scan_off = scan_off };
	struct filter_config config = { 0 };
	struct report report = { 0 };
	struct event_filter *ef;
	struct buf why = { 0 };

	if (filter_add_own(&config, "eventjson", rules, &why) != 0 ||
	    filter_add_own(&config, "jsontime", "end_time", &why) != 0)
		abort();
	ef = event_filter_new(&config, &options, &report);
	filter_config_fini(&config);
	report_fini(&report);
	return ef;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct event_filter *a, *b;
	struct span rest = span_from(data, size), line;
	uint64_t with = 0, without = 0;

	if (a == NULL) {
		log_set_level(LEVEL_CRITICAL);
		clock_freeze(wall_from_seconds(1795298892),
		    (struct boot){ CLOCK_SECOND });
		a = make(false);
		b = make(true);
		if (a == NULL || b == NULL)
			abort();
	}
	filter_block(event_filter_inside(a), rest);
	while (span_cut(&rest, '\n', &line)) {
		event_filter_line(a, line, count, &with);
		event_filter_line(b, line, count, &without);
	}
	filter_block(event_filter_inside(a), (struct span){ NULL, 0 });
	if (with != without)
		abort();
	return 0;
}
