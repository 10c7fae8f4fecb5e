/*
 * One request: where it ends, and its words. Two forms are spoken, told apart
 * by the first byte: a JSON array and a newline, and fail2ban's pickle.
 */
#ifndef GAOL_CONTROL_REQUEST_H
#define GAOL_CONTROL_REQUEST_H

#include <jansson.h>

#include "base/span.h"
#include "base/strings.h"

enum request_form { REQUEST_JSON, REQUEST_PICKLE };

/* The client takes its leave (a pickle request without a pickle). */
#define REQUEST_CLOSE SPAN("<F2B_CLOSE_COMMAND>")

/*
 * A byte that begins neither a pickle nor REQUEST_CLOSE is JSON's, which
 * request_parse() then refuses.
 */
enum request_form request_form_of(char first);
/* What stands behind a request and behind a reply. */
struct span request_end_of(enum request_form form);
/*
 * Parses without the end. 0 with the words added to *argv (none may be there
 * before; a pickle may give none), or -1 with *why a constant text and *argv
 * empty. Words are as request_words() has them.
 */
int request_parse(enum request_form form, struct span text,
    struct strings *argv, const char **why);
/*
 * The words of one command in an array of any values: strings, numbers and
 * truth values as Python's str() has them, the rest as JSON text. -1: it is
 * none, or has no first word; *argv is untouched then.
 */
int request_words(const json_t *array, struct strings *argv);
/*
 * The place of the first that is none of these but a list, a dict or null, and
 * what Python calls that; 0: there is none.
 */
size_t request_odd_word(const json_t *array, const char **type);

#endif
