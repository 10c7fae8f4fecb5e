/*
 * prefregex. Most end in "<F-CONTENT>.+</F-CONTENT>$": from where the content
 * begins it is all there is of the line, so the expression need not walk
 * through it. Where the line has no other newline than its last, "HEAD(.+)$"
 * and "HEAD(.)" match the same lines, in the same way up to the content.
 */
#include "match/filter_local.h"

#include <string.h>

static const struct span tail = { "<F-CONTENT>.+</F-CONTENT>$", 26 };
static const struct span one = { "<F-CONTENT>.</F-CONTENT>", 24 };

/* "(?s)" and its like change what "." and "$" mean. */
static bool
has_flags(struct span s)
{
	size_t i;
	char c;

	for (i = 0; i + 2 < s.n; i++) {
		if (s.p[i] != '(' || s.p[i + 1] != '?')
			continue;
		c = s.p[i + 2];
		if (c != 'P' && strchr(":=!<(", c) == NULL)
			return true;
	}
	return false;
}

void
filter_prefix_init(struct filter *f)
{
	struct rule *prefix = f->prefix.v;
	struct buf text = { 0 };
	struct regex_error error;
	struct span source;

	if (f->prefix.n == 0)
		return;
	source = span_of(regex_source(prefix->regex));
	if (!span_ends(source, tail) || has_flags(source))
		return;
	buf_add_span(&text, span_sub(source, 0, source.n - tail.n));
	buf_add_span(&text, one);
	prefix->head = regex_new(buf_span(&text), f->dns == FILTER_DNS_NO ?
	    REGEX_NO_DNS : 0, &error);
	buf_fini(&text);
}

static bool
is_one_line(struct span text)
{
	return memchr(text.p, '\n', text.n - 1) == NULL;
}

bool
filter_prefix_passes(struct filter *f, const struct passage *pass)
{
	struct rule *prefix = f->prefix.v;
	struct regex *regex;

	f->before.n = 0;
	if (f->prefix.n == 0)
		return true;
	f->headed = prefix->head != NULL && f->window == NULL &&
	    f->options.prefixed == NULL && is_one_line(pass->text);
	regex = f->headed ? prefix->head : prefix->regex;
	if (!filter_hits(f, prefix, regex, pass->text, pass))
		return false;
	prefix->hits++;
	if (f->options.prefixed != NULL)
		filter_prefixed(f);
	return true;
}

void
filter_prefix_content(struct filter *f, struct passage *pass)
{
	const char *end = pass->text.p + pass->text.n;
	struct span content;

	if (f->content_group == 0 ||
	    !matcher_group(f->matcher, f->content_group, &content) ||
	    content.n == 0)
		return;
	if (f->headed || content.p + content.n + 1 == end) {
		pass->text = span_from(content.p, (size_t)(end - content.p));
		return;
	}
	buf_clear(&f->content);
	buf_add_span(&f->content, content);
	buf_addc(&f->content, '\n');
	pass->text = buf_span(&f->content);
}
