/*
 * Commands of a jail that stand in no file: they came over the control socket,
 * through the engine, which may have been taken over. They are kept as text,
 * unread, until gaol.conf has been read and says runtime_commands = true.
 */
#include "process/runner_local.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"
#include "process/never.h"
#include "process/run_plan.h"

int
runner_given_add(struct runner *r, struct span text, int64_t bantime)
{
	struct runner_given *g;
	char hex[SHA1_HEX];

	if (r->given_n == WIRE_DIGESTS_MAX ||
	    text.n > RUNNER_GIVEN_BYTES - r->given_bytes) {
		errno = ENOBUFS;
		return -1;
	}
	r->given = xreallocarray(r->given, r->given_n + 1, sizeof(*r->given));
	g = &r->given[r->given_n++];
	*g = (struct runner_given){
		.text = span_dup(text), .n = text.n, .bantime = bantime,
	};
	run_plan_digest_text(text, hex);
	memcpy(g->digest.hex, hex, WIRE_DIGEST);
	r->given_bytes += text.n;
	return 0;
}

void
runner_given_fini(struct runner *r)
{
	for (size_t i = 0; i < r->given_n; i++) {
		free(r->given[i].text);
		runner_source_unref(r->given[i].source);
	}
	free(r->given);
	r->given = NULL;
	r->given_n = r->given_bytes = 0;
}

static struct runner_source *
read_given(const struct runner_given *g, const struct config *files)
{
	struct config *config = run_plan_read(span_from(g->text, g->n));
	struct runner_source *source;

	if (config == NULL)
		return NULL;
	config->jails[0].bantime = g->bantime;
	config->own.widest_v4 = files->own.widest_v4;
	config->own.widest_v6 = files->own.widest_v6;
	source = xcalloc(1, sizeof(*source));
	source->config = config;
	source->never = never_new(files, NULL, 0);
	source->given = true;
	source->refs = 1;
	return source;
}

bool
runner_given_find(const struct runner *r, struct runner_jail *j,
    const struct config *files)
{
	for (size_t i = 0; i < r->given_n; i++) {
		struct runner_given *g = &r->given[i];

		if (memcmp(g->digest.hex, j->digest.hex, WIRE_DIGEST) != 0)
			continue;
		if (!files->own.runtime_commands) {
			j->refused = true;
			return false;
		}
		if (g->source == NULL)
			g->source = read_given(g, files);
		if (g->source == NULL)
			return false;
		j->source = g->source;
		j->config = &g->source->config->jails[0];
		return true;
	}
	return false;
}
