#include "match/python_local.h"

/* What kinds of items are in a set: looked at before it is written. */
struct look {
	bool space;        /* \s */
	bool not_space;    /* \S, which PCRE2's sets have no word for */
	bool other;
};

static struct look
look(const struct translator *t, size_t ahead)
{
	struct look found = { false, false, false };
	bool first = true;
	char c;

	for (; t->i + ahead < t->s.n; first = false) {
		c = python_peek(t, ahead++);
		if (c == ']' && !first)
			break;
		if (c != '\\') {
			found.other = true;
			continue;
		}
		c = python_peek(t, ahead++);
		found.space = found.space || c == 's';
		found.not_space = found.not_space || c == 'S';
		found.other = found.other || (c != 's' && c != 'S');
	}
	return found;
}

/* One item, \S left out. *range: it may be the end of a range. */
static int
item(struct translator *t, bool first, bool *range)
{
	char c = python_peek(t, 0);

	*range = true;
	if (c == '\\' && python_peek(t, 1) == 'S') {
		*range = false;
		t->i += 2;
		return 0;
	}
	if (c == '\\')
		return python_set_escape(t, range);
	/* No [:class:], [.x.], [=x=] in Python: always the character. */
	if (c == '[' || c == ']' || c == '^' || c == '-' ||
	    (first && (c == ':' || c == '.' || c == '=')))
		mapped_put(t->out, SPAN("\\"), t->i);
	python_copy(t, 1);
	/* The rest of its bytes. */
	while (((unsigned char)python_peek(t, 0) & 0xc0) == 0x80)
		python_copy(t, 1);
	return 0;
}

/* Items up to the bracket, which is left. */
static int
items(struct translator *t, size_t start)
{
	bool first = true, range, end;

	while (t->i < t->s.n && (first || python_peek(t, 0) != ']')) {
		if (item(t, first, &range) == -1)
			return -1;
		first = false;
		if (python_peek(t, 0) != '-' || python_peek(t, 1) == ']' ||
		    t->i + 1 >= t->s.n)
			continue;
		python_copy(t, 1);
		if (item(t, false, &end) == -1)
			return -1;
		if (!range || !end)
			return python_refuse(t, start, "bad character range");
	}
	if (t->i >= t->s.n)
		return python_refuse(t, start, "unterminated character set");
	return 0;
}

/*
 * \S in a set, as PCRE2 has it, takes the four separators that Python counts
 * as white space; so it stands outside of the set of the others.
 */
static int
with_not_space(struct translator *t, size_t start, bool negated, bool other)
{
	struct mapped nowhere = { 0 }, *out = t->out;
	int rc;

	if (other)
		mapped_put(out, negated ? SPAN("(?:(?![") : SPAN("(?:["),
		    start);
	else
		t->out = &nowhere;
	rc = items(t, start);
	t->out = out;
	mapped_fini(&nowhere);
	if (rc == -1)
		return -1;
	t->i++;
	if (other)
		mapped_put(out, negated ? SPAN("])") : SPAN("]|"), start);
	mapped_put(out, negated ? SPAN("[\\s\\x1c-\\x1f]") :
	    SPAN("[^\\s\\x1c-\\x1f]"), start);
	if (other)
		mapped_put(out, SPAN(")"), start);
	return 0;
}

/*
 * "[\s\S]", all there is. What else is in it changes nothing, but is written
 * beside it: only PCRE2 sees whether a range like b-a makes sense.
 */
static int
everything(struct translator *t, size_t start, bool negated, bool other)
{
	struct mapped nowhere = { 0 }, *out = t->out;
	int rc;

	if (other)
		mapped_put(out, SPAN("(?:["), start);
	else
		t->out = &nowhere;
	rc = items(t, start);
	t->out = out;
	mapped_fini(&nowhere);
	if (rc == -1)
		return -1;
	t->i++;
	if (other)
		mapped_put(out, negated ? SPAN("](?!))") :
		    SPAN("]|[\\s\\S])"), start);
	else
		mapped_put(out, negated ? SPAN("(?!)") : SPAN("[\\s\\S]"),
		    start);
	return 0;
}

int
python_set(struct translator *t)
{
	size_t start = t->i;
	bool negated = python_peek(t, 1) == '^';
	struct look found = look(t, negated ? 2 : 1);

	t->last = LAST_ITEM;
	if (found.not_space) {
		t->i += negated ? 2 : 1;
		return (found.space ? everything : with_not_space)(t, start,
		    negated, found.other);
	}
	python_copy(t, negated ? 2 : 1);
	if (items(t, start) == -1)
		return -1;
	python_copy(t, 1);
	return 0;
}
