#include "access/user.h"

static char
lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

/* Place of the '@' that begins the domain, or SPAN_NONE. */
static size_t
find_at(struct span name)
{
	return span_find_last(name, SPAN("@"));
}

struct span
user_domain(struct span name)
{
	size_t at = find_at(name);

	return at == SPAN_NONE ? (struct span){ NULL, 0 } :
	    span_skip(name, at + 1);
}

static const char *
find_alias(const struct user_rules *rules, struct span name)
{
	for (size_t i = 0; i < rules->aliases_n; i++)
		if (span_eq(span_of(rules->aliases[i].from), name))
			return rules->aliases[i].to;
	return NULL;
}

/* The name that stands in `out` from `from` on, as its alias says. */
static void
follow_alias(const struct user_rules *rules, struct buf *out, size_t from)
{
	struct span name = span_skip(buf_span(out), from);
	size_t at;
	const char *to;

	if (rules->aliases_n == 0)
		return;
	at = find_at(name);
	to = find_alias(rules, name);
	if (to == NULL && at != SPAN_NONE) {
		to = find_alias(rules, span_skip(name, at));
		from += at;
	}
	if (to == NULL)
		return;
	out->n = from;
	buf_adds(out, to);
}

static void
cut_detail(const struct user_rules *rules, struct span *local)
{
	size_t at;

	if (rules->separator == '\0')
		return;
	at = span_chr(*local, rules->separator);
	/* "+name" is a name, not a detail of nobody's. */
	if (at != SPAN_NONE && at > 0)
		local->n = at;
}

void
user_normalise(const struct user_rules *rules, struct span raw,
    struct buf *out)
{
	struct span name = span_sub(span_trim(raw), 0, USER_NAME_MAX);
	size_t at = find_at(name), from = out->n;
	struct span local = at == SPAN_NONE ? name : span_sub(name, 0, at);

	if (name.n == 0)
		return;
	cut_detail(rules, &local);
	buf_add_span(out, local);
	if (at != SPAN_NONE)
		buf_add_span(out, span_skip(name, at));
	else if (rules->domain != NULL && span_chr(name, '\\') == SPAN_NONE)
		buf_addf(out, "@%s", rules->domain);
	for (size_t i = from; i < out->n; i++)
		out->p[i] = lower(out->p[i]);
	follow_alias(rules, out, from);
}
