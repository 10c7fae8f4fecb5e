/* What an action has started, and by which commands. */
#include <stdlib.h>
#include <string.h>

#include "action/action_local.h"
#include "base/xalloc.h"

const char *
family_condition(enum action_family f)
{
	return f == ACTION_INET4 ? "inet4" : f == ACTION_INET6 ? "inet6" : "";
}

const char *
family_text(enum action_family f)
{
	return f == ACTION_RAW ? "None" : family_condition(f);
}

struct family_list
family_list_of(enum action_family f)
{
	return (struct family_list){ .v = { (uint8_t)f }, .n = 1 };
}

static int
find(const struct action *a, enum action_family f)
{
	for (int i = 0; i < a->state.n; i++)
		if (a->state.family[i] == f)
			return i;
	return -1;
}

bool
action_in_state(const struct action *a, enum action_family f)
{
	return find(a, f) != -1;
}

uint8_t
action_bits(const struct action *a, enum action_family f)
{
	int at = find(a, f);

	return at != -1 ? a->state.bits[at] : 0;
}

void
action_set_bits(struct action *a, enum action_family f, uint8_t bits)
{
	int at = find(a, f);

	if (at == -1) {
		at = a->state.n++;
		a->state.family[at] = (uint8_t)f;
	}
	a->state.bits[at] = bits;
}

struct family_list
action_families(const struct action *a, uint8_t bits)
{
	struct family_list l = { 0 };

	for (uint8_t i = 0; i < a->state.n; i++)
		if ((a->state.bits[i] & bits) == bits)
			l.v[l.n++] = a->state.family[i];
	return l;
}

void
action_remember(struct action *a, enum tags_command c, enum action_family f,
    const char *text)
{
	free(a->ran[c][f]);
	a->ran[c][f] = xstrdup(text);
}

void
action_forget(struct action *a, enum tags_command c, enum action_family f)
{
	char *text = a->ran[c][f];

	a->ran[c][f] = NULL;
	for (size_t i = 0; text != NULL && i < ACTION_FAMILIES; i++)
		if (a->ran[c][i] != NULL && strcmp(a->ran[c][i], text) == 0) {
			free(a->ran[c][i]);
			a->ran[c][i] = NULL;
		}
	free(text);
}

void
action_forget_all(struct action *a, enum tags_command c)
{
	for (size_t i = 0; i < ACTION_FAMILIES; i++) {
		free(a->ran[c][i]);
		a->ran[c][i] = NULL;
	}
}

bool
action_ran_elsewhere(const struct action *a, enum tags_command c,
    enum action_family f, const char *text)
{
	for (size_t i = 0; i < ACTION_FAMILIES; i++)
		if (i != f && a->ran[c][i] != NULL &&
		    strcmp(a->ran[c][i], text) == 0)
			return true;
	return false;
}
