/* `unban`, and `set JAIL unbanip`. */
#include "process/command_setting.h"

#include <stdlib.h>
#include <string.h>

#include "base/nets.h"
#include "base/xalloc.h"
#include "process/command_answer.h"

#define NOBODY UINT32_MAX

/* A ban inside a network, and the next one that the same word lifts. */
struct inside {
	struct addr addr;
	uint32_t next;
};

/* What the networks of a command hold in one jail, by the word that lifts it. */
struct insides {
	struct inside *v;
	size_t n, cap;
	uint32_t *first, *last;    /* of each word; NULL: no word is a network */
};

/*
 * Some ids and networks to be lifted, in one jail or in all. The words count
 * one behind the other: each lifts its own id first, then what is inside it in
 * the order in which it was banned. Who is inside which is found in one walk
 * of the jail's bans, however many networks there are: a ban belongs to the
 * first word that holds it.
 */
struct lifting {
	struct engine_change change;   /* first */
	struct engine *engine;
	struct request *request;
	enum answer_kind kind;
	bool report;                   /* who is not banned is an error */
	char *name;                    /* NULL: all jails */
	size_t argc;
	const char *const *argv;       /* the request's, until its answer */
	struct command_answer *answer;  /* NULL: not begun */
	struct nets *nets;             /* of the words; by their number */
	size_t read;                   /* words looked at for that */
	size_t jail;                   /* whose turn it is */
	struct bans_walk *walk;        /* of its bans; NULL: not begun or over */
	bool walked;
	struct insides in;
	size_t word;                   /* whose turn it is in it */
	uint32_t next;                 /* what is lifted next, inside it … */
	json_int_t n;                  /* … and what was */
	bool inside;                   /* its own id has gone */
};

/* --- who is inside -------------------------------------------------------- */

static bool
is_net(const struct id *id)
{
	return id->addr.family != ADDR_NONE && !addr_is_host(&id->addr);
}

/* False: all words have been looked at. */
static bool
read_words(struct lifting *l)
{
	for (size_t n = 0; n < CHANGE_STEP && l->read < l->argc; n++) {
		struct id id = id_from_span(span_of(l->argv[l->read]));

		if (is_net(&id))
			nets_add(l->nets, &id.addr, l->read);
		l->read++;
	}
	return l->read < l->argc;
}

static void
insides_clear(struct insides *in)
{
	free(in->v);
	free(in->first);
	free(in->last);
	*in = (struct insides){ 0 };
}

static void
insides_begin(struct insides *in, size_t words)
{
	in->first = xreallocarray(NULL, words, sizeof(*in->first));
	in->last = xreallocarray(NULL, words, sizeof(*in->last));
	memset(in->first, 0xff, words * sizeof(*in->first));
}

static void
insides_add(struct insides *in, size_t word, const struct addr *a)
{
	uint32_t i = (uint32_t)in->n;

	if (in->n == in->cap) {
		in->cap = in->cap > 0 ? 2 * in->cap : 64;
		in->v = xreallocarray(in->v, in->cap, sizeof(*in->v));
	}
	in->v[in->n++] = (struct inside){ *a, NOBODY };
	if (in->first[word] == NOBODY)
		in->first[word] = i;
	else
		in->v[in->last[word]].next = i;
	in->last[word] = i;
}

/* False: every ban of the jail has been looked at. */
static bool
walk(struct lifting *l, struct engine_jail *j)
{
	if (l->walk == NULL) {
		l->walk = jail_walk_new(j->jail);
		insides_begin(&l->in, l->argc);
	}
	for (size_t n = 0; n < CHANGE_STEP; n++) {
		const struct ticket *t = jail_walk_next(l->walk);
		size_t word;

		if (t == NULL)
			return false;
		word = nets_least(l->nets, &t->id.addr);
		if (word != NETS_NONE)
			insides_add(&l->in, word, &t->id.addr);
	}
	return true;
}

/* --- lifting -------------------------------------------------------------- */

static bool
lift(struct lifting *l, struct engine_jail *j, const struct id *id)
{
	bool lifted;

	l->engine->unban_wait = &l->answer->wait;
	lifted = jail_unban(j->jail, id, UNBAN_BY_HAND);
	l->engine->unban_wait = NULL;
	l->n += lifted;
	return lifted;
}

/*
 * The row goes even when nothing is banned just now, as upstream's does:
 * nothing may come back at a restart.
 */
static void
begin_word(struct lifting *l, struct engine_jail *j, const struct id *id)
{
	struct engine *e = l->engine;

	l->n = 0;
	l->inside = true;
	l->next = l->in.first != NULL ? l->in.first[l->word] : NOBODY;
	if (!lift(l, j, id) && e->store != NULL)
		store_unban(e->store, j->config->name, id);
	engine_restore_lifted(j);
}

static void
end_word(struct lifting *l, const struct id *id)
{
	l->answer->count += l->n;
	if (l->n == 0 && l->report)
		command_answer_error(l->answer, id, "is not banned");
	l->inside = false;
	l->word++;
}

/* One ban at most. */
static void
lift_next(struct lifting *l, struct engine_jail *j)
{
	struct id id = id_from_span(span_of(l->argv[l->word]));

	if (!l->inside) {
		begin_word(l, j, &id);
	} else if (l->next != NOBODY) {
		const struct inside *in = &l->in.v[l->next];
		struct id one = id_from_addr(&in->addr);

		l->next = in->next;
		lift(l, j, &one);
	}
	if (l->next == NOBODY)
		end_word(l, &id);
}

