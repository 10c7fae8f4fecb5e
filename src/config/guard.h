/* Files that say what root runs: who else may write them? */
#ifndef GAOL_CONFIG_GUARD_H
#define GAOL_CONFIG_GUARD_H

#include "config/report.h"

/* 0, or -1: reported, the file must not be used. */
int guard_check(int fd, const char *path, struct report *report);

#endif
