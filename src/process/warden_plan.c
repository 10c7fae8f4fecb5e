#include "process/warden_local.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/xalloc.h"
#include "config/splice.h"
#include "process/check.h"
#include "process/sheet.h"

static void
make_rules(struct warden_plan *p)
{
	struct report ignored = { 0 };

	plan_make(&p->plan, p->config);
	p->rules = xcalloc(p->plan.rules_n + 1, sizeof(*p->rules));
	for (size_t i = 0; i < p->plan.rules_n; i++) {
		const struct plan_rule *r = &p->plan.rules[i];
		const struct jail_config *jail = &p->config->jails[r->jail];

		/* check_rules() has marked jails whose action is bad. */
		if (firewall_rule_parse(&p->rules[i], jail,
			&jail->actions[r->action], &ignored) == -1)
			abort();
	}
	report_fini(&ignored);
}

/* What runs now is known in full only by the sheet that the engine got. */
static struct config *
splice(const struct warden_plan *now, struct config *fresh, const char *jail,
    struct report *report)
{
	struct buf running = { 0 };
	struct config *c = NULL;

	if (sheet_read(now->sheet, &running) == 0) {
		c = config_splice(buf_span(&running), fresh, jail, report);
	} else {
		report_add(report, PROBLEM_ERROR, jail, NULL, 0,
		    "the running configuration cannot be read: %s",
		    strerror(errno));
		config_free(fresh);
	}
	buf_fini(&running);
	return c;
}

struct warden_plan *
warden_plan_load(const struct role_options *options,
    const struct warden_plan *now, const char *jail, struct report *report)
{
	struct config_request request = {
		.dir = options->dir,
		.share = options->share,
		.no_users = true,
		.decide_nologs = true,
	};
	struct warden_plan *p = xcalloc(1, sizeof(*p));

	p->sheet = -1;
	p->config = config_load(&request, report);
	if (p->config != NULL && now != NULL && jail != NULL)
		p->config = splice(now, p->config, jail, report);
	if (p->config == NULL) {
		free(p);
		return NULL;
	}
	check_journals(p->config, report);
	check_rules(p->config, report);
	make_rules(p);
	warden_journal_where(p);
	return p;
}

void
warden_plan_shrink(struct warden_plan *p)
{
	for (size_t i = 0; i < p->config->jails_n; i++) {
		filter_config_fini(&p->config->jails[i].filter);
		properties_fini(&p->config->jails[i].settings);
	}
	xtrim();
}

void
warden_plan_free(struct warden_plan *p)
{
	if (p == NULL)
		return;
	for (size_t i = 0; i < p->plan.rules_n; i++)
		firewall_rule_fini(&p->rules[i]);
	free(p->rules);
	warden_journal_where_fini(p);
	if (p->sheet != -1)
		close(p->sheet);
	plan_fini(&p->plan);
	strings_fini(&p->added);
	config_free(p->config);
	free(p);
}
