#include "config/ignoreip.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "config/interpolate.h"

#define FILE_PREFIX SPAN("file:")

static bool
is_name_byte(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	    (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.';
}

/* 1.2.3 is a mistyped address: nobody looks that up. */
bool
ignoreip_is_name(struct span s)
{
	size_t dot = span_find_last(s, SPAN("."));
	struct span last = dot == SPAN_NONE ? s : span_skip(s, dot + 1);
	bool digits = true;

	for (size_t i = 0; i < s.n; i++)
		if (!is_name_byte(s.p[i]))
			return false;
	for (size_t i = 0; i < last.n; i++)
		digits = digits && last.p[i] >= '0' && last.p[i] <= '9';
	return s.n > 0 && (last.n == 0 || !digits);
}

/* "[2001:db8::1]" too, as it stands before a port. */
static struct span
without_brackets(struct span s)
{
	if (s.n > 2 && s.p[0] == '[' && s.p[s.n - 1] == ']')
		return span_sub(s, 1, s.n - 2);
	return s;
}

/* file:/a, file://a and file:///a are one; a relative path is none. */
static struct span
path_of(struct span s)
{
	struct span none = { 0 };

	if (s.n == 0 || s.p[0] != '/')
		return none;
	while (s.n > 1 && s.p[1] == '/')
		s = span_skip(s, 1);
	if (memchr(s.p, '\0', s.n) != NULL)
		return none;
	return s;
}

struct ignoreip
ignoreip_parse(struct span entry)
{
	struct ignoreip out = { 0 };

	entry = span_trim(entry);
	if (entry.n == 0)
		return out;
	if (span_starts(entry, FILE_PREFIX)) {
		out.kind = IGNOREIP_FILE;
		out.path = path_of(span_skip(entry, FILE_PREFIX.n));
		return out;
	}
	out.id = id_from_span(without_brackets(entry));
	out.kind = out.id.addr.family == ADDR_NONE &&
	    ignoreip_is_name(entry) ? IGNOREIP_NAME : IGNOREIP_ID;
	return out;
}

static bool
is_blank(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r') || c == ',';
}

bool
ignoreip_next(struct span *rest, struct span *entry)
{
	size_t n;

	for (;;) {
		while (rest->n > 0 && is_blank(rest->p[0]))
			*rest = span_skip(*rest, 1);
		if (rest->n == 0)
			return false;
		if (rest->p[0] != '#' && rest->p[0] != ';')
			break;
		n = span_chr(*rest, '\n');
		*rest = span_skip(*rest, n == SPAN_NONE ? rest->n : n);
	}
	for (n = 0; n < rest->n && !is_blank(rest->p[n]); n++)
		;
	*entry = span_sub(*rest, 0, n);
	*rest = span_skip(*rest, n);
	return true;
}

static const char *
file_problem(struct span path)
{
	char *text = span_dup(path);
	struct stat st;
	const char *why = NULL;

	if (path.n == 0)
		why = "no path; accepted: file:/PATH";
	else if (stat(text, &st) == -1)
		why = strerror(errno);
	else if (!S_ISREG(st.st_mode))
		why = "not a regular file";
	free(text);
	return why;
}

/* NULL: it is as good as can be seen from here. */
static const char *
problem(const char *text)
{
	struct ignoreip e = ignoreip_parse(span_of(text));

	if (e.kind == IGNOREIP_FILE)
		return file_problem(e.path);
	if (e.kind != IGNOREIP_ID || e.id.addr.family != ADDR_NONE)
		return NULL;
	if (strchr(text, '/') != NULL)
		return "no network; accepted: ADDRESS/0..32 (IPv6: 128) or "
		    "ADDRESS/NETMASK";
	if (strspn(text, "0123456789.") == strlen(text))
		return "no address; accepted: A.B.C.D with numbers up to 255";
	return NULL;
}

void
ignoreip_check(const struct jail_config *jail, struct ini *ini,
    struct report *report)
{
	const struct scope scope = { .ini = ini, .section = jail->name };
	const struct ini_option *o = interpolate_source(&scope, "ignoreip");

	for (size_t i = 0; i < jail->ignoreip.n; i++) {
		const char *why = problem(jail->ignoreip.v[i]);

		if (why != NULL)
			report_add(report, PROBLEM_WARNING, jail->name,
			    o != NULL ? o->file : NULL,
			    o != NULL ? o->line : 0, "ignoreip: '%s': %s",
			    jail->ignoreip.v[i], why);
	}
}
