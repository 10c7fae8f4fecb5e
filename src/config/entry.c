#include "config/entry.h"

#include <stdlib.h>

static bool
is_blank(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

static bool
is_word(char c)
{
	return c == '_' || (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') ||
	    (c >= 'A' && c <= 'Z') || (unsigned char)c >= 0x80;
}

static size_t
blanks(struct span s, size_t at)
{
	while (at < s.n && is_blank(s.p[at]))
		at++;
	return at;
}

/*
 * "name=" or "name?key=value=" at `at`: the offset behind the last '=', or
 * SPAN_NONE.
 */
static size_t
option_name(struct span s, size_t at)
{
	size_t n = at, key;

	while (n < s.n && (is_word(s.p[n]) || s.p[n] == '-' || s.p[n] == '.'))
		n++;
	if (n == at || n == s.n)
		return SPAN_NONE;
	if (s.p[n] == '=')
		return n + 1;
	if (s.p[n] != '?')
		return SPAN_NONE;
	for (key = ++n; n < s.n && is_word(s.p[n]);)
		n++;
	if (n == key || n == s.n || s.p[n] != '=')
		return SPAN_NONE;
	for (key = ++n; n < s.n && is_word(s.p[n]);)
		n++;
	return n > key && n < s.n && s.p[n] == '=' ? n + 1 : SPAN_NONE;
}

/*
 * The value at `at`, quotes taken off; the offset behind it. A quote that
 * nothing closes is part of a bare value.
 */
static size_t
option_value(struct span s, size_t at, struct span *value)
{
	size_t n;

	if (at < s.n && (s.p[at] == '"' || s.p[at] == '\'')) {
		n = span_chr(span_skip(s, at + 1), s.p[at]);
		if (n != SPAN_NONE) {
			*value = span_sub(s, at + 1, n);
			return at + n + 2;
		}
	}
	for (n = at; n < s.n && s.p[n] != ',' && s.p[n] != ']';)
		n++;
	*value = span_sub(s, at, n - at);
	return n;
}

/* What may stand behind a value: ',', '] [' or the end. SPAN_NONE if not. */
static size_t
option_end(struct span s, size_t at)
{
	size_t n;

	if (at == s.n || (at + 1 == s.n && s.p[at] == '\n'))
		return s.n;
	if (s.p[at] == ',')
		return at + 1;
	if (s.p[at] != ']')
		return SPAN_NONE;
	n = blanks(s, at + 1);
	return n < s.n && s.p[n] == '[' ? n + 1 : SPAN_NONE;
}

static int
parse_options(struct entry *e, struct span s, struct buf *why)
{
	size_t at = 0;

	for (;;) {
		size_t name = blanks(s, at), end, next;
		size_t tail = blanks(s,
		    at < s.n && s.p[at] == ',' ? at + 1 : at);
		struct span value;
		char *key, *text;

		if (tail == s.n)
			return 0;
		end = option_name(s, name);
		if (end == SPAN_NONE) {
			buf_addf(why, "expected option, wrong syntax at %zu: "
			    "'%.*s'; accepted: opt=value", at,
			    SPAN_FMT(span_sub(s, at, 25)));
			return -1;
		}
		next = option_value(s, blanks(s, end), &value);
		key = span_dup(span_sub(s, name, end - 1 - name));
		at = option_end(s, next);
		if (at == SPAN_NONE) {
			buf_addf(why, "unexpected syntax at %zu after option "
			    "'%s': '%.*s'; accepted: ',' or ']'", next, key,
			    SPAN_FMT(span_sub(s, next, 25)));
			free(key);
			return -1;
		}
		text = span_dup(span_trim(value));
		properties_set(&e->options, key, text);
		free(key);
		free(text);
	}
}

int
entry_parse(struct entry *e, struct span text, struct buf *why)
{
	size_t open = span_chr(text, '[');
	size_t close = span_find_last(text, SPAN("]"));

	*e = (struct entry){ 0 };
	if (open == SPAN_NONE)
		open = text.n;
	else if (open == 0 || close == SPAN_NONE || close < open ||
	    blanks(text, close + 1) != text.n) {
		buf_adds(why, "unexpected option syntax; accepted: "
		    "name[opt=value, …]");
		return -1;
	}
	if (open == 0) {
		buf_adds(why, "no name; accepted: name[opt=value, …]");
		return -1;
	}
	e->name = span_dup(span_sub(text, 0, open));
	if (open == text.n)
		return 0;
	if (parse_options(e, span_sub(text, open + 1, close - open - 1),
		why) != 0) {
		entry_fini(e);
		return -1;
	}
	return 0;
}

void
entry_fini(struct entry *e)
{
	free(e->name);
	properties_fini(&e->options);
	*e = (struct entry){ 0 };
}

/*
 * Behind a value within a list of entries. A quote that closes only in some
 * later entry is part of a bare value.
 */
static size_t
group_value(struct span s, size_t at)
{
	struct span value;
	size_t n = option_value(s, at, &value);
	size_t next = blanks(s, n);

	if (next < s.n && (s.p[next] == ',' || s.p[next] == ']' ||
		option_name(s, next) != SPAN_NONE))
		return n;
	for (n = at; n < s.n && s.p[n] != ',' && s.p[n] != ']';)
		n++;
	return n;
}

/* Behind a bracket group that starts at `at` ('['), or SPAN_NONE. */
static size_t
group_end(struct span s, size_t at)
{
	size_t n = blanks(s, at + 1), end;

	while (n < s.n && s.p[n] != ']') {
		end = option_name(s, n);
		if (end == SPAN_NONE)
			return SPAN_NONE;
		n = blanks(s, group_value(s, blanks(s, end)));
		if (n < s.n && s.p[n] == ',') {
			n++;
		} else if (n < s.n && s.p[n] == ']') {
			size_t again = blanks(s, n + 1);

			if (again == s.n || s.p[again] != '[')
				break;
			n = again + 1;
		}
		n = blanks(s, n);
	}
	return n < s.n ? n + 1 : SPAN_NONE;
}

/* One entry at `at` (no blank there): the offset behind it. */
static size_t
entry_end(struct span s, size_t at)
{
	size_t name = at, open, end;

	while (name < s.n && !is_blank(s.p[name]) && s.p[name] != '[')
		name++;
	open = blanks(s, name);
	if (name > at && open < s.n && s.p[open] == '[') {
		end = group_end(s, open);
		if (end != SPAN_NONE && (end == s.n || is_blank(s.p[end])))
			return end;
	}
	/* Not well formed: a word, for entry_parse() to complain about. */
	while (name < s.n && !is_blank(s.p[name]))
		name++;
	return name;
}

void
entry_split(struct span text, struct strings *entries)
{
	size_t at = blanks(text, 0);

	while (at < text.n) {
		size_t end = entry_end(text, at);

		strings_add(entries, span_sub(text, at, end - at));
		at = blanks(text, end);
	}
}
