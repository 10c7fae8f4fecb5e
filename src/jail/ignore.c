#include "jail/ignore.h"

#include <stdlib.h>

#include "base/buf.h"
#include "base/table.h"
#include "base/trie.h"
#include "base/xalloc.h"

struct ignore {
	bool self;
	struct trie *own;
	struct trie *nets;
	struct table *raw;        /* struct id *, owned */
	struct strings unused;
};

static bool
same_id(const void *entry, const void *key)
{
	return id_eq(entry, key);
}

static void
add_raw(struct ignore *g, const struct id *id)
{
	struct id *copy;

	if (table_find(g->raw, id_hash(id), id) != NULL)
		return;
	copy = xmalloc(sizeof(*copy));
	*copy = id_copy(id);
	/* Cannot fail: the table of a configuration has no bound. */
	(void)table_add(g->raw, id_hash(id), copy);
}

static void
add_address(struct trie *t, struct span text)
{
	struct addr a;

	if (addr_parse_net(text, &a) == 0)
		trie_add(t, &a);
}

static void
add_loopback(struct trie *t)
{
	add_address(t, SPAN("127.0.0.1"));
	add_address(t, SPAN("::1"));
}

/* Letters, digits, '-', '.' and no more: upstream would look it up. */
static bool
could_be_host(struct span s)
{
	size_t i;
	char c;

	for (i = 0; i < s.n; i++) {
		c = s.p[i];
		if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
		    (c >= '0' && c <= '9') || c == '-' || c == '.'))
			return false;
	}
	return s.n > 0;
}

static void
note_unused(struct ignore *g, struct span entry)
{
	struct buf b = { 0 };

	buf_adds(&b, "ignoreip ");
	buf_add_span(&b, entry);
	strings_take(&g->unused, buf_take(&b));
}

static void
add_entry(struct ignore *g, struct span s)
{
	struct id id;

	s = span_trim(s);
	if (s.n == 0)
		return;
	id = id_from_span(s);
	if (id.addr.family != ADDR_NONE) {
		trie_add(g->nets, &id.addr);
	} else if (span_eq_nocase(s, SPAN("localhost"))) {
		add_loopback(g->nets);
	} else if (span_starts(s, SPAN("file:"))) {
		note_unused(g, s);
	} else {
		/* As a raw id it works even if it was meant as a name. */
		add_raw(g, &id);
		if (could_be_host(s))
			note_unused(g, s);
	}
}

struct ignore *
ignore_new(const struct jail_config *config)
{
	const struct strings *entries = &config->ignoreip;
	struct ignore *g = xcalloc(1, sizeof(*g));
	size_t i;

	g->self = config->ignoreself;
	g->nets = trie_new();
	g->raw = table_new(0, same_id);
	for (i = 0; i < entries->n; i++)
		add_entry(g, span_of(entries->v[i]));
	ignore_own(g, NULL, 0);
	return g;
}

void
ignore_free(struct ignore *g)
{
	struct id *id;
	size_t at = 0;

	if (g == NULL)
		return;
	while ((id = table_next(g->raw, &at)) != NULL) {
		id_fini(id);
		free(id);
	}
	table_free(g->raw);
	trie_free(g->own);
	trie_free(g->nets);
	strings_fini(&g->unused);
	free(g);
}

void
ignore_own(struct ignore *g, const struct addr *own, size_t n)
{
	struct addr host;
	size_t i;

	trie_free(g->own);
	g->own = trie_new();
	add_loopback(g->own);
	for (i = 0; i < n; i++) {
		/* The address itself, whatever network it stands in. */
		host = own[i];
		host.plen = (uint8_t)addr_bits(&host);
		trie_add(g->own, &host);
	}
}

enum ignore_verdict
ignore_check(const struct ignore *g, const struct id *id)
{
	if (id->addr.family == ADDR_NONE)
		return table_find(g->raw, id_hash(id), id) != NULL ?
		    IGNORE_IP : IGNORE_NO;
	if (g->self && trie_covers(g->own, &id->addr))
		return IGNORE_SELF;
	return trie_covers(g->nets, &id->addr) ? IGNORE_IP : IGNORE_NO;
}

const struct strings *
ignore_unused(const struct ignore *g)
{
	return &g->unused;
}
