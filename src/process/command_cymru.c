/*
 * `status JAIL cymru`: network, country and registry of every banned address,
 * asked of Team Cymru's name servers. The answer waits for theirs, and for
 * none longer than a look-up may take; nobody else waits.
 */
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/xalloc.h"
#include "control/payload.h"
#include "process/command_local.h"
#include "process/engine_resolve.h"

#define ASKED_MAX 400   /* of one jail; a look-up of logs must find room */
#define FIELDS 3        /* ASN, country, registry */

static const char *const lists[FIELDS] = { "asns", "countries", "rirs" };
static const unsigned columns[FIELDS] = { 0, 2, 3 };   /* of the record */

/* One banned id. */
struct place {
	struct engine_cymru *of;
	struct resolve_wait *wait;   /* NULL: nothing is asked */
	char *field[FIELDS];         /* NULL: unknown */
};

struct engine_cymru {
	LIST_ENTRY(engine_cymru) link;
	struct request *request;
	json_t *payload;
	struct place *places;
	size_t n, waiting;
};

/* --- the answer --------------------------------------------------------- */

static void
cymru_free(struct engine_cymru *c)
{
	LIST_REMOVE(c, link);
	for (size_t i = 0; i < c->n; i++) {
		engine_resolve_cancel(c->places[i].wait);
		for (size_t k = 0; k < FIELDS; k++)
			free(c->places[i].field[k]);
	}
	free(c->places);
	json_decref(c->payload);
	free(c);
}

static void
reply(struct engine_cymru *c)
{
	json_t *actions = json_object_get(c->payload, "actions");

	for (size_t k = 0; k < FIELDS; k++) {
		json_t *list = json_array();

		for (size_t i = 0; i < c->n; i++) {
			const char *text = c->places[i].field[k];

			json_array_append_new(list, payload_text(span_of(
			    text != NULL ? text : "unknown")));
		}
		json_object_set_new(actions, lists[k], list);
	}
	request_reply(c->request, json_incref(c->payload));
	cymru_free(c);
}

/* "23028 | 216.90.108.0/24 | US | arin | 1998-09-25" */
static void
take_record(struct place *p, struct span record)
{
	struct span column;

	for (unsigned i = 0; span_cut(&record, '|', &column); i++) {
		column = span_trim(column);
		for (size_t k = 0; k < FIELDS; k++)
			if (columns[k] == i && column.n > 0)
				p->field[k] = span_dup(column);
	}
}

static void
take(struct place *p, const struct resolved *r)
{
	if (r->result == LOOKUP_FOUND && r->text != NULL)
		take_record(p, span_of(r->text));
	for (size_t k = 0; r->result == LOOKUP_NONE && k < FIELDS; k++)
		p->field[k] = xstrdup("nxdomain");
}

static void
on_answer(const struct resolved *r, void *arg)
{
	struct place *p = arg;
	struct engine_cymru *c = p->of;

	p->wait = NULL;
	take(p, r);
	if (--c->waiting == 0)
		reply(c);
}

/* --- the question ------------------------------------------------------- */

/* 2.0.192.origin…, and by nibbles for IPv6. */
static void
name_of(const struct addr *a, struct buf *out)
{
	size_t n = addr_bits(a) / 8;

	buf_clear(out);
	while (n-- > 0)
		if (a->family == ADDR_V4)
			buf_addf(out, "%u.", a->b[n]);
		else
			buf_addf(out, "%x.%x.", a->b[n] & 15u, a->b[n] >> 4);
	buf_adds(out, a->family == ADDR_V4 ? "origin.asn.cymru.com" :
	    "origin6.asn.cymru.com");
}

static void
ask(struct engine *e, struct place *p, const struct id *id, struct buf *name)
{
	struct resolve_question q = { .kind = NAME_TEXT };
	struct resolved known;

	if (id->addr.family == ADDR_NONE)
		return;
	name_of(&id->addr, name);
	q.name = buf_span(name);
	if (engine_resolve_known(e, &q, &known)) {
		take(p, &known);
		return;
	}
	if (p->of->waiting >= ASKED_MAX)
		return;
	p->wait = engine_resolve(e, &q, on_answer, p);
	p->of->waiting += p->wait != NULL;
}

void
command_cymru(struct request *r, struct engine_jail *j)
{
	struct engine *e = j->engine;
	struct engine_cymru *c = xcalloc(1, sizeof(*c));
	struct ticket *t = jail_ban_first(j->jail);
	struct buf name = { 0 };

	c->request = r;
	c->payload = command_status_jail(j, STATUS_CYMRU);
	c->places = xcalloc(jail_banned(j->jail) + 1, sizeof(*c->places));
	LIST_INSERT_HEAD(&e->cymrus, c, link);
	for (; t != NULL; t = jail_ban_next(j->jail, t)) {
		c->places[c->n].of = c;
		ask(e, &c->places[c->n++], &t->id, &name);
	}
	buf_fini(&name);
	if (c->waiting == 0)
		reply(c);
}

void
command_cymru_end(struct engine *e)
{
	struct engine_cymru *c;

	while ((c = LIST_FIRST(&e->cymrus)) != NULL) {
		request_fail(c->request, "Exception", "shutting down");
		cymru_free(c);
	}
}
