/* The text of one request: a JSON array of strings, at least one. */
#ifndef GAOL_CONTROL_REQUEST_H
#define GAOL_CONTROL_REQUEST_H

#include "base/span.h"
#include "base/strings.h"

/*
 * Parses without the newline. 0 with the words added to *argv (none may be
 * there before), or -1 with *why a constant text and *argv untouched.
 */
int request_parse(struct span text, struct strings *argv, const char **why);

#endif
