#include "process/runner.h"

#include <errno.h>
#include <event2/event.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/log.h"
#include "base/xalloc.h"
#include "process/never.h"
#include "process/run_plan.h"
#include "process/runner_local.h"
#include "process/sheet.h"

#define LOGGER "gaol.runner"
#define FILES_USUAL 1024

_Static_assert(sizeof(((struct wire_run_memory *)0)->family) ==
    ACTION_FAMILIES, "wire_run_memory");

/* --- answers --------------------------------------------------------- */

static void
answer(struct runner *r, const struct wire_run_done *m)
{
	if (r->engine != NULL && port_send(r->engine, m, sizeof(*m), -1) == -1)
		log_error(LOGGER, "cannot answer the engine: %s",
		    strerror(errno));
}

void
runner_action_done(const struct action_result *result, void *arg)
{
	struct wire_run_done m = {
		.type = WIRE_RUN_DONE,
		.outcome = (uint32_t)result->outcome,
		.seq = result->cookie,
		.epoch = result->epoch,
		.memory.n = result->state.n,
	};

	memcpy(m.memory.family, result->state.family, ACTION_FAMILIES);
	memcpy(m.memory.bits, result->state.bits, ACTION_FAMILIES);
	answer(arg, &m);
}

void
runner_ignore_done(uint64_t cookie, bool ignored, bool answered, void *arg)
{
	struct wire_run_done m = {
		.type = WIRE_RUN_DONE,
		.seq = cookie,
	};

	m.outcome = !answered ? IGNORED_UNANSWERED :
	    ignored ? IGNORED_YES : IGNORED_NO;
	answer(arg, &m);
}

static void
answer_failed(struct runner *r, const struct wire_run *ask)
{
	const struct wire_run_done m = {
		.type = WIRE_RUN_DONE,
		.outcome = ask->action == WIRE_RUN_IGNORE ?
		    IGNORED_UNANSWERED : ACTION_ERROR,
		.seq = ask->seq,
	};

	answer(r, &m);
}

/* --- requests -------------------------------------------------------- */

static struct action *
find_action(const struct runner *r, uint32_t generation, uint32_t jail,
    uint32_t action)
{
	const struct runner_jail *j = runner_table_jail(r, generation, jail);

	if (j == NULL || action >= j->actions_n || j->actions[action] == NULL)
		return NULL;
	return j->actions[action]->action;
}

/*
 * Could a command take it for an address (short, octal or hexadecimal forms,
 * ranges, lists), for an option, or for two words? A raw id that could is
 * refused: what it would ban is not what was checked.
 */
static bool
is_plain_id(struct span text)
{
	static const char numeric[] = "0123456789abcdefABCDEFxX.:/,-";
	bool word = false;

	if (text.n == 0 || text.p[0] == '-' ||
	    span_eq_nocase(text, SPAN("localhost")))
		return false;
	for (size_t i = 0; i < text.n; i++) {
		if ((unsigned char)text.p[i] <= ' ' || text.p[i] == ',')
			return false;
		word |= memchr(numeric, text.p[i], sizeof(numeric) - 1) == NULL;
	}
	return word;
}

/* 0, or errno: whom the never-list holds, or text that is no safe id. */
static int
refuses(const struct runner_jail *j, const char *text, bool bans)
{
	struct addr a;
	int error;

	if (text == NULL)
		return 0;
	if (addr_parse_net(span_of(text), &a) == 0) {
		error = bans ? never_refuses(j->source->never, &a) : 0;
		return error != 0 || !bans ? error :
		    never_too_wide(&j->source->config->own, j->config, &a);
	}
	return is_plain_id(span_of(text)) ? 0 : EINVAL;
}

/*
 * A command must not be turned against this machine by an engine that was
 * taken over. Its own addresses are not known here: list them in ignoreip of
 * [DEFAULT].
 */
static int
check_ticket(const struct runner_jail *j, const struct wire_run *m,
    const struct values *v)
{
	bool bans = m->verb == ACTION_BAN || m->verb == ACTION_REBAN ||
	    m->verb == ACTION_PROLONG;
	int refused;

	if (v == NULL || j == NULL || j->source == NULL)
		return 0;
	refused = refuses(j, v->fid, bans);
	if (refused == 0)
		refused = refuses(j, v->ip, bans);
	if (refused == 0)
		return 0;
	errno = refused;
	return -1;
}

static int
run_action(struct runner *r, const struct wire_run *m, const struct values *v)
{
	struct action *a = find_action(r, m->generation, m->jail, m->action);
	const struct action_request request = {
		.verb = (enum action_verb)m->verb,
		.cookie = m->seq,
		.values = v,
		.last = m->last != 0,
	};

	if (a == NULL || m->verb >= ACTION_VERBS) {
		errno = ESTALE;
		return -1;
	}
	if (check_ticket(runner_table_jail(r, m->generation, m->jail), m,
		v) == -1)
		return -1;
	return action_ask(a, &request);
}

