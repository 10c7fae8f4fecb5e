/* Elements that are not in the firewall: why, for people. */
#include "process/engine_local.h"

#include <errno.h>
#include <string.h>

#include "base/buf.h"
#include "base/log.h"

#define COMPLAINTS_MAX 8

const char *
engine_ask_why(int error, bool refused)
{
	if (refused && error == EACCES)
		return "protected: own, loopback or ignored by [DEFAULT]";
	if (refused && error == ERANGE)
		return "the network is too wide";
	if (error == ENFILE)
		return "the set is full";
	if (error == ECANCELED)
		return "overtaken by a newer request";
	return strerror(error);
}

static void
log_failure(const struct engine_ask *ask, int error, bool refused)
{
	struct id id = id_from_addr(&ask->addr);
	struct buf text = { 0 };

	id_format(&id, &text);
	log_error("fail2ban.actions", "[%s] %s is not in the firewall: %s",
	    ask->jail->config->name, text.p, engine_ask_why(error, refused));
	buf_fini(&text);
}

void
engine_ask_failed(const struct engine_ask *ask, int error)
{
	static struct complaint {
		int error;
		int64_t until;
		unsigned long hidden;
	} all[COMPLAINTS_MAX];
	struct complaint *c = &all[0];
	int64_t now = clock_boot().us;

	for (size_t i = 0; i < COMPLAINTS_MAX && c->error != error; i++) {
		if (all[i].error == error || all[i].until < c->until)
			c = &all[i];
	}
	if (c->error == error && now < c->until) {
		c->hidden++;
		return;
	}
	log_failure(ask, error, false);
	if (c->error == error && c->hidden > 0)
		log_error("fail2ban.actions", "the same for %lu more",
		    c->hidden);
	*c = (struct complaint){ error, now + 60 * CLOCK_SECOND, 0 };
}

void
engine_ask_refused(const struct engine_ask *ask, int error)
{
	log_failure(ask, error, true);
}
