#include "process/check.h"

#include <stddef.h>

#include "base/xalloc.h"
#include "config/jail_load.h"
#include "firewall/firewall.h"
#include "match/event_filter.h"
#include "source/journal.h"
#include "source/journal_where.h"

static const char *
first_error(const struct report *report, size_t from)
{
	for (size_t i = from; i < report->n; i++)
		if (report->v[i].level == PROBLEM_ERROR)
			return report->v[i].text;
	return "refused";
}

/* The jail's error is the first problem the step added. */
static void
break_jail(struct jail_config *jail, const struct report *report, size_t from)
{
	if (jail->error == NULL)
		jail->error = xstrdup(first_error(report, from));
}

/*
 * fail2ban's own nftables actions take whatever nft takes. What we cannot make
 * a rule of runs as the commands it stands for.
 */
static bool
leave_to_shell(const struct jail_config *jail, struct action_config *a,
    const struct report *why, struct report *report)
{
	if (a->sent.n == 0)
		return false;
	properties_fini(&a->props);
	a->props = a->sent;
	a->sent = (struct properties){ 0 };
	a->kind = ACTION_SHELL;
	report_add(report, PROBLEM_WARNING, jail->name, NULL, 0,
	    "%s; it is run as a shell action", first_error(why, 0));
	return true;
}

static void
check_rule(struct jail_config *jail, struct action_config *a,
    struct report *report)
{
	struct firewall_rule rule = { 0 };
	struct report why = { 0 };

	if (firewall_rule_parse(&rule, jail, a, &why) == 0) {
		firewall_rule_fini(&rule);
	} else if (!leave_to_shell(jail, a, &why, report)) {
		size_t from = report->n;

		for (size_t i = 0; i < why.n; i++)
			report_add(report, why.v[i].level, why.v[i].jail,
			    why.v[i].file, why.v[i].line, "%s",
			    why.v[i].text);
		break_jail(jail, report, from);
	}
	report_fini(&why);
}

static void
check_jail_rules(struct jail_config *jail, struct report *report)
{
	unsigned native = 0;

	for (size_t i = 0; i < jail->actions_n; i++) {
		size_t from = report->n;

		if (jail->actions[i].kind != ACTION_NFTABLES)
			continue;
		check_rule(jail, &jail->actions[i], report);
		native += jail->actions[i].kind == ACTION_NFTABLES;
		/* A ban notes in 32 bits which of them have it. */
		if (native == 33) {
			report_add(report, PROBLEM_ERROR, jail->name, NULL, 0,
			    "action: too many are nftables; accepted: 32");
			break_jail(jail, report, from);
			return;
		}
	}
}

void
check_rules(struct config *config, struct report *report)
{
	for (size_t i = 0; i < config->jails_n; i++) {
		if (config->jails[i].error == NULL)
			check_jail_rules(&config->jails[i], report);
	}
}

static void
check_journal(struct jail_config *jail, struct report *report)
{
	struct journal_where where;
	struct buf why = { 0 };
	size_t from = report->n;

	if (journal_where_parse(&where, jail->backend, &why) == 0)
		journal_where_fini(&where);
	if (why.n == 0)
		journal_check(&jail->filter.journalmatch, &why);
	if (why.n > 0) {
		report_add(report, PROBLEM_ERROR, jail->name, NULL, 0, "%s",
		    why.p);
		break_jail(jail, report, from);
	}
	buf_fini(&why);
}

void
check_journals(struct config *config, struct report *report)
{
	for (size_t i = 0; i < config->jails_n; i++) {
		if (config->jails[i].error == NULL &&
		    jail_reads_journal(&config->jails[i]))
			check_journal(&config->jails[i], report);
	}
}

static struct filter_options
filter_options_of(const struct config *config, const struct jail_config *jail)
{
	return (struct filter_options){
		.jail = jail->name,
		.match_limit = config->own.match_limit,
		.line_max = config->own.line_max,
		.findtime = jail->findtime,
		.logtimezone = jail->logtimezone,
		.encoding = jail->logencoding,
		.names = true,
	};
}

struct filter *
check_compile(const struct config *config, const struct jail_config *jail,
    struct report *report)
{
	struct filter_options options = filter_options_of(config, jail);

	return filter_new(&jail->filter, &options, report);
}

struct event_filter *
check_compile_events(const struct config *config,
    const struct jail_config *jail, struct report *report)
{
	struct filter_options options = filter_options_of(config, jail);

	return event_filter_new(&jail->filter, &options, report);
}

/* Bans do not hang on them: what is wrong is said, the jail stays. */
static void
check_events(const struct config *config, const struct jail_config *jail,
    struct report *report)
{
	event_filter_free(check_compile_events(config, jail, report));
}

void
check_filters(struct config *config, struct report *report)
{
	for (size_t i = 0; i < config->jails_n; i++) {
		struct jail_config *jail = &config->jails[i];
		size_t from = report->n;
		struct filter *f;

		if (jail->error != NULL)
			continue;
		f = check_compile(config, jail, report);
		if (f == NULL)
			break_jail(jail, report, from);
		else
			check_events(config, jail, report);
		filter_free(f);
	}
}
