/* Is a word of the command line a filter's name, or an expression? */
#ifndef GAOL_TOOLS_FILTER_NAME_H
#define GAOL_TOOLS_FILTER_NAME_H

#include <stdbool.h>

struct filter_name {
	char *name;      /* as it is shown: "sshd", or a file's path */
	char *options;   /* "[mode=extra]", or "" */
	char *entry;     /* both, for config_load_filter() */
	char *dir;       /* the directory to look in */
	bool is_file;    /* this very file, not one of a filter.d */
};

/*
 * Has the text the form of a name, with options behind it or without? A path
 * counts; one with blanks or other signs is an expression.
 */
bool filter_name_is_one(const char *text);
/*
 * "sshd", "sshd[mode=extra]", "sshd.conf", or a path to one. True: *out says
 * which; free it with filter_name_fini(). `dir` and `share` may be NULL: the
 * usual ones.
 */
bool filter_name(const char *text, const char *dir, const char *share,
    struct filter_name *out);
void filter_name_fini(struct filter_name *name);
/*
 * The configuration directory: `dir` (NULL: the usual one), or what holds it
 * when that is a filter.d. For the caller to free.
 */
char *filter_name_dir(const char *dir);

#endif
