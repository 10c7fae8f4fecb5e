#include "match/tag.h"

#include <stdlib.h>

#include "base/strings.h"

/*
 * Addresses are recognised loosely, as upstream does: whether the digits make
 * an address is decided by addr_parse() on what was matched. Tightening them
 * here would move a match to another place in the line.
 */
#define HEX "[0-9A-Fa-f]{1,4}"
#define IP4 "(?:::f{4,6}:)?(?P<ip4>\\d{1,3}(?:\\.\\d{1,3}){3})"
#define IP6 "(?P<ip6>(?::|" HEX "::?){1,7}(?:(?<=:):|" HEX "))"
#define DNS "(?P<dns>[-.^\\w]*\\w)"
#define CIDR "(?P<cidr>\\d+)"
#define ADDR "\\[?(?:" IP4 "|" IP6 ")\\]?"
#define HOST "(?:" ADDR "|" DNS ")"
#define SUBNET "\\[?(?:" IP4 "|" IP6 ")(?:/" CIDR ")?\\]?"

static const struct {
	const char *tag;
	const char *text;
} fixed[] = {
	{ "HOST", HOST }, { "ADDR", ADDR }, { "IP4", IP4 }, { "IP6", IP6 },
	{ "DNS", DNS }, { "CIDR", CIDR }, { "SUBNET", SUBNET },
	{ "F-ADDR/", ADDR }, { "F-IP4/", IP4 }, { "F-IP6/", IP6 },
	{ "F-DNS/", DNS }, { "F-CIDR/", CIDR }, { "F-SUBNET/", SUBNET },
	{ "F-ID/", "(?P<fid>\\S+)" }, { "F-PORT/", "(?P<fport>\\w+)" },
};

