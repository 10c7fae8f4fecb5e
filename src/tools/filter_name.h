/* Is a word of the command line a filter's name, or an expression? */
#ifndef GAOL_TOOLS_FILTER_NAME_H
#define GAOL_TOOLS_FILTER_NAME_H

#include <stdbool.h>

/*
 * "sshd", "sshd[mode=extra]", "sshd.conf", or a path to one. True: *entry is
 * what names it to config_load_filter(), *dir the directory to look in; both
 * for the caller to free. `dir` and `share` may be NULL: the usual ones.
 */
bool filter_name(const char *text, const char *dir, const char *share,
    char **entry, char **found_dir);

#endif
