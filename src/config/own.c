#include "config/own.h"

#include <errno.h>
#include <inttypes.h>
#include <libconfig.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/span.h"
#include "base/xalloc.h"
#include "config/duration.h"
#include "config/guard.h"
#include "config/own_nets.h"
#include "config/present.h"

#ifndef GAOL_SHARE
#define GAOL_SHARE "/usr/local/share/gaol"
#endif

#define AT(field) offsetof(struct own_config, field)
#define HOUR INT64_C(3600)
#define DAY INT64_C(86400)
#define CENTURY (36525 * DAY)

const struct own_field own_fields[] = {
	{ "users.engine", OWN_USER, AT(engine_uid), 0, 0, -1, "_gaol",
	  "a user's name or number", "whom the engine runs as" },
	{ "users.warden", OWN_USER, AT(warden_uid), 0, 0, -1, "_gaolw",
	  "a user's name or number", "whom the warden runs as" },
	{ "users.resolver", OWN_USER, AT(resolver_uid), 0, 0, -1, "_gaolr",
	  "a user's name or number",
	  "whom the resolver runs as; the engine's, if there is no _gaolr" },
	{ "action_user", OWN_USER, AT(action_uid), 0, 0, 0, NULL,
	  "a user's name or number", "whom shell actions run as; root's" },
	{ "socket_group", OWN_TEXT, AT(socket_group), 0, 0, 0, NULL,
	  "a group's name", "who may use the control socket" },
	{ "firewall", OWN_TEXT, AT(firewall), 0, 0, 0, "nftables",
	  "\"nftables\", \"null\"", "where native bans go" },
	{ "share", OWN_TEXT, AT(share), 0, 0, 0, GAOL_SHARE,
	  "a directory", "where our filter.d and action.d are" },
	{ "line_max", OWN_NUMBER, AT(line_max), 256, 1 << 20, 65536, NULL,
	  NULL, "longest log line, in bytes; longer ones are cut" },
	{ "match_limit", OWN_NUMBER, AT(match_limit), 1000, 100000000, 100000,
	  NULL, NULL, "steps that one regex may take on a line" },
	{ "tracked_max", OWN_NUMBER, AT(tracked_max), 100, 100000000, 200000,
	  NULL, NULL, "addresses counted in one jail" },
	{ "bans_max", OWN_NUMBER, AT(bans_max), 1, 100000000, 200000, NULL,
	  NULL, "live bans in one jail" },
	{ "widest_ipv4", OWN_NUMBER, AT(widest_v4), 8, 32, 8, NULL, NULL,
	  "shortest prefix that any ban of a network has" },
	{ "widest_ipv6", OWN_NUMBER, AT(widest_v6), 16, 128, 16, NULL, NULL,
	  "the same of IPv6" },
	{ "runtime_commands", OWN_BOOL, AT(runtime_commands), 0, 0, 0, NULL,
	  "true, false", "commands may come over the control socket" },
	{ "runtime_logs", OWN_BOOL, AT(runtime_logs), 0, 0, 0, NULL,
	  "true, false", "logs that no jail names may be read" },
	{ "runtime_log_dir", OWN_TEXT, AT(runtime_log_dir), 0, 0, 0, NULL,
	  "an absolute path", "where `set logtarget` may make and use files" },
	{ "accounts.domain", OWN_TEXT, AT(accounts_domain), 0, 0, 0, NULL,
	  "a domain", "of account names that have none" },
	{ "accounts.separator", OWN_TEXT, AT(accounts_separator), 0, 0, 0,
	  NULL, "one character, as in \"+\"",
	  "what follows it in a name is no part of the account" },
	{ "accounts.aliases", OWN_TEXT, AT(accounts_aliases), 0, 0, 0, NULL,
	  "\"FROM=TO, FROM=TO\": names with a domain, or @domains",
	  "names and domains that mean other ones" },
	{ "trusted_proxy", OWN_NETS, AT(trusted_proxy), 0, 0, 0, NULL,
	  "addresses and networks, as in [ \"192.0.2.7\", \"2001:db8::/64\" ]",
	  "hosts of webmails and proxies, who sign in for others" },
	{ "geoip.country", OWN_TEXT, AT(geoip_country), 0, 0, 0, NULL,
	  "an absolute path", "database of countries, in MaxMind's format" },
	{ "geoip.asn", OWN_TEXT, AT(geoip_asn), 0, 0, 0, NULL,
	  "an absolute path", "database of networks, in MaxMind's format" },
	{ "geoip.ranges4", OWN_TEXT, AT(geoip_ranges4), 0, 0, 0, NULL,
	  "an absolute path", "countries of IPv4 addresses, as Debian's tor-geoipdb has them" },
	{ "geoip.ranges6", OWN_TEXT, AT(geoip_ranges6), 0, 0, 0, NULL,
	  "an absolute path", "… of IPv6 addresses" },
	{ "signins_file", OWN_TEXT, AT(signins_file), 0, 0, 0, NULL,
	  "an absolute path",
	  "gets a line for each sign-in" },
	{ "retention.login", OWN_DURATION, AT(keep_login), HOUR, CENTURY,
	  INT64_C(365) * DAY, NULL,
	  "a duration of 1h to 100y, as in \"90d\"",
	  "how long sign-ins are kept" },
	{ "retention.failure", OWN_DURATION, AT(keep_failure), HOUR, CENTURY,
	  INT64_C(90) * DAY, NULL,
	  "a duration of 1h to 100y, as in \"90d\"",
	  "how long failed attempts are kept" },
	{ "retention.session", OWN_DURATION, AT(keep_session), HOUR, CENTURY,
	  INT64_C(90) * DAY, NULL,
	  "a duration of 1h to 100y, as in \"90d\"",
	  "how long sessions, sign-outs and what was done are kept" },
	{ "retention.message", OWN_DURATION, AT(keep_message), HOUR, CENTURY,
	  INT64_C(30) * DAY, NULL,
	  "a duration of 1h to 100y, as in \"90d\"",
	  "how long messages accepted, sent and refused are kept" },
	{ "retention.other", OWN_DURATION, AT(keep_other), HOUR, CENTURY,
	  INT64_C(30) * DAY, NULL,
	  "a duration of 1h to 100y, as in \"90d\"",
	  "how long all other mail accesses are kept" },
	{ NULL, OWN_TEXT, 0, 0, 0, 0, NULL, NULL, NULL },
};

