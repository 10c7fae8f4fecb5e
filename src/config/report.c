#include "config/report.h"

#include <stdlib.h>

#include "base/xalloc.h"

/* A value may hold newlines and worse; a problem is one line of a screen. */
static void
one_line(struct buf *text)
{
	struct buf out = { 0 };

	for (size_t i = 0; i < text->n; i++) {
		unsigned char c = (unsigned char)text->p[i];

		if (c == '\n')
			buf_adds(&out, "\\n");
		else if (c < 0x20 || c == 0x7f)
			buf_addf(&out, "\\x%02x", c);
		else
			buf_addc(&out, (char)c);
	}
	buf_fini(text);
	*text = out;
}

void
report_add(struct report *r, enum problem_level level, const char *jail,
    const char *file, unsigned line, const char *fmt, ...)
{
	struct buf text = { 0 };
	struct problem *p;
	va_list ap;

	if (r->n == r->cap) {
		r->cap = r->cap == 0 ? 8 : r->cap * 2;
		r->v = xreallocarray(r->v, r->cap, sizeof(*r->v));
	}
	va_start(ap, fmt);
	buf_addv(&text, fmt, ap);
	va_end(ap);
	one_line(&text);
	p = &r->v[r->n++];
	p->level = level;
	p->jail = jail != NULL ? xstrdup(jail) : NULL;
	p->file = file != NULL ? xstrdup(file) : NULL;
	p->line = line;
	p->text = buf_take(&text);
	if (p->text == NULL)
		p->text = xstrdup("");
	if (level == PROBLEM_ERROR)
		r->errors++;
}

void
report_format(const struct problem *p, struct buf *out)
{
	if (p->file != NULL && p->line != 0)
		buf_addf(out, "%s:%u: ", p->file, p->line);
	else if (p->file != NULL)
		buf_addf(out, "%s: ", p->file);
	if (p->jail != NULL)
		buf_addf(out, "[%s] ", p->jail);
	buf_adds(out, p->level == PROBLEM_ERROR ? "error: " : "warning: ");
	buf_adds(out, p->text);
}

void
report_move(struct report *to, struct report *from)
{
	for (size_t i = 0; i < from->n; i++) {
		const struct problem *p = &from->v[i];

		report_add(to, p->level, p->jail, p->file, p->line, "%s",
		    p->text);
	}
	report_fini(from);
}

void
report_fini(struct report *r)
{
	for (size_t i = 0; i < r->n; i++) {
		free(r->v[i].jail);
		free(r->v[i].file);
		free(r->v[i].text);
	}
	free(r->v);
	*r = (struct report){ 0 };
}
