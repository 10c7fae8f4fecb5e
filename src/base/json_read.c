#include "base/json_read.h"

#include <stdbool.h>
#include <stddef.h>

#include "base/number.h"

#define NUMBER_MAX 18      /* characters; of those, each fits 64 bits */

struct reading {
	struct span text;
	struct buf *out;       /* the text, changed, up to `done` */
	size_t at, done;
	unsigned depth, values;
	const char *why;
};

/* What stands from `done` to `at`, then this in place of n bytes. */
static void
replace(struct reading *r, size_t n, const char *by)
{
	buf_add(r->out, r->text.p + r->done, r->at - r->done);
	buf_adds(r->out, by);
	r->at += n;
	r->done = r->at;
}

/* "\uXXXX" at `at`; -1: none is there. */
static int
unicode_at(const struct reading *r, size_t at)
{
	struct span s = span_sub(r->text, at, 6);
	uint64_t unit;

	if (s.n < 6 || s.p[0] != '\\' || s.p[1] != 'u' ||
	    number_parse_hex(span_skip(s, 2), &unit) == -1)
		return -1;
	return (int)unit;
}

/* At a backslash. */
static void
escape(struct reading *r)
{
	int unit = unicode_at(r, r->at), next;

	if (unit == -1) {
		r->at += 2;
	} else if (unit < 0xd800 || unit > 0xdfff) {
		r->at += 6;
	} else {
		next = unicode_at(r, r->at + 6);
		if (unit < 0xdc00 && next >= 0xdc00 && next <= 0xdfff)
			r->at += 12;
		else
			replace(r, 6, "\\ufffd");
	}
}

/* Behind its first quote. */
static void
string(struct reading *r)
{
	while (r->at < r->text.n) {
		switch (r->text.p[r->at]) {
		case '\\':
			escape(r);
			break;
		case '"':
			r->at++;
			return;
		default:
			r->at++;
		}
	}
}

static void
number(struct reading *r)
{
	size_t from = r->at, to = from;

	while (to < r->text.n && r->text.p[to] != '\0' &&
	    strchr("0123456789+-.eE", r->text.p[to]) != NULL)
		to++;
	if (to - from > NUMBER_MAX) {
		replace(r, 0, "\"");
		r->at = to;
		replace(r, 0, "\"");
	}
	r->at = to;
}

/* False: too deep, too many. */
static bool
outside(struct reading *r, char c)
{
	if ((c >= '0' && c <= '9') || c == '-') {
		number(r);
		return true;
	}
	r->at++;
	if (c == '"')
		string(r);
	else if (c == '{' || c == '[')
		r->depth++;
	else if ((c == '}' || c == ']') && r->depth > 0)
		r->depth--;
	else if (c == ',' || c == ':')
		r->values++;
	if (r->depth > JSON_READ_DEPTH)
		r->why = "too many levels";
	else if (r->values > JSON_READ_VALUES)
		r->why = "too many values";
	return r->why == NULL;
}

/* The library's recursion and tables are bounded by what passes here. */
static bool
prepare(struct reading *r)
{
	while (r->at < r->text.n)
		if (!outside(r, r->text.p[r->at]))
			return false;
	if (r->done > 0) {
		buf_add(r->out, r->text.p + r->done, r->text.n - r->done);
		r->text = buf_span(r->out);
	}
	return true;
}

json_t *
json_read(struct span text, struct buf *scratch, const char **why)
{
	struct reading r = { .text = text, .out = scratch };
	static json_error_t error;
	json_t *root;

	buf_clear(scratch);
	if (!prepare(&r)) {
		*why = r.why;
		return NULL;
	}
	root = json_loadb(r.text.p != NULL ? r.text.p : "", r.text.n,
	    JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, &error);
	if (root == NULL) {
		*why = error.text;
		return NULL;
	}
	if (!json_is_object(root)) {
		json_decref(root);
		*why = "it is no object";
		return NULL;
	}
	return root;
}
