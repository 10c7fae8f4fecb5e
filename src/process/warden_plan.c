#include "process/warden_local.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/xalloc.h"
#include "process/check.h"

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

struct warden_plan *
warden_plan_load(const struct role_options *options, struct report *report)
{
	struct config_request request = {
		.dir = options->dir,
		.share = options->share,
		.no_users = true,
	};
	struct warden_plan *p = xcalloc(1, sizeof(*p));

	p->config = config_load(&request, report);
	if (p->config == NULL) {
		free(p);
		return NULL;
	}
	check_rules(p->config, report);
	make_rules(p);
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
	plan_fini(&p->plan);
	config_free(p->config);
	free(p);
}
