#include "config/tag.h"

#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"

/* Bytes moved about in one tag_resolve(): a bomb ends here at the latest. */
#define WORK_MAX (64u << 20)

struct count {
	char *tag;
	unsigned n;
};

/* What was replaced in one value so far, over all passes. */
struct counts {
	struct count *v;
	size_t n;
};

struct resolver {
	struct properties *tags;
	const struct tag_rules *rules;
	struct counts *counts;     /* one for each property */
	bool *done;
	struct buf *why;
	size_t work;
};

static unsigned *
count_of(struct counts *c, const char *tag)
{
	for (size_t i = 0; i < c->n; i++)
		if (strcmp(c->v[i].tag, tag) == 0)
			return &c->v[i].n;
	c->v = xreallocarray(c->v, c->n + 1, sizeof(*c->v));
	c->v[c->n] = (struct count){ xstrdup(tag), 0 };
	return &c->v[c->n++].n;
}

bool
tag_find(struct span s, size_t from, size_t *at, struct span *name)
{
	for (size_t open = from; open < s.n; open++) {
		size_t n = open + 1;

		if (s.p[open] != '<')
			continue;
		while (n < s.n && s.p[n] != ' ' && s.p[n] != '<' &&
		    s.p[n] != '>')
			n++;
		if (n < s.n && s.p[n] == '>' && n > open + 1) {
			*at = open;
			*name = span_sub(s, open + 1, n - open - 1);
			return true;
		}
		/* No tag can start within what was just looked at. */
		open = n - 1;
	}
	return false;
}

static bool
ignored(const struct resolver *r, const char *tag)
{
	return r->rules->ignore != NULL && strings_has(r->rules->ignore, tag);
}

/* 0 with *value (the caller frees it), 1 when nobody knows it, -1. */
static int
value_of(struct resolver *r, const char *tag, char **value)
{
	const char *v = NULL;

	*value = NULL;
	if (r->rules->condition != NULL && r->rules->condition[0] != '\0') {
		struct buf name = { 0 };

		buf_addf(&name, "%s?%s", tag, r->rules->condition);
		v = properties_get(r->tags, name.p);
		buf_fini(&name);
	}
	if (v == NULL)
		v = properties_get(r->tags, tag);
	if (v != NULL)
		*value = xstrdup(v);
	else if (r->rules->extra != NULL &&
	    r->rules->extra(tag, value, r->why, r->rules->arg) != 0)
		return -1;
	return *value != NULL ? 0 : 1;
}

/* Every <tag> of the value becomes `with`. */
static char *
replace_all(const char *value, const char *tag, const char *with)
{
	struct buf out = { 0 }, what = { 0 };
	struct span rest = span_of(value);
	size_t at;

	buf_addf(&what, "<%s>", tag);
	while ((at = span_find(rest, buf_span(&what))) != SPAN_NONE &&
	    out.n <= TAG_VALUE_MAX) {
		buf_add(&out, rest.p, at);
		buf_adds(&out, with);
		rest = span_skip(rest, at + what.n);
	}
	buf_add_span(&out, rest);
	buf_fini(&what);
	return buf_take(&out);
}

static int
fail(struct resolver *r, const char *owner, const char *tag, const char *what)
{
	buf_addf(r->why, "%s: %s <%s>", owner, what, tag);
	return -1;
}

/* One tag found at *at in property `i`; moves *at to where to go on. */
static int
replace_one(struct resolver *r, size_t i, const char *tag, size_t *at)
{
	struct property *p = &r->tags->v[i];
	unsigned *n;
	char *with, *value;

	if (ignored(r, tag)) {
		*at += strlen(tag) + 2;
		return 0;
	}
	n = count_of(&r->counts[i], tag);
	if (strcmp(tag, p->key) == 0 || *n > TAG_REPLACE_MAX)
		return fail(r, p->key, tag, "self referencing definition:");
	switch (value_of(r, tag, &with)) {
	case -1:
		return -1;
	case 1:
		*at += strlen(tag) + 2;
		return 0;
	}
	value = replace_all(p->value, tag, with);
	free(with);
	free(p->value);
	p->value = value;
	++*n;
	r->work += strlen(value);
	if (strlen(value) > TAG_VALUE_MAX || r->work > WORK_MAX)
		return fail(r, p->key, tag, "the value grows beyond 1 MiB with");
	return 0;
}

/* 1 when the value changed and still holds a tag: look again. */
static int
resolve_value(struct resolver *r, size_t i)
{
	size_t at = 0;
	struct span name;
	char *before = xstrdup(r->tags->v[i].value);
	bool changed;
	int result = 0;

	while (result == 0 &&
	    tag_find(span_of(r->tags->v[i].value), at, &at, &name)) {
		char *tag = span_dup(name);

		result = replace_one(r, i, tag, &at);
		free(tag);
	}
	changed = strcmp(before, r->tags->v[i].value) != 0;
	free(before);
	if (result != 0)
		return -1;
	r->done[i] = strchr(r->tags->v[i].value, '<') == NULL;
	at = 0;
	return changed && tag_find(span_of(r->tags->v[i].value), 0, &at, &name);
}

static int
resolve_all(struct resolver *r)
{
	bool again;

	do {
		again = false;
		for (size_t i = 0; i < r->tags->n; i++) {
			int got;

			if (r->done[i] || ignored(r, r->tags->v[i].key))
				continue;
			got = resolve_value(r, i);
			if (got == -1)
				return -1;
			again |= got == 1;
			r->work += strlen(r->tags->v[i].value);
		}
	} while (again);
	return 0;
}

int
tag_resolve(struct properties *tags, const struct tag_rules *rules,
    struct buf *why)
{
	struct resolver r = { .tags = tags, .rules = rules, .why = why };
	int result;

	r.counts = xcalloc(tags->n + 1, sizeof(*r.counts));
	r.done = xcalloc(tags->n + 1, sizeof(*r.done));
	result = resolve_all(&r);
	for (size_t i = 0; i < tags->n; i++) {
		for (size_t k = 0; k < r.counts[i].n; k++)
			free(r.counts[i].v[k].tag);
		free(r.counts[i].v);
	}
	free(r.counts);
	free(r.done);
	return result;
}
