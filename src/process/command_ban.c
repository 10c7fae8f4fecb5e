/* `ban`, and `set JAIL banip|attempt`. */
#include "process/command_setting.h"

#include <stdlib.h>

#include "base/buf.h"
#include "base/xalloc.h"
#include "process/command_answer.h"
#include "process/never.h"

/* Some ids of one jail to be banned. */
struct banning {
	struct engine_change change;   /* first */
	struct engine *engine;
	struct request *request;
	enum answer_kind kind;
	char *name;                    /* the jail's */
	size_t argc;
	const char *const *argv;       /* the request's, until its answer */
	struct command_answer *answer;  /* NULL: not begun */
	struct engine_jail *jail;
	struct trie *never;
	size_t i;
};

/*
 * Native bans of these are refused by the warden, commands by the runner:
 * where neither is asked, or only the second, there is no ban of them either.
 */
static bool
is_protected(const struct banning *b, const struct id *id)
{
	int error = id->addr.family != ADDR_NONE ?
	    never_refuses(b->never, &id->addr) : 0;
	struct buf text = { 0 };

	if (error == 0 && id->addr.family != ADDR_NONE)
		error = never_too_wide(&b->engine->config->own,
		    b->jail->config, &id->addr);
	if (error != EACCES && error != ERANGE)
		return false;
	id_format(id, &text);
	log_error("fail2ban.actions", "[%s] %s is not banned: %s",
	    b->jail->config->name, text.p, engine_ask_why(error, true));
	buf_fini(&text);
	command_answer_error(b->answer, id, engine_ask_why(error, true));
	return true;
}

/*
 * The hooks have asked already; a second request of the same element answers
 * when that one is through, and tells this client.
 */
static void
ban_one(const struct banning *b, const char *text)
{
	struct id id = id_from_span(span_of(text));
	enum ask_op op = ASK_RENEW;
	struct ticket *t;

	if (is_protected(b, &id))
		return;
	switch (jail_ban(b->jail->jail, &id, 0, clock_wall())) {
	case JAIL_BAN_NEW:
		b->answer->count++;
		op = ASK_ADD;
		break;
	case JAIL_BAN_PROLONGED:
		b->answer->prolonged++;
		break;
	case JAIL_BAN_REFUSED:
		command_answer_error(b->answer, &id, errno == ENOSPC ?
		    "bans_max of this jail is reached" :
		    "this address cannot be banned");
		return;
	}
	t = jail_find(b->jail->jail, &id);
	if (t != NULL)
		engine_ask(b->jail, t, op, &b->answer->wait);
}

static void
banning_free(struct banning *b)
{
	trie_free(b->never);
	free(b->name);
	free(b);
}

/* False: the jail has stopped since this command was given. */
static bool
begin(struct banning *b)
{
	const struct engine *e = b->engine;

	b->jail = command_jail(b->engine, b->request, b->name);
	if (b->jail == NULL)
		return false;
	b->answer = command_answer_new(b->request, b->kind);
	b->never = never_new(e->config, e->own, e->own_n);
	return true;
}

static enum change_step
ban_some(struct engine_change *change)
{
	struct banning *b = (struct banning *)change;

	if (b->answer == NULL && !begin(b)) {
		banning_free(b);
		return CHANGE_OVER;
	}
	for (size_t n = 0; n < CHANGE_STEP && b->i < b->argc; n++)
		ban_one(b, b->argv[b->i++]);
	if (b->i < b->argc)
		return engine_change_behind(b->engine) ? CHANGE_WAITS :
		    CHANGE_MORE;
	command_answer_end(b->answer, b->engine);
	banning_free(b);
	return CHANGE_OVER;
}

static void
ban_no_more(struct engine_change *change)
{
	struct banning *b = (struct banning *)change;

	command_answer_drop(b->answer, b->request);
	banning_free(b);
}

static void
ban_ids(struct engine *e, struct request *r, const char *name, size_t argc,
    const char *const *argv, enum answer_kind kind)
{
	struct banning *b = xcalloc(1, sizeof(*b));

	b->change.step = ban_some;
	b->change.drop = ban_no_more;
	b->engine = e;
	b->request = r;
	b->kind = kind;
	b->name = xstrdup(name);
	b->argc = argc;
	b->argv = argv;
	engine_change_begin(e, &b->change, b->name);
}

void
command_ban(struct request *r, size_t argc, const char *const *argv, void *arg)
{
	if (argc < 3)
		request_fail(r, "IndexError", "ban takes JAIL ID…");
	else
		ban_ids(arg, r, argv[1], argc - 2, argv + 2, ANSWER_BANS);
}

static void
set_banip(struct setting_call *c, struct request *r)
{
	ban_ids(c->jail->engine, r, c->jail->config->name, c->argc, c->argv,
	    ANSWER_NUMBER);
}

/* A failure that somebody tells of, with its lines; 0: the id is ignored. */
static void
set_attempt(struct setting_call *c, struct request *r)
{
	struct failure f = { .time = clock_wall() };

	if (c->argc == 0) {
		request_fail(r, "TypeError", "Filter.addAttempt() missing 1 "
		    "required positional argument: 'ip'");
		return;
	}
	f.id = id_from_span(span_of(c->argv[0]));
	f.attempts = c->argc > 1 ? (unsigned)(c->argc - 1) : 1;
	/* The last ones, as many as a failure holds. */
	for (size_t i = 1; i < c->argc; i++)
		if (c->argc - i <= FAILURE_LINES_MAX)
			f.lines[f.lines_n++] = span_of(c->argv[i]);
	f.told = r;
	engine_jail_failure(c->jail, &f);
	engine_jails_run(c->jail->engine);
}

const struct setting command_setting_ban[] = {
	{ "banned", .tell = command_banned_tell },
	{ "banip", .tell = command_banned_by_end, .run = set_banip,
	    .ban = true },
	{ "unbanip", .run = command_unbanip, .least = 1, .verb = true,
	    .ban = true },
	{ "attempt", .run = set_attempt, .verb = true, .ban = true },
	{ 0 },
};
