#include "config/dump.h"

#include <stdlib.h>
#include <string.h>

#include "base/number.h"
#include "base/xalloc.h"
#include "config/action_load.h"
#include "config/filter_load.h"
#include "config/logpath.h"
#include "config/jail_load.h"
#include "config/main_config.h"
#include "config/own.h"
#include "config/repr.h"
#include "config/value.h"

struct reader {
	struct config *c;
	struct jail_config *jail;       /* the one being read */
	struct action_config *action;   /* its last action */
	bool stock;                     /* it has `sent` properties too */
};

static void
set_text(char **to, const char *value)
{
	char *copy = xstrdup(value);

	free(*to);
	*to = copy;
}

static int
read_own(struct own_config *own, const struct repr_value *line)
{
	const char *name = repr_item(line, 2), *value = repr_item(line, 3);
	const struct own_field *f = own_fields;
	char *at;

	if (name == NULL || value == NULL)
		return -1;
	while (f->name != NULL && strcmp(f->name, name) != 0)
		f++;
	if (f->name == NULL)
		return -1;
	at = (char *)own + f->at;
	if (own_field_is_text(f)) {
		set_text((char **)(void *)at, value);
		return 0;
	}
	if (f->type == OWN_BOOL) {
		*(bool *)(void *)at = strcmp(value, "1") == 0;
		return 0;
	}
	for (size_t i = 0; i < (f->type == OWN_USER ? 2u : 1u); i++) {
		value = repr_item(line, 3 + i);
		if (value == NULL || number_parse(span_of(value), INT64_MIN,
			INT64_MAX, (int64_t *)(void *)at + i) != 0)
			return -1;
	}
	return 0;
}

static int
set_main_text(struct main_config *m, const char *name, const char *value)
{
	for (const struct main_field *f = main_fields; f->name != NULL; f++)
		if (value != NULL && strcmp(f->name, name) == 0) {
			set_text(main_config_text(m, f), value);
			return 0;
		}
	return -1;
}

static int
read_action(struct reader *r, const struct repr_value *line)
{
	const char *name = repr_item(line, 3), *file = repr_item(line, 4);
	const char *kind = repr_item(line, 5), *stock = repr_item(line, 6);
	struct jail_config *j = r->jail;
	struct action_config a = { 0 };

	if (name == NULL || file == NULL || kind == NULL)
		return -1;
	if (strcmp(kind, "nftables") == 0)
		a.kind = ACTION_NFTABLES;
	else if (strcmp(kind, "none") == 0)
		a.kind = ACTION_NONE;
	else if (strcmp(kind, "shell") != 0)
		return -1;
	a.name = xstrdup(name);
	a.file = xstrdup(file);
	j->actions = xreallocarray(j->actions, j->actions_n + 1,
	    sizeof(*j->actions));
	j->actions[j->actions_n] = a;
	r->action = &j->actions[j->actions_n++];
	r->stock = stock != NULL && strcmp(stock, "stock") == 0;
	return 0;
}

static int
read_own_option(struct jail_config *j, const char *option, const char *value)
{
	struct buf why = { 0 };
	int result = filter_add_own(&j->filter, option, value, &why);

	buf_fini(&why);
	return result;
}

static bool
is_jail(const struct reader *r, const char *name)
{
	return r->jail != NULL && name != NULL &&
	    strcmp(r->jail->name, name) == 0;
}

static int
read_gaol(struct reader *r, const struct repr_value *line)
{
	const char *what = repr_item(line, 1), *a = repr_item(line, 2);
	const char *b = repr_item(line, 3), *c = repr_item(line, 4);

	if (what == NULL || a == NULL)
		return -1;
	if (strcmp(what, "dump") == 0)
		return strcmp(a, "1") == 0 ? 0 : -1;
	if (strcmp(what, "dir") == 0) {
		set_text(&r->c->dir, a);
		return 0;
	}
	if (strcmp(what, "never") == 0) {
		strings_add(&r->c->never, span_of(a));
		return 0;
	}
	if (strcmp(what, "own") == 0)
		return read_own(&r->c->own, line);
	if (strcmp(what, "main") == 0)
		return set_main_text(&r->c->main, a, b);
	if (!is_jail(r, a) || b == NULL)
		return -1;
	if (strcmp(what, "action") == 0)
		return read_action(r, line);
	if (strcmp(what, "property") == 0) {
		if (r->action == NULL || c == NULL)
			return -1;
		properties_add(&r->action->props, b, c);
	} else if (strcmp(what, "missing") == 0) {
		strings_add(&r->jail->logs_missing, span_of(b));
	} else if (strcmp(what, "glob") == 0 && c != NULL) {
		logpath_add(&r->jail->globs, &r->jail->globs_n, b,
		    strcmp(c, "tail") == 0);
	} else if (strcmp(what, "error") == 0) {
		set_text(&r->jail->error, b);
	} else if (strcmp(what, "own-option") == 0 && c != NULL) {
		return read_own_option(r->jail, b, c);
	} else if (strcmp(what, "filter") == 0 && c != NULL) {
		set_text(&r->jail->filter.name, b);
		r->jail->filter.unverified = strcmp(c, "unverified") == 0;
	} else {
		return -1;
	}
	return 0;
}

