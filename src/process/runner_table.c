#include "process/runner_local.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "base/xalloc.h"
#include "process/check.h"
#include "process/never.h"
#include "process/run_plan.h"

#define LOGGER "gaol.runner"

/* --- rights ---------------------------------------------------------- */

/*
 * no_new_privs is not set, on purpose: a mail command is often setgid, and
 * sudo is what an action_user may need.
 */
static int
become(uid_t uid, gid_t gid)
{
	const struct passwd *pw = getpwuid(uid);
	int rc = pw != NULL ? initgroups(pw->pw_name, gid) :
	    setgroups(0, NULL);

	if (rc == -1 || setresgid(gid, gid, gid) == -1 ||
	    setresuid(uid, uid, uid) == -1)
		return -1;
	if (setuid(0) == 0) {
		errno = EPERM;
		return -1;
	}
	return 0;
}

static int
drop(struct runner *r, const struct own_config *own, struct buf *why)
{
	if (own->action_uid == -1) {
		buf_adds(why, "action_user is no user of this system");
		return -1;
	}
	if (r->dropped || r->options->single || own->action_uid == 0)
		return 0;
	if (become((uid_t)own->action_uid, (gid_t)own->action_gid) == -1)
		log_fatal(LOGGER, "cannot become action_user (%lld): %s",
		    (long long)own->action_uid, strerror(errno));
	r->dropped = true;
	return 0;
}

/* --- reading --------------------------------------------------------- */

static bool
find_in_files(struct runner_jail *j, struct runner_source *source)
{
	const struct config *config = source->config;
	char own[SHA1_HEX];

	for (size_t i = 0; i < config->jails_n; i++) {
		run_plan_digest(&config->jails[i], own);
		if (memcmp(own, j->digest.hex, WIRE_DIGEST) != 0)
			continue;
		j->source = source;
		j->config = &config->jails[i];
		return true;
	}
	return false;
}

static bool
find_in_table(struct runner_jail *j, const struct runner_table *t,
    const struct config *files)
{
	for (size_t i = 0; t != NULL && i < t->jails_n; i++) {
		const struct runner_jail *had = &t->jails[i];

		if (had->source == NULL || memcmp(had->digest.hex,
			j->digest.hex, WIRE_DIGEST) != 0)
			continue;
		if (had->source->given && !files->own.runtime_commands) {
			j->refused = true;
			continue;
		}
		j->source = had->source;
		j->config = had->config;
		return true;
	}
	return false;
}

/* True: each was found. */
static bool
find_jails(const struct runner *r, struct runner_table *t,
    struct runner_source *source)
{
	bool all = true;

	for (size_t i = 0; i < t->jails_n; i++)
		all &= runner_given_find(r, &t->jails[i], source->config) ||
		    find_in_files(&t->jails[i], source) ||
		    find_in_table(&t->jails[i], r->newest, source->config);
	return all;
}

void
runner_source_unref(struct runner_source *source)
{
	if (source == NULL || --source->refs > 0)
		return;
	config_free(source->config);
	trie_free(source->never);
	free(source);
}

/* Its problems are the warden's to tell: it has read the same. */
static struct runner_source *
load(const struct runner *r)
{
	const struct config_request request = {
		.dir = r->options->dir,
		.share = r->options->share,
	};
	struct report ignored = { 0 };
	struct config *config = config_load(&request, &ignored);
	struct runner_source *source;

	/* A stock nftables action that makes no rule is ours to run. */
	if (config != NULL)
		check_rules(config, &ignored);
	report_fini(&ignored);
	if (config == NULL)
		return NULL;
	source = xcalloc(1, sizeof(*source));
	source->config = config;
	source->never = never_new(config, NULL, 0);
	source->refs = 1;
	return source;
}

/* --- tables ---------------------------------------------------------- */

static void
action_unref(struct runner_action *a)
{
	if (a == NULL || --a->refs > 0)
		return;
	action_free(a->action);
	free(a);
}

static void
table_fini(struct runner_table *t)
{
	for (size_t i = 0; i < t->jails_n; i++) {
		struct runner_jail *j = &t->jails[i];

		for (size_t k = 0; k < j->actions_n; k++)
			action_unref(j->actions[k]);
		free(j->actions);
		ignorecommand_free(j->ignore);
		runner_source_unref(j->source);
	}
	free(t->jails);
	free(t);
}

/*
 * Commands that are given replace those of a running action, as `set JAIL
 * action` does; text of the files makes another one of it.
 */
static bool
goes_on(const struct action_config *running, const struct action_config *next,
    bool given)
{
	return given ? strcmp(running->name, next->name) == 0 :
	    run_plan_same(running, next);
}

/* The running action of this name and text, in the table before. */
static struct runner_action *
find_same(const struct runner_table *t, const char *jail,
    const struct action_config *config, bool given)
{
	for (size_t i = 0; t != NULL && i < t->jails_n; i++) {
		const struct runner_jail *j = &t->jails[i];

		if (j->source == NULL || strcmp(j->config->name, jail) != 0)
			continue;
		for (size_t k = 0; k < j->actions_n; k++)
			if (j->actions[k] != NULL &&
			    goes_on(j->actions[k]->config, config, given))
				return j->actions[k];
	}
	return NULL;
}