bool
own_field_is_text(const struct own_field *f)
{
	return f->type == OWN_TEXT || f->type == OWN_NETS;
}

static char **
text_of(struct own_config *own, const struct own_field *f)
{
	return (char **)(void *)((char *)own + f->at);
}

static int64_t *
number_of(struct own_config *own, const struct own_field *f)
{
	return (int64_t *)(void *)((char *)own + f->at);
}

static bool *
truth_of(struct own_config *own, const struct own_field *f)
{
	return (bool *)(void *)((char *)own + f->at);
}

/*
 * Uid and gid stand side by side. Looking a name up loads the services that
 * nsswitch.conf names: who needs no users does not ask.
 */
static int
set_user(int64_t *ids, const char *name)
{
	const struct passwd *pw = getpwnam(name);

	ids[0] = pw != NULL ? (int64_t)pw->pw_uid : -1;
	ids[1] = pw != NULL ? (int64_t)pw->pw_gid : -1;
	return pw != NULL ? 0 : -1;
}

static void
no_user(int64_t *ids)
{
	ids[0] = ids[1] = -1;
}

void
own_config_defaults(struct own_config *own, bool users)
{
	*own = (struct own_config){ 0 };
	for (const struct own_field *f = own_fields; f->name != NULL; f++) {
		if (f->type == OWN_USER && f->fallback_text == NULL)
			continue;   /* root */
		if (f->type == OWN_USER && users)
			set_user(number_of(own, f), f->fallback_text);
		else if (f->type == OWN_USER)
			no_user(number_of(own, f));
		else if (f->type == OWN_NUMBER || f->type == OWN_DURATION)
			*number_of(own, f) = f->fallback;
		else if (f->fallback_text != NULL)
			*text_of(own, f) = xstrdup(f->fallback_text);
	}
}

static const char *
setting_file(const config_setting_t *s, const char *path)
{
	const char *file = config_setting_source_file(s);

	return file != NULL ? file : path;
}

/* The setting's value as it would be written, cut to what a line bears. */
static void
show_value(const config_setting_t *s, struct buf *out)
{
	switch (config_setting_type(s)) {
	case CONFIG_TYPE_INT:
	case CONFIG_TYPE_INT64:
		buf_addf(out, "%lld", config_setting_get_int64(s));
		break;
	case CONFIG_TYPE_FLOAT:
		buf_addf(out, "%g", config_setting_get_float(s));
		break;
	case CONFIG_TYPE_BOOL:
		buf_adds(out, config_setting_get_bool(s) ? "true" : "false");
		break;
	case CONFIG_TYPE_STRING:
		buf_addf(out, "\"%.60s\"", config_setting_get_string(s));
		break;
	default:
		buf_adds(out, "a group or list");
	}
}