static int
run_ignore(struct runner *r, const struct wire_run *m, const struct values *v)
{
	const struct runner_jail *j = runner_table_jail(r, m->generation,
	    m->jail);

	if (j == NULL || j->ignore == NULL || v == NULL) {
		errno = ESTALE;
		return -1;
	}
	if (check_ticket(j, m, v) == -1)
		return -1;
	return ignorecommand_ask(j->ignore, v, m->seq);
}

static void
complain(const struct wire_run *m, const struct values *v, int error)
{
	const char *what = m->action == WIRE_RUN_IGNORE ? "ignorecommand" :
	    m->verb < ACTION_VERBS ? action_verb_name(m->verb) : "?";
	const char *why = error == ESTALE ? "its number is not known" :
	    error == EINVAL ? "a command could take it for something else" :
	    strerror(error);

	log_error(LOGGER, "request of the engine not served: %s of '%s': %s",
	    what, v != NULL && v->fid != NULL ? log_text(span_of(v->fid)) :
	    "", why);
}

/* v NULL: no ticket. */
static void
run(struct runner *r, const struct wire_run *m, const struct values *v)
{
	int rc = m->action == WIRE_RUN_IGNORE ? run_ignore(r, m, v) :
	    run_action(r, m, v);

	if (rc == 0)
		return;
	complain(m, v, errno);
	answer_failed(r, m);
}

static void
run_ticket(struct runner *r, const struct wire_run *m, int fd)
{
	struct buf packed = { 0 };
	struct values v;

	if (sheet_read_most(fd, VALUES_PACKED_MAX, &packed) == -1 ||
	    values_unpack(buf_span(&packed), &v) == -1) {
		log_error(LOGGER, "values of the engine not taken: %s",
		    strerror(errno));
		answer_failed(r, m);
	} else {
		run(r, m, &v);
		values_fini(&v);
	}
	buf_fini(&packed);
	close(fd);
}

static void
resume(struct runner *r, const struct wire_run_resume *m)
{
	struct action *a = find_action(r, m->generation, m->jail, m->action);
	struct action_state state = { .n = m->memory.n };

	if (a == NULL || state.n > ACTION_FAMILIES)
		return;
	for (size_t i = 0; i < state.n; i++) {
		if (m->memory.family[i] >= ACTION_FAMILIES)
			return;
		state.family[i] = m->memory.family[i];
		state.bits[i] = m->memory.bits[i] &
		    (ACTION_STARTED | ACTION_HOLDS);
	}
	action_resume(a, &state);
}

static void
send_state(struct runner *r, uint32_t generation, uint32_t jail, int error,
    const char *text)
{
	struct wire_run_state m = {
		.type = WIRE_RUN_STATE,
		.generation = generation,
		.jail = jail,
		.error = error,
		.pid = (uint32_t)getpid(),
	};

	snprintf(m.text, sizeof(m.text), "%s", text);
	port_send(r->engine, &m, sizeof(m), -1);
}

static void
refuse_jail(struct runner *r, uint32_t generation, uint32_t jail)
{
	if (runner_table_jail(r, generation, jail) != NULL)
		return;
	if (runner_table_refused(r, generation, jail))
		send_state(r, generation, jail, EPERM, "its commands came "
		    "over the control socket, and gaol.conf has no "
		    "runtime_commands = true");
	else
		send_state(r, generation, jail, ESTALE, "its actions in the "
		    "files are not those in force; a reload takes them over");
}

static void
configure(struct runner *r, const struct wire_config *ask, size_t n)
{
	const struct wire_digest *digests =
	    (const struct wire_digest *)(ask + 1);
	struct buf why = { 0 };

	if (runner_table_add(r, ask->generation, digests, n, &why) == -1) {
		log_error(LOGGER, "no shell command is run: %s", why.p);
		send_state(r, ask->generation, WIRE_RUN_ALL, ESTALE, why.p);
	} else {
		for (uint32_t i = 0; i < n; i++)
			refuse_jail(r, ask->generation, i);
		send_state(r, ask->generation, WIRE_RUN_ALL, 0, "");
	}
	runner_given_fini(r);
	buf_fini(&why);
}

/* Nothing of it is looked at here: that needs runtime_commands. */
static void
take_given(struct runner *r, const struct wire_given *m, int fd)
{
	struct buf text = { 0 };

	if (sheet_read_most(fd, RUN_PLAN_TEXT_MAX, &text) == -1 ||
	    runner_given_add(r, buf_span(&text), m->bantime) == -1)
		log_error(LOGGER, "commands of the engine not taken: %s",
		    strerror(errno));
	buf_fini(&text);
	close(fd);
}

static void
take_cache(struct runner *r, const struct wire_run_cache *m)
{
	const struct runner_jail *j = runner_table_jail(r, m->generation,
	    m->jail);

	if (j == NULL || j->ignore == NULL)
		return;
	if (memchr(m->key, '\0', sizeof(m->key)) == NULL ||
	    ignorecommand_set_cache(j->ignore, m->count > 0 ? m->key : NULL,
		m->count, (double)m->ms / 1000) == -1)
		log_error(LOGGER, "[%s] the engine's ignorecache is none",
		    j->config->name);
}

