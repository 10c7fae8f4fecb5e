#include "firewall/nft_want.h"

#include <stdlib.h>
#include <string.h>
#include <netinet/in.h>
#include <linux/netfilter.h>

#include "base/buf.h"
#include "base/log.h"
#include "base/xalloc.h"
#include "firewall/firewall_block.h"
#include "firewall/firewall_ports.h"
#include "firewall/firewall_rule.h"

#define LOGGER "gaol.firewall"
/* nft refuses to read back comments of more than 128 bytes. */
#define COMMENT_MAX 120

static const struct {
	const char *name;
	uint8_t family;
} families[] = {
	{ "inet", NFPROTO_INET }, { "ip", NFPROTO_IPV4 },
	{ "ip6", NFPROTO_IPV6 },
};

static const struct {
	const char *name;
	uint32_t hook;
} hooks[] = {
	{ "prerouting", NF_INET_PRE_ROUTING }, { "input", NF_INET_LOCAL_IN },
	{ "forward", NF_INET_FORWARD }, { "output", NF_INET_LOCAL_OUT },
};

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

uint8_t
nft_want_family(const char *name)
{
	for (size_t i = 0; i < COUNT(families); i++)
		if (strcmp(families[i].name, name) == 0)
			return families[i].family;
	return NFPROTO_INET;
}

const char *
nft_want_family_name(uint8_t family)
{
	for (size_t i = 0; i < COUNT(families); i++)
		if (families[i].family == family)
			return families[i].name;
	return "?";
}

static uint32_t
hook_number(const char *name)
{
	for (size_t i = 0; i < COUNT(hooks); i++)
		if (strcmp(hooks[i].name, name) == 0)
			return hooks[i].hook;
	return NF_INET_LOCAL_IN;
}

struct nft_want_table *
nft_want_table(const struct nft_want *w, uint8_t family, const char *name)
{
	for (size_t i = 0; i < w->tables_n; i++)
		if (w->tables[i].family == family &&
		    strcmp(w->tables[i].name, name) == 0)
			return &w->tables[i];
	return NULL;
}

const struct nft_want_set *
nft_want_set(const struct nft_want_table *t, const char *name)
{
	for (size_t i = 0; i < t->sets_n; i++)
		if (strcmp(t->sets[i].name, name) == 0)
			return &t->sets[i];
	return NULL;
}

const struct nft_want_chain *
nft_want_chain(const struct nft_want_table *t, const char *name)
{
	for (size_t i = 0; i < t->chains_n; i++)
		if (strcmp(t->chains[i].name, name) == 0)
			return &t->chains[i];
	return NULL;
}

static struct nft_want_table *
add_table(struct nft_want *w, const struct firewall_rule *r)
{
	uint8_t family = nft_want_family(r->family);
	struct nft_want_table *t = nft_want_table(w, family, r->table);

	if (t != NULL)
		return t;
	w->tables = xreallocarray(w->tables, w->tables_n + 1,
	    sizeof(*w->tables));
	t = &w->tables[w->tables_n++];
	*t = (struct nft_want_table){ .name = xstrdup(r->table),
		.family = family };
	return t;
}

/* The jail loses what clashes; the others go on. */
static void
clash(const struct firewall_rule *r, const char *what, const char *name)
{
	log_error(LOGGER, "jail %s: %s %s is used by another jail in another "
	    "way (hook, priority or kind of address): not made", r->jail,
	    what, name);
}

static bool
add_chain(struct nft_want_table *t, const struct firewall_rule *r)
{
	const struct nft_want_chain *c = nft_want_chain(t, r->chain);
	uint32_t hook = hook_number(r->hook);

	if (c != NULL && (c->hook != hook || c->priority != r->priority)) {
		clash(r, "chain", r->chain);
		return false;
	}
	if (c != NULL)
		return true;
	t->chains = xreallocarray(t->chains, t->chains_n + 1,
	    sizeof(*t->chains));
	t->chains[t->chains_n++] = (struct nft_want_chain){
		xstrdup(r->chain), hook, r->priority };
	return true;
}

static bool
add_set(struct nft_want_table *t, const struct firewall_rule *r,
    enum firewall_set kind)
{
	const struct nft_want_set *s = nft_want_set(t, r->sets[kind]);

