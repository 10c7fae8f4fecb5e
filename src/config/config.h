/*
 * A whole configuration, resolved: what the files said after includes,
 * interpolation and tags. Parsed into a new tree at each load; nobody edits
 * a live one. The warden makes it, dump_write() flattens it, the engine reads
 * it back with dump_read().
 */
#ifndef GAOL_CONFIG_CONFIG_H
#define GAOL_CONFIG_CONFIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/envelope_kind.h"
#include "base/strings.h"
#include "config/report.h"

/* One `key = value` handed to an action ([Init] and jail options). */
struct property {
	char *key;     /* "blocktype", "blocktype?family=inet6" */
	char *value;   /* tags of run time still in it */
};

struct properties {
	struct property *v;
	size_t n;
	size_t cap;
};

enum action_kind {
	ACTION_SHELL,      /* commands; the runner's */
	ACTION_NFTABLES,   /* native, by the warden */
	ACTION_NONE,       /* native and without effect (tests, dry runs) */
};

struct action_config {
	char *name;               /* instance name, unique in its jail */
	char *file;               /* action.d name */
	enum action_kind kind;
	struct properties props;  /* commands too (actionban …), for ACTION_SHELL */
	/*
	 * A stock nftables action of fail2ban, done natively: what fail2ban
	 * would be told, for -d. Empty for every other action.
	 */
	struct properties sent;
};

struct event_rule;             /* config/event_rule.h */

struct filter_config {
	char *name;               /* "" when the jail has none */
	char *usedns;             /* NULL: not set */
	char *prefregex;          /* NULL: none */
	struct strings failregex;
	struct strings ignoreregex;
	int64_t maxlines;         /* 0: not set */
	char *datepattern;        /* NULL: default detector */
	struct strings journalmatch;   /* one entry a line, not yet split */
	bool unverified;          /* "# status: from documentation, …" */
	/*
	 * The same as fail2ban sends it: option and text, in its order, the
	 * jail's own after the file's. The fields above are made of it.
	 */
	struct properties commands;
	/* Ours, not fail2ban's: as written, and as understood. */
	struct properties own;
	char *eventprefix;        /* NULL: none */
	struct event_rule *events;
	size_t events_n;
	/* Lines that were read once to see that they can be (json_rule.h). */
	char *eventjson;          /* NULL: none */
	char *jsonprefix;         /* NULL: the line is JSON */
	char *jsontime;           /* NULL: the line's stamp counts */
};

struct log_path {
	char *path;               /* expanded */
	bool tail;
};

/* bantime.increment, and what a repeated ban's time is made of. */
struct growth_config {
	bool increment;
	bool overalljails;
	char *formula;            /* NULL: fail2ban's own */
	double factor;
	struct strings multipliers;   /* whole numbers; none: the formula */
	bool limited;             /* there is a maxtime */
	double maxtime;           /* seconds */
	double rndtime;           /* seconds */
};

struct jail_config {
	char *name;
	char *backend;
	char *error;              /* not NULL: broken, why; not started */
	struct filter_config filter;
	struct properties settings;   /* every other jail option that is set,
	                               in upstream's order, as text */
	/* The same, typed (defaults where unset): */
	int64_t maxretry;
	int64_t maxmatches;
	double findtime;          /* seconds */
	int64_t bantime;          /* seconds; < 0 permanent */
	struct growth_config growth;
	uint8_t prefix_v4;        /* bits that failures are counted by */
	uint8_t prefix_v6;
	int64_t prefix_hosts;     /* 0: by networks at once */
	bool ignoreself;
	struct strings ignoreip;
	bool ignoreip_lifts;
	char *ignorecommand;      /* NULL: none */
	char *logencoding;
	char *logtimezone;        /* NULL: none */
	enum envelope_kind envelope;   /* of its logs' lines */
	struct log_path *logs;
	size_t logs_n;
	struct strings logs_missing;  /* globs that matched nothing */
	struct log_path *globs;       /* every pattern, to be looked at again */
	size_t globs_n;
	struct action_config *actions;
	size_t actions_n;
};

/* fail2ban.conf */
struct main_config {
	char *loglevel;
	char *logtarget;
	char *syslogsocket;
	char *allowipv6;
	char *socket;
	char *pidfile;
	char *dbfile;             /* "None": no database; ":memory:" */
	int64_t dbmaxmatches;
	bool dbmaxmatches_set;    /* else fail2ban does not name it in -d */
	int64_t stacksize;        /* [Thread], accepted; -1: not set */
	char *dbpurgeage;         /* text as written */
	int64_t dbpurgeage_s;
};

