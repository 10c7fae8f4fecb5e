/* The command line of gaold (and of fail2ban-server): argv -> struct start. */
#ifndef GAOL_PROCESS_START_H
#define GAOL_PROCESS_START_H

#include <stdbool.h>

#include "base/strings.h"

enum start_what {
	START_DAEMON,
	START_TEST,        /* -t */
	START_DUMP,        /* -d, --dp */
	START_VERSION,     /* --version */
	START_VERSION_SHORT, /* -V */
	START_HELP,
	START_CLIENT,      /* another verb: fail2ban-server is its client too */
	START_MISUSE,      /* start_parse() has said what is wrong */
};

struct start {
	const char *program;         /* name it was called by */
	bool compat;                 /* … which is fail2ban-server */
	enum start_what what;
	const char *dir;             /* NULL: not given, so all below */
	const char *socket;
	const char *pidfile;
	const char *log_level;
	const char *log_target;
	const char *syslog_socket;
	const char *share;
	bool foreground;
	bool single;                 /* -1 */
	unsigned verbosity;          /* how often -v, less -q */
	bool async;                  /* fail2ban's client hands over a stream */
	struct strings paths;        /* those made absolute */
};

/* Strings are borrowed from argv. Prints what is wrong on stderr. */
void start_parse(struct start *start, int argc, char **argv);
void start_fini(struct start *start);
void start_usage(const struct start *start);
/* Exit status of a failure: 1; fail2ban-server's is 255. */
int start_failed(const struct start *start);

#endif
