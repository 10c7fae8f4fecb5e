/*
 * The dialect is Python's ConfigParser as fail2ban sets it up: '#' and ';'
 * comment a whole line, " ;" the rest of one, a deeper indent continues the
 * value above, and nothing may be said twice in one file.
 */
#include "config/ini.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/xalloc.h"
#include "config/utf8.h"

struct parser {
	struct ini *ini;
	const char *file;
	struct report *report;
	unsigned line;
	struct ini_section *section;   /* NULL: before the first */
	struct ini_option *option;     /* the one a deeper line continues */
	struct buf value;              /* of `option` so far */
	bool dropping;                 /* after a bad header: skip its lines */
	size_t indent;
	int result;
};

static bool
is_blank(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r') || (c >= 0x1c && c <= 0x1f);
}

static struct span
strip(struct span s)
{
	while (s.n > 0 && is_blank(s.p[0]))
		s = span_skip(s, 1);
	while (s.n > 0 && is_blank(s.p[s.n - 1]))
		s.n--;
	return s;
}

static void __attribute__((format(printf, 2, 3)))
complain(struct parser *p, const char *fmt, ...)
{
	struct buf text = { 0 };
	va_list ap;

	va_start(ap, fmt);
	buf_addv(&text, fmt, ap);
	va_end(ap);
	report_add(p->report, PROBLEM_ERROR, NULL, p->file, p->line, "%s",
	    text.p);
	/* What every jail inherits is not one jail's error. */
	if (p->section == NULL || strcmp(p->section->name, "DEFAULT") == 0 ||
	    strcmp(p->section->name, "INCLUDES") == 0)
		p->ini->incomplete = true;
	if (p->section != NULL && p->section->error == NULL) {
		struct buf error = { 0 };

		buf_addf(&error, "%s:%u: %s", p->file, p->line, text.p);
		p->section->error = buf_take(&error);
	}
	buf_fini(&text);
	p->result = -1;
}

/* Stores the value gathered for the open option. */
static void
finish_option(struct parser *p)
{
	struct span v = buf_span(&p->value);

	if (p->option == NULL)
		return;
	while (v.n > 0 && is_blank(v.p[v.n - 1]))
		v.n--;
	free(p->option->value);
	p->option->value = span_dup(v);
	p->option = NULL;
}

/* Where the comment of this line starts, or SPAN_NONE. */
static size_t
comment_at(struct span line)
{
	struct span text = strip(line);

	if (text.n > 0 && (text.p[0] == '#' || text.p[0] == ';'))
		return 0;
	for (size_t i = 0; i < line.n; i++)
		if (line.p[i] == ';' && (i == 0 || is_blank(line.p[i - 1])))
			return i;
	return SPAN_NONE;
}

static void
note_status(struct parser *p, struct span line)
{
	struct span text = span_skip(strip(line), 1);

	if (span_starts(strip(text), SPAN("status: from documentation")))
		p->ini->unverified = true;
}

static void
parse_header(struct parser *p, struct span name)
{
	struct ini_section *s;
	char *text = span_dup(name);

	finish_option(p);
	s = ini_section(p->ini, text);
	free(text);
	p->dropping = false;
	if (s == NULL) {
		s = ini_section_add(p->ini, name);
		s->file = xstrdup(p->file);
		s->line = p->line;
	} else if (strcmp(s->name, "DEFAULT") != 0) {
		p->section = s;
		complain(p, "section [%s] stands twice in this file (first in "
		    "line %u); accepted: each section once", s->name, s->line);
	}
	p->section = s;
}

