/*
 * The tags ipmatches, ipjailmatches, ipfailures and ipjailfailures speak of
 * all bans of an address that the database knows. A job of an action that
 * names one of them waits at the head of its queue until they have been read;
 * other actions do not wait with it, nor does anything else.
 */
#include "process/engine_run.h"

#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"
#include "jail/detail.h"

struct run_merge {
	struct run_job *job;           /* NULL: it is gone */
	struct engine_run *run;
	unsigned asked;                /* answers that have not come */
	bool added;                    /* to values that are packed already */
	struct store_merged of_jail;
	struct store_merged of_all;
};

bool
run_merge_wanted(const struct action_config *config)
{
	static const char *const tags[] = {
		"<ipmatches", "<ipjailmatches", "<ipfailures",
		"<ipjailfailures",
	};

	for (size_t i = 0; i < config->props.n; i++)
		for (size_t k = 0; k < sizeof(tags) / sizeof(tags[0]); k++)
			if (strstr(config->props.v[i].value, tags[k]) != NULL)
				return true;
	return false;
}

static void
merge_free(struct run_merge *m)
{
	strings_fini(&m->of_jail.matches);
	strings_fini(&m->of_all.matches);
	free(m);
}

static void
answered(struct run_merge *m)
{
	struct engine_run *run = m->run;
	struct run_job *job = m->job;

	if (--m->asked > 0)
		return;
	if (job == NULL)
		merge_free(m);
	else
		run_action_pump(run, job->action);
}

static void
take(struct store_merged *to, int error, struct store_merged *from)
{
	if (error != 0)
		return;
	*to = *from;
	from->matches = (struct strings){ 0 };
}

static void
on_jail(int error, struct store_merged *merged, void *arg)
{
	struct run_merge *m = arg;

	take(&m->of_jail, error, merged);
	answered(m);
}

static void
on_all(int error, struct store_merged *merged, void *arg)
{
	struct run_merge *m = arg;

	take(&m->of_all, error, merged);
	answered(m);
}

/* The address seen, where that is not what is banned. NULL: it is. */
static char *
other_address(const struct run_job *job)
{
	const struct engine_jail *j = job->action->jail;
	struct values v;
	struct ticket *t;
	char *ip;

	if (job->packed.n > 0) {
		if (values_unpack(buf_span(&job->packed), &v) == -1)
			return NULL;
		ip = v.ip;
		v.ip = NULL;
		values_fini(&v);
		return ip;
	}
	t = j != NULL ? jail_find(j->jail, &job->id) : NULL;
	return t != NULL ? detail_group(t->data, "ip") : NULL;
}

static void
ask(struct run_merge *m)
{
	struct store *store = m->run->engine->store;
	char *ip = other_address(m->job);
	struct id id = ip != NULL ? id_from_span(span_of(ip)) : m->job->id;

	if (store != NULL) {
		m->asked += store_merged(store, m->job->action->jail_name,
		    &id, on_jail, m);
		m->asked += store_merged(store, NULL, &id, on_all, m);
	}
	free(ip);
}

bool
run_merge_ready(struct engine_run *run, struct run_job *job)
{
	if (!job->action->merged)
		return true;
	if (job->merge == NULL) {
		job->merge = xcalloc(1, sizeof(*job->merge));
		job->merge->job = job;
		job->merge->run = run;
		ask(job->merge);
	}
	return job->merge->asked == 0;
}

static void
add(uint32_t *failures, struct strings *lines, const struct values *v,
    const struct store_merged *merged)
{
	strings_fini(lines);
	*failures = merged->known ? merged->failures : v->failures;
	strings_copy(lines, merged->known ? &merged->matches : &v->matches);
}

void
run_merge_add(const struct run_job *job, struct values *v)
{
	const struct run_merge *m = job->merge;

	if (m == NULL || !m->of_all.known)
		return;
	v->merged = true;
	add(&v->ipfailures, &v->ipmatches, v, &m->of_all);
	add(&v->ipjailfailures, &v->ipjailmatches, v, &m->of_jail);
}

void
run_merge_repack(struct run_job *job)
{
	struct values v;

	if (job->merge == NULL || job->merge->added ||
	    !job->merge->of_all.known ||
	    values_unpack(buf_span(&job->packed), &v) == -1)
		return;
	job->merge->added = true;
	run_merge_add(job, &v);
	buf_clear(&job->packed);
	values_pack(&v, &job->packed);
	values_fini(&v);
}

void
run_merge_forget(struct run_job *job)
{
	struct run_merge *m = job->merge;

	job->merge = NULL;
	if (m == NULL)
		return;
	m->job = NULL;
	if (m->asked == 0)
		merge_free(m);
}
