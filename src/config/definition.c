#include "config/definition.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/xalloc.h"
#include "config/interpolate.h"
#include "config/tag.h"

/* "filter.d/NAME"; "./NAME" is the caller's working directory. */
static char *
file_base(const char *folder, const char *name)
{
	struct buf path = { 0 };
	char *cwd;

	if (strncmp(name, "./", 2) == 0 && (cwd = getcwd(NULL, 0)) != NULL) {
		buf_addf(&path, "%s%s", cwd, name + 1);
		free(cwd);
	} else if (name[0] == '/') {
		buf_adds(&path, name);
	} else {
		buf_addf(&path, "%s/%s", folder, name);
	}
	return buf_take(&path);
}

int
definition_open(struct definition *d, const struct config_request *where,
    const char *folder, const char *name, struct properties *opts,
    struct report *report, struct buf *why)
{
	char *base = file_base(folder, name);
	int got;

	*d = (struct definition){ .init = *opts };
	*opts = (struct properties){ 0 };
	d->ini.guarded = strcmp(folder, "action.d") == 0;
	got = ini_load(&d->ini, where->dir, base, report);
	if (got == 1 && where->exact_file && base[0] == '/')
		got = ini_load_file(&d->ini, base, report);
	if (got == 1 && where->share != NULL)
		got = ini_load(&d->ini, where->share, base, report);
	/* fail2ban's words, which other programs look for, then ours. */
	if (got != 0)
		buf_addf(why, "Unable to read %s '%s': ",
		    d->ini.guarded ? "action" : "the filter", name);
	if (got == 1)
		buf_addf(why, "not found; accepted: %s.conf or %s.local in %s "
		    "or %s", base, base, where->dir,
		    where->share != NULL ? where->share : "-");
	else if (got == -1)
		buf_adds(why, "it has errors of its own");
	free(base);
	if (got != 0)
		definition_fini(d);
	return got == 0 ? 0 : -1;
}

/* Sets to[key] to the resolved option. 0 (also when absent), -1. */
static int
get_into(struct properties *to, const char *key, const struct scope *scope,
    const char *option, struct buf *why)
{
	struct buf value = { 0 };
	int got = interpolate_get(scope, option, &value, why);

	if (got == 0)
		properties_set(to, key, value.p != NULL ? value.p : "");
	buf_fini(&value);
	return got == -1 ? -1 : 0;
}

/* What the jail says of x counts for every x?family=… that it does not name. */
static const char *
given_for_all(const struct definition *d, const char *name)
{
	size_t n = strcspn(name, "?");
	const char *value;
	char *plain;

	if (n == 0 || name[n] == '\0')
		return NULL;
	plain = xmemdup0(name, n);
	value = properties_get(&d->given, plain);
	free(plain);
	return value;
}

static int
read_init(struct definition *d, struct buf *why)
{
	struct scope scope = { .ini = &d->ini, .section = "Init" };
	struct ini_section *s = ini_section(&d->ini, "Init");

	for (struct ini_option *o = s != NULL ? s->options : NULL; o != NULL;
	     o = o->next) {
		struct buf known = { 0 };
		const char *given = given_for_all(d, o->name);
		int got = 0;

		if (strncmp(o->name, "known/", 6) != 0) {
			buf_addf(&known, "known/%s", o->name);
			got = get_into(&d->init, known.p, &scope, o->name, why);
		}
		buf_fini(&known);
		if (got == 0 && given != NULL &&
		    properties_get(&d->init, o->name) == NULL)
			properties_set(&d->init, o->name, given);
		if (got == 0 && properties_get(&d->init, o->name) == NULL)
			got = get_into(&d->init, o->name, &scope, o->name, why);
		if (got != 0)
			return -1;
	}
	return 0;
}

int
definition_read(struct definition *d, const struct properties *jail,
    const char *const *names, bool all, struct buf *why)
{
	struct scope scope = { .ini = &d->ini, .section = "Definition",
		.vars = &d->given };
	struct ini_section *s = ini_section(&d->ini, "Definition");

	properties_fini(&d->given);
	properties_fini(&d->options);
	properties_merge(&d->given, jail);
	properties_merge(&d->given, &d->init);
	for (; *names != NULL; names++)
		if (properties_get(&d->given, *names) == NULL &&
		    get_into(&d->options, *names, &scope, *names, why) != 0)
			return -1;
	if (read_init(d, why) != 0)
		return -1;
	scope.vars = NULL;
	for (struct ini_option *o = all && s != NULL ? s->options : NULL;
	     o != NULL; o = o->next)
		if (properties_get(&d->options, o->name) == NULL &&
		    get_into(&d->options, o->name, &scope, o->name, why) != 0)
			return -1;
	return 0;
}