static void
parse_option(struct parser *p, struct span text)
{
	size_t eq = 0;
	struct span name, value;
	struct ini_option *o;
	char *lower;

	finish_option(p);
	while (eq < text.n && text.p[eq] != '=' && text.p[eq] != ':')
		eq++;
	if (eq == text.n) {
		complain(p, "'%.*s' is neither a [section] nor an option; "
		    "accepted: name = value", SPAN_FMT(span_sub(text, 0, 60)));
		return;
	}
	name = strip(span_sub(text, 0, eq));
	value = strip(span_skip(text, eq + 1));
	if (name.n == 0) {
		complain(p, "no option name before '%c'; accepted: "
		    "name = value", text.p[eq]);
		return;
	}
	lower = span_dup(name);
	for (char *c = lower; *c != '\0'; c++)
		if (*c >= 'A' && *c <= 'Z')
			*c = (char)(*c - 'A' + 'a');
	o = ini_option(p->section, lower);
	if (o != NULL)
		complain(p, "option '%s' stands twice in section [%s] of this "
		    "file (first in line %u); accepted: each option once",
		    lower, p->section->name, o->line);
	ini_set(p->ini, p->section->name, lower, "", p->file, p->line);
	p->option = ini_option(p->section, lower);
	free(lower);
	buf_clear(&p->value);
	buf_add_span(&p->value, value);
}

/* One line that is not blank, comment or continuation. */
static void
parse_statement(struct parser *p, struct span text)
{
	size_t close = text.n > 0 && text.p[0] == '[' ?
	    span_find_last(text, SPAN("]")) : SPAN_NONE;

	if (close != SPAN_NONE && close > 1) {
		parse_header(p, span_sub(text, 1, close - 1));
	} else if (p->dropping) {
		return;
	} else if (p->section == NULL) {
		complain(p, "'%.*s' stands before the first [section]; "
		    "accepted: a section header first",
		    SPAN_FMT(span_sub(text, 0, 60)));
		p->dropping = true;
	} else {
		parse_option(p, text);
	}
}

static void
parse_line(struct parser *p, struct span line)
{
	size_t comment = comment_at(line);
	struct span text = strip(span_sub(line, 0, comment));
	size_t indent = 0;

	if (comment == 0)
		note_status(p, line);
	if (text.n == 0) {
		/* An empty line belongs to the value, a comment does not. */
		if (comment == SPAN_NONE && p->option != NULL)
			buf_addc(&p->value, '\n');
		return;
	}
	while (is_blank(line.p[indent]))
		indent++;
	if (p->option != NULL && indent > p->indent) {
		buf_addc(&p->value, '\n');
		buf_add_span(&p->value, text);
		return;
	}
	p->indent = indent;
	parse_statement(p, text);
}

/* What Python could not even have read. */
static bool
readable(struct parser *p, struct span text)
{
	size_t bad = utf8_broken_at(text);
	size_t nul = span_chr(text, '\0');

	if (text.n > INI_FILE_MAX) {
		complain(p, "the file has %zu bytes; accepted: at most %u",
		    text.n, INI_FILE_MAX);
		return false;
	}
	if (span_starts(text, SPAN("\xef\xbb\xbf"))) {
		p->line = 1;
		complain(p, "the file starts with a byte order mark; accepted: "
		    "UTF-8 without one");
		return false;
	}
	if (bad == SPAN_NONE && nul == SPAN_NONE)
		return true;
	if (nul < bad)
		bad = nul;
	for (size_t i = 0; i < bad; i++)
		p->line += text.p[i] == '\n';
	p->line++;
	complain(p, "byte 0x%02x is not text; accepted: UTF-8 without NUL",
	    (unsigned char)text.p[bad]);
	return false;
}

/* \n, \r\n and a lone \r all end a line. */
static bool
cut_line(struct span *rest, struct span *line)
{
	size_t n = 0;

	if (rest->n == 0)
		return false;
	while (n < rest->n && rest->p[n] != '\n' && rest->p[n] != '\r')
		n++;
	*line = span_sub(*rest, 0, n);
	if (n + 1 < rest->n && rest->p[n] == '\r' && rest->p[n + 1] == '\n')
		n++;
	*rest = span_skip(*rest, n < rest->n ? n + 1 : n);
	return true;
}

int
ini_parse(struct ini *ini, struct span text, const char *file,
    struct report *report)
{
	struct parser p = { .ini = ini, .file = file, .report = report };
	struct span line;

	if (!readable(&p, text)) {
		ini->incomplete = true;
		return -1;
	}
	while (cut_line(&text, &line)) {
		p.line++;
		parse_line(&p, line);
	}
	finish_option(&p);
	buf_fini(&p.value);
	return p.result;
}
