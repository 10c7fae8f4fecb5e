#include "config/main_config.h"

#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/xalloc.h"
#include "config/duration.h"
#include "config/ini.h"
#include "config/interpolate.h"
#include "config/option.h"
#include "config/unknown.h"
#include "config/value.h"

#define FIELD(name) { #name, offsetof(struct main_config, name) }

const struct main_field main_fields[] = {
	FIELD(loglevel), FIELD(logtarget), FIELD(syslogsocket),
	FIELD(allowipv6), FIELD(socket), FIELD(pidfile), FIELD(dbfile),
	FIELD(dbpurgeage), { NULL, 0 }
};

char **
main_config_text(struct main_config *m, const struct main_field *f)
{
	return (char **)(void *)((char *)m + f->at);
}

struct reader {
	struct main_config *m;
	struct ini ini;
	struct report *report;
};

static void
complain(struct reader *r, const char *section, const char *name,
    const char *text)
{
	struct scope scope = { .ini = &r->ini, .section = section };
	const struct ini_option *o = interpolate_source(&scope, name);

	report_add(r->report, PROBLEM_ERROR, NULL, o != NULL ? o->file : NULL,
	    o != NULL ? o->line : 0, "%s", text);
}

/* The option's text, or NULL: not set, or wrong (reported). */
static char *
get_text(struct reader *r, const char *section, const char *name)
{
	struct scope scope = { .ini = &r->ini, .section = section };
	struct buf value = { 0 }, why = { 0 };
	char *text = NULL;

	switch (interpolate_get(&scope, name, &value, &why)) {
	case 0:
		text = xstrdup(value.p != NULL ? value.p : "");
		break;
	case -1:
		complain(r, section, name, why.p);
		break;
	}
	buf_fini(&value);
	buf_fini(&why);
	return text;
}

static bool
get_int(struct reader *r, const char *section, const char *name, int64_t *v)
{
	char *text = get_text(r, section, name);
	struct buf why = { 0 };
	bool good;

	if (text == NULL)
		return false;
	good = value_int(text, 0, INT32_MAX, v) == 0;
	if (!good) {
		buf_addf(&why, "%s: '%s' is not a number; accepted: 0..%d",
		    name, text, INT32_MAX);
		complain(r, section, name, why.p);
		buf_fini(&why);
	}
	free(text);
	return good;
}

static void
set_default(struct main_config *m, const struct main_field *f)
{
	const struct option *o = option_find(OPTION_MAIN, f->name);
	char **to = main_config_text(m, f);

	free(*to);
	*to = xstrdup(o->fallback);
}

int
main_config_derive(struct main_config *m)
{
	double s;

	m->dbpurgeage_s = 86400;
	if (duration_parse(span_of(m->dbpurgeage), &s) != 0 || s < 0)
		return -1;
	m->dbpurgeage_s = (int64_t)s;
	return 0;
}

/* A value that cannot be used is reported and gives way to the default. */
static void
check_texts(struct reader *r)
{
	struct main_config *m = r->m;
	struct buf why = { 0 };
	enum log_level level;

	if (log_level_parse(span_of(m->loglevel), &level) != 0) {
		buf_addf(&why, "loglevel: '%s' is not a level; accepted: "
		    "CRITICAL, ERROR, WARNING, NOTICE, INFO, DEBUG, 1..50",
		    m->loglevel);
		complain(r, "Definition", "loglevel", why.p);
		buf_clear(&why);
		free(m->loglevel);
		m->loglevel = xstrdup("INFO");
	}
	if (main_config_derive(m) != 0) {
		buf_addf(&why, "dbpurgeage: '%s' is not a duration; accepted: "
		    "seconds, or numbers with y mo w d h m s", m->dbpurgeage);
		complain(r, "Definition", "dbpurgeage", why.p);
		free(m->dbpurgeage);
		m->dbpurgeage = xstrdup("1d");
		main_config_derive(m);
	}
	buf_fini(&why);
}

int
main_config_load(struct main_config *m, const char *dir, struct report *report)
{
	struct reader r = { .m = m, .report = report };
	int got = ini_load(&r.ini, dir, "fail2ban", report);

	*m = (struct main_config){ .dbmaxmatches = 10, .stacksize = -1 };
	for (const struct main_field *f = main_fields; f->name != NULL; f++) {
		char *text = get_text(&r, "Definition", f->name);

		set_default(m, f);
		if (text != NULL) {
			free(*main_config_text(m, f));
			*main_config_text(m, f) = text;
		}
	}
	if (ini_section(&r.ini, "Definition") == NULL &&
	    ini_section(&r.ini, "DEFAULT") != NULL)
		report_add(report, PROBLEM_WARNING, NULL,
		    ini_section(&r.ini, "DEFAULT")->file,
		    ini_section(&r.ini, "DEFAULT")->line, "the file has no "
		    "[Definition], so what [DEFAULT] says is not used; "
		    "accepted: a line [Definition] behind it");
	m->dbmaxmatches_set = get_int(&r, "Definition", "dbmaxmatches",
	    &m->dbmaxmatches);
	if (ini_section(&r.ini, "Thread") != NULL)
		get_int(&r, "Thread", "stacksize", &m->stacksize);
	check_texts(&r);
	unknown_warn(&r.ini, "DEFAULT", OPTION_MAIN, NULL, report);
	unknown_warn(&r.ini, "Definition", OPTION_MAIN, NULL, report);
	got = got == -1 && r.ini.incomplete ? -1 : 0;
	ini_fini(&r.ini);
	return got;
}

void
main_config_fini(struct main_config *m)
{
	for (const struct main_field *f = main_fields; f->name != NULL; f++)
		free(*main_config_text(m, f));
	*m = (struct main_config){ 0 };
}
