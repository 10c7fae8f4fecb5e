#include "jail/ignore.h"

#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"
#include "config/ignoreip.h"

/* What is known of ignore->names.v[i] or ->files.v[i]; list NULL: nothing. */
struct behind { struct ignore_list *list; };

struct ignore {
	bool self;
	struct ignore_list *own;
	struct ignore_list *own_names;
	struct ignore_list *literal;
	struct strings names, files;
	struct behind *of_name, *of_file;
};

static void
add_address(struct ignore_list *l, const struct addr *a)
{
	struct id id = id_from_addr(a);

	ignore_list_add(l, &id);
}

static void
add_loopback(struct ignore_list *l)
{
	struct id v4 = id_from_span(SPAN("127.0.0.1"));
	struct id v6 = id_from_span(SPAN("::1"));

	ignore_list_add(l, &v4);
	ignore_list_add(l, &v6);
}

static void
add_once(struct strings *l, struct span s)
{
	char *text = span_dup(s);

	if (strings_has(l, text))
		free(text);
	else
		strings_take(l, text);
}

static void
add_entry(struct ignore *g, struct span s)
{
	struct ignoreip e = ignoreip_parse(s);

	switch (e.kind) {
	case IGNOREIP_NONE:
		break;
	case IGNOREIP_ID:
		ignore_list_add(g->literal, &e.id);
		break;
	case IGNOREIP_NAME:
		/* Known without asking. */
		if (span_eq_nocase(e.id.raw, SPAN("localhost")))
			add_loopback(g->literal);
		else
			add_once(&g->names, e.id.raw);
		/* The same text may be meant as a raw id. */
		ignore_list_add(g->literal, &e.id);
		break;
	case IGNOREIP_FILE:
		if (e.path.n > 0)
			add_once(&g->files, e.path);
		break;
	}
}

struct ignore *
ignore_new(const struct jail_config *config)
{
	const struct strings *entries = &config->ignoreip;
	struct ignore *g = xcalloc(1, sizeof(*g));

	g->self = config->ignoreself;
	g->literal = ignore_list_new();
	for (size_t i = 0; i < entries->n; i++)
		add_entry(g, span_of(entries->v[i]));
	g->of_name = xcalloc(g->names.n + 1, sizeof(*g->of_name));
	g->of_file = xcalloc(g->files.n + 1, sizeof(*g->of_file));
	ignore_own(g, NULL, 0);
	return g;
}

void
ignore_free(struct ignore *g)
{
	if (g == NULL)
		return;
	for (size_t i = 0; i < g->names.n; i++)
		ignore_list_free(g->of_name[i].list);
	for (size_t i = 0; i < g->files.n; i++)
		ignore_list_free(g->of_file[i].list);
	free(g->of_name);
	free(g->of_file);
	strings_fini(&g->names);
	strings_fini(&g->files);
	ignore_list_free(g->own);
	ignore_list_free(g->own_names);
	ignore_list_free(g->literal);
	free(g);
}

static struct behind *
copy_behind(const struct behind *v, size_t n)
{
	struct behind *copy = xcalloc(n + 1, sizeof(*copy));

	for (size_t i = 0; i < n; i++)
		if (v[i].list != NULL)
			copy[i].list = ignore_list_share(v[i].list);
	return copy;
}

/* Lists are not changed once they are made, but replaced. */
struct ignore *
ignore_copy(const struct ignore *g)
{
	struct ignore *copy = xcalloc(1, sizeof(*copy));

	copy->self = g->self;
	copy->own = ignore_list_share(g->own);
	if (g->own_names != NULL)
		copy->own_names = ignore_list_share(g->own_names);
	copy->literal = ignore_list_share(g->literal);
	strings_copy(&copy->names, &g->names);
	strings_copy(&copy->files, &g->files);
	copy->of_name = copy_behind(g->of_name, g->names.n);
	copy->of_file = copy_behind(g->of_file, g->files.n);
	return copy;
}

static size_t
place_of(const struct strings *l, const char *text)
{
	size_t i = 0;

	while (i < l->n && strcmp(l->v[i], text) != 0)
		i++;
	return i;
}