static bool
is_name_byte(char c)
{
	return (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
	    c == '-';
}

/* The tag at s, without its brackets; false when there is none. */
static bool
tag_at(struct span s, struct span *tag)
{
	size_t i = 1, start;

	if (s.n == 0 || s.p[0] != '<')
		return false;
	if (i < s.n && s.p[i] == '/')
		i++;
	start = i;
	while (i < s.n && (is_name_byte(s.p[i]) ||
	    (s.p[i] >= 'a' && s.p[i] <= 'z')))
		i++;
	if (i == start)
		return false;
	if (i < s.n && s.p[i] == '/')
		i++;
	if (i >= s.n || s.p[i] != '>')
		return false;
	*tag = span_sub(s, 1, i - 1);
	return true;
}

/* F-NAME with nothing but capitals, digits, '_' and '-' behind. */
static bool
custom_name(struct span tag, struct span *name)
{
	size_t i;

	if (!span_starts(tag, SPAN("F-")) || tag.n == 2)
		return false;
	for (i = 2; i < tag.n; i++)
		if (!is_name_byte(tag.p[i]))
			return false;
	*name = span_skip(tag, 2);
	return true;
}

static void
open_group(struct span name, size_t at, struct mapped *out)
{
	size_t i;
	char c;

	mapped_put(out, SPAN("(?P<"), at);
	if (span_eq(name, SPAN("ID"))) {
		mapped_put(out, SPAN("fid"), at);
	} else if (span_eq(name, SPAN("PORT"))) {
		mapped_put(out, SPAN("fport"), at);
	} else {
		for (i = 0; i < name.n; i++) {
			c = name.p[i];
			if (c >= 'A' && c <= 'Z')
				c = (char)(c + ('a' - 'A'));
			mapped_put(out, span_from(&c, 1), at);
		}
	}
	mapped_put(out, SPAN(">"), at);
}

static const char *
fixed_text(struct span tag, bool dns)
{
	size_t i;

	if (!dns && span_eq(tag, SPAN("HOST")))
		return ADDR;
	for (i = 0; i < sizeof(fixed) / sizeof(fixed[0]); i++)
		if (span_eq(tag, span_of(fixed[i].tag)))
			return fixed[i].text;
	return NULL;
}

struct expansion {
	struct strings open;      /* names met so far */
	unsigned skiplines;
	struct mapped *out;
	bool dns;
};

/* True when the tag was replaced; else it is literal text. */
static bool
expand_tag(struct expansion *e, struct span tag, size_t at)
{
	const char *text = fixed_text(tag, e->dns);
	struct span name;
	struct buf skip = { 0 };
	char *copy;
	bool closing, known;

	if (text != NULL) {
		mapped_put(e->out, span_of(text), at);
		return true;
	}
	if (span_eq(tag, SPAN("SKIPLINES"))) {
		buf_addf(&skip, "\\n(?P<skiplines%u>(?:(?:.*\\n)*?))",
		    e->skiplines++);
		mapped_put(e->out, buf_span(&skip), at);
		buf_fini(&skip);
		return true;
	}
	closing = tag.p[0] == '/';
	if (!custom_name(closing ? span_skip(tag, 1) : tag, &name))
		return false;
	copy = span_dup(name);
	known = strings_has(&e->open, copy);
	if (closing) {
		if (known)
			mapped_put(e->out, SPAN(")"), at);
	} else {
		open_group(name, at, e->out);
		if (!known) {
			strings_take(&e->open, copy);
			return true;
		}
	}
	free(copy);
	return !closing || known;
}

/*
 * "((?i)" and "(?:(?i)" become "(?i:": Python refuses a global flag that is
 * not at the start, and filters are pasted together from parts that have one.
 */
static size_t
flag_group(struct span s, struct span *flags)
{
	size_t i = 1, start;

	if (span_starts(s, SPAN("(?:")))
		i = 3;
	else if (!span_starts(s, SPAN("(")))
		return 0;
	if (!span_starts(span_skip(s, i), SPAN("(?")))
		return 0;
	start = i;
	for (i += 2; i < s.n && s.p[i] >= 'a' && s.p[i] <= 'z'; i++)
		;
	if (i == start + 2 || i >= s.n || s.p[i] != ')')
		return 0;
	*flags = span_sub(s, start, i - start);
	return i + 1;
}

static void
localise_flags(const struct mapped *in, struct mapped *out)
{
	struct span s = buf_span(&in->text), flags;
	size_t i = 0, n;

	while (i < s.n) {
		n = 0;
		if (i == 0 || s.p[i - 1] != '\\')
			n = flag_group(span_skip(s, i), &flags);
		if (n > 0) {
			mapped_put(out, flags, in->at[i]);
			mapped_put(out, SPAN(":"), in->at[i]);
			i += n;
		} else {
			mapped_copy(out, s.p + i, 1, in->at[i]);
			i++;
		}
	}
}

void
tag_expand(struct span regex, bool dns, struct mapped *out)
{
	struct mapped first = { 0 };
	struct expansion e = { .out = &first, .dns = dns };
	struct span tag;
	size_t i = 0;

	while (i < regex.n) {
		if (tag_at(span_skip(regex, i), &tag) &&
		    expand_tag(&e, tag, i)) {
			i += tag.n + 2;
		} else {
			mapped_copy(&first, regex.p + i, 1, i);
			i++;
		}
	}
	localise_flags(&first, out);
	mapped_fini(&first);
	strings_fini(&e.open);
}

/* "user_2" -> "user": parts may be numbered. */
static struct span
without_number(struct span name)
{
	size_t n = name.n;

	while (n > 0 && name.p[n - 1] >= '0' && name.p[n - 1] <= '9')
		n--;
	if (n < name.n && n > 0 && name.p[n - 1] == '_')
		return span_sub(name, 0, n - 1);
	return name;
}

enum tag_kind
tag_kind(struct span group, struct span *target)
{
	enum tag_kind kind;

	*target = group;
	if (span_starts(group, SPAN("alt_"))) {
		*target = span_skip(group, 4);
		kind = TAG_ALT;
	} else if (span_starts(group, SPAN("tuple_"))) {
		*target = span_skip(group, 6);
		kind = TAG_TUPLE;
	} else {
		return TAG_PLAIN;
	}
	*target = without_number(*target);
	if (span_eq(*target, SPAN("id")))
		*target = SPAN("fid");
	else if (span_eq(*target, SPAN("port")))
		*target = SPAN("fport");
	return kind;
}
