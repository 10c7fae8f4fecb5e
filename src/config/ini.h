/*
 * fail2ban's INI dialect (Python's ConfigParser as fail2ban sets it up): one
 * file in, sections and options out, nothing interpolated yet. Then several
 * trees are merged in file order; every option remembers where it came from,
 * and what the same section said in an earlier file (%(known/x)s).
 */
#ifndef GAOL_CONFIG_INI_H
#define GAOL_CONFIG_INI_H

#include <stdbool.h>
#include <stddef.h>

#include "base/span.h"
#include "base/strings.h"
#include "config/report.h"

#define INI_FILE_MAX (4u << 20)      /* bytes of one file */
#define INI_INCLUDE_DEPTH_MAX 32

struct ini_option {
	char *name;         /* lower case */
	char *value;        /* raw; lines joined with \n */
	char *known;        /* value in an earlier merged file, or NULL */
	char *file;
	unsigned line;
	struct ini_option *next;   /* in order of first appearance */
};

struct ini_section {
	char *name;         /* case kept; "DEFAULT" is the default section */
	char *file;
	unsigned line;
	char *error;        /* first thing wrong with its text, or NULL */
	struct ini_option *options;
	struct ini_section *next;
};

struct ini {
	struct ini_section *sections;
	struct strings files;      /* every file that was read, in order */
	/*
	 * Set by the caller before ini_load(): these files hold commands that
	 * root will run, so one that others may write is refused (an error).
	 */
	bool guarded;
	bool incomplete;           /* what is lost concerns every section:
	                              a whole file, [DEFAULT], an include */
	bool unverified;           /* a "# status: from documentation" line */
};

/*
 * Parses one text. Errors (duplicate option, no delimiter …) go to the
 * report with their line; -1 then, with what was readable kept in *ini.
 */
int ini_parse(struct ini *ini, struct span text, const char *file,
    struct report *report);
/*
 * Reads base.conf, then base.d/ (.conf), base.local, base.d/ (.local) below dir, with
 * [INCLUDES], merged in upstream's order. 0; 1 when no file exists; -1 on an
 * error (reported). `base` may hold a path ("filter.d/sshd").
 */
int ini_load(struct ini *ini, const char *dir, const char *base,
    struct report *report);
/* The same for this one file and what belongs to it, whatever its name. */
int ini_load_file(struct ini *ini, const char *path, struct report *report);
/*
 * Merges one parsed file into `into`: later values win, a value replaced in
 * the same section is kept as `known`, and the options of a conditional
 * section [Init?family=inet6] become "x?family=inet6" of [Init].
 */
void ini_merge(struct ini *into, const struct ini *from);
/* Sets or adds an option; file may be NULL (values of the program). */
void ini_set(struct ini *ini, const char *section, const char *name,
    const char *value, const char *file, unsigned line);
struct ini_section *ini_section(const struct ini *ini, const char *name);
/* The section of that name, made when missing. */
struct ini_section *ini_section_add(struct ini *ini, struct span name);
struct ini_option *ini_option(const struct ini_section *s, const char *name);
void ini_fini(struct ini *ini);

#endif
