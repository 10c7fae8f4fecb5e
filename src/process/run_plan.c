#include "process/run_plan.h"

#include <stdlib.h>
#include <string.h>

#include "base/number.h"
#include "base/xalloc.h"
#include "config/action_load.h"

bool
run_plan_is_shell(const struct action_config *a)
{
	return a->kind == ACTION_SHELL && !action_is_python(a);
}

bool
run_plan_asks(const struct jail_config *jail)
{
	return jail->ignorecommand != NULL && jail->ignorecommand[0] != '\0';
}

bool
run_plan_wants(const struct jail_config *jail)
{
	if (jail->error != NULL)
		return false;
	if (run_plan_asks(jail))
		return true;
	for (size_t i = 0; i < jail->actions_n; i++)
		if (run_plan_is_shell(&jail->actions[i]))
			return true;
	return false;
}

bool
run_plan_same(const struct action_config *a, const struct action_config *b)
{
	if (strcmp(a->name, b->name) != 0 || a->props.n != b->props.n)
		return false;
	for (size_t i = 0; i < a->props.n; i++) {
		if (strcmp(a->props.v[i].key, b->props.v[i].key) != 0 ||
		    strcmp(a->props.v[i].value, b->props.v[i].value) != 0)
			return false;
	}
	return true;
}

/* --- the text of a jail's commands ---------------------------------- */

/* Each text with its NUL, so that no two lists look alike. */
static void
add(struct buf *b, const char *text)
{
	if (text != NULL)
		buf_adds(b, text);
	buf_addc(b, '\0');
}

static void
add_action(struct buf *b, const struct action_config *a)
{
	add(b, a->name);
	if (!run_plan_is_shell(a)) {
		add(b, "-");
		return;
	}
	buf_addf(b, "%zu", a->props.n);
	buf_addc(b, '\0');
	for (size_t i = 0; i < a->props.n; i++) {
		add(b, a->props.v[i].key);
		add(b, a->props.v[i].value);
	}
}

void
run_plan_text(const struct jail_config *jail, struct buf *out)
{
	add(out, jail->name);
	add(out, jail->ignorecommand);
	add(out, properties_get(&jail->settings, "ignorecache"));
	for (size_t i = 0; i < jail->actions_n; i++)
		add_action(out, &jail->actions[i]);
}

void
run_plan_digest_text(struct span text, char out[SHA1_HEX])
{
	sha1_hex(text, out);
}

void
run_plan_digest(const struct jail_config *jail, char out[SHA1_HEX])
{
	struct buf b = { 0 };

	run_plan_text(jail, &b);
	run_plan_digest_text(buf_span(&b), out);
	buf_fini(&b);
}

/* --- and back ---------------------------------------------------------- */

/* The next text, which ends with its NUL; NULL: there is none. */
static const char *
next(struct span *rest)
{
	struct span text;

	if (memchr(rest->p, '\0', rest->n) == NULL ||
	    !span_cut(rest, '\0', &text))
		return NULL;
	return text.p;
}

static int
read_props(struct span *rest, const char *count, struct action_config *a)
{
	int64_t n;

	if (number_parse(span_of(count), 0, RUN_PLAN_PROPS_MAX, &n) != 0)
		return -1;
	for (int64_t i = 0; i < n; i++) {
		const char *key = next(rest);
		const char *value = key != NULL ? next(rest) : NULL;

		if (value == NULL)
			return -1;
		properties_add(&a->props, key, value);
	}
	return 0;
}

static int
read_action(struct span *rest, struct jail_config *jail)
{
	const char *name = next(rest);
	const char *count = name != NULL ? next(rest) : NULL;
	struct action_config *a;

	if (count == NULL || jail->actions_n == RUN_PLAN_ACTIONS_MAX)
		return -1;
	jail->actions = xreallocarray(jail->actions, jail->actions_n + 1,
	    sizeof(*jail->actions));
	a = &jail->actions[jail->actions_n++];
	*a = (struct action_config){
		.name = xstrdup(name), .file = xstrdup(""),
		.kind = ACTION_NONE,
	};
	if (strcmp(count, "-") == 0)
		return 0;
	a->kind = ACTION_SHELL;
	return read_props(rest, count, a);
}

struct config *
run_plan_read(struct span text)
{
	struct config *c = xcalloc(1, sizeof(*c));
	const char *name = next(&text), *ignore, *cache;
	struct jail_config *jail;

	ignore = name != NULL ? next(&text) : NULL;
	cache = ignore != NULL ? next(&text) : NULL;
	if (cache == NULL) {
		free(c);
		return NULL;
	}
	c->jails = jail = xcalloc(1, sizeof(*jail));
	c->jails_n = 1;
	jail->name = xstrdup(name);
	if (ignore[0] != '\0')
		jail->ignorecommand = xstrdup(ignore);
	if (cache[0] != '\0')
		properties_set(&jail->settings, "ignorecache", cache);
	while (text.n > 0)
		if (read_action(&text, jail) == -1) {
			config_free(c);
			return NULL;
		}
	return c;
}
