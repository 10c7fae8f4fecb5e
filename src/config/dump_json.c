#include "config/dump.h"

#include <jansson.h>
#include <stdlib.h>

#include "config/duration.h"
#include "config/main_config.h"
#include "config/option.h"
#include "config/own.h"
#include "config/value.h"

/* Text that is not UTF-8 (a file's name) goes byte by byte as Latin-1. */
static json_t *
text(const char *s)
{
	json_t *j;
	struct buf latin = { 0 };

	if (s == NULL)
		return json_null();
	j = json_string(s);
	if (j != NULL)
		return j;
	for (; *s != '\0'; s++) {
		unsigned char c = (unsigned char)*s;

		if (c >= 0x80)
			buf_addc(&latin, (char)(0xc0 | c >> 6));
		buf_addc(&latin, (char)(c >= 0x80 ? 0x80 | (c & 0x3f) : c));
	}
	j = json_string(latin.p);
	buf_fini(&latin);
	return j;
}

static json_t *
list(const struct strings *l)
{
	json_t *a = json_array();

	for (size_t i = 0; i < l->n; i++)
		json_array_append_new(a, text(l->v[i]));
	return a;
}

static json_t *
object(const struct properties *p)
{
	json_t *o = json_object();

	for (size_t i = 0; i < p->n; i++)
		json_object_set_new(o, p->v[i].key, text(p->v[i].value));
	return o;
}

/* An option's text as what the table of options says it is. */
static json_t *
typed(enum option_place place, const struct property *p)
{
	const struct option *o = option_find(place, p->key);
	struct strings words = { 0 };
	json_t *j = NULL;
	double seconds;
	int64_t n;

	if (o == NULL)
		return text(p->value);
	if (o->type == OPTION_BOOL)
		j = json_boolean(value_bool(p->value));
	else if (o->type == OPTION_INT &&
	    value_int(p->value, INT64_MIN, INT64_MAX, &n) == 0)
		j = json_integer(n);
	else if (o->type == OPTION_DURATION &&
	    duration_parse(span_of(p->value), &seconds) == 0)
		j = json_real(seconds);
	if (o->type == OPTION_LIST) {
		value_words(p->value, &words);
		j = list(&words);
		strings_fini(&words);
	}
	return j != NULL ? j : text(p->value);
}

static json_t *
settings(const struct properties *p)
{
	json_t *o = json_object();

	for (size_t i = 0; i < p->n; i++)
		json_object_set_new(o, p->v[i].key,
		    typed(OPTION_JAIL, &p->v[i]));
	return o;
}

static json_t *
filter(const struct filter_config *f)
{
	json_t *o = json_object();

	json_object_set_new(o, "name", text(f->name));
	json_object_set_new(o, "usedns", text(f->usedns));
	json_object_set_new(o, "prefregex", text(f->prefregex));
	json_object_set_new(o, "failregex", list(&f->failregex));
	json_object_set_new(o, "ignoreregex", list(&f->ignoreregex));
	if (f->maxlines != 0)
		json_object_set_new(o, "maxlines", json_integer(f->maxlines));
	json_object_set_new(o, "datepattern", text(f->datepattern));
	json_object_set_new(o, "journalmatch", list(&f->journalmatch));
	json_object_set_new(o, "unverified", json_boolean(f->unverified));
	for (size_t i = 0; i < f->own.n; i++)
		json_object_set_new(o, f->own.v[i].key,
		    text(f->own.v[i].value));
	return o;
}

static json_t *
actions(const struct jail_config *j)
{
	static const char *const kinds[] = { "shell", "nftables", "none" };
	json_t *a = json_array();

	for (size_t i = 0; i < j->actions_n; i++) {
		const struct action_config *c = &j->actions[i];
		json_t *o = json_object();

		json_object_set_new(o, "name", text(c->name));
		json_object_set_new(o, "file", text(c->file));
		json_object_set_new(o, "kind", text(kinds[c->kind]));
		json_object_set_new(o, "properties", object(&c->props));
		json_array_append_new(a, o);
	}
	return a;
}

