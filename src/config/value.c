#include "config/value.h"

#include <string.h>
#include <strings.h>

#include "base/buf.h"
#include "base/number.h"
#include "base/xalloc.h"

bool
value_bool(const char *text)
{
	return strcasecmp(text, "1") == 0 || strcasecmp(text, "on") == 0 ||
	    strcasecmp(text, "true") == 0 || strcasecmp(text, "yes") == 0;
}

bool
value_is_bool(const char *text)
{
	return value_bool(text) || strcasecmp(text, "0") == 0 ||
	    strcasecmp(text, "off") == 0 || strcasecmp(text, "false") == 0 ||
	    strcasecmp(text, "no") == 0;
}

int
value_int(const char *text, int64_t min, int64_t max, int64_t *out)
{
	return number_parse(span_trim(span_of(text)), min, max, out);
}

void
value_words(const char *text, struct strings *words)
{
	struct span rest = span_of(text), word;

	while (span_word(&rest, " ,\n\t\r\v\f", &word))
		strings_add(words, word);
}

/* The inside of "…": a backslash guards itself and the quote only. */
static const char *
double_quoted(const char *s, struct buf *word)
{
	for (; *s != '\0' && *s != '"'; s++) {
		if (*s == '\\' && (s[1] == '\\' || s[1] == '"'))
			s++;
		buf_addc(word, *s);
	}
	return *s == '"' ? s + 1 : NULL;
}

static const char *
single_quoted(const char *s, struct buf *word)
{
	const char *end = strchr(s, '\'');

	if (end == NULL)
		return NULL;
	buf_add(word, s, (size_t)(end - s));
	return end + 1;
}

int
value_shell_words(const char *text, struct strings *words)
{
	static const char space[] = " \t\r\n";
	const char *s = text + strspn(text, space);

	while (*s != '\0') {
		struct buf word = { 0 };

		while (s != NULL && *s != '\0' && strchr(space, *s) == NULL) {
			if (*s == '"') {
				s = double_quoted(s + 1, &word);
			} else if (*s == '\'') {
				s = single_quoted(s + 1, &word);
			} else {
				s += *s == '\\';
				if (*s == '\0')
					s = NULL;
				else
					buf_addc(&word, *s++);
			}
		}
		if (s == NULL) {
			buf_fini(&word);
			return -1;
		}
		strings_take(words, word.n > 0 ? buf_take(&word) : xstrdup(""));
		buf_fini(&word);
		s += strspn(s, space);
	}
	return 0;
}

static void
add_quoted(const char *word, struct buf *out)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyz"
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_@%+=:,./-";

	if (word[0] != '\0' && word[strspn(word, plain)] == '\0') {
		buf_adds(out, word);
		return;
	}
	buf_addc(out, '\'');
	for (; *word != '\0'; word++) {
		if (*word == '\'')
			buf_adds(out, "'\"'\"'");
		else
			buf_addc(out, *word);
	}
	buf_addc(out, '\'');
}

void
value_shell_join(const struct strings *words, struct buf *out)
{
	for (size_t i = 0; i < words->n; i++) {
		if (i > 0)
			buf_addc(out, ' ');
		add_quoted(words->v[i], out);
	}
}
