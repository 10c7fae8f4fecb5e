#include "config/dump.h"

#include <inttypes.h>
#include <string.h>

#include "config/action_load.h"
#include "config/jail_load.h"
#include "config/main_config.h"
#include "config/option.h"
#include "config/own.h"
#include "config/repr.h"
#include "config/value.h"

/* ['a', 'b', …: the texts up to NULL; the caller closes it. */
static void __attribute__((sentinel))
begin(struct buf *out, const char *first, ...)
{
	va_list ap;

	buf_addc(out, '[');
	va_start(ap, first);
	for (const char *s = first; s != NULL; s = va_arg(ap, const char *)) {
		if (s != first)
			buf_adds(out, ", ");
		dump_repr(span_of(s), out);
	}
	va_end(ap);
}

static void
end(struct buf *out)
{
	buf_adds(out, "]\n");
}

static void
add_text(struct buf *out, const char *text)
{
	buf_adds(out, ", ");
	dump_repr(span_of(text), out);
}

static void
add_number(struct buf *out, int64_t n)
{
	buf_addf(out, ", %" PRId64, n);
}

/* int and bool go typed, everything else as text. */
static void
add_value(struct buf *out, enum option_place place, const char *name,
    const char *value)
{
	const struct option *o = option_find(place, name);

	buf_adds(out, ", ");
	if (o != NULL && (o->type == OPTION_INT || o->type == OPTION_BOOL))
		buf_adds(out, value);
	else
		dump_repr(span_of(value), out);
}

static void
write_text(struct buf *out, const char *name, const char *value)
{
	begin(out, "set", name, value, NULL);
	end(out);
}

static void
write_main(const struct main_config *m, struct buf *out)
{
	if (m->stacksize >= 0)
		buf_addf(out, "['set', 'thread', {'stacksize': %" PRId64 "}]\n",
		    m->stacksize);
	write_text(out, "syslogsocket", m->syslogsocket);
	write_text(out, "loglevel", m->loglevel);
	write_text(out, "logtarget", m->logtarget);
	write_text(out, "allowipv6", m->allowipv6);
	write_text(out, "dbfile", m->dbfile);
	if (m->dbmaxmatches_set) {
		begin(out, "set", "dbmaxmatches", NULL);
		add_number(out, m->dbmaxmatches);
		end(out);
	}
	write_text(out, "dbpurgeage", m->dbpurgeage);
}

static void
split_lines(struct strings *to, const char *text)
{
	struct span rest = span_of(text), line;

	while (span_cut(&rest, '\n', &line))
		strings_add(to, line);
}

static void
write_regexes(struct buf *out, const char *jail, const char *command,
    const char *text)
{
	struct strings lines = { 0 };

	split_lines(&lines, text);
	if (lines.n > 1) {
		begin(out, "multi-set", jail, command, NULL);
		buf_adds(out, ", ");
		repr_list(out, &lines);
		end(out);
	} else if (lines.n == 1) {
		begin(out, "set", jail, command, lines.v[0], NULL);
		end(out);
	}
	strings_fini(&lines);
}

static void
write_journalmatch(struct buf *out, const char *jail, const char *text)
{
	struct strings lines = { 0 };

	split_lines(&lines, text);
	for (size_t i = 0; i < lines.n; i++) {
		struct strings words = { 0 };

		begin(out, "set", jail, "addjournalmatch", NULL);
		value_shell_words(lines.v[i], &words);
		for (size_t k = 0; k < words.n; k++)
			add_text(out, words.v[k]);
		end(out);
		strings_fini(&words);
	}
	strings_fini(&lines);
}

