#include "config/config.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/addr.h"
#include "base/xalloc.h"
#include "config/definition.h"
#include "config/entry.h"
#include "config/filter_load.h"
#include "config/ini.h"
#include "config/interpolate.h"
#include "config/jail_load.h"
#include "config/main_config.h"
#include "config/own.h"
#include "config/present.h"
#include "config/spare.h"
#include "config/unknown.h"
#include "config/value.h"

#define JAILS_MAX 1000

const char *
config_default_dir(void)
{
	if (present("/etc/gaol/jail.conf") ||
	    present("/etc/gaol/jail.d"))
		return "/etc/gaol";
	return "/etc/fail2ban";
}

static char *
directory(const struct config_request *request)
{
	const char *dir = request->dir != NULL ? request->dir :
	    config_default_dir();
	size_t n = strlen(dir);

	while (n > 1 && dir[n - 1] == '/')
		n--;
	return xmemdup0(dir, n);
}

struct config *
config_load_main(const struct config_request *request, struct report *report)
{
	struct config *c = xcalloc(1, sizeof(*c));
	int main_result;

	c->dir = directory(request);
	if (!present(c->dir)) {
		report_add(report, PROBLEM_ERROR, NULL, c->dir, 0,
		    "the configuration directory is not there");
		config_free(c);
		return NULL;
	}
	own_config_find(&c->own, c->dir, !request->no_users, report);
	if (request->share != NULL) {
		free(c->own.share);
		c->own.share = xstrdup(request->share);
	}
	main_result = main_config_load(&c->main, c->dir, report);
	if (main_result != 0 || (request->strict && report->errors > 0)) {
		config_free(c);
		return NULL;
	}
	return c;
}

/* Variables that fail2ban defines for every jail. */
static void
set_builtin(struct ini *jails, const char *dir)
{
	ini_set(jails, "DEFAULT", "fail2ban_version", CONFIG_UPSTREAM_VERSION,
	    NULL, 0);
	ini_set(jails, "DEFAULT", "fail2ban_confpath", dir, NULL, 0);
}

static bool
is_jail(const struct ini_section *s)
{
	return strcmp(s->name, "DEFAULT") != 0 &&
	    strcmp(s->name, "INCLUDES") != 0;
}

static void
load_jails(struct config *c, struct ini *jails,
    const struct config_request *where, struct report *report)
{
	struct jail_config jail;

	for (struct ini_section *s = jails->sections; s != NULL; s = s->next) {
		if (!is_jail(s) ||
		    !jail_load(&jail, jails, s->name, where, report))
			continue;
		spare_proxies(&jail, jails, c->own.trusted_proxy);
		unknown_warn(jails, s->name, OPTION_JAIL, s->name, report);
		if (c->jails_n == JAILS_MAX) {
			report_add(report, PROBLEM_ERROR, s->name, s->file,
			    s->line, "too many jails are enabled; "
			    "accepted: %d", JAILS_MAX);
			jail_fini(&jail);
			break;
		}
		c->jails = xreallocarray(c->jails, c->jails_n + 1,
		    sizeof(*c->jails));
		c->jails[c->jails_n++] = jail;
	}
	unknown_warn(jails, "DEFAULT", OPTION_JAIL, NULL, report);
}

/* Names and file: entries change by themselves, so they protect nobody. */
static void
load_never(struct config *c, const struct ini *jails, struct report *report)
{
	struct scope scope = { .ini = jails, .section = "DEFAULT" };
	struct buf value = { 0 }, why = { 0 };
	struct strings words = { 0 };
	struct addr net;

	if (interpolate_get(&scope, "ignoreip", &value, &why) == -1)
		report_add(report, PROBLEM_WARNING, NULL, NULL, 0,
		    "[DEFAULT] ignoreip protects no address: %s", why.p);
	if (value.p != NULL)
		value_words(value.p, &words);
	for (size_t i = 0; i < words.n; i++)
		if (addr_parse_net(span_of(words.v[i]), &net) == 0)
			strings_add(&c->never, span_of(words.v[i]));
	strings_fini(&words);
	buf_fini(&value);
	buf_fini(&why);
}

