#include "action/tags.h"

#include <stdlib.h>
#include <string.h>
#include <sys/param.h>
#include <unistd.h>

#include "base/xalloc.h"
#include "config/tag.h"

#define PASSES_MAX (TAG_REPLACE_MAX + 1)
#define CONDITIONS 3

static const char *const command_keys[TAGS_COMMANDS] = {
	"actionstart", "actionstop", "actionflush", "actionreload",
	"actioncheck", "actionrepair", "actionban", "actionreban",
	"actionprolong", "actionunban"
};

static const char *const families[CONDITIONS] = { "", "inet4", "inet6" };

/* Parameters of these names would hide what the ticket says. */
static const char *const tickets_own[] = {
	"bantime", "matches", "ipmatches", "ipjailmatches"
};

/* The properties with all their tags, and the commands made of them. */
struct variant {
	bool made;
	struct properties resolved;
	char *why;                     /* not NULL: they cannot be */
	char *text[TAGS_COMMANDS];     /* NULL: not asked for yet */
};

struct tags {
	struct properties props;
	struct variant variants[CONDITIONS];
};

static bool
is_tickets_own(const char *key)
{
	for (size_t i = 0; i < sizeof(tickets_own) / sizeof(*tickets_own); i++)
		if (strcmp(key, tickets_own[i]) == 0)
			return true;
	return false;
}

struct tags *
tags_new(const struct properties *props)
{
	struct tags *t = xcalloc(1, sizeof(*t));

	for (size_t i = 0; i < props->n; i++)
		if (!is_tickets_own(props->v[i].key))
			properties_set(&t->props, props->v[i].key,
			    props->v[i].value);
	for (size_t i = 0; i < TAGS_COMMANDS; i++)
		if (i != TAGS_PROLONG &&
		    properties_get(&t->props, command_keys[i]) == NULL)
			properties_set(&t->props, command_keys[i], "");
	if (properties_get(&t->props, "timeout") == NULL)
		properties_set(&t->props, "timeout", "60");
	return t;
}

void
tags_free(struct tags *t)
{
	if (t == NULL)
		return;
	for (size_t i = 0; i < CONDITIONS; i++) {
		properties_fini(&t->variants[i].resolved);
		free(t->variants[i].why);
		for (size_t k = 0; k < TAGS_COMMANDS; k++)
			free(t->variants[i].text[k]);
	}
	properties_fini(&t->props);
	free(t);
}

bool
tags_has_families(const struct tags *t)
{
	for (size_t i = 0; i < t->props.n; i++)
		if (strstr(t->props.v[i].key, "?family=") != NULL)
			return true;
	return false;
}

const char *
tags_raw(const struct tags *t, enum tags_command command)
{
	const char *text = properties_get(&t->props, command_keys[command]);

	return text != NULL ? text : "";
}

static void
condition_of(const char *family, struct buf *out)
{
	if (family[0] != '\0')
		buf_addf(out, "family=%s", family);
}

static struct variant *
variant_of(struct tags *t, const char *family)
{
	size_t at = 0;
	struct variant *v;
	struct buf condition = { 0 }, why = { 0 };
	struct tag_rules rules = { 0 };

	for (size_t i = 1; i < CONDITIONS; i++)
		if (strcmp(families[i], family) == 0)
			at = i;
	v = &t->variants[at];
	if (v->made)
		return v;
	v->made = true;
	properties_merge(&v->resolved, &t->props);
	condition_of(families[at], &condition);
	rules.condition = condition.p;
	if (tag_resolve(&v->resolved, &rules, &why) != 0)
		v->why = buf_take(&why);
	buf_fini(&condition);
	buf_fini(&why);
	return v;
}

static const char *
parameter(const struct properties *p, struct span tag, const char *family)
{
	struct buf key = { 0 };
	const char *value = NULL;

	buf_add_span(&key, tag);
	if (family[0] != '\0') {
		buf_addc(&key, '?');
		condition_of(family, &key);
		value = properties_get(p, key.p);
	}
	if (value == NULL) {
		key.p[tag.n] = '\0';
		value = properties_get(p, key.p);
	}
	buf_fini(&key);
	return value;
}

/* One pass over the text; true when something was replaced. */
static bool
replace_pass(const struct properties *p, const char *family,
    struct buf *text)
{
	struct buf out = { 0 };
	struct span all = buf_span(text), tag;
	size_t done = 0, at;
	bool found = false;

	while (tag_find(all, done, &at, &tag)) {
		const char *value = parameter(p, tag, family);

		buf_add_span(&out, span_sub(all, done, at - done));
		done = at + tag.n + 2;
		if (value == NULL) {
			buf_add_span(&out, span_sub(all, at, tag.n + 2));
			continue;
		}
		found = true;
		buf_adds(&out, value);
	}
	buf_add_span(&out, span_skip(all, done));
	buf_fini(text);
	*text = out;
	return found;
}

const char *
tags_text(struct tags *t, enum tags_command command, const char *family,
    struct buf *why)
{
	struct variant *v = variant_of(t, family);
	struct buf text = { 0 };
	unsigned passes = 0;