static void
write_filter(const struct jail_config *j, struct buf *out)
{
	const struct properties *c = &j->filter.commands;

	for (size_t i = 0; i < c->n; i++) {
		const char *key = c->v[i].key, *value = c->v[i].value;

		if (strcmp(key, "failregex") == 0) {
			write_regexes(out, j->name, "addfailregex", value);
		} else if (strcmp(key, "ignoreregex") == 0) {
			write_regexes(out, j->name, "addignoreregex", value);
		} else if (strcmp(key, "journalmatch") == 0) {
			write_journalmatch(out, j->name, value);
		} else {
			begin(out, "set", j->name, key, NULL);
			add_value(out, OPTION_FILTER, key, value);
			end(out);
		}
	}
}

static void
write_settings(const struct jail_config *j, enum dump_form form,
    struct buf *out)
{
	for (size_t i = 0; i < j->settings.n; i++) {
		const char *key = j->settings.v[i].key;
		const char *value = j->settings.v[i].value;
		const struct option *option = option_find(OPTION_JAIL, key);
		struct strings words = { 0 };

		if (form == DUMP_UPSTREAM && option != NULL && option->ours)
			continue;
		if (strcmp(key, "ignoreip") == 0) {
			begin(out, "set", j->name, "addignoreip", NULL);
			value_words(value, &words);
			for (size_t k = 0; k < words.n; k++)
				add_text(out, words.v[k]);
			strings_fini(&words);
		} else {
			begin(out, "set", j->name, key, NULL);
			add_value(out, OPTION_JAIL, key, value);
		}
		end(out);
	}
}

static void
write_logs(const struct jail_config *j, struct buf *out)
{
	for (size_t i = 0; i < j->logs_n; i++) {
		begin(out, "set", j->name, "addlogpath", j->logs[i].path,
		    j->logs[i].tail ? "tail" : "head", NULL);
		end(out);
	}
}

static void
write_python_action(const struct config *c, const struct jail_config *j,
    const struct action_config *a, struct buf *out)
{
	struct buf path = { 0 };

	buf_addf(&path, "%s/action.d/%s", c->dir, a->file);
	begin(out, "set", j->name, "addaction", a->name, path.p,
	    properties_get(&a->props, "json"), NULL);
	end(out);
	buf_fini(&path);
}

static void
write_properties(const struct jail_config *j, const struct action_config *a,
    struct buf *out)
{
	const struct properties *p = a->sent.n > 0 ? &a->sent : &a->props;

	if (p->n == 0)
		return;
	begin(out, p->n > 1 ? "multi-set" : "set", j->name, "action", a->name,
	    NULL);
	if (p->n > 1)
		buf_adds(out, ", [");
	for (size_t i = 0; i < p->n; i++) {
		if (p->n > 1)
			buf_adds(out, i > 0 ? ", [" : "[");
		else
			buf_adds(out, ", ");
		dump_repr(span_of(p->v[i].key), out);
		if (strcmp(p->v[i].key, "timeout") == 0)
			add_text(out, p->v[i].value);
		else
			add_value(out, OPTION_ACTION, p->v[i].key,
			    p->v[i].value);
		if (p->n > 1)
			buf_addc(out, ']');
	}
	if (p->n > 1)
		buf_addc(out, ']');
	end(out);
}

/* A stock action's own properties, beside what fail2ban would be told. */
static void
write_resolved(const struct jail_config *j, const struct action_config *a,
    struct buf *out)
{
	for (size_t i = 0; i < a->props.n; i++) {
		begin(out, "gaol", "property", j->name, a->props.v[i].key,
		    a->props.v[i].value, NULL);
		end(out);
	}
}

static void
write_actions(const struct config *c, const struct jail_config *j,
    enum dump_form form, struct buf *out)
{
	static const char *const kinds[] = { "shell", "nftables", "none" };

	for (size_t i = 0; i < j->actions_n; i++) {
		const struct action_config *a = &j->actions[i];

		if (form == DUMP_ENGINE) {
			begin(out, "gaol", "action", j->name, a->name, a->file,
			    kinds[a->kind], a->sent.n > 0 ? "stock" : "", NULL);
			end(out);
		}
		if (form == DUMP_ENGINE && a->sent.n > 0)
			write_resolved(j, a, out);
		if (action_is_python(a)) {
			write_python_action(c, j, a, out);
			continue;
		}
		begin(out, "set", j->name, "addaction", a->name, NULL);
		end(out);
		write_properties(j, a, out);
	}
}

