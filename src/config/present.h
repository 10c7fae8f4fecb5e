/*
 * Is there a file? Asked with the rights we act with: access(2) asks for the
 * real uid and leaves capabilities out, so that the warden, which may read
 * everything, would miss what lies below a directory closed to others.
 */
#ifndef GAOL_CONFIG_PRESENT_H
#define GAOL_CONFIG_PRESENT_H

#include <stdbool.h>

/* True when the path leads to something (a dangling link does not). */
bool present(const char *path);

#endif
