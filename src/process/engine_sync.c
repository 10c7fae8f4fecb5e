/*
 * The kernel's sets against our bans. Runs at start (what is in the kernel
 * stays there: an element with its row is left alone, one without becomes a
 * ticket, a row without gets its element), and after somebody else has
 * touched the tables. Nothing is ever emptied to be refilled.
 *
 * At start the warden reads the sets while we read the rows. Elements whose
 * rows may still come are held until all have come; where there are none, as
 * after a boot, what a row brings is asked for at once, so that the kernel
 * takes in the first bans while we read the last. Our bans are gone through in
 * turns of the loop, and no faster than the warden answers.
 */
#include "process/engine_local.h"

#include <stdlib.h>

#include "base/buf.h"
#include "base/log.h"
#include "base/slice.h"
#include "base/xalloc.h"

/* Kernel and store round differently, and time passes between them. */
#define SYNC_SLACK 2

#define STEP 64              /* bans or elements */
#define WAITING_MAX 8000u    /* requests: a window under way, one to follow */

static uint32_t
bit(uint32_t rule)
{
	return 1u << (rule & 31);
}

static void
end_walk(struct engine_sync *y)
{
	jail_walk_free(y->walk);
	y->walk = NULL;
	y->settling = false;
}

static void
forget_held(struct engine_sync *y)
{
	free(y->held);
	y->held = NULL;
	y->held_n = y->held_at = y->held_max = 0;
}

/* What was compared before counts no more. */
static void
begin(struct engine *e)
{
	struct engine_sync *y = &e->sync;

	end_walk(y);
	forget_held(y);
	y->open = false;
	/* 0 is that of a ticket nobody has looked at. */
	y->number = y->number < UINT32_MAX ? y->number + 1 : 1;
}

uint32_t *
engine_sync_seen(const struct engine *e, struct ticket *t)
{
	if (t->looked != e->sync.number)
		t->seen = 0;
	t->looked = e->sync.number;
	return &t->seen;
}

void
engine_sync_start(struct engine *e)
{
	struct wire_plain m = { .type = WIRE_FW_DUMP };

	if (e->dumping) {
		e->dump_again = true;
		return;
	}
	begin(e);
	e->dumping = true;
	e->dump_generation = e->generation;
	port_send(e->warden, &m, sizeof(m), -1);
}

static struct engine_jail *
jail_of_rule(const struct engine *e, uint32_t rule)
{
	for (size_t i = 0; i < e->jails_n; i++) {
		struct engine_jail *j = e->jails[i];

		if (j->jail != NULL && rule >= j->rule_first &&
		    rule - j->rule_first < j->rules_n)
			return j;
	}
	return NULL;
}

static int64_t
seconds_of(const struct wire_fw_element *v)
{
	int64_t left = (v->end - clock_boot().us) / CLOCK_SECOND;

	return v->timeout <= 0 ? -1 : left > 0 ? left : 0;
}

static bool
same_end(const struct engine_jail *j, const struct ticket *t,
    const struct wire_fw_element *v)
{
	int64_t want = jail_left(j->jail, t, clock_boot());
	int64_t have = seconds_of(v);

	return want == have || (want >= 0 && have >= 0 &&
	    llabs(want - have) <= SYNC_SLACK);
}

/* An element nobody knows: a ban of an earlier life. It gets a row. */
static void
adopt(struct engine_jail *j, const struct wire_fw_element *v)
{
	struct ticket t = { 0 };
	struct id id = id_from_addr(&v->addr);
	struct ticket *kept;
	struct buf text = { 0 };

	t.id = id;
	t.time = clock_wall();
	t.bantime = j->config->bantime;
	t.permanent = j->config->bantime < 0;
	if (v->timeout > 0) {
		t.time.us -= (v->timeout - seconds_of(v)) * CLOCK_SECOND;
		t.bantime = v->timeout;
		t.permanent = false;
	}
	kept = jail_restore(j->jail, &t, clock_wall());
	if (kept == NULL) {
		/* Ignored: it must not be there. */
		engine_ask_delete_one(j, &v->addr, v->rule - j->rule_first);
		return;
	}
	engine_jail_enter(j, kept);
	kept->announced = true;
	if (same_end(j, kept, v))
		*engine_sync_seen(j->engine, kept) |=
		    bit(v->rule - j->rule_first);
	engine_jail_record(j, kept);
	id_format(&id, &text);
	log_notice("fail2ban.actions", "[%s] Restore Ban %s",
	    j->config->name, text.p);
	buf_fini(&text);
}

