/* One command of an action, from its text to its end. */
#include <stdlib.h>

#include "action/action_local.h"
#include "base/xalloc.h"

static void prepare(struct action *a);

static void
reset(struct action_run *r)
{
	free(r->text);
	free(r->own_name);
	free(r->host_name);
	*r = (struct action_run){ 0 };
}

void
action_run_fini(struct action *a)
{
	host_cancel(a->run.query);
	command_cancel(a->run.command);
	reset(&a->run);
}

static void
done_cb(const struct command_result *result, void *arg)
{
	struct action *a = arg;
	action_then_fn *then = a->run.then;

	a->run.command = NULL;
	reset(&a->run);
	then(a, result->error == 0 && result->code == 0);
}

static void
own_name_cb(const char *name, void *arg)
{
	struct action *a = arg;

	a->run.query = NULL;
	if (name != NULL)
		a->run.own_name = xstrdup(name);
	prepare(a);
}

static void
host_name_cb(const char *name, void *arg)
{
	struct action *a = arg;

	a->run.query = NULL;
	if (name != NULL)
		a->run.host_name = xstrdup(name);
	prepare(a);
}

static void
execute(struct action *a)
{
	struct action_run *r = &a->run;
	const struct tags_context context = {
		.values = r->values, .jail = a->jail,
		.family = family_text(r->family),
		.ip_host = r->host_name, .fq_hostname = r->own_name,
	};
	const struct command_options options = { .timeout = a->timeout };
	struct escape script = { 0 };

	tags_expand(span_of(r->text), &context, &script);
	r->command = command_start(a->pool, &script, &options, done_cb, a);
}

static bool
is_host(const struct addr *a)
{
	return a->family != ADDR_NONE && addr_is_host(a);
}

/* Names are looked up one by one, and only those that the text names. */
static void
prepare(struct action *a)
{
	struct action_run *r = &a->run;
	struct span text = span_of(r->text);

	if (!r->asked_own && tags_wants(text, SPAN("fq-hostname"))) {
		r->asked_own = true;
		r->query = host_ask(a->host, NULL, own_name_cb, a);
		return;
	}
	if (!r->asked_host && r->values != NULL && is_host(&r->addr) &&
	    tags_wants(text, SPAN("ip-host"))) {
		r->asked_host = true;
		r->query = host_ask(a->host, &r->addr, host_name_cb, a);
		return;
	}
	execute(a);
}

void
action_run(struct action *a, char *text, const struct values *values,
    enum action_family family, action_then_fn *then)
{
	if (text[0] == '\0') {
		free(text);
		then(a, 1);
		return;
	}
	a->run = (struct action_run){
		.text = text, .values = values, .family = family, .then = then,
	};
	if (values == &a->job->values)
		a->run.addr = a->job->addr;
	prepare(a);
}
