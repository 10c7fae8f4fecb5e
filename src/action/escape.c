#include "action/escape.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"
#include "config/dump.h"
#include "config/repr.h"

#define PREFIX "f2bV_"
#define ARG_MAX_LEN (128u << 10)   /* Linux: one argument, its NUL included */
#define REPLACEMENT "\xef\xbf\xbd"

static bool
is_word(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	    (c >= '0' && c <= '9') || c == '_';
}

bool
escape_is_plain(struct span value)
{
	if (value.n > ESCAPE_PASTE_MAX || (value.n > 0 && value.p[0] == '-'))
		return false;
	for (size_t i = 0; i < value.n; i++) {
		char c = value.p[i];

		/* memchr, not strchr: a NUL is not among them. */
		if (!is_word(c) && memchr(".:/@%+,-", c, 8) == NULL)
			return false;
	}
	return true;
}

/* "$name" at the very end of the text, when letters follow: "${name}". */
static void
close_name(struct escape *e)
{
	size_t n = e->text.n - e->open_at;

	buf_reserve(&e->text, 2);
	memmove(e->text.p + e->open_at + 1, e->text.p + e->open_at, n);
	e->text.p[e->open_at] = '{';
	e->text.n++;
	buf_addc(&e->text, '}');
}

void
escape_add(struct escape *e, struct span text)
{
	if (text.n == 0)
		return;
	if (e->open_at > 0 && is_word(text.p[0]))
		close_name(e);
	e->open_at = 0;
	buf_add_span(&e->text, text);
}

/* What one argument can hold: no NUL, not too long. */
static void
add_variable(struct escape *e, const char *name, struct span value)
{
	size_t max = ESCAPE_VALUES_MAX - e->bytes;
	struct buf text = { 0 };

	if (max > ESCAPE_VALUE_MAX)
		max = ESCAPE_VALUE_MAX;
	if (value.n > max) {
		e->cut = true;
		for (value.n = max; value.n > 0 &&
		    (value.p[value.n] & 0xc0) == 0x80; value.n--)
			;
	}
	for (size_t i = 0; i < value.n && text.n < ESCAPE_VALUE_MAX; i++)
		if (value.p[i] == '\0')
			buf_adds(&text, REPLACEMENT);
		else
			buf_addc(&text, value.p[i]);
	e->bytes += value.n;
	strings_add(&e->names, span_of(name));
	strings_add(&e->values, buf_span(&text));
	buf_fini(&text);
}

void
escape_add_value(struct escape *e, struct span tag, struct span value)
{
	struct buf name = { 0 };

	if (escape_is_plain(value)) {
		escape_add(e, value);
		return;
	}
	buf_adds(&name, PREFIX);
	for (size_t i = 0; i < tag.n; i++)
		buf_addc(&name, is_word(tag.p[i]) ? tag.p[i] : '_');
	if (!strings_has(&e->names, name.p))
		add_variable(e, name.p, value);
	escape_add(e, SPAN("$"));
	e->open_at = e->text.n;
	buf_add_span(&e->text, buf_span(&name));
	buf_fini(&name);
}

/* The assignments and the text they are for. */
static void
add_script(const struct escape *e, struct buf *out)
{
	for (size_t i = 0; i < e->names.n; i++)
		buf_addf(out, i < 10 ? "%s=$%zu " : "%s=${%zu} ",
		    e->names.v[i], i);
	if (e->names.n > 0)
		buf_addc(out, '\n');
	buf_add_span(out, buf_span(&e->text));
}

char **
escape_argv(const struct escape *e)
{
	struct buf script = { 0 };
	size_t pointers = (e->values.n + 2) * sizeof(char *);
	char **argv;
	char *text;

	add_script(e, &script);
	if (e->text.n > ESCAPE_TEXT_MAX || script.n >= ARG_MAX_LEN) {
		buf_fini(&script);
		errno = E2BIG;
		return NULL;
	}
	argv = xmalloc(pointers + script.n + 1);
	text = (char *)argv + pointers;
	if (script.n > 0)
		memcpy(text, script.p, script.n);
	text[script.n] = '\0';
	argv[0] = text;
	for (size_t i = 0; i < e->values.n; i++)
		argv[1 + i] = e->values.v[i];
	argv[1 + e->values.n] = NULL;
	buf_fini(&script);
	return argv;
}

void
escape_format(const struct escape *e, struct buf *out)
{
	struct strings all = { 0 };
	struct buf script = { 0 };

	add_script(e, &script);
	if (e->values.n == 0) {
		buf_add_span(out, buf_span(&script));
		buf_fini(&script);
		return;
	}
	strings_add(&all, buf_span(&script));
	for (size_t i = 0; i < e->values.n; i++)
		strings_add(&all, span_of(e->values.v[i]));
	repr_list(out, &all);
	strings_fini(&all);
	buf_fini(&script);
}

void
escape_fini(struct escape *e)
{
	buf_fini(&e->text);
	strings_fini(&e->names);
	strings_fini(&e->values);
	*e = (struct escape){ 0 };
}