/*
 * The kernel would keep it longer than the row says (it was prolonged, then
 * we were killed): the later end counts, and is written down.
 */
static void
compare(struct engine_jail *j, struct ticket *t,
    const struct wire_fw_element *v)
{
	int64_t want = jail_left(j->jail, t, clock_boot());
	int64_t have = seconds_of(v);

	if (have > want + SYNC_SLACK && want >= 0 &&
	    !j->engine->reconciled) {
		jail_ban(j->jail, &t->id, have, clock_wall());
		engine_jail_record(j, t);
		return;
	}
	if (same_end(j, t, v))
		*engine_sync_seen(j->engine, t) |=
		    bit(v->rule - j->rule_first);
}

static void
hold(struct engine_sync *y, const struct wire_fw_element *v)
{
	if (y->held_n == y->held_max) {
		y->held_max = y->held_max * 2 + WIRE_RECORDS_MAX;
		y->held = xreallocarray(y->held, y->held_max,
		    sizeof(*y->held));
	}
	y->held[y->held_n++] = *v;
}

static void
take_element(struct engine *e, const struct wire_fw_element *v)
{
	struct engine_jail *j = jail_of_rule(e, v->rule);
	struct id id = id_from_addr(&v->addr);
	struct ticket *t;

	if (j == NULL)
		return;
	t = jail_find(j->jail, &id);
	if (t != NULL)
		compare(j, t, v);
	else if (e->restore != NULL)
		hold(&e->sync, v);
	else if (!e->reconciled && !engine_lifted_has(j, &id))
		adopt(j, v);
}

void
engine_sync_elements(struct engine *e, const struct wire_fw_element *v,
    size_t n)
{
	/* Begun before a reload: its numbers mean something else now. */
	if (e->dump_generation != e->generation || e->ending)
		return;
	for (size_t i = 0; i < n; i++)
		take_element(e, &v[i]);
}

/* --- what is missing ----------------------------------------------------- */

/*
 * Asks for the native actions that do not have the ticket, even when an answer
 * is still on its way: that request may be older than what was dumped, and
 * asking twice is harmless.
 */
static void
ask_missing(struct engine_jail *j, struct ticket *t)
{
	uint32_t seen = *engine_sync_seen(j->engine, t);

	for (uint32_t i = 0; i < j->rules_n; i++) {
		if (((seen | j->rules_off) & bit(i)) == 0)
			engine_ask_one(j, t, i);
	}
}

static void
settle_ban(struct engine_jail *j, struct ticket *t)
{
	t->settled = j->engine->sync.number;
	engine_jail_state(j, t, TICKET_PENDING);
	ask_missing(j, t);
	/* A request of earlier may have brought all that was missing. */
	if (t->asked == 0 && t->state == TICKET_PENDING)
		engine_jail_announce(j, t);
}

/* The next of our bans, in the jail of `y->jail` then; NULL: that was all. */
static struct ticket *
next_ban(struct engine *e)
{
	struct engine_sync *y = &e->sync;
	struct ticket *t;

	for (; y->jail < e->jails_n; y->jail++) {
		struct jail *jail = e->jails[y->jail]->jail;

		if (y->walk == NULL && jail != NULL)
			y->walk = jail_walk_new(jail);
		t = y->walk != NULL ? jail_walk_next(y->walk) : NULL;
		if (t != NULL)
			return t;
		jail_walk_free(y->walk);
		y->walk = NULL;
	}
	return NULL;
}

/* Some of our bans; ends the walk with the last of them. */
static void
settle_some(struct engine *e)
{
	struct engine_sync *y = &e->sync;
	struct ticket *t;

	for (size_t i = 0; i < STEP; i++) {
		t = next_ban(e);
		if (t == NULL) {
			end_walk(y);
			return;
		}
		if (t->id.addr.family != ADDR_NONE && t->settled != y->number)
			settle_ban(e->jails[y->jail], t);
	}
}