static void
complain(const config_setting_t *s, const struct own_field *f,
    const struct buf *bad, const char *path, struct report *report)
{
	struct buf value = { 0 };

	if (bad->n > 0)
		buf_addf(&value, "\"%.60s\"", bad->p);
	else
		show_value(s, &value);
	if (f->accepted != NULL)
		report_add(report, PROBLEM_ERROR, NULL, setting_file(s, path),
		    config_setting_source_line(s), "%s: %s is not usable; "
		    "accepted: %s", f->name, value.p, f->accepted);
	else
		report_add(report, PROBLEM_ERROR, NULL, setting_file(s, path),
		    config_setting_source_line(s), "%s: %s is not usable; "
		    "accepted: %" PRId64 "..%" PRId64, f->name, value.p,
		    f->min, f->max);
	buf_fini(&value);
}

static bool
is_integer(const config_setting_t *s)
{
	return config_setting_type(s) == CONFIG_TYPE_INT ||
	    config_setting_type(s) == CONFIG_TYPE_INT64;
}

static int
read_user(int64_t *ids, const config_setting_t *s)
{
	int64_t n;

	if (!is_integer(s))
		return config_setting_type(s) == CONFIG_TYPE_STRING ?
		    set_user(ids, config_setting_get_string(s)) : -1;
	n = config_setting_get_int64(s);
	if (n < 0 || n >= UINT32_MAX)
		return -1;
	ids[0] = ids[1] = n;
	return 0;
}

static int
read_number(int64_t *v, const config_setting_t *s, const struct own_field *f)
{
	int64_t n;

	if (!is_integer(s))
		return -1;
	n = config_setting_get_int64(s);
	if (n < f->min || n > f->max)
		return -1;
	*v = n;
	return 0;
}

/* "90d"; a plain number is seconds. */
static int
read_duration(int64_t *v, const config_setting_t *s, const struct own_field *f)
{
	double seconds;

	if (config_setting_type(s) != CONFIG_TYPE_STRING)
		return read_number(v, s, f);
	if (duration_parse(span_of(config_setting_get_string(s)),
		&seconds) != 0 || seconds < (double)f->min ||
	    seconds > (double)f->max)
		return -1;
	*v = (int64_t)seconds;
	return 0;
}

static int
read_truth(bool *v, const config_setting_t *s)
{
	if (config_setting_type(s) != CONFIG_TYPE_BOOL)
		return -1;
	*v = config_setting_get_bool(s) != CONFIG_FALSE;
	return 0;
}

static bool
are_aliases(struct span text)
{
	struct span alias;

	while (span_cut(&text, ',', &alias)) {
		size_t at = span_chr(span_trim(alias), '=');

		if (at == SPAN_NONE || at == 0 ||
		    at + 1 == span_trim(alias).n)
			return false;
	}
	return true;
}

static bool
accepts_text(const struct own_field *f, const char *text)
{
	if (strcmp(f->name, "firewall") == 0)
		return strcmp(text, "nftables") == 0 ||
		    strcmp(text, "null") == 0;
	if (strcmp(f->name, "accounts.separator") == 0)
		return strlen(text) == 1;
	if (strcmp(f->name, "accounts.aliases") == 0)
		return are_aliases(span_of(text));
	if (strncmp(f->name, "geoip.", 6) == 0 ||
	    strcmp(f->name, "signins_file") == 0)
		return text[0] == '/';
	return text[0] != '\0';
}

static int
read_text(char **v, const config_setting_t *s, const struct own_field *f)
{
	const char *text;

	if (config_setting_type(s) != CONFIG_TYPE_STRING)
		return -1;
	text = config_setting_get_string(s);
	if (!accepts_text(f, text))
		return -1;
	free(*v);
	*v = xstrdup(text);
	return 0;
}

/* One file on its way into `own`. */
struct reader {
	struct own_config *own;
	const char *path;
	struct report *report;
	bool users;
};

static void
read_field(struct reader *r, const config_setting_t *s,
    const struct own_field *f)
{
	struct own_config *own = r->own;
	struct buf bad = { 0 };
	int got;

	if (f->type == OWN_USER && !r->users)
		return;
	if (f->type == OWN_USER)
		got = read_user(number_of(own, f), s);
	else if (f->type == OWN_NUMBER)
		got = read_number(number_of(own, f), s, f);
	else if (f->type == OWN_BOOL)
		got = read_truth(truth_of(own, f), s);
	else if (f->type == OWN_DURATION)
		got = read_duration(number_of(own, f), s, f);
	else if (f->type == OWN_NETS)
		got = own_nets_read(s, text_of(own, f), &bad);
	else
		got = read_text(text_of(own, f), s, f);
	if (got != 0)
		complain(s, f, &bad, r->path, r->report);
	buf_fini(&bad);
}