	if (v->why != NULL) {
		buf_adds(why, v->why);
		return NULL;
	}
	if (v->text[command] != NULL)
		return v->text[command];
	buf_addf(&text, "<%s>", command_keys[command]);
	while (replace_pass(&v->resolved, family, &text)) {
		if (++passes > PASSES_MAX || text.n > TAG_VALUE_MAX) {
			buf_addf(why, "%s: its tags lead to themselves",
			    command_keys[command]);
			buf_fini(&text);
			return NULL;
		}
	}
	v->text[command] = buf_take(&text);
	return v->text[command];
}

/* <F-USER>: "user"; false when the tag is none of these. */
static bool
group_of(struct span tag, char name[64])
{
	if (tag.n < 3 || tag.n - 2 >= 64 || !span_starts(tag, SPAN("F-")))
		return false;
	for (size_t i = 2; i < tag.n; i++) {
		char c = tag.p[i];

		if (c >= 'A' && c <= 'Z')
			c = (char)(c - 'A' + 'a');
		else if (!(c >= '0' && c <= '9') && c != '_' && c != '-')
			return false;
		name[i - 2] = c;
	}
	name[tag.n - 2] = '\0';
	/* Names that regexes use for other things. */
	if (strcmp(name, "id") == 0)
		strcpy(name, "fid");
	else if (strcmp(name, "port") == 0)
		strcpy(name, "fport");
	return true;
}

char *
tags_family_text(struct tags *t, enum tags_command command,
    const char *family, struct buf *why)
{
	const char *text = tags_text(t, command, family, why);
	struct span all = span_of(text), tag;
	struct buf out = { 0 };
	size_t done = 0, at;
	char group[64];

	if (text == NULL)
		return NULL;
	while (family[0] != '\0' && tag_find(all, done, &at, &tag)) {
		buf_add_span(&out, span_sub(all, done, at - done));
		done = at + tag.n + 2;
		if (span_eq(tag, SPAN("family")))
			buf_adds(&out, family);
		else if (!group_of(tag, group))
			buf_add_span(&out, span_sub(all, at, tag.n + 2));
	}
	buf_add_span(&out, span_skip(all, done));
	return buf_take(&out);
}

bool
tags_wants(struct span text, struct span tag)
{
	struct span name;
	size_t at, done = 0;

	while (tag_find(text, done, &at, &name)) {
		if (span_eq(name, tag))
			return true;
		done = at + name.n + 2;
	}
	return false;
}

static void
add_short_hostname(struct buf *out)
{
	char name[MAXHOSTNAMELEN + 1] = "";

	if (gethostname(name, sizeof(name) - 1) == 0)
		buf_adds(out, name);
}

/* What every command knows, ticket or not. False: not such a tag. */
static bool
expand_own(struct span tag, const struct tags_context *c, struct escape *out)
{
	struct buf name = { 0 };

	if (span_eq(tag, SPAN("br"))) {
		escape_add(out, SPAN("\n"));
	} else if (span_eq(tag, SPAN("sp"))) {
		escape_add(out, SPAN(" "));
	} else if (span_eq(tag, SPAN("sh-hostname")) ||
	    span_eq(tag, SPAN("fq-hostname"))) {
		/* The name server's word, so foreign. */
		if (tag.p[0] == 'f' && c->fq_hostname != NULL)
			buf_adds(&name, c->fq_hostname);
		else
			add_short_hostname(&name);
		escape_add_value(out, tag, buf_span(&name));
		buf_fini(&name);
	} else {
		return false;
	}
	return true;
}

static bool
expand_group(struct span tag, const struct values *v, struct escape *out)
{
	struct buf variable = { 0 }, value = { 0 };
	char name[64];

	if (!group_of(tag, name))
		return false;
	buf_addf(&variable, "F_%s", name);
	values_put_group(v, name, &value);
	escape_add_value(out, buf_span(&variable), buf_span(&value));
	buf_fini(&variable);
	buf_fini(&value);
	return true;
}

static bool
expand_ticket(struct span tag, const struct tags_context *c,
    struct escape *out)
{
	struct buf value = { 0 };

	if (c->values == NULL)
		return false;
	if (expand_group(tag, c->values, out))
		return true;
	if (span_eq(tag, SPAN("family")))
		buf_adds(&value, c->family);
	else if (span_eq(tag, SPAN("jail.name")))
		buf_adds(&value, c->jail);
	else if (span_eq(tag, SPAN("ip-host")))
		buf_adds(&value, c->ip_host != NULL ? c->ip_host : "None");
	else if (!values_put(c->values, tag, &value))
		return false;
	escape_add_value(out, tag, buf_span(&value));
	buf_fini(&value);
	return true;
}

void
tags_expand(struct span text, const struct tags_context *context,
    struct escape *out)
{
	struct span tag;
	size_t done = 0, at;

	while (tag_find(text, done, &at, &tag)) {
		escape_add(out, span_sub(text, done, at - done));
		done = at + tag.n + 2;
		if (!expand_own(tag, context, out) &&
		    !expand_ticket(tag, context, out))
			escape_add(out, span_sub(text, at, tag.n + 2));
	}
	escape_add(out, span_skip(text, done));
}
