/* What the files of the translator share, and nobody else sees. */
#ifndef GAOL_MATCH_PYTHON_LOCAL_H
#define GAOL_MATCH_PYTHON_LOCAL_H

#include <stdbool.h>

#include "match/python.h"

#define PYTHON_DEPTH_MAX 200
#define PYTHON_GROUPS_MAX 255

/* What a quantifier would repeat. */
enum python_last { LAST_NOTHING, LAST_ITEM, LAST_ANCHOR, LAST_REPEAT };

struct translator {
	struct span s;
	size_t i;
	struct mapped *out;
	struct python_error *error;
	enum python_last last;
	bool started;              /* global flags come too late */
	bool verbose;              /* flag x: blanks and comments */
	/* Capture groups by their number, from 1. */
	unsigned groups;
	bool open[PYTHON_GROUPS_MAX + 1];
	struct span names[PYTHON_GROUPS_MAX + 1];
	/* Parentheses that are open: which group (0: none), `verbose` outside. */
	size_t depth;
	struct {
		unsigned group;
		bool verbose;
		size_t at;         /* its offset */
	} stack[PYTHON_DEPTH_MAX];
};

/* Byte `ahead` of the present one, or NUL. */
static inline char
python_peek(const struct translator *t, size_t ahead)
{
	return t->i + ahead < t->s.n ? t->s.p[t->i + ahead] : '\0';
}

static inline bool
python_is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static inline bool
python_is_octal(char c)
{
	return c >= '0' && c <= '7';
}

static inline bool
python_is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* Always -1. */
int python_refuse(struct translator *t, size_t at, const char *text);
/* The next n bytes as they are. */
void python_copy(struct translator *t, size_t n);
/* `text` for the next n bytes. */
void python_replace(struct translator *t, struct span text, size_t n);
/* The character of that number, for the next n bytes. */
void python_character(struct translator *t, unsigned code, size_t n);

/* python_escape.c: what stands behind a backslash; 0 or -1. */
int python_escape(struct translator *t);
/* The same in a set; *range: it may be the end of one. */
int python_set_escape(struct translator *t, bool *range);
/* python_set.c: "[…]"; 0 or -1. */
int python_set(struct translator *t);

#endif