static void
take_ipv6(struct runner *r, const struct wire_run_ipv6 *m)
{
	if (m->mode > RUN_IPV6_YES)
		return;
	r->ipv6 = (enum wire_ipv6)m->mode;
	runner_table_allow_ipv6(r);
}

static void
engine_message(uint32_t type, const void *body, size_t records, int fd,
    void *arg)
{
	struct runner *r = arg;

	clock_tick();
	switch (type) {
	case WIRE_RUN_CONFIG:
		configure(r, body, records);
		break;
	case WIRE_RUN_GIVEN:
		take_given(r, body, fd);
		break;
	case WIRE_RUN_IPV6:
		take_ipv6(r, body);
		break;
	case WIRE_RUN_CACHE:
		take_cache(r, body);
		break;
	case WIRE_RUN_RESUME:
		resume(r, body);
		break;
	case WIRE_RUN:
		run(r, body, NULL);
		break;
	case WIRE_RUN_TICKET:
		run_ticket(r, body, fd);
		break;
	case WIRE_RUN_FORGET:
		runner_table_forget(r, RUNNER_TABLES_MAX,
		    ((const struct wire_config *)body)->generation);
		break;
	}
}

/* Nobody is left to ask for anything; the parent judges why. */
static void
engine_closed(const char *why, void *arg)
{
	struct runner *r = arg;

	if (why != port_peer_gone)
		log_error(LOGGER, "link to the engine closed: %s", why);
	port_free(r->engine);
	r->engine = NULL;
	runner_table_forget(r, 0, 0);
}

/* --- messages of the parent ------------------------------------------ */

static void
link_engine(struct runner *r, int fd)
{
	static const struct port_handlers handlers = {
		.message = engine_message,
		.closed = engine_closed,
	};

	if (r->engine != NULL) {
		close(fd);
		return;
	}
	r->engine = port_new(r->base, fd, wire_to_runner, &handlers, r);
}

static void
take_gift(struct runner *r, const struct wire_give *m, int fd)
{
	switch (m->gift) {
	case GIFT_PEER:
		link_engine(r, fd);
		break;
	case GIFT_LOG:
		role_log(r->options, &m->layout, fd);
		break;
	default:
		close(fd);
	}
}

static void
stop(struct runner *r)
{
	struct wire_stopped m = { .type = WIRE_STOPPED };

	port_send(r->parent, &m, sizeof(m), -1);
	role_end(r->options, r->base, 0);
}

static void
parent_message(uint32_t type, const void *body, size_t records, int fd,
    void *arg)
{
	struct runner *r = arg;

	(void)records;
	clock_tick();
	switch (type) {
	case WIRE_GIVE:
		take_gift(r, body, fd);
		break;
	case WIRE_STOP:
		stop(r);
		break;
	case WIRE_LEVEL:
		log_set_level((enum log_level)
		    ((const struct wire_level *)body)->level);
		break;
	}
}

static void
parent_closed(const char *why, void *arg)
{
	struct runner *r = arg;

	(void)why;
	event_base_loopbreak(r->base);
}

/* --- life ------------------------------------------------------------ */

/*
 * Commands inherit the limit that the parent raised for the engine's logs;
 * some close every descriptor there could be, others know FD_SETSIZE.
 */
static void
usual_limits(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) == 0 &&
	    limit.rlim_cur > FILES_USUAL) {
		limit.rlim_cur = FILES_USUAL;
		setrlimit(RLIMIT_NOFILE, &limit);
	}
}

struct runner *
runner_new(struct event_base *base, int parent_fd,
    const struct role_options *options, bool single)
{
	static const struct port_handlers handlers = {
		.message = parent_message,
		.closed = parent_closed,
	};
	const struct pool_options pool = { .adopt = !single };
	struct wire_ready ready = { .type = WIRE_READY };
	struct runner *r = xcalloc(1, sizeof(*r));

	clock_tick();
	r->base = base;
	r->options = options;
	r->parent = port_new(base, parent_fd, wire_to_child, &handlers, r);
	if (!single)
		usual_limits();
	r->pool = pool_new(base, &pool);
	r->host = host_new(base);
	if (r->pool == NULL || r->host == NULL)
		log_fatal(LOGGER, "cannot start: %s", strerror(errno));
	ready.pid = (uint32_t)getpid();
	port_send(r->parent, &ready, sizeof(ready), -1);
	return r;
}

void
runner_free(struct runner *r)
{
	if (r == NULL)
		return;
	port_free(r->engine);
	port_free(r->parent);
	runner_table_forget(r, 0, 0);
	runner_given_fini(r);
	host_free(r->host);
	pool_free(r->pool);
	free(r);
}
