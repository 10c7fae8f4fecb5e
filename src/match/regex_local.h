/* What a compiled expression is made of; for regex.c and matcher.c only. */
#ifndef GAOL_MATCH_REGEX_LOCAL_H
#define GAOL_MATCH_REGEX_LOCAL_H

#ifndef PCRE2_CODE_UNIT_WIDTH
#define PCRE2_CODE_UNIT_WIDTH 8
#endif
#include <pcre2.h>

#include "match/regex.h"

/* The pattern as UTF-8, and as plain bytes for lines of pure ASCII. */
enum regex_form { FORM_UTF, FORM_BYTES, FORMS };

struct regex_code {
	pcre2_code *code;
	bool jit;              /* machine code is there */
	bool warm;             /* as fast as it gets: nothing left to try */
	unsigned searches;     /* while it was cold */
};

struct regex {
	char *source;              /* as it was written */
	char *text;                /* tags expanded, Python's syntax */
	unsigned flags;
	unsigned users;            /* the same text and flags, shared */
	uint64_t hash;
	struct regex_code forms[FORMS];
	bool has_bytes;            /* means the same as plain bytes */
	bool one_start;            /* can match at a line's begin only */
	struct prefix prefix;
	struct starts starts;
	struct regex_name *names;
	size_t names_n;
};

/* Compiles what the form lacks, machine code included. */
void regex_warm(struct regex *r, enum regex_form form);

#endif
