/* `past`: the bans of an id that the database still has. */
#include "process/engine_local.h"

#include <string.h>

#include "base/id.h"
#include "control/payload.h"

static void
reply(int error, const struct store_past *v, size_t n, void *arg)
{
	json_t *list;

	if (error != 0) {
		request_fail(arg, "Exception", "the database cannot be read: "
		    "%s", strerror(error));
		return;
	}
	list = json_array();
	for (size_t i = 0; i < n; i++)
		json_array_append_new(list, json_pack("{s:s, s:I, s:I, s:I}",
		    "jail", v[i].jail, "time", (json_int_t)v[i].time,
		    "bantime", (json_int_t)v[i].bantime,
		    "count", (json_int_t)v[i].bancount));
	request_reply(arg, list);
}

void
command_past(struct request *r, size_t argc, const char *const *argv,
    void *arg)
{
	struct engine *e = arg;
	struct id id;

	if (argc != 2) {
		request_fail(r, "ValueError", "one id is needed");
		return;
	}
	id = id_from_span(span_of(argv[1]));
	if (e->store == NULL || !store_past(e->store, &id, reply, r))
		request_fail(r, "Exception", "there is no database to look "
		    "into%s%s", e->store_error != NULL ? ": " : "",
		    e->store_error != NULL ? e->store_error : "");
}
