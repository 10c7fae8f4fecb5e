/* The text of one request: a JSON array of strings, at least one. */
#ifndef GAOL_CONTROL_REQUEST_H
#define GAOL_CONTROL_REQUEST_H

#include <jansson.h>

#include "base/span.h"
#include "base/strings.h"

/*
 * Parses without the newline. 0 with the words added to *argv (none may be
 * there before), or -1 with *why a constant text and *argv untouched.
 */
int request_parse(struct span text, struct strings *argv, const char **why);
/*
 * The words of one command in an array of any values: strings, numbers and
 * truth values as Python's str() has them, the rest as JSON text. -1: it is
 * none, or has no first word; *argv is untouched then.
 */
int request_words(const json_t *array, struct strings *argv);

#endif
