/*
 * The kernel's sets against our bans. Runs at start (what is in the kernel
 * stays there: an element with its row is left alone, one without becomes a
 * ticket, a row without gets its element), and after somebody else has
 * touched the tables. Nothing is ever emptied to be refilled.
 */
#include "process/engine_local.h"

#include <stdlib.h>

#include "base/buf.h"
#include "base/log.h"

/* Kernel and store round differently, and time passes between them. */
#define SYNC_SLACK 2

static uint32_t
bit(uint32_t rule)
{
	return 1u << (rule & 31);
}

void
engine_sync_start(struct engine *e)
{
	struct wire_plain m = { .type = WIRE_FW_DUMP };

	if (e->dumping) {
		e->dump_again = true;
		return;
	}
	for (size_t i = 0; i < e->jails_n; i++) {
		struct jail *jail = e->jails[i]->jail;
		struct ticket *t = jail != NULL ? jail_ban_first(jail) : NULL;

		for (; t != NULL; t = jail_ban_next(jail, t))
			t->seen = 0;
	}
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
	return v->timeout > 0 ? v->left : -1;
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
		t.time.us -= (v->timeout - v->left) * CLOCK_SECOND;
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
		kept->seen |= bit(v->rule - j->rule_first);
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
		t->seen |= bit(v->rule - j->rule_first);
}

void
engine_sync_elements(struct engine *e, const struct wire_fw_element *v,
    size_t n)
{
	/* Begun before a reload: its numbers mean something else now. */
	if (e->dump_generation != e->generation)
		return;
	for (size_t i = 0; i < n; i++) {
		struct engine_jail *j = jail_of_rule(e, v[i].rule);
		struct id id = id_from_addr(&v[i].addr);
		struct ticket *t;

		if (j == NULL)
			continue;
		t = jail_find(j->jail, &id);
		if (t != NULL)
			compare(j, t, &v[i]);
		else if (!e->reconciled)
			adopt(j, &v[i]);
	}
}

/*
 * Asks for the native actions that do not have the ticket, even when an answer
 * is still on its way: that request may be older than what was dumped, and
 * asking twice is harmless.
 */
static void
ask_missing(struct engine_jail *j, struct ticket *t)
{
	for (uint32_t i = 0; i < j->rules_n; i++) {
		if (((t->seen | j->rules_off) & bit(i)) == 0)
			engine_ask_one(j, t, i);
	}
}

static void
settle_ban(struct engine_jail *j, struct ticket *t)
{
	engine_jail_state(j, t, TICKET_PENDING);
	ask_missing(j, t);
	/* A request of earlier may have brought all that was missing. */
	if (t->asked == 0 && t->state == TICKET_PENDING)
		engine_jail_announce(j, t);
}

static void
settle_jail(struct engine_jail *j)
{
	struct ticket *t = jail_ban_first(j->jail);

	for (; t != NULL; t = jail_ban_next(j->jail, t)) {
		if (t->id.addr.family != ADDR_NONE)
			settle_ban(j, t);
	}
}

void
engine_sync_end(struct engine *e)
{
	e->dumping = false;
	/* A reload came in between: the next dump counts. */
	if (e->dump_generation == e->generation) {
		for (size_t i = 0; i < e->jails_n; i++) {
			if (e->jails[i]->jail != NULL)
				settle_jail(e->jails[i]);
		}
		e->reconciled = true;
	}
	if (e->dump_again) {
		e->dump_again = false;
		engine_sync_start(e);
	}
}

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
