/* An action's queue, and what its configuration makes of it. */
#include "action/action.h"

#include <errno.h>
#include <event2/event.h>
#include <ifaddrs.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "action/action_local.h"
#include "base/log.h"
#include "base/xalloc.h"
#include "config/duration.h"
#include "config/value.h"

#define JOBS_PER_WAKE 64

static const char *const verb_names[ACTION_VERBS] = {
	"start", "ban", "reban", "prolong", "unban", "flush", "stop", "check",
	"reload"
};

const char *
action_verb_name(enum action_verb verb)
{
	return (unsigned)verb < ACTION_VERBS ? verb_names[verb] : "unknown";
}

static bool
flag(const struct properties *p, const char *key, bool fallback)
{
	const char *value = properties_get(p, key);

	return value != NULL ? value_bool(value) : fallback;
}

static double
read_timeout(const struct properties *p)
{
	const char *text = properties_get(p, "timeout");
	double seconds;

	if (text == NULL || duration_parse(span_of(text), &seconds) != 0 ||
	    !(seconds > 0))
		return COMMAND_TIMEOUT;
	return seconds;
}

static struct family_list
read_families(const struct tags *t, const struct properties *p, bool ipv6)
{
	const char *text = properties_get(p, "families");
	struct family_list l = { 0 };
	struct strings words = { 0 };

	if (text != NULL) {
		value_words(text, &words);
		if (strings_has(&words, "inet4"))
			l.v[l.n++] = ACTION_INET4;
		if (strings_has(&words, "inet6"))
			l.v[l.n++] = ACTION_INET6;
		strings_fini(&words);
	} else if (tags_has_families(t)) {
		l.v[l.n++] = ACTION_INET4;
		l.v[l.n] = ACTION_INET6;
		l.n += ipv6;
	}
	if (l.n == 0)
		l.v[l.n++] = ACTION_ALL;
	return l;
}

void
action_allow_ipv6(struct action *a, bool ipv6)
{
	if (a->by_ipv6 && action_families(a, ACTION_STARTED).n == 0)
		a->families.n = ipv6 ? 2 : 1;
}

void
action_configure(struct action *a, const struct action_config *config,
    int64_t bantime, bool ipv6)
{
	const struct properties *p = &config->props;

	tags_free(a->tags);
	a->tags = tags_new(p);
	a->bantime = bantime;
	a->timeout = read_timeout(p);
	a->on_demand = flag(p, "actionstart_on_demand",
	    tags_has_families(a->tags));
	a->norestored = flag(p, "norestored", false);
	a->repair_on_unban = flag(p, "actionrepair_on_unban", false);
	a->families = read_families(a->tags, p, ipv6);
	a->by_ipv6 = tags_has_families(a->tags) &&
	    properties_get(p, "families") == NULL;
	for (int c = TAGS_START; c <= TAGS_RELOAD; c++)
		action_forget_all(a, (enum tags_command)c);
}

static void
free_job(struct job *j)
{
	values_fini(&j->values);
	free(j);
}

static void
wake(struct action *a)
{
	event_active(a->turn, 0, 0);
}

static void
next_job(struct action *a)
{
	a->job = a->first;
	a->first = a->job->next;
	if (a->first == NULL)
		a->last = &a->first;
	action_start_job(a);
}

static void
turn_cb(evutil_socket_t fd, short what, void *arg)
{
	struct action *a = arg;

	(void)fd;
	(void)what;
	for (int i = 0; i < JOBS_PER_WAKE; i++) {
		if (a->job != NULL || a->first == NULL)
			return;
		next_job(a);
	}
	wake(a);
}

void
action_finish(struct action *a, enum action_outcome outcome)
{
	struct action_result result = {
		.verb = a->job->verb, .outcome = outcome,
		.cookie = a->job->cookie, .epoch = a->epoch,
		.state = a->state,
	};

	a->bytes -= values_size(&a->job->values);
	free_job(a->job);
	a->job = NULL;
	a->waiting--;
	if (a->first != NULL)
		wake(a);
	a->done(&result, a->arg);
}

