/* `stop JAIL` and `stop --all`: their bans are lifted in turns. */
#include "process/command_local.h"

#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"

struct stop {
	struct engine_change change;   /* first */
	struct engine *engine;
	struct request *request;
	char *name;                    /* of a jail; NULL: all of them */
	size_t jail;                   /* whose turn it is */
	bool begun;                    /* … and has begun */
};

/* False: it has stopped. */
static bool
stop_some(struct stop *s, struct engine_jail *j)
{
	if (!s->begun) {
		s->begun = true;
		engine_life_stop_begin(j);
		/* Who waited for one of its logs goes on, and may stop it. */
		return true;
	}
	if (engine_life_stop_some(j))
		return true;
	engine_life_stop_end(j);
	return false;
}

static void
stop_free(struct stop *s)
{
	free(s->name);
	free(s);
}

static enum change_step
go_on(struct engine_change *change)
{
	struct stop *s = (struct stop *)change;
	struct engine *e = s->engine;

	/* What comes back would not be lifted. */
	if (engine_restore_comes(e))
		return CHANGE_WAITS;
	while (s->jail < e->jails_n) {
		struct engine_jail *j = e->jails[s->jail];

		if (command_meant(j, s->name) && stop_some(s, j))
			return engine_change_behind(e) ? CHANGE_WAITS :
			    CHANGE_MORE;
		s->begun = false;
		s->jail++;
	}
	request_reply(s->request, json_null());
	stop_free(s);
	return CHANGE_OVER;
}

static void
drop(struct engine_change *change)
{
	struct stop *s = (struct stop *)change;

	request_fail(s->request, "Exception", "shutting down");
	stop_free(s);
}

/* Its turn has come. */
static void
stop_now(struct request *r, size_t argc, const char *const *argv, void *arg)
{
	bool all = strcmp(argv[1], "--all") == 0;
	struct engine *e = arg;
	struct stop *s;

	(void)argc;
	if (!all && command_jail(e, r, argv[1]) == NULL)
		return;
	if (all)
		log_info("fail2ban.server", "Stopping all jails");
	s = xcalloc(1, sizeof(*s));
	s->change.step = go_on;
	s->change.drop = drop;
	s->engine = e;
	s->request = r;
	s->name = all ? NULL : xstrdup(argv[1]);
	engine_change_begin(e, &s->change, s->name);
}

void
command_stop_jail(struct request *r, size_t argc, const char *const *argv,
    struct engine *e)
{
	command_turn(e, strcmp(argv[1], "--all") != 0 ? argv[1] : NULL, r,
	    argc, argv, stop_now);
}
