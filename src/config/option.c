#include "config/option.h"

#include <string.h>

#define MAIN OPTION_MAIN
#define JAIL OPTION_JAIL
#define FILTER OPTION_FILTER
#define ACTION OPTION_ACTION
#define TEXT OPTION_TEXT
#define BOOL OPTION_BOOL
#define INT OPTION_INT
#define TIME OPTION_DURATION
#define LIST OPTION_LIST
#define REGEX OPTION_REGEX
#define COMMAND OPTION_COMMAND
#define VARIABLE OPTION_VARIABLE

static const struct option options[] = {
	/* fail2ban.conf */
	{ "loglevel", MAIN, TEXT, "INFO", "", false,
	  "least important level that is logged, a name or a number" },
	{ "logtarget", MAIN, TEXT, "/var/log/gaol.log", "", false,
	  "a file, STDOUT, STDERR, SYSLOG or SYSOUT" },
	{ "syslogsocket", MAIN, TEXT, "auto", "", false,
	  "where syslog listens; auto: /dev/log" },
	{ "socket", MAIN, TEXT, "/run/gaol/gaol.sock", "", false,
	  "control socket of the daemon" },
	{ "pidfile", MAIN, TEXT, "/run/gaol/gaol.pid", "", false,
	  "file that holds the daemon's process number" },
	{ "allowipv6", MAIN, TEXT, "auto", "", false,
	  "whether IPv6 is used: auto, yes or no" },
	{ "dbfile", MAIN, TEXT, "/var/lib/gaol/gaol.sqlite3", "", false,
	  "database; None: no database, :memory: is not kept" },
	{ "dbmaxmatches", MAIN, INT, "10", "", false,
	  "log lines that the database keeps of a ban" },
	{ "dbpurgeage", MAIN, TIME, "1d", "seconds", false,
	  "age at which a ban leaves the database" },
	{ "stacksize", MAIN, INT, NULL, "KiB", false,
	  "accepted and without effect (fail2ban's threads)" },
	/* Jails, in the order of fail2ban's command stream. */
	{ "enabled", JAIL, BOOL, "false", "", false, "whether the jail runs" },
	{ "backend", JAIL, TEXT, "auto", "", false,
	  "how the log is read: auto, pyinotify, polling or systemd[...]" },
	{ "maxretry", JAIL, INT, "3", "", false,
	  "failures within findtime that lead to a ban" },
	{ "maxmatches", JAIL, INT, NULL, "", false,
	  "log lines that are kept of a ban" },
	{ "findtime", JAIL, TIME, "600", "seconds", false,
	  "how long a failure counts" },
	{ "bantime", JAIL, TIME, "600", "seconds", false,
	  "how long a ban lasts; negative: for ever" },
	{ "bantime.increment", JAIL, BOOL, NULL, "", false,
	  "whether a repeated ban lasts longer" },
	{ "bantime.factor", JAIL, TEXT, "1", "", false,
	  "factor of a repeated ban's time" },
	{ "bantime.formula", JAIL, TEXT, NULL, "", false,
	  "expression for a repeated ban's time" },
	{ "bantime.multipliers", JAIL, LIST, NULL, "", false,
	  "factors for the 1st, 2nd ... ban, the last one repeats" },
	{ "bantime.maxtime", JAIL, TIME, NULL, "seconds", false,
	  "upper bound of a repeated ban's time" },
	{ "bantime.rndtime", JAIL, TIME, NULL, "seconds", false,
	  "a random time up to this is added to a repeated ban" },
	{ "bantime.overalljails", JAIL, BOOL, "false", "", false,
	  "whether bans of all jails count as repeated" },
	{ "ipv4_prefix", JAIL, INT, "32", "bits", true,
	  "IPv4 failures are counted, and banned, by networks of this size" },
	{ "ipv6_prefix", JAIL, INT, "128", "bits", true,
	  "the same for IPv6; 64: a customer's network as one" },
	{ "prefix_hosts", JAIL, INT, "0", "hosts", true,
	  "banned hosts that make their network one ban; 0: it counts itself" },
	{ "ignorecommand", JAIL, COMMAND, NULL, "", false,
	  "command whose exit status 0 spares an address" },
	{ "ignoreself", JAIL, BOOL, "true", "", false,
	  "whether this machine's own addresses are spared" },
	{ "ignoreip", JAIL, LIST, NULL, "", false,
	  "addresses, networks, names and file:PATH that are spared" },
	{ "ignoreip_lifts", JAIL, BOOL, "false", "", true,
	  "whether a ban ends when its address comes to ignoreip" },
	{ "ignorecache", JAIL, TEXT, NULL, "", false,
	  "how long the answer of ignorecommand is remembered" },
	{ "logtimezone", JAIL, TEXT, NULL, "", false,
	  "zone of time stamps that name none: UTC+0200, CET ..." },
	{ "logencoding", JAIL, TEXT, "auto", "", false,
	  "character encoding of the log" },
	{ "envelope", JAIL, TEXT, "none", "", true,
	  "taken off each line: none, auto, docker, cri, journal or syslog" },
	{ "filter", JAIL, TEXT, NULL, "", false,
	  "name[opt=value, ...] of a file in filter.d" },
	{ "logpath", JAIL, LIST, NULL, "", false,
	  "log files, one pattern a line, each with head or tail behind" },
	{ "action", JAIL, LIST, NULL, "", false,
	  "name[opt=value, ...] of files in action.d" },
	{ "skip_if_nologs", JAIL, BOOL, "false", "", false,
	  "leave the jail out, not waiting, while it has no log" },
	{ "systemd_if_nologs", JAIL, BOOL, "true", "", false,
	  "with a journalmatch: read the journal while there is no log" },
	/* Filters; a jail may say them itself. */
	{ "usedns", JAIL | FILTER, TEXT, "warn", "", false,
	  "what becomes of host names: yes, warn, no or raw" },
	{ "prefregex", JAIL | FILTER, REGEX, NULL, "", false,
	  "matched first; the rest sees what <F-CONTENT> took" },
	{ "ignoreregex", JAIL | FILTER, REGEX, NULL, "", false,
	  "lines that are no failures, one regex a line" },
	{ "failregex", JAIL | FILTER, REGEX, NULL, "", false,
	  "lines that are failures, one regex a line" },
	{ "maxlines", JAIL | FILTER, INT, "1", "lines", false,
	  "lines that a regex sees at once" },
	{ "datepattern", JAIL | FILTER, TEXT, NULL, "", false,
	  "how time stamps look; unset: the well-known forms" },
	{ "journalmatch", JAIL | FILTER, LIST, NULL, "", false,
	  "FIELD=value of journal entries, '+' between alternatives" },
	{ "eventprefix", JAIL | FILTER, REGEX, NULL, "", true,
	  "matched first; eventregex sees what <F-CONTENT> took" },
	{ "eventregex", JAIL | FILTER, REGEX, NULL, "", true,
	  "mail accesses, one KIND[name=value, ...]: REGEX a line" },
	{ "jsonprefix", JAIL | FILTER, REGEX, NULL, "", true,
	  "where a line's JSON is, <F-JSON>; unset: it is the whole line" },
	{ "eventjson", JAIL | FILTER, LIST, NULL, "", true,
	  "mail accesses in JSON, one KIND[...]: MEMBER ... -> FIELD=MEMBER ..." },
	{ "jsontime", JAIL | FILTER, TEXT, NULL, "", true,
	  "member of the JSON that says when; unset: the line's stamp" },
	{ "mode", JAIL | FILTER, VARIABLE, "normal", "", false,
	  "which of a filter's sets of regexes is used" },
	{ "logtype", JAIL | FILTER, VARIABLE, NULL, "", false,
	  "file or journal; set by the backend" },
	/* Only ever used through %(name)s. */
	{ "port", JAIL, VARIABLE, "0:65535", "", false,
	  "ports that a ban closes" },
	{ "protocol", JAIL, VARIABLE, "tcp", "", false,
	  "protocols that a ban closes" },
	{ "chain", JAIL, VARIABLE, NULL, "", false, "chain of the firewall" },
	{ "banaction", JAIL, VARIABLE, NULL, "", false,
	  "action that closes some ports" },
	{ "banaction_allports", JAIL, VARIABLE, NULL, "", false,
	  "action that closes all ports" },
	{ "destemail", JAIL, VARIABLE, NULL, "", false, "who gets mails" },
	{ "sender", JAIL, VARIABLE, NULL, "", false, "who sends mails" },
	{ "mta", JAIL, VARIABLE, NULL, "", false, "program that sends mails" },
	{ "fail2ban_agent", JAIL, VARIABLE, NULL, "", false,
	  "how reports name this program" },
	{ "before", JAIL | FILTER | ACTION | MAIN, LIST, NULL, "", false,
	  "[INCLUDES] files that are read before this one" },
	{ "after", JAIL | FILTER | ACTION | MAIN, LIST, NULL, "", false,
	  "[INCLUDES] files that are read behind this one" },
	/* Actions, in the order of fail2ban's command stream. */
	{ "actionstart", ACTION, COMMAND, NULL, "", false,
	  "run before the first ban" },
	{ "actionstart_on_demand", ACTION, BOOL, NULL, "", false,
	  "whether actionstart waits for the first ban" },
	{ "actionstop", ACTION, COMMAND, NULL, "", false,
	  "run when the jail stops" },
	{ "actionflush", ACTION, COMMAND, NULL, "", false,
	  "run in place of unbanning one by one" },
	{ "actionreload", ACTION, COMMAND, NULL, "", false,
	  "run when the jail is reloaded" },
	{ "actioncheck", ACTION, COMMAND, NULL, "", false,
	  "exit status 0: the firewall is as actionstart left it" },
	{ "actionrepair", ACTION, COMMAND, NULL, "", false,
	  "run when actioncheck fails" },
	{ "actionrepair_on_unban", ACTION, BOOL, NULL, "", false,
	  "whether an unban repairs too" },
	{ "actionban", ACTION, COMMAND, NULL, "", false, "run for each ban" },
	{ "actionprolong", ACTION, COMMAND, NULL, "", false,
	  "run when a ban gets longer" },
	{ "actionreban", ACTION, COMMAND, NULL, "", false,
	  "run for a ban that the firewall has lost" },
	{ "actionunban", ACTION, COMMAND, NULL, "", false,
	  "run at the end of each ban" },
	{ "norestored", ACTION, BOOL, NULL, "", false,
	  "whether restored bans are left out" },
	{ "timeout", ACTION, TIME, "60", "seconds", false,
	  "how long a command may run" },
	{ "native", ACTION, TEXT, NULL, "", true,
	  "done by the program itself: nftables or none" },
	{ .name = NULL },
};

