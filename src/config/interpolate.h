/*
 * `%(x)s` as Python's ConfigParser and fail2ban resolve it: in the values the
 * program hands in, then the own section, then [DEFAULT]; `known/x`,
 * `default/x` and `section/x` name where to look.
 */
#ifndef GAOL_CONFIG_INTERPOLATE_H
#define GAOL_CONFIG_INTERPOLATE_H

#include "base/buf.h"
#include "config/config.h"
#include "config/ini.h"

#define INTERPOLATE_DEPTH_MAX 10
#define INTERPOLATE_VALUE_MAX (1u << 20)   /* bytes of one resolved value */

struct scope {
	const struct ini *ini;
	const char *section;
	const struct properties *vars;   /* NULL: none */
	bool known;   /* what the section said in an earlier file instead */
};

/*
 * Adds the resolved value to out. 0; 1: no such section or option (out
 * untouched); -1: `why` says what is wrong with it.
 */
int interpolate_get(const struct scope *scope, const char *option,
    struct buf *out, struct buf *why);
/* The option as it stands in the files, for messages; NULL when absent. */
const struct ini_option *interpolate_source(const struct scope *scope,
    const char *option);

#endif
