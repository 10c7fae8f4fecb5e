#include "access/redact.h"

/*
 * How the secret behind a word ends. Better too much taken away than a part
 * of a password left: what may hold blanks goes up to the end of its bracket
 * or of the line.
 */
enum extent {
	WORD_ONLY,      /* up to a blank, quote, bracket or separator */
	BRACKET,        /* up to the last ')' of the line, or its end */
	QUOTED,         /* up to the next unescaped '"' */
	PARAMETER,      /* up to '&', '#', a blank or a quote: of a URL */
	REST,           /* the rest of the line */
};

struct secret {
	struct span word;       /* lower case */
	enum extent extent;
};

/* Longer words before those they begin with. */
static const struct secret secrets[] = {
	{ { "given password: ", 16 }, BRACKET },
	{ { "auth plain ", 11 }, WORD_ONLY },
	{ { "auth login ", 11 }, WORD_ONLY },
	{ { "auth xoauth2 ", 13 }, WORD_ONLY },
	{ { "auth oauthbearer ", 17 }, WORD_ONLY },
	{ { "authenticate plain ", 19 }, WORD_ONLY },
	{ { "authenticate login ", 19 }, WORD_ONLY },
	{ { "authorization: basic ", 21 }, WORD_ONLY },
	{ { "authorization: bearer ", 22 }, WORD_ONLY },
	{ { "\"password\":\"", 12 }, QUOTED },
	{ { "\"password\": \"", 13 }, QUOTED },
	{ { "\"pass\":\"", 8 }, QUOTED },
	{ { "\"passwd\":\"", 10 }, QUOTED },
	{ { "\"secret\":\"", 10 }, QUOTED },
	{ { "password=", 9 }, PARAMETER },
	{ { "(pass: '", 8 }, BRACKET },
	{ { "passwd=\"", 8 }, REST },
	{ { "passwd=", 7 }, PARAMETER },
	{ { "_pass=", 6 }, PARAMETER },
	{ { " pass=", 6 }, PARAMETER },
	{ { "&pass=", 6 }, PARAMETER },
	{ { "?pass=", 6 }, PARAMETER },
	{ { "secretkey=", 10 }, PARAMETER },
	{ { "> pass ", 7 }, REST },
	{ { "\"pass ", 6 }, QUOTED },
};

#define SECRETS (sizeof(secrets) / sizeof(secrets[0]))

static bool
is_one_of(char c, const char *set)
{
	return c != '\0' && strchr(set, c) != NULL;
}

static size_t
until(struct span s, const char *set)
{
	size_t i;

	for (i = 0; i < s.n && !is_one_of(s.p[i], set); i++)
		;
	return i;
}

static size_t
until_quote(struct span s)
{
	size_t i;

	for (i = 0; i < s.n && s.p[i] != '"'; i++)
		if (s.p[i] == '\\' && i + 1 < s.n)
			i++;
	return i < s.n ? i : s.n;
}

/* Bytes of the secret that s begins with. */
static size_t
length(struct span s, enum extent extent)
{
	size_t at;

	switch (extent) {
	case WORD_ONLY:
		return until(s, " \t\"'()<>,;");
	case PARAMETER:
		return until(s, " \t\"'&#");
	case QUOTED:
		return until_quote(s);
	case BRACKET:
		at = span_find_last(s, SPAN(")"));
		return at != SPAN_NONE ? at : s.n;
	case REST:
		break;
	}
	return s.n;
}

static const struct secret *
begins(struct span s)
{
	for (size_t i = 0; i < SECRETS; i++)
		if (s.n > secrets[i].word.n && span_eq_nocase(span_sub(s, 0,
			secrets[i].word.n), secrets[i].word))
			return &secrets[i];
	return NULL;
}

void
redact(struct span line, struct buf *out)
{
	/* First bytes of all the words above. */
	static const char first[] = "gaGA\"pP_ &?sS>(";
	size_t i = 0, from = 0, n;

	while (i < line.n) {
		const struct secret *s = !is_one_of(line.p[i], first) ? NULL :
		    begins(span_skip(line, i));

		if (s == NULL) {
			i++;
			continue;
		}
		i += s->word.n;
		n = length(span_skip(line, i), s->extent);
		if (n == 0)
			continue;
		buf_add_span(out, span_sub(line, from, i - from));
		buf_adds(out, "***");
		i += n;
		from = i;
	}
	buf_add_span(out, span_skip(line, from));
}