static struct runner_action *
make_action(struct runner *r, const struct runner_jail *j,
    const struct action_config *config, bool ipv6)
{
	const struct jail_config *jail = j->config;
	struct runner_action *a = find_same(r->newest, jail->name, config,
	    j->source->given);
	const struct action_options options = {
		.jail = jail->name,
		.config = config,
		.bantime = jail->bantime,
		.ipv6 = ipv6,
		.pool = r->pool,
		.host = r->host,
		.done = runner_action_done,
		.arg = r,
	};

	if (a == NULL) {
		a = xcalloc(1, sizeof(*a));
		a->action = action_new(&options);
	} else {
		action_configure(a->action, config, jail->bantime, ipv6);
	}
	a->config = config;
	a->refs++;
	return a;
}

static struct ignorecommand *
make_ignore(struct runner *r, const struct jail_config *jail)
{
	const struct ignorecommand_options options = {
		.jail = jail->name,
		.command = jail->ignorecommand,
		.cache = properties_get(&jail->settings, "ignorecache"),
		.pool = r->pool,
		.host = r->host,
		.done = runner_ignore_done,
		.arg = r,
	};
	struct buf why = { 0 };
	struct ignorecommand *made;

	made = ignorecommand_new(&options, &why);
	if (made == NULL)
		log_error(LOGGER, "[%s] ignorecommand is not used: %s",
		    jail->name, log_text(buf_span(&why)));
	buf_fini(&why);
	return made;
}

static void
make_jail(struct runner *r, struct runner_jail *j, bool ipv6)
{
	const struct jail_config *jail = j->config;

	j->source->refs++;
	j->actions = xcalloc(jail->actions_n + 1, sizeof(*j->actions));
	j->actions_n = jail->actions_n;
	for (size_t i = 0; i < jail->actions_n; i++)
		if (run_plan_is_shell(&jail->actions[i]))
			j->actions[i] = make_action(r, j, &jail->actions[i],
			    ipv6);
	if (run_plan_asks(jail))
		j->ignore = make_ignore(r, jail);
}

static struct runner_table *
table_new(uint32_t generation, const struct wire_digest *digests, size_t n)
{
	struct runner_table *t = xcalloc(1, sizeof(*t));

	t->generation = generation;
	t->jails = xcalloc(n + 1, sizeof(*t->jails));
	t->jails_n = n;
	for (size_t i = 0; i < n; i++)
		t->jails[i].digest = digests[i];
	return t;
}

static struct runner_source *
find_all(const struct runner *r, struct runner_table *t, struct buf *why)
{
	struct runner_source *source = load(r);

	if (source != NULL && find_jails(r, t, source))
		return source;
	/* One is missing: perhaps somebody was just writing it. */
	runner_source_unref(source);
	for (size_t i = 0; i < t->jails_n; i++)
		t->jails[i].source = NULL;
	source = load(r);
	if (source == NULL)
		buf_adds(why, "the configuration cannot be read");
	else
		find_jails(r, t, source);
	return source;
}

static bool
ipv6_of(const struct runner *r, const char *configured)
{
	switch (r->ipv6) {
	case RUN_IPV6_NO: return false;
	case RUN_IPV6_YES: return true;
	case RUN_IPV6_AUTO: return action_ipv6("auto");
	case RUN_IPV6_FILES: break;
	}
	return action_ipv6(configured);
}

void
runner_table_allow_ipv6(struct runner *r)
{
	struct runner_table *t = r->newest;
	bool ipv6;

	/* What the files say counts as they are read: a table comes. */
	if (t == NULL || r->ipv6 == RUN_IPV6_FILES)
		return;
	ipv6 = ipv6_of(r, NULL);
	for (size_t i = 0; i < t->jails_n; i++)
		for (size_t k = 0; k < t->jails[i].actions_n; k++)
			if (t->jails[i].actions[k] != NULL)
				action_allow_ipv6(t->jails[i].actions[k]->action,
				    ipv6);
}

int
runner_table_add(struct runner *r, uint32_t generation,
    const struct wire_digest *digests, size_t n, struct buf *why)
{
	struct runner_table *t = table_new(generation, digests, n);
	struct runner_source *source = find_all(r, t, why);
	bool ipv6;

	if (source == NULL || drop(r, &source->config->own, why) == -1) {
		runner_source_unref(source);
		free(t->jails);
		free(t);
		return -1;
	}
	ipv6 = ipv6_of(r, source->config->main.allowipv6);
	for (size_t i = 0; i < n; i++)
		if (t->jails[i].source != NULL)
			make_jail(r, &t->jails[i], ipv6);
	runner_source_unref(source);
	t->older = r->newest;
	r->newest = t;
	runner_table_forget(r, RUNNER_TABLES_MAX, 0);
	return 0;
}

void
runner_table_forget(struct runner *r, size_t keep, uint32_t generation)
{
	struct runner_table **at = &r->newest;
	size_t n = 0;

	/*
	 * What is older than one that goes, goes too, whatever numbers the
	 * engine gave them: an action that two tables share has its
	 * configuration from the newer one.
	 */
	while (*at != NULL && n < keep && (*at)->generation >= generation) {
		at = &(*at)->older;
		n++;
	}
	while (*at != NULL) {
		struct runner_table *t = *at;

		*at = t->older;
		table_fini(t);
	}
}

bool
runner_table_refused(const struct runner *r, uint32_t generation,
    uint32_t jail)
{
	const struct runner_table *t = r->newest;

	return t != NULL && t->generation == generation &&
	    jail < t->jails_n && t->jails[jail].source == NULL &&
	    t->jails[jail].refused;
}

struct runner_jail *
runner_table_jail(const struct runner *r, uint32_t generation, uint32_t jail)
{
	struct runner_table *t = r->newest;

	while (t != NULL && t->generation != generation)
		t = t->older;
	if (t == NULL || jail >= t->jails_n || t->jails[jail].source == NULL)
		return NULL;
	return &t->jails[jail];
}