const struct option *
option_table(void)
{
	return options;
}

const struct option *
option_find(enum option_place place, const char *name)
{
	for (const struct option *o = options; o->name != NULL; o++)
		if ((o->places & place) != 0 && strcmp(o->name, name) == 0)
			return o;
	return NULL;
}

#define NAME_MAX_COMPARED 40

static size_t
least(size_t a, size_t b)
{
	return a < b ? a : b;
}

/* Edits (insert, delete, change, swap of two) that turn a into b. */
static size_t
distance(const char *a, const char *b)
{
	size_t rows[3][NAME_MAX_COMPARED + 1];
	size_t n = strlen(a), m = strlen(b);

	if (n > NAME_MAX_COMPARED || m > NAME_MAX_COMPARED)
		return SPAN_NONE;
	for (size_t j = 0; j <= m; j++)
		rows[0][j] = j;
	for (size_t i = 1; i <= n; i++) {
		size_t *row = rows[i % 3], *above = rows[(i + 2) % 3];
		const size_t *higher = rows[(i + 1) % 3];

		row[0] = i;
		for (size_t j = 1; j <= m; j++) {
			row[j] = least(least(row[j - 1], above[j]) + 1,
			    above[j - 1] + (a[i - 1] != b[j - 1]));
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] &&
			    a[i - 2] == b[j - 1])
				row[j] = least(row[j], higher[j - 2] + 1);
		}
	}
	return rows[n % 3][m];
}

const char *
option_nearest(enum option_place place, const char *name)
{
	/* One slip for a short name, two for a long one. */
	size_t n = strlen(name), best = n < 7 ? 2 : 3;
	const char *nearest = NULL;

	for (const struct option *o = options; o->name != NULL; o++) {
		size_t m = strlen(o->name), d;

		/* So many edits does the length alone need. */
		if ((o->places & place) == 0 ||
		    (n > m ? n - m : m - n) >= best)
			continue;
		d = distance(name, o->name);
		if (d < best) {
			best = d;
			nearest = o->name;
		}
	}
	return nearest;
}
