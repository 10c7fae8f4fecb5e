/* fail2ban.conf: log, socket, pid file, database. */
#ifndef GAOL_CONFIG_MAIN_CONFIG_H
#define GAOL_CONFIG_MAIN_CONFIG_H

#include "config/config.h"

/*
 * Every field is set, from the files or to its default. 0, or -1 when the
 * files are there and cannot be read (reported).
 */
int main_config_load(struct main_config *m, const char *dir,
    struct report *report);
/* dbpurgeage_s from dbpurgeage. 0, or -1: it is no duration. */
int main_config_derive(struct main_config *m);
void main_config_fini(struct main_config *m);
/* Text fields and where they stand, for readers and writers; ends with NULL. */
struct main_field {
	const char *name;
	size_t at;      /* offset of a char * */
};
extern const struct main_field main_fields[];
char **main_config_text(struct main_config *m, const struct main_field *f);

#endif
