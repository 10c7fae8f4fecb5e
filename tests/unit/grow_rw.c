/*
 * Two jails, "a" and "b", and their store from a shell, for tests that run
 * another program beside them:
 *
 *	grow_rw FILE MAXRETRY FINDTIME BANTIME [OPTION=VALUE…] < history
 *
 * OPTION is one of bantime.*. "at SECONDS" sets the clock and runs what is
 * due; "fail JAIL ID SECONDS" is a failure with a line of that text, "ban" and
 * "unban JAIL ID" come by hand, "set JAIL maxretry|findtime|bantime SECONDS"
 * is a reload, "restart" begins anew from the file. After each of them every
 * jail's state is printed on one line.
 */
#include <stdio.h>

#include "base/log.h"
#include "base/number.h"
#include "config/jail_load.h"
#include "grow_scene.h"

static int64_t
number(struct span s)
{
	int64_t n;

	if (number_parse(span_trim(s), -1, INT64_C(1) << 40, &n) == -1) {
		fprintf(stderr, "grow_rw: '%.*s' is no number\n",
		    SPAN_FMT(s));
		exit(2);
	}
	return n;
}

static void
set(struct place *p, struct span option, int64_t value)
{
	struct jail_config *c = &p->config;

	if (span_eq(option, SPAN("maxretry")))
		c->maxretry = value;
	else if (span_eq(option, SPAN("findtime")))
		c->findtime = (double)value;
	else
		c->bantime = value;
	jail_reconfigure(p->jail, c);
	while (jail_work(p->jail, 1))
		continue;
}

static void
do_in_jail(struct place *p, struct span verb, struct span rest)
{
	struct failure f = { 0 };
	struct span word;

	span_word(&rest, " \n", &word);
	if (span_eq(verb, SPAN("set"))) {
		set(p, word, number(rest));
		return;
	}
	f.id = id_from_span(word);
	if (span_eq(verb, SPAN("ban"))) {
		jail_ban(p->jail, &f.id, 0, clock_wall());
	} else if (span_eq(verb, SPAN("unban"))) {
		if (!jail_unban(p->jail, &f.id, UNBAN_BY_HAND))
			store_unban(store, p->config.name, &f.id);
	} else {
		f.time = wall_from_seconds(number(rest));
		f.lines[f.lines_n++] = span_trim(rest);
		f.groups[f.groups_n++] = (struct failure_group){
			SPAN("user"), span_trim(rest) };
		jail_failure(p->jail, &f, clock_wall());
	}
}

static void
obey(struct span line)
{
	struct span verb, name;

	span_word(&line, " \n", &verb);
	if (span_eq(verb, SPAN("at"))) {
		struct wall now = wall_from_seconds(number(line));

		clock_freeze(now, (struct boot){ now.us });
		for (size_t i = 0; i < JAILS; i++)
			while (jail_run(places[i].jail, now, clock_boot()))
				continue;
	} else if (span_eq(verb, SPAN("restart"))) {
		stop();
		start();
	} else if (span_word(&line, " \n", &name)) {
		do_in_jail(&places[span_eq(name, SPAN("b"))], verb, line);
	}
}

static int
by_text(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static void
print(const struct place *p)
{
	const struct jail_counters *c = jail_counters(p->jail);
	struct ticket *t = jail_ban_first(p->jail);
	struct strings all = { 0 };

	for (; t != NULL; t = jail_ban_next(p->jail, t)) {
		struct buf b = { 0 };

		id_format(&t->id, &b);
		buf_addf(&b, ",%lld,%lld,%lld,%u,%u,%d",
		    (long long)wall_seconds(t->time),
		    (long long)(t->permanent ? -1 : t->bantime),
		    (long long)jail_left(p->jail, t, clock_boot()), t->bancount,
		    t->failures, t->restored);
		strings_take(&all, buf_take(&b));
	}
	if (all.n > 0)
		qsort(all.v, all.n, sizeof(*all.v), by_text);
	printf("%s %llu %zu %llu", p->config.name,
	    (unsigned long long)c->failed_total, jail_failing(p->jail),
	    (unsigned long long)c->banned_total);
	for (size_t i = 0; i < all.n; i++)
		printf(" %s", all.v[i]);
	putchar('\n');
	strings_fini(&all);
}

static void
configure(struct place *p, const char *name, int argc, char **argv)
{
	static const char *const first[] = { "maxretry", "findtime",
		"bantime" };
	struct buf why = { 0 };

	p->config.name = xstrdup(name);
	p->config.backend = xstrdup("polling");
	for (int i = 0; i < argc; i++) {
		struct span value = span_of(argv[i]), key;
		char *text;

		if (i < 3) {
			properties_set(&p->config.settings, first[i], argv[i]);
			continue;
		}
		span_cut(&value, '=', &key);
		text = span_dup(key);
		properties_set(&p->config.settings, text, value.p);
		free(text);
	}
	if (jail_derive(&p->config, &why) != 0) {
		fprintf(stderr, "grow_rw: %s\n", why.p);
		exit(2);
	}
}

int
main(int argc, char **argv)
{
	char line[256];

	if (argc < 5)
		return 2;
	log_set_level(LEVEL_CRITICAL);
	path = argv[1];
	base = event_base_new();
	clock_freeze(wall_from_seconds(1700000000),
	    (struct boot){ 1700000000 * CLOCK_SECOND });
	for (size_t i = 0; i < JAILS; i++)
		configure(&places[i], i == 0 ? "a" : "b", argc - 2, argv + 2);
	start();
	while (fgets(line, sizeof(line), stdin) != NULL) {
		obey(span_of(line));
		settle();
		for (size_t i = 0; i < JAILS; i++)
			print(&places[i]);
	}
	stop();
	for (size_t i = 0; i < JAILS; i++)
		jail_fini(&places[i].config);
	event_base_free(base);
	return 0;
}
