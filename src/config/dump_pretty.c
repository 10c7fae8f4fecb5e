/*
 * fail2ban-client --dp: a list that does not fit a very long line is broken
 * up as Python's pprint does it, one item a line, long texts at their line
 * ends and blanks. Lengths count characters, not bytes.
 */
#include "config/dump.h"

#include <string.h>

#include "config/repr.h"
#include "config/utf8.h"

#define WIDTH 1000
#define INDENT 2

struct printer {
	struct buf *out;
	struct buf text;   /* one repr */
};

static size_t
characters(struct span s)
{
	size_t n = 0;

	for (size_t i = 0; i < s.n; i++)
		n += ((unsigned char)s.p[i] & 0xc0) != 0x80;
	return n;
}

static void
add_value(struct buf *out, const struct repr_value *v)
{
	if (v->kind == REPR_TEXT) {
		dump_repr(span_of(v->text), out);
	} else if (v->kind == REPR_WORD) {
		buf_adds(out, v->text);
	} else {
		buf_addc(out, '[');
		for (size_t i = 0; i < v->n; i++) {
			if (i > 0)
				buf_adds(out, ", ");
			add_value(out, &v->items[i]);
		}
		buf_addc(out, ']');
	}
}

static void
add_blanks(struct buf *out, size_t n)
{
	for (size_t i = 0; i < n; i++)
		buf_addc(out, ' ');
}

static size_t
repr_length(struct printer *p, struct span s)
{
	buf_clear(&p->text);
	dump_repr(s, &p->text);
	return characters(buf_span(&p->text));
}

/* What Python's splitlines() takes for the end of a line. */
static bool
ends_line(uint32_t c)
{
	return (c >= '\n' && c <= '\r') || (c >= 0x1c && c <= 0x1e) ||
	    c == 0x85 || c == 0x2028 || c == 0x2029;
}

/* Python's \s, of the characters that a configuration has. */
static bool
is_blank(uint32_t c)
{
	return c == ' ' || c == '\t' || ends_line(c) || c == 0x1f ||
	    c == 0xa0 || c == 0x1680 || (c >= 0x2000 && c <= 0x200a) ||
	    c == 0x202f || c == 0x205f || c == 0x3000;
}

static struct span
cut_line(struct span *rest)
{
	size_t n = 0;
	uint32_t c = 0;

	while (n < rest->n && !ends_line(c)) {
		size_t step = utf8_char(span_skip(*rest, n), &c);

		n += step > 0 ? step : 1;
	}
	if (c == '\r' && n < rest->n && rest->p[n] == '\n')
		n++;
	*rest = span_skip(*rest, n);
	return span_from(rest->p - n, n);
}

/* Letters, then blanks. */
static struct span
cut_word(struct span *rest)
{
	size_t n = 0;
	bool blanks = false;
	uint32_t c = 0;

	while (n < rest->n) {
		size_t step = utf8_char(span_skip(*rest, n), &c);

		if (blanks && !is_blank(c))
			break;
		blanks = is_blank(c);
		n += step > 0 ? step : 1;
	}
	*rest = span_skip(*rest, n);
	return span_from(rest->p - n, n);
}

static void
add_chunk(struct printer *p, struct span chunk, size_t indent, size_t *chunks)
{
	if ((*chunks)++ > 0) {
		buf_addc(p->out, '\n');
		add_blanks(p->out, indent);
	}
	dump_repr(chunk, p->out);
}

/* As many words to a chunk as fit; `allowance` is for what stands behind. */
static void
print_words(struct printer *p, struct span line, size_t indent,
    size_t allowance, size_t *chunks)
{
	struct span current = span_sub(line, 0, 0);
	size_t width = WIDTH - indent;

	while (line.n > 0) {
		struct span word = cut_word(&line);
		struct span longer = span_from(current.p, current.n + word.n);

		if (line.n == 0)
			width -= allowance;
		if (repr_length(p, longer) > width) {
			if (current.n > 0)
				add_chunk(p, current, indent, chunks);
			current = word;
		} else {
			current = longer;
		}
	}
	if (current.n > 0)
		add_chunk(p, current, indent, chunks);
}

static void
print_text(struct printer *p, struct span text, size_t indent,
    size_t allowance)
{
	size_t chunks = 0;

	if (text.n == 0)
		dump_repr(text, p->out);
	while (text.n > 0) {
		struct span line = cut_line(&text);
		size_t behind = text.n == 0 ? allowance : 0;

		if (repr_length(p, line) + behind <= WIDTH - indent)
			add_chunk(p, line, indent, &chunks);
		else
			print_words(p, line, indent, behind, &chunks);
	}
}

static void
print_value(struct printer *p, const struct repr_value *v, size_t indent,
    size_t allowance)
{
	struct buf whole = { 0 };
	size_t room = WIDTH - indent - allowance;

	add_value(&whole, v);
	if (characters(buf_span(&whole)) <= room || v->kind == REPR_WORD) {
		buf_add(p->out, whole.p, whole.n);
	} else if (v->kind == REPR_TEXT) {
		print_text(p, span_of(v->text), indent, allowance);
	} else {
		buf_addc(p->out, '[');
		add_blanks(p->out, INDENT - 1);
		for (size_t i = 0; i < v->n; i++) {
			if (i > 0) {
				buf_adds(p->out, ",\n");
				add_blanks(p->out, indent + INDENT);
			}
			print_value(p, &v->items[i], indent + INDENT,
			    i + 1 == v->n ? allowance + 1 : 1);
		}
		buf_addc(p->out, ']');
	}
	buf_fini(&whole);
}

void
dump_pretty(struct span stream, struct buf *out)
{
	struct printer p = { .out = out };
	struct repr_value v;
	struct span line;

	while (span_cut(&stream, '\n', &line)) {
		if (characters(line) > WIDTH && repr_parse(&v, line) == 0) {
			print_value(&p, &v, 0, 0);
			repr_fini(&v);
		} else {
			buf_add_span(out, line);
		}
		buf_addc(out, '\n');
	}
	buf_fini(&p.text);
}
