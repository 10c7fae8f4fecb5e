#include "process/command_answer.h"

#include <stdlib.h>

#include "base/buf.h"
#include "base/xalloc.h"
#include "control/payload.h"
#include "control/printable.h"

void
command_answer_error(struct command_answer *a, const struct id *id,
    const char *text)
{
	json_array_append_new(a->errors, json_pack("{s:o, s:s}",
	    "id", command_id_json(id), "error", text));
}

static void
on_failed(struct engine_wait *wait, const struct engine_ask *ask, int error,
    bool refused)
{
	struct command_answer *a = (struct command_answer *)wait;
	struct id id = id_from_addr(&ask->addr);

	/* Every native action says the same, one behind the other. */
	if (addr_eq(&a->told, &ask->addr))
		return;
	a->told = ask->addr;
	command_answer_error(a, &id, engine_ask_why(error, refused));
	if (refused && ask->op == ASK_ADD)
		a->count--;
}

/* "not banned: ['192.0.2.7']" */
static void
fail_absent(struct command_answer *a)
{
	struct buf list = { 0 };

	for (size_t i = 0; i < json_array_size(a->errors); i++) {
		buf_adds(&list, i > 0 ? ", " : "");
		printable_add_repr(&list, span_of(payload_str(
		    json_array_get(a->errors, i), "id", "")));
	}
	request_fail(a->request, "ValueError", "not banned: [%s]", list.p);
	buf_fini(&list);
}

static void
give(struct command_answer *a)
{
	switch (a->kind) {
	case ANSWER_NUMBER_OR_ABSENT:
		if (json_array_size(a->errors) > 0) {
			fail_absent(a);
			return;
		}
		/* FALLTHROUGH */
	case ANSWER_NUMBER:
		request_reply(a->request, json_integer(a->count));
		return;
	case ANSWER_LIFTED:
		request_reply(a->request, json_pack("{s:I, s:O}",
		    "count", a->count, "errors", a->errors));
		return;
	case ANSWER_BANS:
		request_reply(a->request, json_pack("{s:I, s:I, s:O}",
		    "new", a->count, "prolonged", a->prolonged,
		    "errors", a->errors));
		return;
	}
}

static void
on_done(struct engine_wait *wait)
{
	struct command_answer *a = (struct command_answer *)wait;

	give(a);
	json_decref(a->errors);
	free(a);
}

struct command_answer *
command_answer_new(struct request *r, enum answer_kind kind)
{
	struct command_answer *a = xcalloc(1, sizeof(*a));

	a->wait.done = on_done;
	a->wait.failed = on_failed;
	/* One for ourselves, so that nothing answers while we still ask. */
	a->wait.asked = 1;
	a->request = r;
	a->kind = kind;
	a->errors = json_array();
	return a;
}

static void
release(struct command_answer *a)
{
	if (--a->wait.asked == 0)
		on_done(&a->wait);
}

/* A disk that fails is no reason to say less: bans go on without it. */
static void
on_disk(int error, void *arg)
{
	(void)error;
	release(arg);
}

void
command_answer_end(struct command_answer *a, struct engine *e)
{
	if ((e->restore == NULL && !a->disk) || e->store == NULL ||
	    !store_barrier(e->store, on_disk, a))
		release(a);
}

void
command_answer_drop(struct command_answer *a, struct request *r)
{
	if (a != NULL)
		release(a);
	else
		request_fail(r, "Exception", "shutting down");
}
