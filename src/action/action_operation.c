/* start, stop, flush and reload: one family after the other. */
#include <stdlib.h>

#include "action/action_local.h"
#include "base/xalloc.h"

static void next_family(struct action *a);

struct family_list
action_unstarted(const struct action *a, enum action_family family)
{
	struct family_list l = { 0 };

	if (family != ACTION_RAW && family != ACTION_ALL) {
		if ((action_bits(a, family) & ACTION_STARTED) == 0)
			l = family_list_of(family);
		return l;
	}
	/* An id without a family is banned by the commands of all. */
	for (uint8_t i = 0; i < a->families.n; i++)
		if ((action_bits(a, a->families.v[i]) & ACTION_STARTED) == 0)
			l.v[l.n++] = a->families.v[i];
	return l;
}

/* What a success changes. The order of the two memories is fail2ban's. */
static void
note_success(struct action *a, enum tags_command c, enum action_family f)
{
	switch (c) {
	case TAGS_START:
		action_forget(a, TAGS_STOP, f);
		action_set_bits(a, f, ACTION_STARTED);
		break;
	case TAGS_STOP:
		action_forget(a, TAGS_START, f);
		break;
	case TAGS_FLUSH:
		if (action_bits(a, f) != 0)
			action_set_bits(a, f, (uint8_t)(action_bits(a, f) &
			    (uint8_t)~ACTION_HOLDS));
		break;
	default:
		break;
	}
}

static void
family_done(struct action *a, int ok)
{
	struct action_operation *o = &a->operation;
	enum action_family f = o->families.v[o->at];

	if (ok)
		note_success(a, o->command, f);
	else
		o->failed = true;
	if (ok && o->text[0] != '\0')
		action_remember(a, o->command, f, o->text);
	else
		action_forget(a, o->command, f);
	free(o->text);
	o->text = NULL;
	o->at++;
	next_family(a);
}

static void
next_family(struct action *a)
{
	struct action_operation *o = &a->operation;

	while (o->at < o->families.n) {
		enum action_family f = o->families.v[o->at];

		o->text = tags_family_text(a->tags, o->command,
		    family_condition(f), &a->why);
		if (o->text == NULL) {
			o->failed = true;
			o->at++;
			continue;
		}
		if (action_ran_elsewhere(a, o->command, f, o->text))
			family_done(a, 1);
		else
			action_run(a, xstrdup(o->text), &a->none, f,
			    family_done);
		return;
	}
	o->then(a, !o->failed);
}

/* <time> and <bantime> of a command that is about no ticket. */
static void
set_none(struct action *a)
{
	const struct values *v = &a->job->values;

	a->none = (struct values){
		.time = clock_wall_now(), .bantime = a->bantime,
		.jail_banned = v->jail_banned,
		.jail_banned_total = v->jail_banned_total,
		.jail_found = v->jail_found,
		.jail_found_total = v->jail_found_total,
	};
}

void
action_operate(struct action *a, enum tags_command command,
    struct family_list families, action_then_fn *then)
{
	a->operation = (struct action_operation){
		.command = command, .families = families, .then = then,
	};
	set_none(a);
	if (command == TAGS_FLUSH || command == TAGS_RELOAD)
		action_forget_all(a, command);
	next_family(a);
}
