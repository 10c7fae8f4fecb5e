#include "match/starts.h"

#include "match/prefix.h"

/* A text as far as it is compared. */
struct text {
	size_t n;
	unsigned char bytes[sizeof(uint64_t)];
};

/* A byte that stands for itself, perhaps escaped, once; *i behind it. */
static bool
plain_byte(struct span s, size_t *i, char *out)
{
	size_t k = *i;
	char c = prefix_at(s, k++);

	if (c == '\\') {
		c = prefix_at(s, k++);
		if (prefix_is_word(c))
			return false;
	} else if (c != '\0' && strchr("^$.|[(){}?*+", c) != NULL) {
		return false;
	}
	if (c == '\0' || (unsigned char)c >= 0x80 ||
	    prefix_is_quantifier(prefix_at(s, k)))
		return false;
	*out = c;
	*i = k;
	return true;
}

static void
add(struct text *text, char c)
{
	if (text->n < sizeof(text->bytes))
		text->bytes[text->n++] = (unsigned char)c;
}

/* Inside of the group that begins the pattern; 0: none does. */
static size_t
enter(struct span s)
{
	size_t name;

	if (prefix_at(s, 0) != '^' || prefix_at(s, 1) != '(')
		return 0;
	if (prefix_at(s, 2) != '?')
		return 2;
	if (prefix_at(s, 3) == ':')
		return 4;
	name = span_chr(s, '>');
	return span_starts(span_skip(s, 3), SPAN("P<")) && name != SPAN_NONE ?
	    name + 1 : 0;
}

/* Branches of nothing but bytes, up to *i behind the group; 0: it is other. */
static unsigned
read_branches(struct span s, size_t *i, struct text texts[STARTS_MAX])
{
	unsigned n = 0;
	char c;

	for (;;) {
		texts[n].n = 0;
		while (plain_byte(s, i, &c))
			add(&texts[n], c);
		/* An empty one fits anything. */
		if (texts[n++].n == 0)
			return 0;
		c = prefix_at(s, (*i)++);
		if (c == ')')
			return prefix_is_quantifier(prefix_at(s, *i)) ? 0 : n;
		if (c != '|' || n == STARTS_MAX)
			return 0;
	}
}

void
starts_read(struct span s, struct starts *out)
{
	struct text texts[STARTS_MAX];
	size_t i = enter(s), close;
	unsigned n = i > 0 ? read_branches(s, &i, texts) : 0, k;
	char c;

	out->n = 0;
	if (n == 0 || prefix_has_branches(s, 0, &close))
		return;
	while (plain_byte(s, &i, &c))
		for (k = 0; k < n; k++)
			add(&texts[k], c);
	for (k = 0; k < n; k++) {
		unsigned char mask[sizeof(uint64_t)] = { 0 };

		memset(mask, 0xff, texts[k].n);
		memset(texts[k].bytes + texts[k].n, 0,
		    sizeof(mask) - texts[k].n);
		memcpy(&out->mask[k], mask, sizeof(mask));
		memcpy(&out->first[k], texts[k].bytes, sizeof(mask));
	}
	out->n = n;
}
