/*
 * The type of a command table. A table lists what a socket answers to; the
 * handlers live in process/ (they need the whole daemon).
 */
#ifndef GAOL_CONTROL_COMMAND_H
#define GAOL_CONTROL_COMMAND_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "control/roll.h"
#include "control/work.h"

struct request;

enum command_right { RIGHT_READ, RIGHT_BAN, RIGHT_CONFIGURE };

struct command {
	const char *name;        /* first word of the request */
	const char *args;        /* for usage: "JAIL ID…" */
	const char *help;
	enum command_right right;
	/*
	 * argv[0] is the name; answers with request_reply or request_fail,
	 * now or later (then it keeps the request).
	 */
	void (*run)(struct request *request, size_t argc,
	    const char *const *argv, void *arg);
};

/*
 * For a command whose words decide who may: false when its client has not
 * that right; the request has failed then.
 */
bool request_may(struct request *request, enum command_right right);
/*
 * The payload is taken over (a reference is stolen; NULL is JSON's null).
 * Ends the request, also when its client or the server are gone: every
 * request a handler got must end in one of these two, once.
 */
void request_reply(struct request *request, json_t *payload);
/*
 * The same, in as many turns of the loop as it takes; the marks of these lists
 * may stand in the payload. They are taken over, too. A command inside
 * another only tells that it was fine (null).
 */
void request_reply_long(struct request *request, json_t *payload,
    struct rolls *rolls);
/*
 * Does some work in such turns; its last step ends the request or keeps it for
 * later. When the client goes before, it is dropped (at once, if it has gone
 * by now), and ends the request then.
 */
void request_work(struct request *request, struct work *work);
/*
 * type: upstream's exception name ("UnknownJailException", "ValueError", …).
 */
void request_fail(struct request *request, const char *type,
    const char *fmt, ...) __attribute__((format(printf, 3, 4)));

/* The reply of a command inside another; `error` NULL: it was fine. */
typedef void request_done_fn(const json_t *payload, const json_t *error,
    void *arg);
/*
 * Runs one more command of the table for the client of an open request, with
 * that client's rights. `words` is its array: strings, numbers and truth
 * values are words as Python's str() has them, arrays and objects are JSON
 * text. done() is called once, now or later, before the outer request ends.
 */
void request_inside(struct request *outer, const json_t *words,
    request_done_fn *done, void *arg);
/*
 * Of a command inside: the place of its first word that was a list, a dict or
 * null, and what Python calls that; 0: there is none.
 */
size_t request_odd(const struct request *request, const char **type);

#endif
