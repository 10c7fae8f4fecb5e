#include "match/python.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>

struct translator {
	struct span s;
	size_t i;
	struct mapped *out;
	struct python_error *error;
};

static int
refuse(struct translator *t, size_t at, const char *text)
{
	t->error->offset = at;
	t->error->text = text;
	errno = EINVAL;
	return -1;
}

static char
peek(const struct translator *t, size_t ahead)
{
	return t->i + ahead < t->s.n ? t->s.p[t->i + ahead] : '\0';
}

static void
copy(struct translator *t, size_t n)
{
	mapped_copy(t->out, t->s.p + t->i, n, t->i);
	t->i += n;
}

/* Writes `text` for the next n bytes. */
static void
replace(struct translator *t, struct span text, size_t n)
{
	mapped_put(t->out, text, t->i);
	t->i += n;
}

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool
is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool
is_hex(char c)
{
	return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

/* \xHH \uHHHH \UHHHHHHHH, with exactly as many digits as Python wants. */
static int
hex_escape(struct translator *t, size_t digits)
{
	size_t at = t->i, i;

	for (i = 0; i < digits; i++)
		if (!is_hex(peek(t, 2 + i)))
			return refuse(t, at, "incomplete escape");
	mapped_put(t->out, SPAN("\\x{"), at);
	mapped_copy(t->out, t->s.p + at + 2, digits, at + 2);
	mapped_put(t->out, SPAN("}"), at);
	t->i += 2 + digits;
	return 0;
}

static int
escape(struct translator *t, bool in_class)
{
	char c = peek(t, 1);

	if (t->i + 1 >= t->s.n)
		return refuse(t, t->i, "bad escape (end of pattern)");
	switch (c) {
	case 'x':
		return hex_escape(t, 2);
	case 'u':
		return hex_escape(t, 4);
	case 'U':
		return hex_escape(t, 8);
	case 'v':
		/* Python: one character; PCRE2: any vertical white space. */
		replace(t, SPAN("\\x0b"), 2);
		return 0;
	case 'N':
		return refuse(t, t->i,
		    "\\N{name} is not supported, write the character");
	case 'Z':
	case 'A':
	case 'B':
		if (in_class)
			return refuse(t, t->i, "bad escape in a set");
		if (c == 'Z')
			replace(t, SPAN("\\z"), 2);
		else
			copy(t, 2);
		return 0;
	default:
		if (is_letter(c) && strchr("abdDfnrsStwW", c) == NULL)
			return refuse(t, t->i, "bad escape");
		copy(t, 2);
		return 0;
	}
}

static int
set(struct translator *t)
{
	size_t start = t->i;

	copy(t, 1);
	if (peek(t, 0) == '^')
		copy(t, 1);
	if (peek(t, 0) == ']')
		copy(t, 1);
	while (t->i < t->s.n && peek(t, 0) != ']') {
		if (peek(t, 0) == '\\') {
			if (escape(t, true) == -1)
				return -1;
		} else if (peek(t, 0) == '[') {
			/* No [:class:] in Python: always the character. */
			replace(t, SPAN("\\["), 1);
		} else {
			copy(t, 1);
		}
	}
	if (t->i >= t->s.n)
		return refuse(t, start, "unterminated character set");
	copy(t, 1);
	return 0;
}

/* "(?iu)", "(?i:…", "(?i-s:…": the flags PCRE2 has no letter for go. */
static int
flags(struct translator *t)
{
	size_t start = t->i, n = 2;
	bool minus = false;
	struct buf kept = { 0 };
	char c;

	for (;; n++) {
		c = peek(t, n);
		if (c == 'i' || c == 'm' || c == 's' || c == 'x')
			buf_addc(&kept, c);
		else if (c == '-' && !minus)
			minus = true, buf_addc(&kept, c);
		else if (c != 'u')
			break;
	}
	if (c != ')' && c != ':') {
		buf_fini(&kept);
		return refuse(t, start + n, c == 'a' || c == 'L' ?
		    "the flags a and L are not supported" :
		    "unknown extension or flag");
	}
	if (c == ')' && (start != 0 || minus)) {
		buf_fini(&kept);
		return refuse(t, start,
		    "global flags not at the start of the expression");
	}
	if (c == ':' || kept.n > 0) {
		mapped_put(t->out, SPAN("(?"), start);
		mapped_put(t->out, buf_span(&kept), start);
		mapped_put(t->out, span_from(&c, 1), start);
	}
	buf_fini(&kept);
	t->i = start + n + 1;
	return 0;
}

/* "(?(name)": PCRE2 would take (?(R) and (?(DEFINE) for something else. */
static int
condition(struct translator *t)
{
	size_t n = 3;

	if (is_digit(peek(t, 3))) {
		copy(t, 3);
		return 0;
	}
	while (is_letter(peek(t, n)) || is_digit(peek(t, n)) ||
	    peek(t, n) == '_')
		n++;
	if (n == 3 || peek(t, n) != ')')
		return refuse(t, t->i, "bad group name in a condition");
	mapped_put(t->out, SPAN("(?(<"), t->i);
	mapped_copy(t->out, t->s.p + t->i + 3, n - 3, t->i + 3);
	mapped_put(t->out, SPAN(">)"), t->i);
	t->i += n + 1;
	return 0;
}

static int
comment(struct translator *t)
{
	size_t n = span_chr(span_skip(t->s, t->i), ')');

	if (n == SPAN_NONE)
		return refuse(t, t->i, "missing ), unterminated comment");
	t->i += n + 1;
	return 0;
}

static int
group(struct translator *t)
{
	if (peek(t, 1) == '*')
		return refuse(t, t->i + 1, "nothing to repeat");
	if (peek(t, 1) != '?') {
		copy(t, 1);
		return 0;
	}
	switch (peek(t, 2)) {
	case ':':
	case '=':
	case '!':
	case '>':
		copy(t, 3);
		return 0;
	case '#':
		return comment(t);
	case '(':
		return condition(t);
	case 'P':
		if (peek(t, 3) != '<' && peek(t, 3) != '=')
			return refuse(t, t->i, "unknown extension ?P");
		copy(t, 4);
		return 0;
	case '<':
		if (peek(t, 3) != '=' && peek(t, 3) != '!')
			return refuse(t, t->i, "unknown extension ?<");
		copy(t, 4);
		return 0;
	default:
		return flags(t);
	}
}

/* "{,5}" is "{0,5}" in Python; PCRE2 before 10.43 takes it for text. */
static void
brace(struct translator *t)
{
	size_t n = 2;

	if (peek(t, 1) == ',') {
		while (is_digit(peek(t, n)))
			n++;
		if (peek(t, n) == '}') {
			replace(t, SPAN("{0"), 1);
			copy(t, n);
			return;
		}
	}
	copy(t, 1);
}

int
python_translate(struct span regex, struct mapped *out,
    struct python_error *error)
{
	struct translator t = { regex, 0, out, error };
	int rc = 0;

	while (t.i < regex.n && rc == 0) {
		switch (regex.p[t.i]) {
		case '\\':
			rc = escape(&t, false);
			break;
		case '[':
			rc = set(&t);
			break;
		case '(':
			rc = group(&t);
			break;
		case '{':
			brace(&t);
			break;
		default:
			copy(&t, 1);
		}
	}
	return rc;
}