	if (s != NULL && s->kind != kind) {
		clash(r, "set", r->sets[kind]);
		return false;
	}
	if (s != NULL)
		return true;
	t->sets = xreallocarray(t->sets, t->sets_n + 1, sizeof(*t->sets));
	t->sets[t->sets_n++] = (struct nft_want_set){
		xstrdup(r->sets[kind]), kind };
	return true;
}

/* A stable number for what the cut comment no longer says (FNV-1a). */
static uint32_t
digest(const struct buf *b)
{
	uint32_t h = 2166136261u;

	for (size_t i = 0; i < b->n; i++)
		h = (h ^ (uint8_t)b->p[i]) * 16777619u;
	return h;
}

static char *
comment_make(const struct firewall_rule *r, enum firewall_set kind,
    uint8_t protocol)
{
	bool v6 = nft_want_is_v6(kind);
	struct buf b = { 0 };
	uint32_t sum;

	buf_addf(&b, NFT_WANT_COMMENT "%s ", r->jail);
	if (!r->allports) {
		firewall_rule_protocol(protocol, &b);
		buf_addc(&b, ' ');
		firewall_ports_format(r->ports, r->ports_n, &b);
	} else if (r->protocols_n == 0) {
		buf_adds(&b, "all");
	} else {
		for (size_t i = 0; i < r->protocols_n; i++) {
			buf_adds(&b, i > 0 ? "," : "");
			firewall_rule_protocol(r->protocols[i], &b);
		}
	}
	buf_addc(&b, ' ');
	firewall_block_format(&r->block[v6], v6 ? AF_INET6 : AF_INET, &b);
	/* The jail's name is text of the configuration; quotes would end it. */
	for (size_t i = 0; i < b.n; i++)
		if (b.p[i] == '"' || (unsigned char)b.p[i] < ' ')
			b.p[i] = '_';
	if (b.n > COMMENT_MAX) {
		sum = digest(&b);
		b.n = COMMENT_MAX - 9;
		buf_addf(&b, "#%08x", sum);
	}
	return buf_take(&b);
}

static void
add_rule(struct nft_want_table *t, const struct firewall_rule *r,
    enum firewall_set kind, uint8_t protocol)
{
	char *comment = comment_make(r, kind, protocol);
	struct nft_want_rule *v;

	for (size_t i = 0; i < t->rules_n; i++) {
		v = &t->rules[i];
		if (strcmp(v->set, r->sets[kind]) == 0 &&
		    strcmp(v->chain, r->chain) == 0 &&
		    strcmp(v->comment, comment) == 0) {
			free(comment);
			return;
		}
	}
	t->rules = xreallocarray(t->rules, t->rules_n + 1, sizeof(*t->rules));
	t->rules[t->rules_n++] = (struct nft_want_rule){
		.chain = xstrdup(r->chain),
		.set = xstrdup(r->sets[kind]),
		.comment = comment,
		.kind = kind,
		.rule = r,
		.protocol = protocol,
	};
}

static void
add_all(struct nft_want *w, const struct firewall_rule *r)
{
	struct nft_want_table *t = add_table(w, r);

	if (!add_chain(t, r))
		return;
	for (enum firewall_set k = 0; k < FIREWALL_SETS; k++) {
		if (r->sets[k] == NULL || !add_set(t, r, k))
			continue;
		if (r->allports) {
			add_rule(t, r, k, 0);
			continue;
		}
		for (size_t i = 0; i < r->protocols_n; i++)
			add_rule(t, r, k, r->protocols[i]);
	}
}

void
nft_want_make(struct nft_want *w, const struct firewall_rule *rules, size_t n)
{
	memset(w, 0, sizeof(*w));
	for (size_t i = 0; i < n; i++)
		add_all(w, &rules[i]);
}

void
nft_want_fini(struct nft_want *w)
{
	for (size_t i = 0; i < w->tables_n; i++) {
		struct nft_want_table *t = &w->tables[i];

		for (size_t j = 0; j < t->chains_n; j++)
			free(t->chains[j].name);
		for (size_t j = 0; j < t->sets_n; j++)
			free(t->sets[j].name);
		for (size_t j = 0; j < t->rules_n; j++) {
			free(t->rules[j].chain);
			free(t->rules[j].set);
			free(t->rules[j].comment);
		}
		free(t->chains);
		free(t->sets);
		free(t->rules);
		free(t->name);
	}
	free(w->tables);
	memset(w, 0, sizeof(*w));
}
