/*
 * `status JAIL cymru`: network, country and registry of every banned address,
 * asked of Team Cymru's name servers. The answer waits for theirs, and for
 * none longer than a look-up may take; nobody else waits.
 */
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/strings.h"
#include "base/xalloc.h"
#include "control/payload.h"
#include "process/command_local.h"
#include "process/engine_resolve.h"

#define ASKED_MAX 400   /* of one jail; a look-up of logs must find room */
#define FIELDS 3        /* ASN, country, registry */

static const char *const lists[FIELDS] = { "asns", "countries", "rirs" };
static const unsigned columns[FIELDS] = { 0, 2, 3 };   /* of the record */

/* One banned id of which something is known, or asked. */
struct place {
	struct engine_cymru *of;
	struct resolve_wait *wait;   /* NULL: nothing is asked */
	char *field[FIELDS];         /* NULL: unknown */
};

struct engine_cymru {
	struct work work;            /* first */
	LIST_ENTRY(engine_cymru) link;
	struct engine *engine;
	struct request *request;     /* NULL: some are not asked yet */
	json_t *payload;
	struct rolls rolls;
	struct roll *fields[FIELDS];
	struct place **places;       /* NULL: nothing is known */
	size_t n, cap, waiting;
	size_t told;                 /* places in the lists by now */
	struct buf name;
};

/* --- the answer --------------------------------------------------------- */

static void
place_free(struct place *p)
{
	if (p == NULL)
		return;
	engine_resolve_cancel(p->wait);
	for (size_t k = 0; k < FIELDS; k++)
		free(p->field[k]);
	free(p);
}

void
command_cymru_free(struct engine_cymru *c)
{
	if (c == NULL)
		return;
	LIST_REMOVE(c, link);
	for (size_t i = 0; i < c->n; i++)
		place_free(c->places[i]);
	free(c->places);
	rolls_fini(&c->rolls);
	buf_fini(&c->name);
	json_decref(c->payload);
	free(c);
}

static void
tell(struct engine_cymru *c, const struct place *p)
{
	for (size_t k = 0; k < FIELDS; k++)
		roll_add(c->fields[k], span_of(p != NULL &&
		    p->field[k] != NULL ? p->field[k] : "unknown"));
}

static bool
tell_some(struct work *work)
{
	struct engine_cymru *c = (struct engine_cymru *)work;
	json_t *actions = json_object_get(c->payload, "actions");

	for (size_t n = 0; n < WORK_STEP && c->told < c->n; n++)
		tell(c, c->places[c->told++]);
	if (c->told < c->n)
		return true;
	for (size_t k = 0; k < FIELDS; k++)
		json_object_set_new(actions, lists[k],
		    roll_mark(c->fields[k]));
	request_reply_long(c->request, json_incref(c->payload), &c->rolls);
	command_cymru_free(c);
	return false;
}

static void
tell_nobody(struct work *work)
{
	struct engine_cymru *c = (struct engine_cymru *)work;

	request_fail(c->request, "ConnectionError", "the client has gone");
	command_cymru_free(c);
}

static void
reply(struct engine_cymru *c)
{
	for (size_t k = 0; k < FIELDS; k++)
		c->fields[k] = rolls_add(&c->rolls);
	c->work.step = tell_some;
	c->work.drop = tell_nobody;
	c->work.is_short = c->n <= WORK_SHORT;
	request_work(c->request, &c->work);
}

/* "23028 | 216.90.108.0/24 | US | arin | 1998-09-25" */
static void
take_record(struct strings found[FIELDS], struct span record)
{
	struct span column;

	for (unsigned i = 0; span_cut(&record, '|', &column); i++) {
		column = span_trim(column);
		for (size_t k = 0; k < FIELDS; k++)
			if (columns[k] == i)
				strings_add(&found[k], column.n > 0 ? column :
				    SPAN("unknown"));
	}
}

static int
compare(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Each once, in the order of their bytes: "64500, 64501". */
static char *
joined(struct strings *found)
{
	struct buf text = { 0 };

	if (found->n == 0)
		return NULL;
	qsort(found->v, found->n, sizeof(*found->v), compare);
	for (size_t i = 0; i < found->n; i++)
		if (i == 0 || strcmp(found->v[i - 1], found->v[i]) != 0)
			buf_addf(&text, "%s%s", i > 0 ? ", " : "",
			    found->v[i]);
	return buf_take(&text);
}

/* A network may have more than one origin. */
static void
take_records(struct place *p, struct span records)
{
	struct strings found[FIELDS] = { 0 };
	struct span record;

	while (span_cut(&records, '\n', &record))
		take_record(found, record);
	for (size_t k = 0; k < FIELDS; k++) {
		p->field[k] = joined(&found[k]);
		strings_fini(&found[k]);
	}
}

static void
take(struct place *p, const struct resolved *r)
{
	if (r->result == LOOKUP_FOUND && r->text != NULL)
		take_records(p, span_of(r->text));
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
	if (--c->waiting == 0 && c->request != NULL)
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

static struct place *
place_new(struct engine_cymru *c, const struct resolved *known)
{
	struct place *p = xcalloc(1, sizeof(*p));

	p->of = c;
	if (known != NULL)
		take(p, known);
	return p;
}

static struct place *
place_of(struct engine_cymru *c, const struct id *id)
{
	struct resolve_question q = { .kind = NAME_TEXT };
	struct resolved known;
	struct place *p;

	if (id->addr.family == ADDR_NONE)
		return NULL;
	name_of(&id->addr, &c->name);
	q.name = buf_span(&c->name);
	if (engine_resolve_known(c->engine, &q, &known))
		return place_new(c, &known);
	if (c->waiting >= ASKED_MAX)
		return NULL;
	p = place_new(c, NULL);
	p->wait = engine_resolve(c->engine, &q, on_answer, p);
	c->waiting += p->wait != NULL;
	return p;
}

void
command_cymru_ask(struct engine_cymru *c, const struct id *id)
{
	if (c->n == c->cap) {
		c->cap = c->cap > 0 ? c->cap * 2 : 64;
		c->places = xreallocarray(c->places, c->cap,
		    sizeof(*c->places));
	}
	c->places[c->n++] = place_of(c, id);
}

struct engine_cymru *
command_cymru_new(struct engine *e)
{
	struct engine_cymru *c = xcalloc(1, sizeof(*c));

	c->engine = e;
	LIST_INSERT_HEAD(&e->cymrus, c, link);
	return c;
}

void
command_cymru_reply(struct engine_cymru *c, struct request *r,
    json_t *payload, struct rolls *rolls)
{
	c->request = r;
	c->payload = payload;
	c->rolls = *rolls;
	*rolls = (struct rolls){ 0 };
	if (c->waiting == 0)
		reply(c);
}

void
command_cymru_end(struct engine *e)
{
	struct engine_cymru *c;

	while ((c = LIST_FIRST(&e->cymrus)) != NULL) {
		request_fail(c->request, "Exception", "shutting down");
		command_cymru_free(c);
	}
}