static int
read_main(struct main_config *m, const struct repr_value *line)
{
	const char *name = repr_item(line, 1), *value = repr_item(line, 2);

	if (name == NULL)
		return -1;
	if (strcmp(name, "thread") == 0) {
		value = line->n > 2 ? repr_item(&line->items[2], 1) : NULL;
		return value != NULL ? number_parse(span_of(value), 0,
		    INT32_MAX, &m->stacksize) : -1;
	}
	if (strcmp(name, "dbmaxmatches") == 0) {
		m->dbmaxmatches_set = true;
		return value != NULL ? number_parse(span_of(value), 0,
		    INT32_MAX, &m->dbmaxmatches) : -1;
	}
	return set_main_text(m, name, value);
}

/* The items from `from` on, as words of a list. 0, -1: one is no text. */
static int
collect(const struct repr_value *list, size_t from, struct strings *to)
{
	for (size_t i = from; i < list->n; i++) {
		if (repr_item(list, i) == NULL)
			return -1;
		strings_add(to, span_of(repr_item(list, i)));
	}
	return 0;
}

static void
join(const struct strings *words, char between, struct buf *out)
{
	for (size_t i = 0; i < words->n; i++) {
		if (i > 0)
			buf_addc(out, between);
		buf_adds(out, words->v[i]);
	}
	buf_add(out, "", 0);
}

/* Puts lines of one journalmatch together again: they follow each other. */
static void
add_journalmatch(struct filter_config *f, const char *line)
{
	struct properties *p = &f->commands;
	struct property *last = p->n > 0 ? &p->v[p->n - 1] : NULL;
	struct buf both = { 0 };

	if (last == NULL || strcmp(last->key, "journalmatch") != 0) {
		properties_add(p, "journalmatch", line);
		return;
	}
	buf_addf(&both, "%s\n%s", last->value, line);
	free(last->value);
	last->value = buf_take(&both);
}

/* Filter options come in the order of sending: all go to the end. */
static int
read_filter(struct reader *r, const struct repr_value *line, const char *name)
{
	struct filter_config *f = &r->jail->filter;
	bool multi = line->n > 3 && line->items[3].kind == REPR_LIST;
	struct strings words = { 0 };
	struct buf text = { 0 };
	int result = multi ? collect(&line->items[3], 0, &words) :
	    collect(line, 3, &words);

	if (result == 0 && strcmp(name, "journalmatch") == 0) {
		value_shell_join(&words, &text);
		add_journalmatch(f, text.p != NULL ? text.p : "");
	} else if (result == 0) {
		join(&words, '\n', &text);
		properties_add(&f->commands, name,
		    text.p != NULL ? text.p : "");
	}
	strings_fini(&words);
	buf_fini(&text);
	return result;
}

static int
read_log(struct jail_config *j, const struct repr_value *line)
{
	const char *path = repr_item(line, 3), *mode = repr_item(line, 4);

	if (path == NULL || mode == NULL)
		return -1;
	logpath_add(&j->logs, &j->logs_n, path, strcmp(mode, "tail") == 0);
	return 0;
}

static int
read_property(struct reader *r, const struct repr_value *pair, size_t at)
{
	const char *key = repr_item(pair, at), *value = repr_item(pair, at + 1);

	if (r->action == NULL || key == NULL || value == NULL)
		return -1;
	properties_add(r->stock ? &r->action->sent : &r->action->props, key,
	    value);
	return 0;
}

/* 'set' J 'action' NAME K V, or 'multi-set' … [[K, V], …] */
static int
read_properties(struct reader *r, const struct repr_value *line)
{
	const struct repr_value *list;

	if (line->n < 5)
		return -1;
	list = &line->items[4];
	if (list->kind != REPR_LIST)
		return read_property(r, line, 4);
	for (size_t i = 0; i < list->n; i++)
		if (read_property(r, &list->items[i], 0) != 0)
			return -1;
	return 0;
}

