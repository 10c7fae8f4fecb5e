/* What a ticket or a failure gives to the tags of a command. */
#include "process/engine_run.h"

#include <jansson.h>
#include <string.h>

#include "jail/detail.h"

static char *
id_text(const struct id *id)
{
	struct buf text = { 0 };

	id_format(id, &text);
	return text.p != NULL ? buf_take(&text) : NULL;
}

static void
add_jail(struct values *v, const struct engine_jail *j)
{
	const struct jail_counters *c = jail_counters(j->jail);

	v->jail_banned = jail_banned(j->jail);
	v->jail_banned_total = c->banned_total;
	v->jail_found = jail_failing(j->jail);
	v->jail_found_total = c->failed_total;
}

/* The data column has the groups beside what the ticket itself knows. */
static void
add_groups(struct values *v, const json_t *root)
{
	const char *name;
	json_t *value;

	json_object_foreach((json_t *)root, name, value) {
		struct span text;

		if (!json_is_string(value))
			continue;
		text = span_from(json_string_value(value),
		    json_string_length(value));
		values_add_group(v, span_of(name), text);
		if (strcmp(name, "ip") == 0 && v->ip == NULL)
			v->ip = span_dup(text);
	}
}

static void
add_data(struct values *v, const struct ticket *t)
{
	json_t *root = t->data != NULL ?
	    json_loads(t->data, JSON_ALLOW_NUL, NULL) : NULL;

	if (root == NULL)
		return;
	add_groups(v, root);
	json_decref(root);
}

/* A restored ticket has its lines in the data column until they are needed. */
static void
add_matches(struct values *v, const struct ticket *t)
{
	unsigned failures = 0;

	for (size_t i = 0; i < t->matches.n; i++)
		strings_add(&v->matches, span_of(t->matches.v[i]));
	v->failures = t->failures;
	if (t->matches.n > 0 || t->data == NULL)
		return;
	detail_read(t->data, &v->matches, &failures);
	if (v->failures == 0)
		v->failures = failures;
}

void
run_values_of_ticket(struct values *v, const struct engine_jail *j,
    const struct ticket *t)
{
	*v = (struct values){
		.fid = id_text(&t->id),
		.time = t->time,
		.time_whole = t->restored,
		.restored = t->restored,
		.bantime = t->permanent ? -1 : t->bantime,
		.bancount = t->bancount,
	};
	add_matches(v, t);
	add_data(v, t);
	add_jail(v, j);
}

void
run_values_of_failure(struct values *v, const struct engine_jail *j,
    const struct failure *f)
{
	*v = (struct values){
		.fid = id_text(&f->id),
		.time = f->time,
		.bantime = j->config->bantime,
		.failures = 1,
	};
	if (f->ip.family != ADDR_NONE) {
		const struct id ip = id_from_addr(&f->ip);

		v->ip = id_text(&ip);
	}
	for (size_t i = 0; i < f->lines_n; i++)
		strings_add(&v->matches, f->lines[i]);
	for (size_t i = 0; i < f->groups_n; i++)
		values_add_group(v, f->groups[i].name, f->groups[i].value);
	add_jail(v, j);
}