/* How many places differ, for names that are nearly the same. */
static size_t
differences(const char *a, const char *b)
{
	size_t common = 0, n = strlen(a), m = strlen(b), tail = 0;

	while (common < n && common < m && a[common] == b[common])
		common++;
	while (tail < n - common && tail < m - common &&
	    a[n - 1 - tail] == b[m - 1 - tail])
		tail++;
	return (n > m ? n : m) - common - tail;
}

static void
warn_unknown(const config_setting_t *s, const char *name, const char *path,
    struct report *report)
{
	const char *near = NULL;
	size_t best = 4;

	for (const struct own_field *f = own_fields; f->name != NULL; f++)
		if (differences(name, f->name) < best) {
			best = differences(name, f->name);
			near = f->name;
		}
	if (near != NULL)
		report_add(report, PROBLEM_WARNING, NULL, setting_file(s, path),
		    config_setting_source_line(s),
		    "unknown setting '%s'; did you mean '%s'?", name, near);
	else
		report_add(report, PROBLEM_WARNING, NULL, setting_file(s, path),
		    config_setting_source_line(s), "unknown setting '%s'",
		    name);
}

/* "users": some setting is called "users.…". */
static bool
is_group(const config_setting_t *s, const char *name)
{
	size_t n = strlen(name);

	for (const struct own_field *f = own_fields; f->name != NULL; f++)
		if (strncmp(f->name, name, n) == 0 && f->name[n] == '.')
			return config_setting_is_group(s) != CONFIG_FALSE;
	return false;
}

static void
read_group(struct reader *r, const config_setting_t *group,
    const char *prefix)
{
	for (int i = 0; i < config_setting_length(group); i++) {
		const config_setting_t *s =
		    config_setting_get_elem(group, (unsigned)i);
		const struct own_field *f = own_fields;
		struct buf name = { 0 };

		buf_addf(&name, "%s%s", prefix, config_setting_name(s));
		while (f->name != NULL && strcmp(f->name, name.p) != 0)
			f++;
		if (f->name != NULL)
			read_field(r, s, f);
		else if (is_group(s, name.p)) {
			buf_addc(&name, '.');
			read_group(r, s, name.p);
		} else
			warn_unknown(s, name.p, r->path, r->report);
		buf_fini(&name);
	}
}

int
own_config_load(struct own_config *own, const char *path, bool users,
    struct report *report)
{
	struct reader r = { own, path, report, users };
	config_t file;
	FILE *text;
	int result = 0;

	own_config_defaults(own, users);
	if (!present(path))
		return 1;
	text = fopen(path, "re");
	if (text == NULL) {
		report_add(report, PROBLEM_ERROR, NULL, path, 0,
		    "cannot be read: %s", strerror(errno));
		return -1;
	}
	/* It says where actions are found, and whom they run as. */
	if (guard_check(fileno(text), path, report) != 0) {
		fclose(text);
		return -1;
	}
	config_init(&file);
	if (config_read(&file, text) == CONFIG_TRUE) {
		read_group(&r, config_root_setting(&file), "");
	} else {
		const char *where = config_error_file(&file);

		report_add(report, PROBLEM_ERROR, NULL,
		    where != NULL ? where : path,
		    (unsigned)config_error_line(&file), "%s; accepted: "
		    "libconfig's language, as in line_max = 65536;",
		    config_error_text(&file));
		result = -1;
	}
	config_destroy(&file);
	fclose(text);
	return result;
}

int
own_config_find(struct own_config *own, const char *dir, bool users,
    struct report *report)
{
	struct buf path = { 0 };
	int got;

	buf_addf(&path, "%s/gaol.conf", dir);
	got = own_config_load(own, path.p, users, report);
	buf_fini(&path);
	if (got == 1) {
		own_config_fini(own);
		got = own_config_load(own, "/etc/gaol/gaol.conf", users,
		    report);
	}
	return got;
}

void
own_config_fini(struct own_config *own)
{
	for (const struct own_field *f = own_fields; f->name != NULL; f++)
		if (own_field_is_text(f))
			free(*text_of(own, f));
	*own = (struct own_config){ 0 };
}
