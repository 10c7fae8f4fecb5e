#include "config/json_rule.h"

#include <stdlib.h>

#include "base/xalloc.h"
#include "config/event_rule.h"

/* --- words ---------------------------------------------------------------- */

/* What need not stand in quotes. */
static bool
is_word(char c, const char *more)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	    (c >= '0' && c <= '9') || c == '_' || (unsigned char)c >= 0x80 ||
	    (c != '\0' && strchr(more, c) != NULL);
}

/* Behind the first quote; a backslash is before a quote or a backslash. */
static int
quoted(struct span *s, struct buf *out, struct buf *why)
{
	while (s->n > 0 && s->p[0] != '"') {
		if (s->p[0] == '\\' && s->n > 1)
			*s = span_skip(*s, 1);
		buf_addc(out, s->p[0]);
		*s = span_skip(*s, 1);
	}
	if (span_cut_prefix(s, SPAN("\"")))
		return 0;
	buf_adds(why, "a quote is not closed");
	return -1;
}

/* 1: there is one, -1: it cannot be read, 0: there is none. */
static int
word(struct span *s, const char *more, struct strings *to, struct buf *why)
{
	struct buf text = { 0 };
	size_t n;
	int rc = 1;

	if (span_cut_prefix(s, SPAN("\""))) {
		rc = quoted(s, &text, why) == 0 ? 1 : -1;
		if (rc == 1)
			strings_add(to, buf_span(&text));
		buf_fini(&text);
		return rc;
	}
	for (n = 0; n < s->n && is_word(s->p[n], more); n++)
		;
	if (n == 0)
		return 0;
	strings_add(to, span_sub(*s, 0, n));
	*s = span_skip(*s, n);
	return 1;
}

static int
complain(struct buf *why, struct span at, const char *accepted)
{
	if (why->n == 0)
		buf_addf(why, "at '%.*s': accepted: %s",
		    (int)(at.n < 40 ? at.n : 40), at.n > 0 ? at.p : "",
		    accepted);
	return -1;
}

/* --- paths ---------------------------------------------------------------- */

static int
read_path(struct span *s, struct json_rule_path *path, struct buf *why)
{
	struct span begin = *s;

	do {
		if (path->names.n == JSON_PATH_MAX)
			return complain(why, begin, "at most 8 names with a "
			    "'.' between");
		if (word(s, "@$-", &path->names, why) != 1)
			return complain(why, *s, "the name of a member, in "
			    "quotes if it is more than a word");
	} while (span_cut_prefix(s, SPAN(".")));
	return 0;
}

int
json_rule_path_parse(struct json_rule_path *path, struct span text, struct buf *why)
{
	struct span rest = span_trim(text);

	*path = (struct json_rule_path){ 0 };
	if (read_path(&rest, path, why) == 0 && (rest.n == 0 ||
	    complain(why, rest, "one member, NAME.NAME") == 0))
		return 0;
	json_rule_path_fini(path);
	return -1;
}

void
json_rule_path_fini(struct json_rule_path *path)
{
	strings_fini(&path->names);
}

/* --- conditions ----------------------------------------------------------- */

static int
read_values(struct span *s, struct strings *values, struct buf *why)
{
	do {
		if (word(s, "@$-.:/+*", values, why) != 1)
			return complain(why, *s, "a value, in quotes if it is "
			    "more than a word");
	} while (span_cut_prefix(s, SPAN("|")));
	return 0;
}

static int
read_condition(struct span *s, struct json_rule *rule, struct buf *why)
{
	struct json_condition *c;

	rule->conditions = xreallocarray(rule->conditions,
	    rule->conditions_n + 1, sizeof(*c));
	c = &rule->conditions[rule->conditions_n++];
	*c = (struct json_condition){
		.negated = span_cut_prefix(s, SPAN("!"))
	};
	if (read_path(s, &c->path, why) != 0)
		return -1;
	if (!c->negated && span_cut_prefix(s, SPAN("!="))) {
		c->negated = true;
		return read_values(s, &c->values, why);
	}
	return !c->negated && span_cut_prefix(s, SPAN("=")) ?
	    read_values(s, &c->values, why) : 0;
}

/* --- fields ---------------------------------------------------------------- */

static const char *const more_fields[] = {
	"ip", "local_ip", "proxy_ip", "service", "reason", "tls", "duration",
	"duration_us",
};

#define MORE_FIELDS (sizeof(more_fields) / sizeof(more_fields[0]))

static bool
is_field(struct span name)
{
	for (size_t i = 0; i < MORE_FIELDS; i++)
		if (span_eq(name, span_of(more_fields[i])))
			return true;
	for (unsigned i = 0; i < EVENT_NUMBERS; i++)
		if (span_eq(name, event_numbers[i].group))
			return true;
	return event_rule_is_text(name);
}

