/*
 * Any text as jail.conf: parsing, interpolation, entries, tags and durations
 * end and stay within their bounds, and what a jail became can be dumped,
 * read and dumped again.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"
#include "config/config.h"
#include "config/dump.h"
#include "config/entry.h"
#include "config/ini.h"
#include "config/interpolate.h"
#include "config/jail_load.h"
#include "config/main_config.h"
#include "config/own.h"
#include "config/tag.h"

#define JAILS_MAX 16

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The section's options as tags of each other, and each as a list. */
static void
resolve_section(const struct ini *ini, const struct ini_section *s)
{
	struct scope scope = { .ini = ini, .section = s->name };
	struct properties tags = { 0 };
	struct tag_rules rules = { 0 };
	struct buf why = { 0 };

	for (struct ini_option *o = s->options; o != NULL; o = o->next) {
		struct buf value = { 0 };
		struct strings entries = { 0 };
		struct entry e;

		if (interpolate_get(&scope, o->name, &value, &why) == 0) {
			if (value.n > 2 * INTERPOLATE_VALUE_MAX)
				abort();
			properties_set(&tags, o->name, value.p);
			entry_split(buf_span(&value), &entries);
		}
		for (size_t i = 0; i < entries.n; i++)
			if (entry_parse(&e, span_of(entries.v[i]), &why) == 0)
				entry_fini(&e);
		strings_fini(&entries);
		buf_fini(&value);
	}
	tag_resolve(&tags, &rules, &why);
	properties_fini(&tags);
	buf_fini(&why);
}

static void
check_dump(const struct config *c)
{
	struct buf one = { 0 }, two = { 0 };
	struct report report = { 0 };
	struct config *back;

	dump_write(c, DUMP_ENGINE, &one);
	back = dump_read(buf_span(&one), &report);
	if (back == NULL)
		abort();
	dump_write(back, DUMP_ENGINE, &two);
	if (!span_eq(buf_span(&one), buf_span(&two)))
		abort();
	config_free(back);
	report_fini(&report);
	buf_fini(&one);
	buf_fini(&two);
}

static void
load_jails(struct ini *ini, struct report *report)
{
	struct config_request where = { .dir = "/nonexistent" };
	struct config *c = xcalloc(1, sizeof(*c));

	c->dir = xstrdup(where.dir);
	own_config_defaults(&c->own, false);
	main_config_load(&c->main, where.dir, report);
	c->jails = xcalloc(JAILS_MAX, sizeof(*c->jails));
	for (struct ini_section *s = ini->sections;
	     s != NULL && c->jails_n < JAILS_MAX; s = s->next) {
		ini_set(ini, s->name, "enabled", "true", NULL, 0);
		/* A pattern could walk the whole file system. */
		ini_set(ini, s->name, "logpath", "", NULL, 0);
		c->jails_n += (size_t)jail_load(&c->jails[c->jails_n], ini,
		    s->name, &where, report);
	}
	check_dump(c);
	config_free(c);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct ini one = { 0 }, ini = { 0 };
	struct report report = { 0 };

	if (size > 65536)
		return 0;
	ini_parse(&one, span_from(data, size), "fuzz", &report);
	ini_merge(&ini, &one);
	ini_merge(&ini, &one);
	for (struct ini_section *s = ini.sections; s != NULL; s = s->next)
		resolve_section(&ini, s);
	load_jails(&ini, &report);
	ini_fini(&one);
	ini_fini(&ini);
	report_fini(&report);
	return 0;
}