static json_t *
logs(const struct jail_config *j)
{
	json_t *a = json_array();

	for (size_t i = 0; i < j->logs_n; i++) {
		json_t *o = json_object();

		json_object_set_new(o, "path", text(j->logs[i].path));
		json_object_set_new(o, "tail", json_boolean(j->logs[i].tail));
		json_array_append_new(a, o);
	}
	return a;
}

static json_t *
jail(const struct jail_config *j)
{
	json_t *o = json_object();

	json_object_set_new(o, "name", text(j->name));
	json_object_set_new(o, "error", text(j->error));
	json_object_set_new(o, "backend", text(j->backend));
	json_object_set_new(o, "filter", filter(&j->filter));
	json_object_set_new(o, "settings", settings(&j->settings));
	json_object_set_new(o, "maxretry", json_integer(j->maxretry));
	json_object_set_new(o, "findtime", json_real(j->findtime));
	json_object_set_new(o, "bantime", json_integer(j->bantime));
	json_object_set_new(o, "ignoreself", json_boolean(j->ignoreself));
	json_object_set_new(o, "ignoreip", list(&j->ignoreip));
	json_object_set_new(o, "logs", logs(j));
	json_object_set_new(o, "logs_missing", list(&j->logs_missing));
	json_object_set_new(o, "actions", actions(j));
	return o;
}

static json_t *
main_part(const struct main_config *m)
{
	json_t *o = json_object();

	for (const struct main_field *f = main_fields; f->name != NULL; f++)
		json_object_set_new(o, f->name, text(*main_config_text(
		    (struct main_config *)(void *)m, f)));
	json_object_set_new(o, "dbmaxmatches", json_integer(m->dbmaxmatches));
	return o;
}

static json_t *
own_part(const struct own_config *own)
{
	json_t *o = json_object();

	json_object_set_new(o, "engine_uid", json_integer(own->engine_uid));
	json_object_set_new(o, "warden_uid", json_integer(own->warden_uid));
	json_object_set_new(o, "resolver_uid",
	    json_integer(own->resolver_uid));
	json_object_set_new(o, "socket_group", text(own->socket_group));
	json_object_set_new(o, "firewall", text(own->firewall));
	json_object_set_new(o, "share", text(own->share));
	json_object_set_new(o, "line_max", json_integer(own->line_max));
	json_object_set_new(o, "match_limit", json_integer(own->match_limit));
	json_object_set_new(o, "tracked_max", json_integer(own->tracked_max));
	json_object_set_new(o, "bans_max", json_integer(own->bans_max));
	json_object_set_new(o, "accounts", json_pack("{s:o, s:o, s:o}",
	    "domain", text(own->accounts_domain),
	    "separator", text(own->accounts_separator),
	    "aliases", text(own->accounts_aliases)));
	json_object_set_new(o, "geoip", json_pack("{s:o, s:o, s:o, s:o}",
	    "country", text(own->geoip_country),
	    "asn", text(own->geoip_asn),
	    "ranges4", text(own->geoip_ranges4),
	    "ranges6", text(own->geoip_ranges6)));
	json_object_set_new(o, "signins_file", text(own->signins_file));
	json_object_set_new(o, "retention", json_pack(
	    "{s:I, s:I, s:I, s:I, s:I}",
	    "login", (json_int_t)own->keep_login,
	    "failure", (json_int_t)own->keep_failure,
	    "session", (json_int_t)own->keep_session,
	    "message", (json_int_t)own->keep_message,
	    "other", (json_int_t)own->keep_other));
	return o;
}

void
dump_json(const struct config *c, struct buf *out)
{
	json_t *root = json_object(), *jails = json_array();
	char *printed;

	json_object_set_new(root, "dir", text(c->dir));
	json_object_set_new(root, "main", main_part(&c->main));
	json_object_set_new(root, "gaol", own_part(&c->own));
	for (size_t i = 0; i < c->jails_n; i++)
		json_array_append_new(jails, jail(&c->jails[i]));
	json_object_set_new(root, "jails", jails);
	printed = json_dumps(root, JSON_INDENT(2) | JSON_PRESERVE_ORDER);
	buf_adds(out, printed != NULL ? printed : "{}");
	buf_addc(out, '\n');
	free(printed);
	json_decref(root);
}