/* False: nothing is left to be lifted in it. */
static bool
lift_some(struct lifting *l, struct engine_jail *j)
{
	for (size_t n = 0; n < CHANGE_STEP && l->word < l->argc; n++)
		lift_next(l, j);
	return l->word < l->argc;
}

/* --- one jail, all of them ------------------------------------------------ */

static void
end_walk(struct lifting *l)
{
	jail_walk_free(l->walk);
	l->walk = NULL;
	l->walked = true;
}

/* False: it is done with. */
static bool
in_jail(struct lifting *l, struct engine_jail *j)
{
	if (!l->walked && nets_count(l->nets) > 0) {
		if (!walk(l, j))
			end_walk(l);
		return true;
	}
	return lift_some(l, j);
}

static void
next_jail(struct lifting *l)
{
	insides_clear(&l->in);
	l->walked = false;
	l->word = 0;
	l->jail++;
}

static void
lifting_free(struct lifting *l)
{
	jail_walk_free(l->walk);
	insides_clear(&l->in);
	nets_free(l->nets);
	free(l->name);
	free(l);
}

/* False: there is no such jail any more. */
static bool
begin(struct lifting *l)
{
	if (l->name != NULL &&
	    command_jail(l->engine, l->request, l->name) == NULL)
		return false;
	l->answer = command_answer_new(l->request, l->kind);
	l->answer->disk = engine_restore_comes(l->engine);
	l->nets = nets_new();
	return true;
}

static enum change_step
go_on(struct engine_change *change)
{
	struct lifting *l = (struct lifting *)change;
	struct engine *e = l->engine;

	if (l->answer == NULL && !begin(l)) {
		lifting_free(l);
		return CHANGE_OVER;
	}
	if (read_words(l))
		return CHANGE_MORE;
	/* Whoever is inside may still have to come back. */
	if (nets_count(l->nets) > 0 && engine_restore_comes(e))
		return CHANGE_WAITS;
	while (l->jail < e->jails_n) {
		struct engine_jail *j = e->jails[l->jail];

		if (command_meant(j, l->name) && in_jail(l, j))
			return engine_change_behind(e) ? CHANGE_WAITS :
			    CHANGE_MORE;
		next_jail(l);
	}
	command_answer_end(l->answer, e);
	lifting_free(l);
	return CHANGE_OVER;
}

static void
drop(struct engine_change *change)
{
	struct lifting *l = (struct lifting *)change;

	command_answer_drop(l->answer, l->request);
	lifting_free(l);
}

static void
unban(struct engine *e, struct request *r, const char *name, size_t argc,
    const char *const *argv, enum answer_kind kind, bool report)
{
	struct lifting *l = xcalloc(1, sizeof(*l));

	l->change.step = go_on;
	l->change.drop = drop;
	l->engine = e;
	l->request = r;
	l->kind = kind;
	l->report = report;
	l->name = name != NULL ? xstrdup(name) : NULL;
	l->argc = argc;
	l->argv = argv;
	engine_change_begin(e, &l->change, l->name);
}

/* --- handlers ------------------------------------------------------------- */

static bool
is_all(const char *word)
{
	return strcmp(word, "--all") == 0;
}

/* Whether its first word is a jail is known when its turn comes. */
static void
unban_now(struct request *r, size_t argc, const char *const *argv, void *arg)
{
	struct engine *e = arg;
	const struct engine_jail *j = engine_jail_find(e, argv[1]);

	if (j != NULL && (j->jail == NULL || argc < 3)) {
		request_fail(r, "Exception", argc < 3 ?
		    "unban JAIL takes ID…|--all" : "that jail does not run");
		return;
	}
	/* A jail that is none must not become all of them. */
	if (j == NULL && argc > 2 && is_all(argv[argc - 1]))
		request_fail(r, "UnknownJailException", "%s", argv[1]);
	else if (is_all(argv[argc - 1]))
		command_sweep(e, j != NULL ? argv[1] : NULL, r);
	else if (j != NULL)
		unban(e, r, argv[1], argc - 2, argv + 2, ANSWER_LIFTED, true);
	else
		unban(e, r, NULL, argc - 1, argv + 1, ANSWER_LIFTED, false);
}

/* `unban --all`, `unban ID…` (in every jail), `unban JAIL ID…|--all`. */
void
command_unban(struct request *r, size_t argc, const char *const *argv,
    void *arg)
{
	const char *jail;

	if (argc < 2) {
		request_fail(r, "Exception", "Invalid command");
		return;
	}
	jail = engine_jail_find(arg, argv[1]) != NULL ? argv[1] : NULL;
	command_turn(arg, jail, r, argc, argv, unban_now);
}

/* Absent ones are an error only with --report-absent, after all the others. */
void
command_unbanip(struct setting_call *c, struct request *r)
{
	bool report = strcmp(c->argv[0], "--report-absent") == 0;
	size_t skip = report ? 1 : 0;

	unban(c->jail->engine, r, c->jail->config->name, c->argc - skip,
	    c->argv + skip, report ? ANSWER_NUMBER_OR_ABSENT : ANSWER_NUMBER,
	    report);
}