static int
no_field(struct span name, struct buf *why)
{
	buf_addf(why, "'%.*s' is no field; accepted: %s",
	    (int)(name.n < 40 ? name.n : 40), name.n > 0 ? name.p : "",
	    more_fields[0]);
	for (size_t i = 1; i < MORE_FIELDS; i++)
		buf_addf(why, ", %s", more_fields[i]);
	for (unsigned i = 0; i < EVENT_NUMBERS; i++)
		buf_addf(why, ", %s", event_numbers[i].group.p);
	event_rule_list_texts(why);
	return -1;
}

static int
read_field(struct span *s, struct json_rule *rule, struct buf *why)
{
	size_t n = span_chr(*s, '=');
	struct json_field *f;

	if (n == SPAN_NONE || !is_field(span_sub(*s, 0, n)))
		return no_field(span_sub(*s, 0, n), why);
	rule->fields = xreallocarray(rule->fields, rule->fields_n + 1,
	    sizeof(*f));
	f = &rule->fields[rule->fields_n++];
	*f = (struct json_field){ .name = span_dup(span_sub(*s, 0, n)) };
	*s = span_skip(*s, n + 1);
	do {
		f->paths = xreallocarray(f->paths, f->paths_n + 1,
		    sizeof(*f->paths));
		f->paths[f->paths_n++] = (struct json_rule_path){ 0 };
		if (read_path(s, &f->paths[f->paths_n - 1], why) != 0)
			return -1;
	} while (span_cut_prefix(s, SPAN("|")));
	return 0;
}

/* --- rules ------------------------------------------------------------------ */

/* So much of a rule is behind it: blanks, the arrow, or the end. */
static bool
blank(struct span *s)
{
	size_t n = s->n;

	*s = span_trim(*s);
	return s->n < n || s->n == 0;
}

static bool
needs_member(const struct json_rule *rule)
{
	for (size_t i = 0; i < rule->conditions_n; i++)
		if (!rule->conditions[i].negated)
			return true;
	return false;
}

static int
read_conditions(struct span *s, struct json_rule *rule, struct buf *why)
{
	for (;;) {
		if (span_cut_prefix(s, SPAN("->")))
			break;
		if (s->n == 0)
			return complain(why, *s, "CONDITION ... -> "
			    "FIELD=MEMBER ...");
		if (read_condition(s, rule, why) != 0)
			return -1;
		if (!blank(s))
			return complain(why, *s, "MEMBER, !MEMBER, "
			    "MEMBER=VALUE|..., MEMBER!=VALUE|...");
	}
	if (needs_member(rule))
		return 0;
	buf_adds(why, "no member must be there; accepted: at least one MEMBER "
	    "or MEMBER=VALUE before '->'");
	return -1;
}

static int
read_rule(struct json_rule *rule, struct span line, struct buf *why)
{
	struct span rest = line;

	if (event_rule_head(&rest, &rule->kind, &rule->fixed, why) != 0 ||
	    read_conditions(&rest, rule, why) != 0)
		return -1;
	for (blank(&rest); rest.n > 0; ) {
		if (read_field(&rest, rule, why) != 0)
			return -1;
		if (!blank(&rest))
			return complain(why, rest, "FIELD=MEMBER|...");
	}
	return 0;
}

int
json_rules_add(struct json_rules *rules, const char *text, struct buf *why)
{
	struct span rest = span_of(text), line;
	struct buf what = { 0 };

	for (unsigned n = 1; span_cut(&rest, '\n', &line); n++) {
		struct json_rule rule = { 0 };
		int rc = 0;

		line = span_trim(line);
		if (line.n == 0)
			continue;
		if (rules->n == JSON_RULES_MAX) {
			buf_addf(&what, "there are too many; accepted: %d",
			    JSON_RULES_MAX);
			rc = -1;
		} else {
			rc = read_rule(&rule, line, &what);
			rules->v = xreallocarray(rules->v, rules->n + 1,
			    sizeof(*rules->v));
			rules->v[rules->n++] = rule;
		}
		if (rc != 0) {
			buf_addf(why, "eventjson: line %u: %s", n, what.p);
			buf_fini(&what);
			return -1;
		}
	}
	return 0;
}

static void
rule_fini(struct json_rule *rule)
{
	properties_fini(&rule->fixed);
	for (size_t i = 0; i < rule->conditions_n; i++) {
		json_rule_path_fini(&rule->conditions[i].path);
		strings_fini(&rule->conditions[i].values);
	}
	for (size_t i = 0; i < rule->fields_n; i++) {
		for (size_t k = 0; k < rule->fields[i].paths_n; k++)
			json_rule_path_fini(&rule->fields[i].paths[k]);
		free(rule->fields[i].paths);
		free(rule->fields[i].name);
	}
	free(rule->conditions);
	free(rule->fields);
}

void
json_rules_fini(struct json_rules *rules)
{
	for (size_t i = 0; i < rules->n; i++)
		rule_fini(&rules->v[i]);
	free(rules->v);
	*rules = (struct json_rules){ 0 };
}