/* gaol.conf (libconfig). Every field has its default without the file. */
struct own_config {
	int64_t engine_uid, engine_gid;   /* users.engine = "_gaol" or number */
	int64_t warden_uid, warden_gid;   /* users.warden = "_gaolw" */
	int64_t resolver_uid, resolver_gid;   /* users.resolver = "_gaolr"; -1:
	                                   the engine's */
	int64_t action_uid, action_gid;   /* shell actions; 0: root, -1: an
	                                   unknown user was named */
	char *socket_group;               /* NULL: root's */
	char *firewall;                   /* "nftables" or "null" */
	char *share;                      /* our filter.d, action.d */
	int64_t line_max;                 /* bytes, default 65536 */
	int64_t match_limit;              /* PCRE2, default 100000 */
	int64_t tracked_max;              /* addresses counted in one jail */
	int64_t bans_max;                 /* live bans in one jail */
	int64_t widest_v4, widest_v6;     /* bits of a banned network, at least;
	                                   a jail's own prefix may be less */
	bool runtime_commands;            /* the control socket may give
	                                   command text */
	bool runtime_logs;                /* … may name any log */
	char *runtime_log_dir;            /* … may name log targets in it; NULL */
	/* Mail accesses: which account a name is … */
	char *accounts_domain;            /* NULL: none is added */
	char *accounts_separator;         /* one character; NULL: none */
	char *accounts_aliases;           /* "FROM=TO, FROM=TO"; NULL: none */
	/* … who signs in for others, with commas; NULL: nobody … */
	char *trusted_proxy;
	/* … where an address is; NULL: the usual files … */
	char *geoip_country, *geoip_asn, *geoip_ranges4, *geoip_ranges6;
	char *signins_file;               /* NULL: none */
	/* … and how long it is kept, in seconds */
	int64_t keep_login, keep_failure, keep_session, keep_message,
	    keep_other;
};

struct config {
	char *dir;
	struct main_config main;
	struct own_config own;
	struct strings never;             /* literal ignoreip of [DEFAULT]: the
	                                   warden refuses to ban these */
	struct jail_config *jails;        /* enabled ones, in file order */
	size_t jails_n;
};

struct config_request {
	const char *dir;       /* NULL: /etc/gaol with jails, else /etc/fail2ban */
	const char *share;     /* NULL: gaol.conf's, else the compiled-in one */
	bool strict;           /* upstream's behaviour: any broken jail fails */
	/*
	 * A daemon's: a jail that finds no log may read the journal or be
	 * skipped. Else it is as fail2ban's -d shows it.
	 */
	bool decide_nologs;
	bool no_users;         /* names of users are not looked up */
	/* For one filter or jail only, which is tried, not run: */
	const char *backend;   /* of the lines to come; NULL: auto */
	bool exact_file;       /* a path may name the very file, too */
	const struct properties *tried;   /* what the jail's filter is given */
	struct properties *all;           /* gets every option of the filter */
};

/*
 * Reads everything. Problems go to the report. NULL only when there is nothing
 * to run with (fail2ban.conf or jail.conf unreadable, or strict and any error);
 * a broken jail is kept with its `error`. The caller frees with config_free.
 */
struct config *config_load(const struct config_request *request,
    struct report *report);
/* Only fail2ban.conf and gaol.conf (jails_n is 0): what a start needs. */
struct config *config_load_main(const struct config_request *request,
    struct report *report);
/*
 * One filter by name with options, "sshd[mode=aggressive]", as a jail would
 * get it (for `gaol regex`). 0, or -1 with the report filled.
 */
int config_load_filter(const struct config_request *request,
    const char *entry, struct filter_config *out, struct report *report);
void filter_config_fini(struct filter_config *f);
/*
 * One jail in the same way, enabled or not, without its logs and actions.
 * What stands in brackets is for its filter. 0; 1: no jail has that name
 * (nothing is reported); -1 with the report filled. The caller frees *out
 * with jail_config_fini() in any case.
 */
int config_load_jail(const struct config_request *request,
    const char *entry, struct jail_config *out, struct report *report);
void jail_config_fini(struct jail_config *jail);
void config_free(struct config *c);

const char *properties_get(const struct properties *p, const char *key);
void properties_set(struct properties *p, const char *key, const char *value);
/* Sets nothing: one more of that key behind the others. */
void properties_add(struct properties *p, const char *key, const char *value);
void properties_del(struct properties *p, const char *key);
/* All of `from`, in its order; keys that are there keep their place. */
void properties_merge(struct properties *to, const struct properties *from);
void properties_fini(struct properties *p);

/* %(fail2ban_version)s: the release whose language is spoken. */
#define CONFIG_UPSTREAM_VERSION "1.1.1"

/* The directory the programs use without -c. */
const char *config_default_dir(void);

#endif
