#include "config/repr.h"

#include <stdlib.h>
#include <string.h>

#include "base/number.h"
#include "base/xalloc.h"

struct cursor {
	struct span s;
	size_t at;
	unsigned depth;
};

static char
peek(const struct cursor *c)
{
	return c->at < c->s.n ? c->s.p[c->at] : '\0';
}

static void
add_utf8(uint32_t c, struct buf *out)
{
	if (c < 0x80) {
		buf_addc(out, (char)c);
	} else if (c < 0x800) {
		buf_addc(out, (char)(0xc0 | c >> 6));
		buf_addc(out, (char)(0x80 | (c & 0x3f)));
	} else if (c < 0x10000) {
		buf_addc(out, (char)(0xe0 | c >> 12));
		buf_addc(out, (char)(0x80 | (c >> 6 & 0x3f)));
		buf_addc(out, (char)(0x80 | (c & 0x3f)));
	} else {
		buf_addc(out, (char)(0xf0 | c >> 18));
		buf_addc(out, (char)(0x80 | (c >> 12 & 0x3f)));
		buf_addc(out, (char)(0x80 | (c >> 6 & 0x3f)));
		buf_addc(out, (char)(0x80 | (c & 0x3f)));
	}
}

/* Behind the backslash. */
static int
parse_escape(struct cursor *c, struct buf *out)
{
	static const char names[] = "nrt\\'\"";
	static const char values[] = "\n\r\t\\'\"";
	const char *simple;
	size_t digits;
	uint64_t code;
	char kind = peek(c);

	if (kind == '\0')
		return -1;
	c->at++;
	simple = strchr(names, kind);
	if (simple != NULL) {
		buf_addc(out, values[simple - names]);
		return 0;
	}
	digits = kind == 'x' ? 2 : kind == 'u' ? 4 : kind == 'U' ? 8 : 0;
	if (digits == 0 || c->s.n - c->at < digits ||
	    number_parse_hex(span_sub(c->s, c->at, digits), &code) != 0 ||
	    code == 0 || code > 0x10ffff)
		return -1;
	c->at += digits;
	if (code >= 0xdc80 && code <= 0xdcff)
		buf_addc(out, (char)(code & 0xff));
	else if (code >= 0xd800 && code <= 0xdfff)
		return -1;
	else
		add_utf8((uint32_t)code, out);
	return 0;
}

static int
parse_text(struct cursor *c, struct repr_value *v)
{
	struct buf out = { 0 };
	char quote = c->s.p[c->at++];

	while (c->at < c->s.n && c->s.p[c->at] != quote) {
		char next = c->s.p[c->at++];

		if (next == '\0' ||
		    (next == '\\' && parse_escape(c, &out) != 0)) {
			buf_fini(&out);
			return -1;
		}
		if (next != '\\')
			buf_addc(&out, next);
	}
	v->kind = REPR_TEXT;
	v->text = out.n > 0 ? buf_take(&out) : xstrdup("");
	buf_fini(&out);
	return c->at < c->s.n ? (c->at++, 0) : -1;
}

static int
parse_word(struct cursor *c, struct repr_value *v)
{
	size_t start = c->at;

	for (;; c->at++) {
		char p = peek(c);

		if (!((p >= '0' && p <= '9') || (p >= 'a' && p <= 'z') ||
			(p >= 'A' && p <= 'Z') || p == '.' || p == '-' ||
			p == '+'))
			break;
	}
	if (c->at == start)
		return -1;
	v->kind = REPR_WORD;
	v->text = span_dup(span_sub(c->s, start, c->at - start));
	return 0;
}

static int parse_value(struct cursor *c, struct repr_value *v);

static void
skip_blanks(struct cursor *c)
{
	while (peek(c) == ' ')
		c->at++;
}

/* [a, b], (a, b) and {k: v} alike become one list of values. */
static int
parse_list(struct cursor *c, struct repr_value *v)
{
	char open = c->s.p[c->at++];
	char close = open == '[' ? ']' : open == '(' ? ')' : '}';
	size_t cap = 0;

	v->kind = REPR_LIST;
	skip_blanks(c);
	while (peek(c) != close) {
		if (v->n == cap) {
			cap = cap == 0 ? 8 : cap * 2;
			v->items = xreallocarray(v->items, cap,
			    sizeof(*v->items));
		}
		v->items[v->n] = (struct repr_value){ 0 };
		if (parse_value(c, &v->items[v->n++]) != 0)
			return -1;
		skip_blanks(c);
		if (peek(c) == ',' || (open == '{' && peek(c) == ':'))
			c->at++;
		else if (peek(c) != close)
			return -1;
		skip_blanks(c);
	}
	c->at++;
	return 0;
}

static int
parse_value(struct cursor *c, struct repr_value *v)
{
	int result;

	if (++c->depth > REPR_DEPTH_MAX)
		return -1;
	switch (peek(c)) {
	case '\'':
	case '"':
		result = parse_text(c, v);
		break;
	case '[':
	case '(':
	case '{':
		result = parse_list(c, v);
		break;
	default:
		result = parse_word(c, v);
	}
	c->depth--;
	return result;
}

int
repr_parse(struct repr_value *v, struct span line)
{
	struct cursor c = { .s = line };

	*v = (struct repr_value){ 0 };
	if (parse_value(&c, v) == 0 && c.at == line.n)
		return 0;
	repr_fini(v);
	return -1;
}

void
repr_fini(struct repr_value *v)
{
	for (size_t i = 0; i < v->n; i++)
		repr_fini(&v->items[i]);
	free(v->items);
	free(v->text);
	*v = (struct repr_value){ 0 };
}

const char *
repr_item(const struct repr_value *list, size_t i)
{
	if (list->kind != REPR_LIST || i >= list->n)
		return NULL;
	return list->items[i].text;
}