static int
read_addaction(struct reader *r, const struct repr_value *line)
{
	const char *name = repr_item(line, 3), *json = repr_item(line, 5);

	if (r->action == NULL || name == NULL ||
	    strcmp(r->action->name, name) != 0)
		return -1;
	if (json != NULL)
		properties_set(&r->action->props, "json", json);
	return 0;
}

static int
read_setting(struct reader *r, const struct repr_value *line, const char *what)
{
	struct strings words = { 0 };
	struct buf text = { 0 };
	int result;

	if (strcmp(what, "addignoreip") != 0) {
		if (repr_item(line, 3) == NULL)
			return -1;
		properties_add(&r->jail->settings, what, repr_item(line, 3));
		return 0;
	}
	result = collect(line, 3, &words);
	join(&words, ' ', &text);
	if (result == 0)
		properties_add(&r->jail->settings, "ignoreip",
		    text.p != NULL ? text.p : "");
	strings_fini(&words);
	buf_fini(&text);
	return result;
}

static int
read_jail_line(struct reader *r, const struct repr_value *line)
{
	const char *what = repr_item(line, 2);
	const char *option = what;

	if (!is_jail(r, repr_item(line, 1)) || what == NULL)
		return -1;
	if (strcmp(what, "addlogpath") == 0)
		return read_log(r->jail, line);
	if (strcmp(what, "addaction") == 0)
		return read_addaction(r, line);
	if (strcmp(what, "action") == 0)
		return read_properties(r, line);
	if (strncmp(what, "add", 3) == 0 && strcmp(what, "addignoreip") != 0)
		option = what + 3;
	for (const char *const *o = filter_options; *o != NULL; o++)
		if (strcmp(*o, option) == 0)
			return read_filter(r, line, option);
	return read_setting(r, line, what);
}

static int
read_add(struct reader *r, const struct repr_value *line)
{
	const char *name = repr_item(line, 1), *backend = repr_item(line, 2);
	struct config *c = r->c;

	if (name == NULL || backend == NULL)
		return -1;
	c->jails = xreallocarray(c->jails, c->jails_n + 1, sizeof(*c->jails));
	r->jail = &c->jails[c->jails_n++];
	*r->jail = (struct jail_config){ .name = xstrdup(name),
		.backend = xstrdup(backend) };
	r->jail->filter.name = xstrdup("");
	r->action = NULL;
	return 0;
}

static int
read_line(struct reader *r, struct span text)
{
	struct repr_value line;
	const char *command;
	int result = -1;

	if (repr_parse(&line, text) != 0)
		return -1;
	command = repr_item(&line, 0);
	if (command == NULL)
		goto out;
	if (strcmp(command, "gaol") == 0)
		result = read_gaol(r, &line);
	else if (strcmp(command, "add") == 0)
		result = read_add(r, &line);
	else if (strcmp(command, "start") == 0)
		result = 0;
	else if (strcmp(command, "set") == 0 && r->jail == NULL)
		result = read_main(&r->c->main, &line);
	else if (strcmp(command, "set") == 0 ||
	    strcmp(command, "multi-set") == 0)
		result = read_jail_line(r, &line);
out:
	repr_fini(&line);
	return result;
}

/* What the lines left open. 0, or -1: a text is missing. */
static int
complete(struct config *c)
{
	struct buf why = { 0 };

	if (c->dir == NULL || c->own.share == NULL || c->own.firewall == NULL)
		return -1;
	for (const struct main_field *f = main_fields; f->name != NULL; f++)
		if (*main_config_text(&c->main, f) == NULL)
			return -1;
	main_config_derive(&c->main);
	for (size_t i = 0; i < c->jails_n; i++) {
		/* A broken jail may fail here again; it says so already. */
		jail_derive(&c->jails[i], &why);
		filter_derive(&c->jails[i].filter);
		buf_clear(&why);
	}
	buf_fini(&why);
	return 0;
}

struct config *
dump_read(struct span text, struct report *report)
{
	struct reader r = { 0 };
	struct span line;
	unsigned n = 0;

	r.c = xcalloc(1, sizeof(*r.c));
	r.c->main.stacksize = -1;
	r.c->main.dbmaxmatches = 10;
	while (span_cut(&text, '\n', &line)) {
		n++;
		if (read_line(&r, line) == 0)
			continue;
		report_add(report, PROBLEM_ERROR, NULL, "dump", n,
		    "this line is not one of a dump");
		config_free(r.c);
		return NULL;
	}
	if (complete(r.c) == 0)
		return r.c;
	report_add(report, PROBLEM_ERROR, NULL, "dump", n,
	    "the dump is not complete");
	config_free(r.c);
	return NULL;
}
