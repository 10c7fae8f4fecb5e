/*
 * A jail from a shell, for tests that run another program beside it:
 *
 *	jail_rw MAXRETRY FINDTIME BANTIME < history
 *
 * "at SECONDS" sets the clock and runs what is due; "fail ID SECONDS" is a
 * failure. Prints "ban ID TIME FAILURES", "prolong ID BANTIME",
 * "expire ID", and at the end "state FAILED FAILING BANNED TOTAL".
 */
#include "jail/jail.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/log.h"
#include "base/number.h"

static void
print(const char *what, const struct ticket *t)
{
	struct buf id = { 0 };

	id_format(&t->id, &id);
	printf("%s %s", what, id.p);
	buf_fini(&id);
}

static void
on_ban(struct jail *j, struct ticket *t, void *arg)
{
	(void)j;
	(void)arg;
	print("ban", t);
	printf(" %lld %u\n", (long long)wall_seconds(t->time), t->failures);
}

static void
on_prolong(struct jail *j, struct ticket *t, void *arg)
{
	(void)j;
	(void)arg;
	print("prolong", t);
	printf(" %lld\n", (long long)t->bantime);
}

static void
on_unban(struct jail *j, struct ticket *t, enum jail_unban_why why, void *arg)
{
	(void)j;
	(void)why;
	(void)arg;
	print("expire", t);
	putchar('\n');
}

static int64_t
number(struct span s)
{
	int64_t n;

	if (number_parse(s, -1, INT64_C(1) << 40, &n) == -1) {
		fprintf(stderr, "jail_rw: '%.*s' is no number\n",
		    SPAN_FMT(s));
		exit(2);
	}
	return n;
}

static void
obey(struct jail *j, struct span line)
{
	struct failure f = { 0 };
	struct span verb, id;

	if (!span_word(&line, " \n", &verb))
		return;
	if (span_eq(verb, SPAN("at"))) {
		f.time = wall_from_seconds(number(span_trim(line)));
		clock_freeze(f.time, (struct boot){ f.time.us });
		while (jail_run(j, clock_wall(), clock_boot()))
			continue;
	} else if (span_word(&line, " \n", &id)) {
		f.id = id_from_span(id);
		f.time = wall_from_seconds(number(span_trim(line)));
		jail_failure(j, &f, clock_wall());
	}
}

int
main(int argc, char **argv)
{
	static const struct jail_hooks hooks = { .ban = on_ban,
		.prolong = on_prolong, .unban = on_unban };
	const struct jail_limits limits = { 10000, 10000 };
	struct jail_config config = { .name = (char *)"j" };
	struct jail *j;
	char line[256];

	if (argc != 4)
		return 2;
	log_set_level(LEVEL_CRITICAL);
	config.maxretry = number(span_of(argv[1]));
	config.findtime = (double)number(span_of(argv[2]));
	config.bantime = number(span_of(argv[3]));
	j = jail_new(&config, &limits, &hooks, NULL);
	while (fgets(line, sizeof(line), stdin) != NULL)
		obey(j, span_of(line));
	printf("state %llu %zu %zu %llu\n",
	    (unsigned long long)jail_counters(j)->failed_total,
	    jail_failing(j), jail_banned(j),
	    (unsigned long long)jail_counters(j)->banned_total);
	jail_free(j);
	return 0;
}