struct config *
config_load(const struct config_request *request, struct report *report)
{
	struct config *c = config_load_main(request, report);
	struct ini jails = { .guarded = true };
	struct config_request where = { 0 };
	int got;

	if (c == NULL)
		return NULL;
	where = (struct config_request){ .dir = c->dir, .share = c->own.share,
		.strict = request->strict,
		.decide_nologs = request->decide_nologs };
	got = ini_load(&jails, c->dir, "jail", report);
	if (got == 1)
		report_add(report, PROBLEM_ERROR, NULL, c->dir, 0,
		    "there are no jails here; accepted: jail.conf, jail.local "
		    "or jail.d");
	if (got == 0 || (got == -1 && !jails.incomplete)) {
		set_builtin(&jails, c->dir);
		load_jails(c, &jails, &where, report);
		load_never(c, &jails, report);
	}
	if (got == 1 || jails.incomplete ||
	    (request->strict && report->errors > 0)) {
		config_free(c);
		c = NULL;
	}
	ini_fini(&jails);
	return c;
}

int
config_load_filter(const struct config_request *request, const char *entry,
    struct filter_config *out, struct report *report)
{
	struct config *c = config_load_main(request, report);
	struct config_request where;
	struct definition d = { 0 };
	struct properties jail = { 0 }, all = { 0 };
	struct buf why = { 0 };
	int result = -1;

	*out = (struct filter_config){ 0 };
	if (c == NULL)
		return -1;
	where = (struct config_request){ .dir = c->dir, .share = c->own.share,
		.strict = request->strict, .exact_file = request->exact_file };
	if (filter_open(&d, &where, entry, report, &out->name, &why) != 0)
		goto out;
	filter_logtype(&d, request->backend != NULL ? request->backend :
	    "auto");
	out->unverified = d.ini.unverified;
	result = definition_read(&d, &jail, filter_options, true, &why);
	if (result == 0)
		result = definition_combine(&d, NULL, &all, &why);
	if (result == 0)
		result = filter_fill(out, &all, &why);
	if (result == 0)
		filter_derive(out);
	if (result == 0 && request->all != NULL)
		properties_merge(request->all, &all);
out:
	if (result != 0) {
		report_add(report, PROBLEM_ERROR, NULL, NULL, 0, "%s", why.p);
		filter_config_fini(out);
	}
	definition_fini(&d);
	properties_fini(&jail);
	properties_fini(&all);
	buf_fini(&why);
	config_free(c);
	return result;
}

/* 0; 1: it is not there; -1: broken, or what holds it. */
static int
try_jail(struct config *c, const struct config_request *request,
    const struct entry *e, struct jail_config *out, struct report *report)
{
	struct config_request where = { .dir = c->dir, .share = c->own.share,
		.backend = request->backend != NULL ? request->backend : "auto",
		.tried = &e->options,
		.all = request->all };
	struct ini jails = { 0 };
	int got = ini_load(&jails, c->dir, "jail", report);

	if (ini_section(&jails, e->name) == NULL ||
	    !is_jail(ini_section(&jails, e->name))) {
		ini_fini(&jails);
		return 1;
	}
	if (!jails.incomplete) {
		set_builtin(&jails, c->dir);
		jail_load(out, &jails, e->name, &where, report);
		got = out->error != NULL ? -1 : 0;
	}
	ini_fini(&jails);
	return got;
}

int
config_load_jail(const struct config_request *request, const char *entry,
    struct jail_config *out, struct report *report)
{
	struct report aside = { 0 };
	struct buf why = { 0 };
	struct entry e;
	struct config *c;
	int got = 1;

	*out = (struct jail_config){ 0 };
	if (entry_parse(&e, span_of(entry), &why) != 0) {
		buf_fini(&why);
		return 1;
	}
	c = config_load_main(request, &aside);
	if (c != NULL)
		got = try_jail(c, request, &e, out, &aside);
	if (got != 1)
		report_move(report, &aside);
	report_fini(&aside);
	config_free(c);
	entry_fini(&e);
	return got;
}

void
jail_config_fini(struct jail_config *jail)
{
	jail_fini(jail);
}

void
config_free(struct config *c)
{
	if (c == NULL)
		return;
	for (size_t i = 0; i < c->jails_n; i++)
		jail_fini(&c->jails[i]);
	free(c->jails);
	strings_fini(&c->never);
	main_config_fini(&c->main);
	own_config_fini(&c->own);
	free(c->dir);
	free(c);
}
