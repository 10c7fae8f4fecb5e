#define PCRE2_CODE_UNIT_WIDTH 8

#include "match/regex.h"

#include <pcre2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"
#include "match/python.h"
#include "match/tag.h"

#define JIT_STACK_START (32u * 1024)
#define JIT_STACK_MAX (512u * 1024)
#define HEAP_LIMIT_KIB 4096u

struct regex {
	char *source;              /* as it was written */
	char *text;                /* tags expanded, Python's syntax */
	pcre2_code *utf;
	pcre2_code *bytes;         /* NULL: not the same as utf */
	bool utf_jit, bytes_jit;
	struct prefix prefix;
	struct regex_name *names;
	size_t names_n;
};

struct matcher {
	pcre2_match_data *data;
	pcre2_match_context *context;
	pcre2_jit_stack *stack;
	struct span subject;
	int rc;
};

static bool
is_ascii(struct span s)
{
	size_t i;

	for (i = 0; i < s.n; i++)
		if ((unsigned char)s.p[i] >= 0x80)
			return false;
	return true;
}

/* PCRE2's message, and its offset carried back through both rewrites. */
static void
compile_error(int code, size_t offset, const struct mapped *python,
    const struct mapped *tags, struct regex_error *error)
{
	PCRE2_UCHAR8 text[120] = "";

	pcre2_get_error_message(code, text, sizeof(text));
	snprintf(error->text, sizeof(error->text), "%s", (char *)text);
	error->offset = mapped_at(tags, mapped_at(python, offset));
}

static pcre2_code *
compile(struct span pattern, uint32_t options, int *code, size_t *offset)
{
	pcre2_compile_context *context = pcre2_compile_context_create(NULL);
	pcre2_code *re;

	if (context == NULL)
		abort();
	pcre2_set_newline(context, PCRE2_NEWLINE_LF);
	pcre2_set_max_pattern_length(context, 2 * REGEX_TEXT_MAX);
	re = pcre2_compile((PCRE2_SPTR)pattern.p, pattern.n,
	    options | PCRE2_NEVER_BACKSLASH_C, code, offset, context);
	pcre2_compile_context_free(context);
	return re;
}

static int
name_cmp(const void *a, const void *b)
{
	const struct regex_name *x = a, *y = b;

	return x->group < y->group ? -1 : x->group > y->group;
}

static void
read_names(struct regex *r)
{
	uint32_t count = 0, size = 0, i;
	PCRE2_SPTR table = NULL;
	const char *entry;

	pcre2_pattern_info(r->utf, PCRE2_INFO_NAMECOUNT, &count);
	pcre2_pattern_info(r->utf, PCRE2_INFO_NAMEENTRYSIZE, &size);
	pcre2_pattern_info(r->utf, PCRE2_INFO_NAMETABLE, &table);
	if (count == 0)
		return;
	r->names = xcalloc(count, sizeof(*r->names));
	for (i = 0; i < count; i++) {
		entry = (const char *)table + (size_t)i * size;
		r->names[i].group = (unsigned)
		    ((unsigned char)entry[0] << 8 | (unsigned char)entry[1]);
		r->names[i].name = span_of(entry + 2);
	}
	r->names_n = count;
	qsort(r->names, r->names_n, sizeof(*r->names), name_cmp);
}

static bool
jit(pcre2_code *code)
{
	return code != NULL &&
	    pcre2_jit_compile(code, PCRE2_JIT_COMPLETE) == 0;
}

/* Compiles what both rewrites made of the text. */
static struct regex *
build(const struct mapped *tags, const struct mapped *python, unsigned flags,
    struct regex_error *error)
{
	uint32_t options = flags & REGEX_MULTILINE ? PCRE2_MULTILINE : 0;
	struct span pattern = buf_span(&python->text);
	struct regex *r = xcalloc(1, sizeof(*r));
	uint32_t groups = 0;
	size_t offset = 0;
	int code = 0;

	r->utf = compile(pattern, options | PCRE2_UTF | PCRE2_UCP, &code,
	    &offset);
	if (r->utf == NULL) {
		compile_error(code, offset, python, tags, error);
		goto fail;
	}
	pcre2_pattern_info(r->utf, PCRE2_INFO_CAPTURECOUNT, &groups);
	if (groups > REGEX_GROUPS_MAX) {
		snprintf(error->text, sizeof(error->text),
		    "%u groups; accepted: at most %d", groups,
		    REGEX_GROUPS_MAX);
		goto fail;
	}
	/*
	 * Only a pattern in ASCII: "(?i)\u017f" takes an "s" as UTF, and an
	 * escape above 0xff does not compile as bytes at all.
	 */
	if (is_ascii(pattern))
		r->bytes = compile(pattern, options, &code, &offset);
	r->utf_jit = jit(r->utf);
	r->bytes_jit = jit(r->bytes);
	read_names(r);
	if (!(flags & REGEX_MULTILINE))
		prefix_read(pattern, &r->prefix);
	r->text = xmemdup0(tags->text.p, tags->text.n);
	return r;
fail:
	regex_free(r);
	return NULL;
}

static bool
is_blank(struct span s)
{
	return span_trim(s).n == 0;
}