static void
write_jail(const struct config *c, const struct jail_config *j,
    enum dump_form form, struct buf *out)
{
	if (j->error != NULL && form == DUMP_UPSTREAM) {
		struct buf text = { 0 };

		buf_addf(&text, "Jail '%s' skipped, because of wrong "
		    "configuration: %s", j->name, j->error);
		begin(out, "config-error", text.p, NULL);
		end(out);
		buf_fini(&text);
		return;
	}
	begin(out, "add", j->name, j->backend, NULL);
	end(out);
	write_filter(j, out);
	write_settings(j, form, out);
	write_logs(j, out);
	write_actions(c, j, form, out);
	if (form == DUMP_UPSTREAM)
		return;
	begin(out, "gaol", "filter", j->name, j->filter.name,
	    j->filter.unverified ? "unverified" : "", NULL);
	end(out);
	for (size_t i = 0; i < j->filter.own.n; i++) {
		begin(out, "gaol", "own-option", j->name,
		    j->filter.own.v[i].key, j->filter.own.v[i].value, NULL);
		end(out);
	}
	for (size_t i = 0; i < j->globs_n; i++) {
		begin(out, "gaol", "glob", j->name, j->globs[i].path,
		    j->globs[i].tail ? "tail" : "head", NULL);
		end(out);
	}
	for (size_t i = 0; i < j->logs_missing.n; i++) {
		begin(out, "gaol", "missing", j->name, j->logs_missing.v[i],
		    NULL);
		end(out);
	}
	if (j->error != NULL) {
		begin(out, "gaol", "error", j->name, j->error, NULL);
		end(out);
	}
}

static void
write_field(const struct own_config *own, const struct own_field *f,
    struct buf *out)
{
	const char *at = (const char *)own + f->at;
	const char *text = NULL;
	int64_t n;

	if (own_field_is_text(f)) {
		memcpy(&text, at, sizeof(text));
		if (text == NULL)
			return;
	}
	begin(out, "gaol", "own", f->name, text, NULL);
	for (size_t i = 0; text == NULL &&
	     i < (f->type == OWN_USER ? 2u : 1u); i++) {
		if (f->type == OWN_BOOL)
			n = *(const bool *)(const void *)at;
		else
			memcpy(&n, at + i * sizeof(n), sizeof(n));
		add_number(out, n);
	}
	end(out);
}

/* What a start needs and upstream's stream does not say. */
static void
write_own(const struct config *c, struct buf *out)
{
	begin(out, "gaol", "dump", "1", NULL);
	end(out);
	begin(out, "gaol", "dir", c->dir, NULL);
	end(out);
	begin(out, "gaol", "main", "socket", c->main.socket, NULL);
	end(out);
	begin(out, "gaol", "main", "pidfile", c->main.pidfile, NULL);
	end(out);
	for (const struct own_field *f = own_fields; f->name != NULL; f++)
		write_field(&c->own, f, out);
	for (size_t i = 0; i < c->never.n; i++) {
		begin(out, "gaol", "never", c->never.v[i], NULL);
		end(out);
	}
}

void
dump_write(const struct config *c, enum dump_form form, struct buf *out)
{
	if (form == DUMP_ENGINE)
		write_own(c, out);
	write_main(&c->main, out);
	for (size_t i = 0; i < c->jails_n; i++)
		write_jail(c, &c->jails[i], form, out);
	for (size_t i = 0; i < c->jails_n; i++) {
		if (c->jails[i].error != NULL)
			continue;
		begin(out, "start", c->jails[i].name, NULL);
		end(out);
	}
}
