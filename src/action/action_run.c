/* One command of an action, from its text to its end. */
#include <stdlib.h>

#include "action/action_local.h"

static void
reset(struct action_run *r)
{
	names_fini(&r->names);
	free(r->text);
	*r = (struct action_run){ 0 };
}

void
action_run_fini(struct action *a)
{
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
execute(void *arg)
{
	struct action *a = arg;
	struct action_run *r = &a->run;
	const struct tags_context context = {
		.values = r->values, .jail = a->jail,
		.family = family_text(r->family),
		.ip_host = r->names.of_addr, .fq_hostname = r->names.own,
	};
	const struct command_options options = { .timeout = a->timeout };
	struct escape script = { 0 };

	tags_expand(span_of(r->text), &context, &script);
	r->command = command_start(a->pool, &script, &options, done_cb, a);
}

void
action_run(struct action *a, char *text, const struct values *values,
    enum action_family family, action_then_fn *then)
{
	struct action_run *r = &a->run;

	if (text[0] == '\0') {
		free(text);
		then(a, 1);
		return;
	}
	*r = (struct action_run){
		.text = text, .values = values, .family = family, .then = then,
		.names = { .host = a->host, .done = execute, .arg = a },
	};
	if (values == &a->job->values)
		r->names.addr = a->job->addr;
	names_find(&r->names, span_of(text));
}
