#include "control/reply.h"

#include "base/log.h"
#include "control/payload.h"
#include "control/pickle_write.h"
#include "control/shape.h"

static int
add_piece(const char *p, size_t n, void *arg)
{
	buf_add(arg, p, n);
	return 0;
}

/* Steals the reference. */
static void
add_json(json_t *object, struct buf *out)
{
	if (object == NULL ||
	    json_dump_callback(object, add_piece, out, JSON_COMPACT) == -1)
		log_fatal("gaol.control", "out of memory");
	json_decref(object);
}

static void
add_end(enum request_form form, struct buf *out)
{
	buf_add_span(out, request_end_of(form));
}

void
reply_ok(enum request_form form, const struct strings *argv, json_t *payload,
    struct buf *out)
{
	uint32_t tuples;

	if (form == REQUEST_PICKLE) {
		payload = shape_reply(argv->n, (const char *const *)argv->v,
		    payload, &tuples);
		pickle_write_ok(out, payload, tuples);
		json_decref(payload);
	} else {
		add_json(json_pack("{s:o}", "ok", payload != NULL ? payload :
		    json_null()), out);
	}
	add_end(form, out);
}

json_t *
reply_error_json(const char *type, const char *message)
{
	return json_pack("{s:o,s:o}", "type", payload_text(span_of(type)),
	    "message", payload_text(span_of(message)));
}

void
reply_error(enum request_form form, const char *type, const char *message,
    struct buf *out)
{
	if (form == REQUEST_PICKLE)
		pickle_write_error(out, type, message);
	else
		add_json(json_pack("{s:o}", "error",
		    reply_error_json(type, message)), out);
	add_end(form, out);
}

void
reply_broken(enum request_form form, const char *why, struct buf *out)
{
	json_t *text;

	if (form == REQUEST_JSON) {
		reply_error(form, "ValueError", why, out);
		return;
	}
	text = json_sprintf("ERROR: %s", why);
	pickle_write(out, text, 0);
	json_decref(text);
	add_end(form, out);
}

void
reply_stopping(enum request_form form, struct buf *out)
{
	json_t *list;

	if (form == REQUEST_JSON) {
		reply_error(form, "Exception", "shutting down", out);
		return;
	}
	list = json_pack("[s]", "SHUTDOWN");
	pickle_write(out, list, 0);
	json_decref(list);
	add_end(form, out);
}
