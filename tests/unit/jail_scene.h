/* A jail with a frozen clock and hooks that write down what they are told. */
#ifndef GAOL_TESTS_UNIT_JAIL_SCENE_H
#define GAOL_TESTS_UNIT_JAIL_SCENE_H

#include <stdio.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/log.h"
#include "jail/jail.h"

#define START 1700000000

static struct buf told;

static void
tell(const char *what, const struct ticket *t)
{
	buf_addf(&told, "%s ", what);
	id_format(&t->id, &told);
	buf_addf(&told, " %lld %lld\n", (long long)t->time.us,
	    t->permanent ? -1LL : (long long)t->bantime);
}

static void
on_ban(struct jail *j, struct ticket *t, void *arg)
{
	(void)j;
	(void)arg;
	t->state = TICKET_CONFIRMED;
	tell("ban", t);
}

static void
on_prolong(struct jail *j, struct ticket *t, void *arg)
{
	(void)j;
	(void)arg;
	tell("prolong", t);
}

static void
on_unban(struct jail *j, struct ticket *t, enum jail_unban_why why, void *arg)
{
	(void)j;
	(void)arg;
	tell(why == UNBAN_EXPIRED ? "expire" : why == UNBAN_BY_HAND ?
	    "unban" : "flush", t);
}

/* A test's own; NULL: nothing was there before. */
static bool (*earlier)(const struct id *id);

static bool
on_earlier(struct jail *j, const struct id *id, void *arg)
{
	(void)j;
	(void)arg;
	return earlier != NULL && earlier(id);
}

static const struct jail_hooks hooks = {
	.earlier = on_earlier, .ban = on_ban, .prolong = on_prolong, .unban = on_unban,
};

static struct jail_config config;
static struct jail *jail;

static int
setup(void **state)
{
	struct jail_limits limits = { .tracked_max = 1000, .bans_max = 40 };

	(void)state;
	log_set_level(LEVEL_CRITICAL);
	clock_freeze(wall_from_seconds(START), (struct boot){ 5000000 });
	config = (struct jail_config){ .name = (char *)"j", .maxretry = 3,
		.maxmatches = 3, .findtime = 600, .bantime = 100 };
	jail = jail_new(&config, &limits, &hooks, NULL);
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	earlier = NULL;
	jail_free(jail);
	strings_fini(&config.ignoreip);
	buf_fini(&told);
	clock_thaw();
	return 0;
}

static struct id
id_of(const char *text)
{
	return id_from_span(span_of(text));
}

static void
fail_at(const char *id, int64_t us)
{
	struct failure f = { .id = id_of(id), .time = { us } };

	jail_failure(jail, &f, clock_wall());
}

static bool
run_jail(void)
{
	return jail_run(jail, clock_wall(), clock_boot());
}

#endif
