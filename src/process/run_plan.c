#include "process/run_plan.h"

#include <string.h>

#include "base/buf.h"
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
		buf_addc(b, '-');
		return;
	}
	buf_addf(b, "%zu", a->props.n);
	for (size_t i = 0; i < a->props.n; i++) {
		add(b, a->props.v[i].key);
		add(b, a->props.v[i].value);
	}
}

void
run_plan_digest(const struct jail_config *jail, char out[SHA1_HEX])
{
	struct buf b = { 0 };

	add(&b, jail->name);
	add(&b, jail->ignorecommand);
	add(&b, properties_get(&jail->settings, "ignorecache"));
	for (size_t i = 0; i < jail->actions_n; i++)
		add_action(&b, &jail->actions[i]);
	sha1_hex(buf_span(&b), out);
	buf_fini(&b);
}
