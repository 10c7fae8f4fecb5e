#include "match/python_local.h"

#include <string.h>

static bool
is_hex(char c)
{
	return python_is_digit(c) || (c >= 'a' && c <= 'f') ||
	    (c >= 'A' && c <= 'F');
}

/* \xHH \uHHHH \UHHHHHHHH, with exactly as many digits as Python wants. */
static int
hex_escape(struct translator *t, size_t digits)
{
	size_t at = t->i, i;

	for (i = 0; i < digits; i++)
		if (!is_hex(python_peek(t, 2 + i)))
			return python_refuse(t, at, "incomplete escape");
	mapped_put(t->out, SPAN("\\x{"), at);
	mapped_copy(t->out, t->s.p + at + 2, digits, at + 2);
	mapped_put(t->out, SPAN("}"), at);
	t->i += 2 + digits;
	return 0;
}

/* Up to `max` octal digits behind the backslash. */
static int
octal_escape(struct translator *t, size_t max)
{
	unsigned code = 0;
	size_t n = 1;

	for (; n <= max && python_is_octal(python_peek(t, n)); n++)
		code = code * 8 + (unsigned)(python_peek(t, n) - '0');
	if (code > 0377)
		return python_refuse(t, t->i,
		    "octal escape outside of range 0-0o377");
	python_character(t, code, n);
	return 0;
}

/* "\12": a group, unless three octal digits stand there. */
static int
group_reference(struct translator *t)
{
	unsigned group = (unsigned)(python_peek(t, 1) - '0');
	size_t n = 2;

	if (python_is_octal(python_peek(t, 1)) &&
	    python_is_octal(python_peek(t, 2)) &&
	    python_is_octal(python_peek(t, 3)))
		return octal_escape(t, 3);
	if (python_is_digit(python_peek(t, 2))) {
		group = group * 10 + (unsigned)(python_peek(t, 2) - '0');
		n = 3;
	}
	if (group > t->groups)
		return python_refuse(t, t->i, "invalid group reference");
	if (t->open[group])
		return python_refuse(t, t->i,
		    "cannot refer to an open group");
	mapped_put(t->out, SPAN("\\g{"), t->i);
	mapped_copy(t->out, t->s.p + t->i + 1, n - 1, t->i + 1);
	mapped_put(t->out, SPAN("}"), t->i);
	t->i += n;
	return 0;
}

/* What is the same in a set and outside; 1 when it is none of them. */
static int
common_escape(struct translator *t)
{
	char c = python_peek(t, 1);

	if (t->i + 1 >= t->s.n)
		return python_refuse(t, t->i, "bad escape (end of pattern)");
	switch (c) {
	case 'x':
		return hex_escape(t, 2);
	case 'u':
		return hex_escape(t, 4);
	case 'U':
		return hex_escape(t, 8);
	case 'v':
		/* Python: one character; PCRE2: any vertical white space. */
		python_replace(t, SPAN("\\x0b"), 2);
		return 0;
	case 'N':
		return python_refuse(t, t->i,
		    "\\N{name} is not supported, write the character");
	case '0':
		return octal_escape(t, 3);
	}
	return 1;
}

int
python_escape(struct translator *t)
{
	char c = python_peek(t, 1);
	int rc = common_escape(t);

	t->last = LAST_ITEM;
	if (rc != 1)
		return rc;
	switch (c) {
	case 's':
		/* Python counts the four separators of ASCII. */
		python_replace(t, SPAN("[\\s\\x1c-\\x1f]"), 2);
		return 0;
	case 'S':
		python_replace(t, SPAN("[^\\s\\x1c-\\x1f]"), 2);
		return 0;
	case 'A':
	case 'b':
	case 'B':
		t->last = LAST_ANCHOR;
		python_copy(t, 2);
		return 0;
	case 'Z':
		t->last = LAST_ANCHOR;
		python_replace(t, SPAN("\\z"), 2);
		return 0;
	}
	if (python_is_digit(c))
		return group_reference(t);
	if (python_is_letter(c) && strchr("adDfnrtwW", c) == NULL)
		return python_refuse(t, t->i, "bad escape");
	python_copy(t, 2);
	return 0;
}

int
python_set_escape(struct translator *t, bool *range)
{
	char c = python_peek(t, 1);
	int rc = common_escape(t);

	*range = true;
	if (rc != 1)
		return rc;
	if (python_is_octal(c))
		return octal_escape(t, 3);
	if (c == 's') {
		*range = false;
		python_replace(t, SPAN("\\s\\x1c-\\x1f"), 2);
		return 0;
	}
	if (python_is_digit(c) || (python_is_letter(c) &&
	    strchr("abdDfnrtwW", c) == NULL))
		return python_refuse(t, t->i, "bad escape in a set");
	*range = strchr("dDwW", c) == NULL;
	python_copy(t, 2);
	return 0;
}
