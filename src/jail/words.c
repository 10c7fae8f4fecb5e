#include "jail/words.h"

#include <string.h>
#include <time.h>

#include "base/log.h"

#define FILTER "fail2ban.filter"
#define ACTIONS "fail2ban.actions"
#define OURS "gaol.jail"

/* Raw ids are foreign text; addresses are not, and there are many. */
static const char *
id_text(const struct id *id, char out[ADDR_STRLEN])
{
	if (id->addr.family == ADDR_NONE)
		return log_text(id->raw);
	addr_format(&id->addr, out);
	return out;
}

static void
format_time(struct wall w, char *out, size_t size)
{
	time_t t = (time_t)wall_seconds(w);
	struct tm tm = { 0 };

	localtime_r(&t, &tm);
	if (strftime(out, size, "%Y-%m-%d %H:%M:%S", &tm) == 0)
		out[0] = '\0';
}

void
words_found(const char *jail, const struct failure *f)
{
	char id[ADDR_STRLEN], when[40];

	if (!log_on(LEVEL_INFO))
		return;
	format_time(f->time, when, sizeof(when));
	log_info(FILTER, "[%s] Found %s - %s", jail, id_text(&f->id, id),
	    when);
}

void
words_ignored(const char *jail, const struct id *id,
    enum ignore_verdict why)
{
	char text[ADDR_STRLEN];

	log_info(FILTER, "[%s] Ignore %s by %s", jail, id_text(id, text),
	    why == IGNORE_SELF ? "ignoreself rule" :
	    why == IGNORE_COMMAND ? "command" : "ip");
}

void
words_expired(const char *jail, const struct id *id)
{
	char text[ADDR_STRLEN];

	log_info(ACTIONS, "[%s] Ignore %s, expired bantime", jail,
	    id_text(id, text));
}

/* A late one means that the ban does not keep the attacker out. */
void
words_already(const char *jail, const struct ticket *t, struct wall again)
{
	int64_t age = again.us - t->time.us;
	char text[ADDR_STRLEN];

	log_at(age < 3 * CLOCK_SECOND ? LEVEL_DEBUG :
	    age < 60 * CLOCK_SECOND ? LEVEL_NOTICE : LEVEL_WARNING,
	    ACTIONS, "[%s] %s already banned", jail, id_text(&t->id, text));
}

void
words_unused(const char *jail, const struct strings *settings)
{
	size_t i;

	for (i = 0; i < settings->n; i++)
		log_warning(OURS, "[%s] not in this version: %s ignored",
		    jail, log_text(span_of(settings->v[i])));
}

void
words_refused(const char *jail, const struct id *id, int error)
{
	char text[ADDR_STRLEN];

	log_warning(OURS, "[%s] %s is not banned: %s", jail,
	    id_text(id, text), strerror(error));
}
