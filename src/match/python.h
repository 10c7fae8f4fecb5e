/*
 * Python's regular expression syntax (what failregexes are written in) made
 * into PCRE2's. The two agree nearly everywhere; where the same
 * text means something else it is rewritten, and what Python refuses is
 * refused here too, so that a filter is good for both programs or for none.
 */
#ifndef GAOL_MATCH_PYTHON_H
#define GAOL_MATCH_PYTHON_H

#include "base/span.h"
#include "match/mapped.h"

struct python_error {
	size_t offset;       /* in the text that was translated */
	const char *text;    /* static */
};

/* Appends to *out. 0, or -1 (errno EINVAL) with *error filled. */
int python_translate(struct span regex, struct mapped *out,
    struct python_error *error);

#endif