static void
inherit(const struct strings *to, struct behind *to_v,
    const struct strings *from, const struct behind *from_v)
{
	for (size_t i = 0; i < from->n; i++) {
		size_t k = place_of(to, from->v[i]);

		if (k < to->n && from_v[i].list != NULL)
			to_v[k].list = ignore_list_share(from_v[i].list);
	}
}

void
ignore_inherit(struct ignore *g, const struct ignore *from)
{
	inherit(&g->names, g->of_name, &from->names, from->of_name);
	inherit(&g->files, g->of_file, &from->files, from->of_file);
	ignore_list_free(g->own);
	g->own = ignore_list_share(from->own);
	if (from->own_names != NULL)
		g->own_names = ignore_list_share(from->own_names);
}

static struct ignore_list *
hosts(const struct addr *v, size_t n)
{
	struct ignore_list *l = ignore_list_new();

	for (size_t i = 0; i < n; i++) {
		struct addr host = v[i];

		/* The address itself, whatever network it stands in. */
		host.plen = (uint8_t)addr_bits(&host);
		add_address(l, &host);
	}
	return l;
}

void
ignore_own(struct ignore *g, const struct addr *own, size_t n)
{
	ignore_list_free(g->own);
	g->own = hosts(own, n);
	add_loopback(g->own);
}

void
ignore_own_names(struct ignore *g, const struct addr *own, size_t n)
{
	ignore_list_free(g->own_names);
	g->own_names = hosts(own, n);
}

static bool
is_own(const struct ignore *g, const struct id *id)
{
	return g->self && id->addr.family != ADDR_NONE &&
	    (ignore_list_has(g->own, id) ||
	    (g->own_names != NULL && ignore_list_has(g->own_names, id)));
}

/* The first of them that has the id, or n. */
static size_t
behind_which(const struct behind *v, size_t n, const struct id *id)
{
	size_t i = 0;

	while (i < n && (v[i].list == NULL || !ignore_list_has(v[i].list, id)))
		i++;
	return i;
}

enum ignore_verdict
ignore_check(const struct ignore *g, const struct id *id, const char **path)
{
	size_t i;

	if (is_own(g, id))
		return IGNORE_SELF;
	if (ignore_list_has(g->literal, id))
		return IGNORE_IP;
	if (behind_which(g->of_name, g->names.n, id) < g->names.n)
		return IGNORE_DNS;
	i = behind_which(g->of_file, g->files.n, id);
	if (i == g->files.n)
		return IGNORE_NO;
	if (path != NULL)
		*path = g->files.v[i];
	return IGNORE_FILE;
}

static bool
any_touches(const struct behind *v, size_t n, const struct addr *net)
{
	for (size_t i = 0; i < n; i++)
		if (v[i].list != NULL && ignore_list_touches(v[i].list, net))
			return true;
	return false;
}

bool
ignore_touches(const struct ignore *g, const struct addr *net)
{
	return ignore_list_touches(g->own, net) ||
	    (g->own_names != NULL && ignore_list_touches(g->own_names, net)) ||
	    ignore_list_touches(g->literal, net) ||
	    any_touches(g->of_name, g->names.n, net) ||
	    any_touches(g->of_file, g->files.n, net);
}

const struct strings *
ignore_names(const struct ignore *g)
{
	return &g->names;
}

const struct strings *
ignore_files(const struct ignore *g)
{
	return &g->files;
}

bool
ignore_set_name(struct ignore *g, const char *name, const struct addr *v,
    size_t n)
{
	size_t i = place_of(&g->names, name);

	if (i == g->names.n)
		return false;
	ignore_list_free(g->of_name[i].list);
	g->of_name[i].list = hosts(v, n);
	return true;
}

bool
ignore_set_file(struct ignore *g, const char *path, struct ignore_list *list)
{
	size_t i = place_of(&g->files, path);

	if (i == g->files.n)
		return false;
	ignore_list_free(g->of_file[i].list);
	g->of_file[i].list = ignore_list_share(list);
	return true;
}

bool
ignore_name_known(const struct ignore *g, const char *name)
{
	size_t i = place_of(&g->names, name);

	return i < g->names.n && g->of_name[i].list != NULL;
}

bool
ignore_file_known(const struct ignore *g, const char *path)
{
	size_t i = place_of(&g->files, path);

	return i < g->files.n && g->of_file[i].list != NULL;
}
