/* -D: links that try an expression on a line at debuggex.com. */
#include <stdio.h>

#include "match/filter.h"
#include "tools/regex_local.h"

/* As Python's urllib.parse.quote_plus() has it. */
static void
add_quoted(struct buf *out, struct span s)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyz"
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-~";
	size_t i;

	for (i = 0; i < s.n; i++) {
		if (s.p[i] == ' ')
			buf_addc(out, '+');
		else if (span_chr(SPAN(plain), s.p[i]) != SPAN_NONE)
			buf_addc(out, s.p[i]);
		else
			buf_addf(out, "%%%02X", (unsigned char)s.p[i]);
	}
}

static void
print_link(const struct regex_run *run, struct span line,
    const char *source, const char *text)
{
	struct buf out = { 0 };

	buf_adds(&out, "|  ");
	buf_add_span(&out, line);
	buf_addf(&out, " | %s |  https://www.debuggex.com/?re=", source);
	add_quoted(&out, span_of(text));
	buf_adds(&out, "&str=");
	add_quoted(&out, line);
	buf_adds(&out, "&flavor=python");
	if (run->subject->filter.maxlines > 1)
		buf_adds(&out, "&flags=m");
	buf_addc(&out, '\n');
	fwrite(out.p, 1, out.n, stdout);
	buf_fini(&out);
}

void
regex_debuggex(const struct regex_run *run, struct span line, bool ignored)
{
	const struct filter *f = run->filter;
	size_t i;

	if (ignored)
		for (i = 0; i < filter_ignoreregex_count(f); i++)
			print_link(run, line, filter_ignoreregex_source(f, i),
			    filter_ignoreregex_text(f, i));
	else
		for (i = 0; i < filter_regex_count(f); i++)
			print_link(run, line, filter_regex_source(f, i),
			    filter_regex_text(f, i));
}