struct action *
action_new(const struct action_options *options)
{
	struct action *a = xcalloc(1, sizeof(*a));

	a->jail = xstrdup(options->jail);
	a->name = xstrdup(options->config->name);
	a->pool = options->pool;
	a->host = options->host;
	a->done = options->done;
	a->arg = options->arg;
	a->waiting_max = options->queue_max != 0 ? options->queue_max :
	    ACTION_QUEUE_MAX;
	a->last = &a->first;
	a->turn = event_new(pool_base(a->pool), -1, 0, turn_cb, a);
	if (a->turn == NULL)
		log_fatal("gaol.action", "no memory for an event");
	action_configure(a, options->config, options->bantime, options->ipv6);
	return a;
}

void
action_free(struct action *a)
{
	struct job *j;

	if (a == NULL)
		return;
	action_run_fini(a);
	while ((j = a->first) != NULL) {
		a->first = j->next;
		free_job(j);
	}
	if (a->job != NULL)
		free_job(a->job);
	for (int c = TAGS_START; c <= TAGS_RELOAD; c++)
		action_forget_all(a, (enum tags_command)c);
	free(a->operation.text);
	free(a->invariant.check);
	buf_fini(&a->why);
	event_free(a->turn);
	tags_free(a->tags);
	free(a->jail);
	free(a->name);
	free(a);
}

static bool
needs_ticket(enum action_verb verb)
{
	return verb == ACTION_BAN || verb == ACTION_REBAN ||
	    verb == ACTION_PROLONG || verb == ACTION_UNBAN;
}

static enum action_family
family_of(const struct addr *a)
{
	return a->family == ADDR_V4 ? ACTION_INET4 :
	    a->family == ADDR_V6 ? ACTION_INET6 : ACTION_RAW;
}

int
action_ask(struct action *a, const struct action_request *request)
{
	struct job *j;

	if ((unsigned)request->verb >= ACTION_VERBS ||
	    (needs_ticket(request->verb) && request->values == NULL)) {
		errno = EINVAL;
		return -1;
	}
	if (a->waiting >= a->waiting_max || a->bytes >= ACTION_QUEUE_BYTES) {
		a->refused++;
		errno = ENOBUFS;
		return -1;
	}
	j = xcalloc(1, sizeof(*j));
	j->verb = request->verb;
	j->cookie = request->cookie;
	j->last = request->last;
	if (request->values != NULL)
		values_copy(&j->values, request->values);
	if (request->values == NULL || !values_addr(&j->values, &j->addr))
		j->addr = (struct addr){ 0 };
	j->family = family_of(&j->addr);
	a->bytes += values_size(&j->values);
	*a->last = j;
	a->last = &j->next;
	a->waiting++;
	wake(a);
	return 0;
}

void
action_resume(struct action *a, const struct action_state *state)
{
	for (uint8_t i = 0; i < state->n && i < ACTION_FAMILIES; i++)
		if (state->family[i] < ACTION_FAMILIES)
			action_set_bits(a,
			    (enum action_family)state->family[i],
			    state->bits[i] & (ACTION_STARTED | ACTION_HOLDS));
}

const char *
action_jail(const struct action *a)
{
	return a->jail;
}

const char *
action_name(const struct action *a)
{
	return a->name;
}

bool
action_prolongs(const struct action *a)
{
	const char *text = tags_raw(a->tags, TAGS_PROLONG);

	return text[strspn(text, " \t\r\n\v\f")] != '\0';
}

size_t
action_waiting(const struct action *a)
{
	return a->waiting;
}

unsigned long
action_refused(const struct action *a)
{
	return a->refused;
}

static bool
has_own_ipv6(void)
{
	struct ifaddrs *all, *i;
	bool found = false;

	if (getifaddrs(&all) != 0)
		return true;
	for (i = all; i != NULL && !found; i = i->ifa_next)
		found = i->ifa_addr != NULL &&
		    i->ifa_addr->sa_family == AF_INET6;
	freeifaddrs(all);
	return found;
}

bool
action_ipv6(const char *allowipv6)
{
	if (allowipv6 == NULL || strcasecmp(allowipv6, "auto") == 0)
		return has_own_ipv6();
	return value_bool(allowipv6);
}