/* --- turns --------------------------------------------------------------- */

/* All rows have come: what is held now has none. */
static void
take_held(struct engine *e)
{
	struct engine_sync *y = &e->sync;

	for (size_t i = 0; i < STEP && y->held_at < y->held_n; i++)
		take_element(e, &y->held[y->held_at++]);
	if (y->held_at == y->held_n)
		forget_held(y);
}

static bool
may_ask(const struct engine *e)
{
	return e->asks.bulk.n < WAITING_MAX;
}

/* Is there anything that can be done now? Does a part of it. */
static bool
do_step(struct engine *e)
{
	struct engine_sync *y = &e->sync;

	if (!y->open)
		return false;
	if (e->restore == NULL && y->held_n > 0)
		take_held(e);
	else if (e->restore == NULL && !e->reconciled)
		engine_ready(e);
	else if (y->settling && may_ask(e))
		settle_some(e);
	else
		return false;
	return true;
}

void
engine_sync_go_on(struct engine *e)
{
	const struct engine_sync *y = &e->sync;

	if (y->open && (y->settling || y->held_n > 0 || !e->reconciled))
		slice_go_on(y->slice);
}

static enum slice_step
step(void *arg)
{
	return do_step(arg) ? SLICE_MORE : SLICE_OVER;
}

static void
rest(void *arg)
{
	engine_jails_run_soon(arg);
}

/* From the first of them on; who was settled in this comparison is. */
static void
begin_walk(struct engine *e)
{
	end_walk(&e->sync);
	e->sync.jail = 0;
	e->sync.settling = true;
	engine_sync_go_on(e);
}

void
engine_sync_end(struct engine *e)
{
	struct engine_sync *y = &e->sync;

	e->dumping = false;
	if (e->ending)
		return;
	/* A reload came in between: the next dump counts. */
	if (e->dump_generation == e->generation) {
		y->open = true;
		if (e->restore == NULL || y->held_n == 0)
			begin_walk(e);
	}
	if (e->dump_again) {
		e->dump_again = false;
		engine_sync_start(e);
	}
}

void
engine_sync_restored(struct engine_jail *j, struct ticket *t)
{
	struct engine *e = j->engine;

	/* Else it is met when our bans are gone through. */
	if (e->restore != NULL && e->sync.open && e->sync.held_n == 0 && may_ask(e))
		settle_ban(j, t);
}

void
engine_sync_all_restored(struct engine *e)
{
	if (e->sync.open)
		begin_walk(e);
}

void
engine_sync_stop(struct engine *e)
{
	end_walk(&e->sync);
	e->sync.open = false;
}

void
engine_sync_init(struct engine *e)
{
	static const struct slice_work work = { .step = step, .rest = rest };

	e->sync.slice = slice_new(e->base, &work, e);
}

void
engine_sync_fini(struct engine *e)
{
	engine_sync_stop(e);
	forget_held(&e->sync);
	slice_free(e->sync.slice);
	e->sync.slice = NULL;
}

/* --- what was refused ----------------------------------------------------- */

uint8_t
engine_sync_pause(uint8_t *tries)
{
	if (*tries < 6)
		++*tries;
	return (uint8_t)((1u << (*tries - 1)) - 1);
}

static void
retry_ban(struct engine_jail *j, struct ticket *t)
{
	if (t->skip == 0) {
		settle_ban(j, t);
		return;
	}
	t->skip--;
	engine_retry_later(j->engine);
}

void
engine_sync_retry(struct engine *e)
{
	engine_ask_retry(e);
	for (size_t i = 0; i < e->jails_n; i++) {
		struct engine_jail *j = e->jails[i];
		struct ticket *t = j->jail != NULL ?
		    jail_ban_first(j->jail) : NULL;

		for (; t != NULL; t = jail_ban_next(j->jail, t)) {
			/* The last answer of the others asks again. */
			if (t->state == TICKET_FAILED && t->asked == 0)
				retry_ban(j, t);
		}
	}
}
