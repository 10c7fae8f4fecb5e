#include "tools/filter_name.h"

#include <stdlib.h>
#include <sys/stat.h>

#include "base/buf.h"
#include "base/span.h"
#include "base/xalloc.h"
#include "config/config.h"

#define NAME_MAX_BYTES 4096

static bool
is_name_byte(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') ||
	    (c >= 'A' && c <= 'Z') || c == '_' || c == '/' || c == '-' ||
	    c == '.' || (unsigned char)c >= 0x80;
}

/* The length of NAME in NAME or NAME[…]; 0: it is neither. */
static size_t
name_length(struct span text)
{
	size_t n = 0;

	while (n < text.n && is_name_byte(text.p[n]))
		n++;
	if (n == text.n || (text.p[n] == '[' && text.p[text.n - 1] == ']'))
		return n <= NAME_MAX_BYTES ? n : 0;
	return 0;
}

bool
filter_name_is_one(const char *text)
{
	return name_length(span_of(text)) > 0;
}

static bool
is_file(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && S_ISREG(st.st_mode);
}

/* The suffix that makes a file of it; NULL: none does. */
static const char *
find_suffix(const char *dir, struct span name)
{
	static const char *const suffixes[] = { "", ".conf", ".local" };
	struct span tail = name.n > 6 ? span_skip(name, name.n - 6) : name;
	size_t n = span_chr(tail, '.') != SPAN_NONE ? 1 : 3, i;
	struct buf path = { 0 };
	bool found = false;

	for (i = 0; i < n && !found; i++) {
		buf_clear(&path);
		if (dir != NULL)
			buf_addf(&path, "%s/filter.d/", dir);
		buf_add_span(&path, name);
		buf_adds(&path, suffixes[i]);
		found = is_file(path.p);
	}
	buf_fini(&path);
	return found ? suffixes[i - 1] : NULL;
}

/* "sshd" of "sshd.conf". */
static struct span
stem(struct span name)
{
	size_t dot = span_find_last(name, SPAN("."));

	return dot != SPAN_NONE && dot > 0 ? span_sub(name, 0, dot) : name;
}

char *
filter_name_dir(const char *dir)
{
	struct span s = span_of(dir != NULL ? dir : config_default_dir());

	while (s.n > 1 && s.p[s.n - 1] == '/')
		s.n--;
	if (span_ends(s, SPAN("/filter.d")))
		s.n -= 9;
	return span_dup(s);
}

/* A name of a filter.d, the configuration's or our own. */
static bool
find_listed(struct filter_name *out, struct span name, const char *share)
{
	if (find_suffix(out->dir, name) == NULL &&
	    find_suffix(share != NULL ? share : GAOL_SHARE, name) == NULL)
		return false;
	out->name = span_dup(stem(name));
	return true;
}

/* A path: into some filter.d, which is then looked at as a whole, or not. */
static bool
find_path(struct filter_name *out, struct span name)
{
	size_t slash = span_find_last(name, SPAN("/"));
	struct span file = span_skip(name, slash + 1);
	struct span parent = span_sub(name, 0, slash);

	if (span_eq(parent, SPAN("filter.d")) &&
	    find_suffix(out->dir, file) != NULL) {
		out->name = span_dup(stem(file));
		return true;
	}
	if (find_suffix(NULL, name) == NULL)
		return false;
	if (span_eq(parent, SPAN("filter.d")) ||
	    span_ends(parent, SPAN("/filter.d"))) {
		free(out->dir);
		out->dir = parent.n > 9 ?
		    span_dup(span_sub(parent, 0, parent.n - 9)) :
		    xstrdup(parent.n == 9 ? "/" : ".");
		out->name = span_dup(stem(file));
		return true;
	}
	out->is_file = true;
	out->name = span_dup(name);
	return true;
}

static void
set_entry(struct filter_name *out)
{
	struct buf entry = { 0 };

	if (out->is_file && out->name[0] != '/' &&
	    !span_starts(span_of(out->name), SPAN("./")))
		buf_adds(&entry, "./");
	buf_adds(&entry, out->name);
	buf_adds(&entry, out->options);
	out->entry = buf_take(&entry);
}

bool
filter_name(const char *given, const char *dir, const char *share,
    struct filter_name *out)
{
	struct span text = span_of(given);
	size_t n = name_length(text);
	struct span name = span_sub(text, 0, n);
	bool found;

	*out = (struct filter_name){ 0 };
	if (n == 0)
		return false;
	out->dir = filter_name_dir(dir);
	if (span_chr(name, '/') == SPAN_NONE)
		found = find_listed(out, name, share);
	else
		found = find_path(out, name);
	if (!found) {
		filter_name_fini(out);
		return false;
	}
	out->options = span_dup(span_skip(text, n));
	set_entry(out);
	return true;
}

void
filter_name_fini(struct filter_name *name)
{
	free(name->name);
	free(name->options);
	free(name->entry);
	free(name->dir);
	*name = (struct filter_name){ 0 };
}