struct regex *
regex_new(struct span text, unsigned flags, struct regex_error *error)
{
	struct mapped tags = { 0 }, python = { 0 };
	struct python_error wrong;
	struct regex *r = NULL;

	*error = (struct regex_error){ 0 };
	if (flags & REGEX_RAW)
		mapped_copy(&tags, text.p, text.n, 0);
	else if (text.n <= REGEX_TEXT_MAX)
		tag_expand(text, !(flags & REGEX_NO_DNS), &tags);
	if (text.n > REGEX_TEXT_MAX || tags.text.n > REGEX_TEXT_MAX) {
		snprintf(error->text, sizeof(error->text),
		    "too long; accepted: at most %u bytes", REGEX_TEXT_MAX);
	} else if (is_blank(text)) {
		snprintf(error->text, sizeof(error->text), "empty regex");
	} else if (python_translate(buf_span(&tags.text), &python,
	    &wrong) == -1) {
		snprintf(error->text, sizeof(error->text), "%s", wrong.text);
		error->offset = mapped_at(&tags, wrong.offset);
	} else {
		r = build(&tags, &python, flags, error);
	}
	if (r != NULL)
		r->source = span_dup(text);
	else if (error->offset > text.n)
		error->offset = text.n;    /* at the very end */
	mapped_fini(&tags);
	mapped_fini(&python);
	return r;
}

void
regex_free(struct regex *r)
{
	if (r == NULL)
		return;
	pcre2_code_free(r->utf);
	pcre2_code_free(r->bytes);
	free(r->names);
	free(r->source);
	free(r->text);
	free(r);
}

const char *
regex_text(const struct regex *r)
{
	return r->text;
}

const char *
regex_source(const struct regex *r)
{
	return r->source;
}

size_t
regex_names(const struct regex *r, const struct regex_name **names)
{
	*names = r->names;
	return r->names_n;
}

unsigned
regex_group(const struct regex *r, const char *name)
{
	size_t i;

	for (i = 0; i < r->names_n; i++)
		if (span_eq(r->names[i].name, span_of(name)))
			return r->names[i].group;
	return 0;
}

const struct prefix *
regex_prefix(const struct regex *r)
{
	return &r->prefix;
}

struct matcher *
matcher_new(int64_t match_limit)
{
	struct matcher *m = xcalloc(1, sizeof(*m));
	uint32_t limit = match_limit < 1 ? 1 :
	    match_limit > UINT32_MAX ? UINT32_MAX : (uint32_t)match_limit;

	m->data = pcre2_match_data_create(REGEX_GROUPS_MAX + 1, NULL);
	m->context = pcre2_match_context_create(NULL);
	m->stack = pcre2_jit_stack_create(JIT_STACK_START, JIT_STACK_MAX,
	    NULL);
	if (m->data == NULL || m->context == NULL)
		abort();
	pcre2_set_match_limit(m->context, limit);
	pcre2_set_depth_limit(m->context, limit);
	pcre2_set_heap_limit(m->context, HEAP_LIMIT_KIB);
	if (m->stack != NULL)
		pcre2_jit_stack_assign(m->context, NULL, m->stack);
	return m;
}

void
matcher_free(struct matcher *m)
{
	if (m == NULL)
		return;
	pcre2_match_data_free(m->data);
	pcre2_match_context_free(m->context);
	pcre2_jit_stack_free(m->stack);
	free(m);
}

enum regex_result
matcher_search(struct matcher *m, const struct regex *r, struct span subject,
    size_t from, bool ascii)
{
	bool bytes = ascii && r->bytes != NULL;
	const pcre2_code *code = bytes ? r->bytes : r->utf;
	PCRE2_SPTR p = (PCRE2_SPTR)(subject.p != NULL ? subject.p : "");
	int rc = PCRE2_ERROR_JIT_STACKLIMIT;

	if (!prefix_fits(&r->prefix, subject)) {
		m->rc = 0;
		return REGEX_NONE;
	}
	if (bytes ? r->bytes_jit : r->utf_jit)
		rc = pcre2_jit_match(code, p, subject.n, from, 0, m->data,
		    m->context);
	/* Deep for the JIT's stack is not yet hostile: the heap has more. */
	if (rc == PCRE2_ERROR_JIT_STACKLIMIT)
		rc = pcre2_match(code, p, subject.n, from,
		    PCRE2_NO_UTF_CHECK | PCRE2_NO_JIT, m->data, m->context);
	m->rc = rc;
	m->subject = subject;
	if (rc > 0)
		return REGEX_MATCH;
	return rc == PCRE2_ERROR_NOMATCH ? REGEX_NONE : REGEX_LIMIT;
}

bool
matcher_group(const struct matcher *m, unsigned group, struct span *value)
{
	const PCRE2_SIZE *v = pcre2_get_ovector_pointer(m->data);

	if (m->rc <= 0 || group >= (unsigned)m->rc ||
	    v[2 * group] == PCRE2_UNSET)
		return false;
	if (v[2 * group] > v[2 * group + 1])
		return false;    /* \K in a look-ahead; python.c refuses \K */
	*value = span_sub(m->subject, v[2 * group],
	    v[2 * group + 1] - v[2 * group]);
	return true;
}
