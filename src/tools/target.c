#include "tools/target.h"

#include <stdlib.h>

#include "base/xalloc.h"
#include "config/config.h"

static char *
choose(const char *given, const char *configured, const char *fallback)
{
	return xstrdup(given != NULL ? given :
	    configured != NULL && configured[0] != '\0' ? configured :
	    fallback);
}

static void
add_errors(const struct report *report, struct buf *why)
{
	for (size_t i = 0; i < report->n; i++) {
		if (report->v[i].level != PROBLEM_ERROR)
			continue;
		if (why->n > 0)
			buf_addc(why, '\n');
		report_format(&report->v[i], why);
	}
	if (why->n == 0)
		buf_adds(why, "the configuration cannot be read");
}

int
target_find(struct target *t, struct buf *why)
{
	const struct config_request request = { .dir = t->dir };
	struct report report = { 0 };
	struct config *config = NULL;
	int rc = 0;

	if (t->timeout == 0)
		t->timeout = TARGET_TIMEOUT;
	if (t->socket_given == NULL || t->pidfile_given == NULL)
		config = config_load_main(&request, &report);
	/* With -s a command works without any configuration. */
	if (config == NULL && t->socket_given == NULL) {
		add_errors(&report, why);
		rc = -1;
	} else {
		t->socket = choose(t->socket_given,
		    config != NULL ? config->main.socket : NULL,
		    TARGET_SOCKET);
		t->pidfile = choose(t->pidfile_given,
		    config != NULL ? config->main.pidfile : NULL,
		    TARGET_PIDFILE);
	}
	config_free(config);
	report_fini(&report);
	return rc;
}

void
target_fini(struct target *t)
{
	free(t->socket);
	free(t->pidfile);
	t->socket = t->pidfile = NULL;
}

json_t *
target_ask(const struct target *t, size_t argc, const char *const *argv,
    char type[CLIENT_TYPE_MAX], struct buf *error)
{
	return client_request(t->socket, argc, argv, t->timeout, type, error);
}
