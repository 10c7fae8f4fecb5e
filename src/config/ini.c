#include "config/ini.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/xalloc.h"

struct ini_section *
ini_section(const struct ini *ini, const char *name)
{
	for (struct ini_section *s = ini->sections; s != NULL; s = s->next)
		if (strcmp(s->name, name) == 0)
			return s;
	return NULL;
}

struct ini_section *
ini_section_add(struct ini *ini, struct span name)
{
	struct ini_section **at = &ini->sections;

	for (; *at != NULL; at = &(*at)->next)
		if (span_eq(span_of((*at)->name), name))
			return *at;
	*at = xcalloc(1, sizeof(**at));
	(*at)->name = span_dup(name);
	return *at;
}

struct ini_option *
ini_option(const struct ini_section *s, const char *name)
{
	if (s == NULL)
		return NULL;
	for (struct ini_option *o = s->options; o != NULL; o = o->next)
		if (strcmp(o->name, name) == 0)
			return o;
	return NULL;
}

static struct ini_option *
option_add(struct ini_section *s, const char *name)
{
	struct ini_option **at = &s->options;

	for (; *at != NULL; at = &(*at)->next)
		if (strcmp((*at)->name, name) == 0)
			return *at;
	*at = xcalloc(1, sizeof(**at));
	(*at)->name = xstrdup(name);
	return *at;
}

static void
option_set(struct ini_option *o, const char *value, const char *file,
    unsigned line)
{
	char *copy = xstrdup(value);
	char *from = file != NULL ? xstrdup(file) : NULL;

	free(o->value);
	free(o->file);
	o->value = copy;
	o->file = from;
	o->line = line;
}

void
ini_set(struct ini *ini, const char *section, const char *name,
    const char *value, const char *file, unsigned line)
{
	struct ini_section *s = ini_section_add(ini, span_of(section));

	option_set(option_add(s, name), value, file, line);
}

/* "Init?family=inet6" is a condition when a plain word stands before it. */
static size_t
condition_at(const char *name)
{
	size_t n = strcspn(name, "?");

	if (n == 0 || name[n] == '\0' || name[n + 1] == '\0')
		return SPAN_NONE;
	for (size_t i = 0; i < n; i++) {
		unsigned char c = (unsigned char)name[i];

		if (!(c == '_' || c >= 0x80 || (c >= '0' && c <= '9') ||
			(c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z')))
			return SPAN_NONE;
	}
	return n;
}

static void
merge_option(struct ini_section *into, const struct ini_option *from,
    const char *condition)
{
	struct buf name = { 0 };
	struct ini_option *o;

	buf_adds(&name, from->name);
	buf_adds(&name, condition);
	o = option_add(into, name.p);
	buf_fini(&name);
	/* Known is what an earlier file said; [DEFAULT] knows nothing. */
	if (o->value != NULL && strcmp(into->name, "DEFAULT") != 0) {
		free(o->known);
		o->known = xstrdup(o->value);
	}
	option_set(o, from->value, from->file, from->line);
}

static void
merge_section(struct ini *into, const struct ini_section *from)
{
	size_t at = condition_at(from->name);
	const char *condition = at == SPAN_NONE ? "" : from->name + at;
	struct span name = span_of(from->name);
	struct ini_section *to;

	if (at != SPAN_NONE)
		name = span_sub(name, 0, at);
	to = ini_section_add(into, name);
	if (to->file == NULL && from->file != NULL) {
		to->file = xstrdup(from->file);
		to->line = from->line;
	}
	if (to->error == NULL && from->error != NULL)
		to->error = xstrdup(from->error);
	for (struct ini_option *o = from->options; o != NULL; o = o->next)
		merge_option(to, o, condition);
}

void
ini_merge(struct ini *into, const struct ini *from)
{
	for (struct ini_section *s = from->sections; s != NULL; s = s->next)
		merge_section(into, s);
	for (size_t i = 0; i < from->files.n; i++)
		strings_add(&into->files, span_of(from->files.v[i]));
	into->unverified |= from->unverified;
	into->incomplete |= from->incomplete;
}

static void
section_free(struct ini_section *s)
{
	struct ini_option *next;

	for (struct ini_option *o = s->options; o != NULL; o = next) {
		next = o->next;
		free(o->name);
		free(o->value);
		free(o->known);
		free(o->file);
		free(o);
	}
	free(s->name);
	free(s->file);
	free(s->error);
	free(s);
}

void
ini_fini(struct ini *ini)
{
	struct ini_section *next;

	for (struct ini_section *s = ini->sections; s != NULL; s = next) {
		next = s->next;
		section_free(s);
	}
	strings_fini(&ini->files);
	*ini = (struct ini){ 0 };
}