/* "section/option" of a tag; false when it has another form. */
static bool
split_tag(const char *tag, struct span *section, const char **option)
{
	size_t n = strcspn(tag, "/");

	if (n == 0 || tag[n] == '\0' || tag[n + 1] == '\0')
		return false;
	for (size_t i = 0; i < n; i++) {
		char c = tag[i];

		if (!(c == '_' || c == '-' || (c >= '0' && c <= '9') ||
			(c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
			(unsigned char)c >= 0x80))
			return false;
	}
	*section = span_from(tag, n);
	*option = tag + n + 1;
	return true;
}

static char *
lower_case(const char *s)
{
	char *copy = xstrdup(s);

	for (char *c = copy; *c != '\0'; c++)
		if (*c >= 'A' && *c <= 'Z')
			*c = (char)(*c - 'A' + 'a');
	return copy;
}

static int
look_in(struct definition *d, const char *section, const char *option,
    bool known, struct buf *value, struct buf *why)
{
	struct scope scope = { .ini = &d->ini, .section = section,
		.known = known };
	char *name = lower_case(option);
	int got = interpolate_get(&scope, name, value, why);

	free(name);
	return got;
}

/* <known/x>, <default/x>, <section/x>. 0, 1, -1 as interpolate_get(). */
static int
look_up_section(struct definition *d, const char *tag, struct buf *value,
    struct buf *why)
{
	struct span section;
	const char *option;
	char *name;
	int got;

	if (!split_tag(tag, &section, &option))
		return 1;
	if (span_eq_nocase(section, SPAN("default")))
		return look_in(d, "DEFAULT", option, false, value, why);
	if (span_eq_nocase(section, SPAN("known"))) {
		got = look_in(d, "Definition", option, true, value, why);
		if (got == 1)
			got = look_in(d, "Definition", option, false, value,
			    why);
		return got;
	}
	name = span_dup(section);
	got = look_in(d, name, option, false, value, why);
	free(name);
	return got;
}

static int
look_up(struct definition *d, const char *tag, struct buf *value,
    struct buf *why)
{
	struct scope scope = { .ini = &d->ini, .section = "Definition",
		.vars = &d->given };
	int got = look_up_section(d, tag, value, why);

	if (got == 1) {
		char *name = lower_case(tag);

		got = interpolate_get(&scope, name, value, why);
		free(name);
	}
	return got;
}

/* A tag that no option names; the answer is remembered, as upstream does. */
static int
extra_tag(const char *tag, char **value, struct buf *why, void *arg)
{
	struct definition *d = arg;
	const char *cached = properties_get(&d->cache, tag);
	struct buf v = { 0 };
	int got;

	if (cached != NULL) {
		*value = xstrdup(cached);
		return 0;
	}
	if (strings_has(&d->absent, tag))
		return 0;
	got = look_up(d, tag, &v, why);
	if (got == 0) {
		*value = v.p != NULL ? xstrdup(v.p) : xstrdup("");
		properties_add(&d->cache, tag, *value);
	} else if (got == 1) {
		strings_add(&d->absent, span_of(tag));
	}
	buf_fini(&v);
	return got == -1 ? -1 : 0;
}

/* Names that have a variant such as x?family=inet6 wait for run time. */
static void
add_conditional(const struct properties *p, struct strings *ignore)
{
	for (size_t i = 0; i < p->n; i++) {
		size_t n = strcspn(p->v[i].key, "?");

		if (p->v[i].key[n] == '?' && n > 0 &&
		    p->v[i].key[n + 1] != '\0')
			strings_take(ignore,
			    xmemdup0(p->v[i].key, n));
	}
}

int
definition_combine(struct definition *d, const char *const *later,
    struct properties *out, struct buf *why)
{
	struct strings ignore = { 0 };
	struct tag_rules rules = { .ignore = &ignore, .extra = extra_tag,
		.arg = d };
	int result;

	properties_merge(out, &d->options);
	properties_merge(out, &d->init);
	for (; later != NULL && *later != NULL; later++)
		strings_add(&ignore, span_of(*later));
	add_conditional(out, &ignore);
	result = tag_resolve(out, &rules, why);
	strings_fini(&ignore);
	return result;
}

int
definition_resolve(struct definition *d, const char *condition,
    struct properties *out, struct buf *why)
{
	struct tag_rules rules = { .condition = condition, .extra = extra_tag,
		.arg = d };

	properties_merge(out, &d->options);
	properties_merge(out, &d->init);
	return tag_resolve(out, &rules, why);
}

void
definition_fini(struct definition *d)
{
	ini_fini(&d->ini);
	properties_fini(&d->init);
	properties_fini(&d->given);
	properties_fini(&d->options);
	properties_fini(&d->cache);
	strings_fini(&d->absent);
	*d = (struct definition){ 0 };
}
