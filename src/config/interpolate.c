#include "config/interpolate.h"

#include <stdlib.h>
#include <string.h>

/* References in one value, all levels together: bounds empty fan-outs. */
#define STEPS_MAX 100000

struct run {
	const struct scope *scope;
	const char *option;     /* the one asked for, for messages */
	struct buf *out;
	struct buf *why;
	size_t start;           /* of this value in out */
	size_t steps;
};

static const char *
section_value(const struct scope *s, const char *name)
{
	const struct ini_option *o =
	    ini_option(ini_section(s->ini, s->section), name);

	if (o == NULL)
		return NULL;
	return s->known ? o->known : o->value;
}

static const char *
default_value(const struct scope *s, const char *name)
{
	const struct ini_option *o =
	    ini_option(ini_section(s->ini, "DEFAULT"), name);

	return o != NULL ? o->value : NULL;
}

/* A plain name: handed in, own section, [DEFAULT]. */
static const char *
lookup_plain(const struct scope *s, const char *name)
{
	const char *v = NULL;

	if (strcmp(name, "__name__") == 0)
		return s->section;
	if (s->vars != NULL)
		v = properties_get(s->vars, name);
	if (v == NULL)
		v = section_value(s, name);
	if (v == NULL)
		v = default_value(s, name);
	return v;
}

static bool
is_section_char(char c)
{
	return c == '-' || c == '_' || (c >= '0' && c <= '9') ||
	    (c >= 'a' && c <= 'z') || (unsigned char)c >= 0x80;
}

/* "sec/opt", whose section upstream finds by its lower-case name only. */
static const char *
lookup_section(const struct scope *s, const char *name)
{
	size_t n = 0;
	struct scope other = { .ini = s->ini };
	const char *v = NULL;
	char *section;

	while (is_section_char(name[n]))
		n++;
	if (n == 0 || name[n] != '/' || name[n + 1] == '\0')
		return NULL;
	section = span_dup(span_from(name, n));
	other.section = section;
	if (strcmp(section, "known") == 0) {
		other.section = s->section;
		other.known = true;
	}
	if (strcmp(section, "default") == 0) {
		v = default_value(s, name + n + 1);
	} else if (other.known || ini_section(s->ini, section) != NULL) {
		v = section_value(&other, name + n + 1);
		if (v == NULL)
			v = default_value(s, name + n + 1);
	}
	free(section);
	return v;
}

static const char *
lookup(const struct scope *s, struct span written)
{
	char *name = span_dup(written);
	bool lower = true;
	const char *v;

	for (char *c = name; *c != '\0'; c++)
		if (*c >= 'A' && *c <= 'Z') {
			*c = (char)(*c - 'A' + 'a');
			lower = false;
		}
	v = lookup_plain(s, name);
	if (v == NULL && lower)
		v = lookup_section(s, name);
	free(name);
	return v;
}

static int
fail(struct run *r, const char *what, struct span detail)
{
	buf_addf(r->why, "%s: %s '%.*s'", r->option, what,
	    SPAN_FMT(span_sub(detail, 0, 80)));
	return -1;
}

static int expand(struct run *r, struct span text, int depth);

/* `text` starts with "%(": the reference's length, or 0 on an error. */
static size_t
expand_reference(struct run *r, struct span text, int depth)
{
	size_t close = span_chr(text, ')');
	struct span name;
	const char *value;

	if (close == SPAN_NONE || close == 2 || close + 1 >= text.n ||
	    text.p[close + 1] != 's') {
		fail(r, "a reference needs the form %(name)s, not", text);
		return 0;
	}
	name = span_sub(text, 2, close - 2);
	value = lookup(r->scope, name);
	if (value == NULL) {
		fail(r, "bad value substitution: nothing is named", name);
		return 0;
	}
	if (expand(r, span_of(value), depth + 1) != 0)
		return 0;
	return close + 2;
}

static int
expand(struct run *r, struct span text, int depth)
{
	bool literal = span_chr(text, '%') == SPAN_NONE;

	/* A value without '%' is no further level. */
	if (depth > INTERPOLATE_DEPTH_MAX && !literal)
		return fail(r, "references go deeper than 10 levels (a name "
		    "that needs itself?) at", text);
	while (text.n > 0) {
		size_t n = span_chr(text, '%');

		if (n == SPAN_NONE)
			n = text.n;
		buf_add(r->out, text.p, n);
		text = span_skip(text, n);
		if (r->out->n - r->start > INTERPOLATE_VALUE_MAX ||
		    ++r->steps > STEPS_MAX)
			return fail(r, "the value grows beyond 1 MiB with",
			    text);
		if (text.n == 0)
			break;
		if (text.n > 1 && text.p[1] == '%') {
			buf_addc(r->out, '%');
			n = 2;
		} else if (text.n > 1 && text.p[1] == '(') {
			n = expand_reference(r, text, depth);
			if (n == 0)
				return -1;
		} else {
			return fail(r, "'%' must be followed by '%' or '(', "
			    "found", text);
		}
		text = span_skip(text, n);
	}
	return 0;
}

int
interpolate_get(const struct scope *scope, const char *option,
    struct buf *out, struct buf *why)
{
	struct run r = { scope, option, out, why, out->n, 0 };
	const char *value;

	if (ini_section(scope->ini, scope->section) == NULL &&
	    strcmp(scope->section, "DEFAULT") != 0)
		return 1;
	value = lookup_plain(scope, option);
	if (value == NULL)
		return 1;
	if (expand(&r, span_of(value), 1) == 0) {
		buf_add(out, "", 0);
		return 0;
	}
	out->n = r.start;
	if (out->p != NULL)
		out->p[out->n] = '\0';
	return -1;
}

const struct ini_option *
interpolate_source(const struct scope *scope, const char *option)
{
	const struct ini_option *o =
	    ini_option(ini_section(scope->ini, scope->section), option);

	if (o == NULL)
		o = ini_option(ini_section(scope->ini, "DEFAULT"), option);
	return o;
}
