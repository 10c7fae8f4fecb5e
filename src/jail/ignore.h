/*
 * Who is left alone: ignoreip and, with ignoreself, the machine's own
 * addresses. Asked for every failure, so it answers without allocating. What
 * stands behind names and in files is brought by others.
 */
#ifndef GAOL_JAIL_IGNORE_H
#define GAOL_JAIL_IGNORE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/id.h"
#include "base/strings.h"
#include "config/config.h"
#include "jail/ignore_list.h"

struct ignore;

/* IGNORE_COMMAND is never this room's own: the command's answer. */
enum ignore_verdict {
	IGNORE_NO, IGNORE_SELF, IGNORE_IP, IGNORE_DNS, IGNORE_FILE,
	IGNORE_COMMAND
};

/* Takes ignoreip and ignoreself (config/ignoreip.h says what entries are). */
struct ignore *ignore_new(const struct jail_config *config);
void ignore_free(struct ignore *g);   /* NULL is a no-op */
/* As it is now: what is set in one of them later is not in the other. */
struct ignore *ignore_copy(const struct ignore *g);
/* What `from` knows of own addresses, names and files of the same text. */
void ignore_inherit(struct ignore *g, const struct ignore *from);
/* Replaces the own addresses (127.0.0.1 and ::1 are always among them). */
void ignore_own(struct ignore *g, const struct addr *own, size_t n);
/* … and those of this machine's names. */
void ignore_own_names(struct ignore *g, const struct addr *own, size_t n);
/* *path is the file's that has it (IGNORE_FILE); borrowed. May be NULL. */
enum ignore_verdict ignore_check(const struct ignore *g, const struct id *id,
    const char **path);

/*
 * Would a ban of the network hit somebody who is left alone? Own addresses
 * count even without ignoreself: nobody may lock himself out.
 */
bool ignore_touches(const struct ignore *g, const struct addr *net);

/* Host names, and paths of files, of its entries; each once. */
const struct strings *ignore_names(const struct ignore *g);
const struct strings *ignore_files(const struct ignore *g);
/* What a name means now. True: it is one of them. */
bool ignore_set_name(struct ignore *g, const char *name,
    const struct addr *v, size_t n);
bool ignore_set_file(struct ignore *g, const char *path,
    struct ignore_list *list);
bool ignore_name_known(const struct ignore *g, const char *name);
bool ignore_file_known(const struct ignore *g, const char *path);

#endif
