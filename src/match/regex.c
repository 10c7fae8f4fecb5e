#include "match/regex_local.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/table.h"
#include "base/xalloc.h"
#include "match/python.h"
#include "match/tag.h"

/*
 * Thirty jails with one filter have its expressions once: everything in use,
 * by text and flags. One thread matches, so it needs no lock.
 */
static struct table *in_use;

struct key {
	struct span text;
	unsigned flags;
};

static bool
is_same(const void *entry, const void *key)
{
	const struct regex *r = entry;
	const struct key *k = key;

	return r->flags == k->flags && span_eq(span_of(r->source), k->text);
}

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
	    options | PCRE2_ALT_CIRCUMFLEX | PCRE2_NEVER_BACKSLASH_C | PCRE2_USE_OFFSET_LIMIT, code, offset, context);
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
	const pcre2_code *code = r->forms[FORM_UTF].code;
	uint32_t count = 0, size = 0, i;
	PCRE2_SPTR table = NULL;
	const char *entry;

	pcre2_pattern_info(code, PCRE2_INFO_NAMECOUNT, &count);
	pcre2_pattern_info(code, PCRE2_INFO_NAMEENTRYSIZE, &size);
	pcre2_pattern_info(code, PCRE2_INFO_NAMETABLE, &table);
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

static uint32_t
options_of(unsigned flags, enum regex_form form)
{
	return (flags & REGEX_MULTILINE ? PCRE2_MULTILINE : 0) |
	    (form == FORM_UTF ? PCRE2_UTF | PCRE2_UCP : 0);
}

static void
read_start(struct regex *r)
{
	const pcre2_code *code = r->forms[FORM_UTF].code;
	uint32_t all = 0, first = 0;

	pcre2_pattern_info(code, PCRE2_INFO_ALLOPTIONS, &all);
	pcre2_pattern_info(code, PCRE2_INFO_FIRSTCODETYPE, &first);
	r->one_start = (all & PCRE2_ANCHORED) != 0 || first == 2;
}

/* What is known of its first bytes. */
static void
read_begin(struct regex *r, struct span pattern)
{
	prefix_read(pattern, &r->prefix);
	starts_read(pattern, &r->starts);
}

/* Compiles what both rewrites made of the text, as far as errors go. */
static struct regex *
build(const struct mapped *tags, const struct mapped *python, unsigned flags,
    struct regex_error *error)
{
	struct span pattern = buf_span(&python->text);
	struct regex *r = xcalloc(1, sizeof(*r));
	struct regex_code *utf = &r->forms[FORM_UTF];
	uint32_t groups = 0;
	size_t offset = 0;
	int code = 0;

	r->flags = flags;
	utf->code = compile(pattern, options_of(flags, FORM_UTF), &code,
	    &offset);
	if (utf->code == NULL) {
		compile_error(code, offset, python, tags, error);
		goto fail;
	}
	pcre2_pattern_info(utf->code, PCRE2_INFO_CAPTURECOUNT, &groups);
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
	r->has_bytes = is_ascii(pattern);
	read_start(r);
	read_names(r);
	if (!(flags & REGEX_MULTILINE))
		read_begin(r, pattern);
	r->text = xmemdup0(tags->text.p, tags->text.n);
	return r;
fail:
	pcre2_code_free(utf->code);
	free(r);
	return NULL;
}

/* The text as PCRE2 is to see it; it has been through both rewrites before. */
static pcre2_code *
compile_bytes(const struct regex *r)
{
	struct mapped python = { 0 };
	struct python_error wrong;
	pcre2_code *code = NULL;
	size_t offset;
	int error;

	if (python_translate(span_of(r->text), &python, &wrong) == 0)
		code = compile(buf_span(&python.text),
		    options_of(r->flags, FORM_BYTES), &error, &offset);
	mapped_fini(&python);
	return code;
}

void
regex_warm(struct regex *r, enum regex_form form)
{
	struct regex_code *c = &r->forms[form];

	if (c->warm)
		return;
	c->warm = true;
	if (form == FORM_BYTES)
		c->code = compile_bytes(r);
	if (c->code == NULL)
		r->has_bytes = false;
	else
		c->jit = pcre2_jit_compile(c->code, PCRE2_JIT_COMPLETE) == 0;
}

static bool
is_blank(struct span s)
{
	return span_trim(s).n == 0;
}

static struct regex *
make(struct span text, unsigned flags, struct regex_error *error)
{
	struct mapped tags = { 0 }, python = { 0 };
	struct python_error wrong;
	struct regex *r = NULL;

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
	if (r == NULL && error->offset > text.n)
		error->offset = text.n;    /* at the very end */
	mapped_fini(&tags);
	mapped_fini(&python);
	return r;
}

struct regex *
regex_new(struct span text, unsigned flags, struct regex_error *error)
{
	struct key key = { text, flags };
	uint64_t hash = table_hash(text.p, text.n);
	struct regex *r = NULL;

	*error = (struct regex_error){ 0 };
	if (in_use != NULL)
		r = table_find(in_use, hash, &key);
	if (r == NULL) {
		r = make(text, flags, error);
		if (r == NULL)
			return NULL;
		r->source = span_dup(text);
		r->hash = hash;
		if (in_use == NULL)
			in_use = table_new(0, is_same);
		table_add(in_use, hash, r);
	}
	r->users++;
	return r;
}

void
regex_free(struct regex *r)
{
	struct key key;

	if (r == NULL || --r->users > 0)
		return;
	key = (struct key){ span_of(r->source), r->flags };
	table_del(in_use, r->hash, &key);
	if (table_count(in_use) == 0) {
		table_free(in_use);
		in_use = NULL;
	}
	for (size_t i = 0; i < FORMS; i++)
		pcre2_code_free(r->forms[i].code);
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

const struct starts *
regex_starts(const struct regex *r)
{
	return &r->starts;
}

const struct prefix *
regex_prefix(const struct regex *r)
{
	return &r->prefix;
}
