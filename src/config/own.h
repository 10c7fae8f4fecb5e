/* gaol.conf, in libconfig's language: what fail2ban has no word for. */
#ifndef GAOL_CONFIG_OWN_H
#define GAOL_CONFIG_OWN_H

#include "config/config.h"

/* users: look the names of users up; else their numbers stay -1. */
void own_config_defaults(struct own_config *own, bool users);
/*
 * Sets the defaults, then what PATH says. Errors (reported with file and
 * line) leave the default. 0; 1: no such file; -1: it is not libconfig.
 */
int own_config_load(struct own_config *own, const char *path, bool users,
    struct report *report);
/* DIR/gaol.conf, else /etc/gaol/gaol.conf. */
int own_config_find(struct own_config *own, const char *dir, bool users,
    struct report *report);
void own_config_fini(struct own_config *own);

/* Its fields, for readers and writers; ends with name NULL. */
struct own_field {
	const char *name;       /* "users.engine", "line_max" */
	enum own_type { OWN_USER, OWN_TEXT, OWN_NUMBER, OWN_BOOL,
	    OWN_DURATION, OWN_NETS } type;
	size_t at;              /* offset: char *, int64_t, bool, a user's uid */
	int64_t min, max;       /* OWN_NUMBER, OWN_DURATION (seconds) */
	int64_t fallback;
	const char *fallback_text;
	const char *accepted;   /* for messages; NULL: a number's range */
	const char *help;
};
extern const struct own_field own_fields[];
/* Is it a char *? Of OWN_NETS a text with commas, or NULL. */
bool own_field_is_text(const struct own_field *f);

#endif
