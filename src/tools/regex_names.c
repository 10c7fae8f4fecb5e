/*
 * Host names in place of addresses: looked up at once, as fail2ban-regex does,
 * each once. A name without an address is nobody, and its line missed.
 */
#include <stdlib.h>
#include <string.h>

#include "base/table.h"
#include "base/xalloc.h"
#include "process/lookup.h"
#include "tools/regex_local.h"

#define NAMES_MAX 10000      /* of one run: more are looked up each time */

struct known {
	struct span name;        /* behind the struct */
	struct lookup_addresses found;
};

struct regex_names {
	struct table *by_name;
	struct known *last;      /* that was asked about */
	struct known *extra;     /* … and found no place in the table */
};

static bool
has_name(const void *entry, const void *key)
{
	return span_eq(((const struct known *)entry)->name,
	    *(const struct span *)key);
}

static int
by_address(const void *a, const void *b)
{
	return addr_cmp(a, b);
}

static struct known *
look_up(struct span name)
{
	struct known *k = xcalloc(1, sizeof(*k) + name.n + 1);
	char *text = (char *)(k + 1);

	memcpy(text, name.p, name.n);
	k->name = span_from(text, name.n);
	lookup_addresses(text, &k->found);
	qsort(k->found.v, k->found.n, sizeof(k->found.v[0]), by_address);
	return k;
}

bool
regex_names_known(struct span name, void *arg)
{
	struct regex_run *run = arg;
	struct regex_names *names = run->names;
	uint64_t hash = table_hash(name.p, name.n);

	if (!lookup_is_name(name))
		return false;
	names->last = table_find(names->by_name, hash, &name);
	if (names->last == NULL) {
		names->last = look_up(name);
		free(names->extra);
		names->extra = NULL;
		if (table_add(names->by_name, hash, names->last) == -1)
			names->extra = names->last;
	}
	return names->last->found.n > 0;
}

void
regex_names_each(struct regex_run *run, const struct failure *f,
    filter_failure_fn *found)
{
	struct failure one = *f;
	const struct lookup_addresses *v = &run->names->last->found;

	one.named = false;
	for (size_t i = 0; i < v->n; i++) {
		one.id = id_from_addr(&v->v[i]);
		found(&one, run);
	}
}

struct regex_names *
regex_names_new(void)
{
	struct regex_names *names = xcalloc(1, sizeof(*names));

	names->by_name = table_new(NAMES_MAX, has_name);
	return names;
}

void
regex_names_free(struct regex_names *names)
{
	struct known *k;
	size_t at = 0;

	if (names == NULL)
		return;
	while ((k = table_next(names->by_name, &at)) != NULL)
		free(k);
	table_free(names->by_name);
	free(names->extra);
	free(names);
}
