#include "match/prefix.h"

#include <string.h>

/* Behind the set that starts at i. */
static size_t
skip_set(struct span s, size_t i)
{
	i++;
	if (prefix_at(s, i) == '^')
		i++;
	if (prefix_at(s, i) == ']')
		i++;
	while (i < s.n && s.p[i] != ']')
		i += s.p[i] == '\\' ? 2 : 1;
	return i + 1;
}

bool
prefix_has_branches(struct span s, size_t i, size_t *close)
{
	size_t depth = 0;
	bool found = false;

	while (i < s.n) {
		if (s.p[i] == '\\') {
			i += 2;
			continue;
		}
		if (s.p[i] == '[') {
			i = skip_set(s, i);
			continue;
		}
		if (s.p[i] == ')' && depth-- == 0)
			break;
		if (s.p[i] == '(')
			depth++;
		else if (s.p[i] == '|' && depth == 0)
			found = true;
		i++;
	}
	*close = i;
	return found;
}

/* Inside of a plain or named group at i, or 0 for any other construct. */
static size_t
enter_group(struct span s, size_t i)
{
	struct span rest = span_skip(s, i);
	size_t close, inside, name;

	if (span_starts(rest, SPAN("(?:"))) {
		inside = i + 3;
	} else if (span_starts(rest, SPAN("(?P<"))) {
		name = span_chr(rest, '>');
		if (name == SPAN_NONE)
			return 0;
		inside = i + name + 1;
	} else if (prefix_at(s, i + 1) != '?') {
		inside = i + 1;
	} else {
		return 0;
	}
	if (prefix_has_branches(s, inside, &close) ||
	    prefix_is_quantifier(prefix_at(s, close + 1)))
		return 0;
	return inside;
}

/* A plain byte of a set at *i, perhaps escaped. */
static bool
set_byte(struct span s, size_t *i, unsigned char *out)
{
	char c = prefix_at(s, *i);

	if (c == '\\') {
		c = prefix_at(s, ++*i);
		if (prefix_is_word(c))
			return false;
	} else if (strchr("^]-", c) != NULL) {
		return false;
	}
	++*i;
	*out = (unsigned char)c;
	return *out != '\0' && *out < 0x80;
}

/* "[aA]" and nothing more. */
static bool
two_bytes(struct span s, size_t *i, unsigned char *a, unsigned char *b)
{
	size_t k = *i + 1;

	if (!set_byte(s, &k, a) || !set_byte(s, &k, b) ||
	    prefix_at(s, k) != ']')
		return false;
	*i = k + 1;
	return true;
}

/* "\d", or what python.c makes of "\s". */
static bool
kind_of(struct span s, size_t *i, enum prefix_kind *kind)
{
	static const struct span digit = { "\\d", 2 };
	static const struct span space = { "[\\s\\x1c-\\x1f]", 13 };
	struct span rest = span_skip(s, *i);

	if (span_starts(rest, digit))
		*kind = PREFIX_DIGIT;
	else if (span_starts(rest, space))
		*kind = PREFIX_SPACE;
	else
		return false;
	*i += *kind == PREFIX_DIGIT ? digit.n : space.n;
	return true;
}

/* One position at *i; false when it stands for more than two bytes. */
static bool
position(struct span s, size_t *i, unsigned char *a, unsigned char *b)
{
	char c = s.p[*i];

	if (c == '[' && two_bytes(s, i, a, b))
		return true;
	if (c == '\\') {
		c = prefix_at(s, *i + 1);
		if (prefix_is_word(c) || c == '\0')
			return false;
		(*i)++;
	} else if (c == '\0' || strchr("^$.|[(){}?*+", c) != NULL) {
		return false;
	}
	if ((unsigned char)c >= 0x80)
		return false;
	*a = *b = (unsigned char)c;
	(*i)++;
	return true;
}

static void
read_bytes(struct span s, struct prefix *out)
{
	size_t i = 1, inside, close;
	enum prefix_kind kind;
	unsigned char a, b;

	out->n = 0;
	if (prefix_at(s, 0) != '^' || prefix_has_branches(s, 0, &close) ||
	    prefix_is_quantifier(prefix_at(s, 1)))
		return;
	while (i < s.n && out->n < PREFIX_MAX) {
		if (s.p[i] == '(') {
			inside = enter_group(s, i);
			if (inside == 0)
				return;
			i = inside;
			continue;
		}
		if (s.p[i] == ')') {
			i++;
			continue;
		}
		kind = PREFIX_BYTES;
		if (kind_of(s, &i, &kind))
			a = b = kind == PREFIX_DIGIT ? '0' : ' ';
		else if (!position(s, &i, &a, &b))
			return;
		if (prefix_is_quantifier(prefix_at(s, i)) &&
		    prefix_at(s, i) != '+')
			return;
		out->a[out->n] = a;
		out->b[out->n] = b;
		out->kind[out->n] = (unsigned char)kind;
		out->n++;
		if (prefix_at(s, i) == '+')
			return;
	}
}

/* Bits in which both bytes of a place are the same tell most prefixes apart. */
void
prefix_read(struct span s, struct prefix *out)
{
	unsigned char mask[sizeof(out->mask)] = { 0 };
	unsigned char first[sizeof(out->first)] = { 0 };
	size_t i;

	read_bytes(s, out);
	for (i = 0; i < sizeof(mask) && i < out->n; i++) {
		/* Of several bytes perhaps: what follows has moved. */
		if (out->kind[i] != PREFIX_BYTES)
			break;
		mask[i] = (unsigned char)~(out->a[i] ^ out->b[i]);
		first[i] = out->a[i] & mask[i];
	}
	memcpy(&out->mask, mask, sizeof(mask));
	memcpy(&out->first, first, sizeof(first));
}
