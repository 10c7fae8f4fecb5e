#include "tools/filter_name.h"

#include <stdlib.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/span.h"
#include "base/xalloc.h"
#include "config/config.h"

/* Is NAME.conf (or .local) in the folder? */
static bool
is_filter_in(const char *dir, struct span name)
{
	static const char *const suffixes[] = { ".conf", ".local" };
	struct buf path = { 0 };
	bool found = false;
	size_t i;

	for (i = 0; dir != NULL && i < 2 && !found; i++) {
		buf_clear(&path);
		buf_addf(&path, "%s/filter.d/", dir);
		buf_add_span(&path, name);
		buf_adds(&path, suffixes[i]);
		found = access(path.p, F_OK) == 0;
	}
	buf_fini(&path);
	return found;
}

bool
filter_name(const char *given, const char *dir, const char *share,
    char **entry, char **found_dir)
{
	struct span text = span_of(given), name = text, options = { 0 };
	size_t bracket = span_chr(text, '['), slash;
	struct buf whole = { 0 };

	if (bracket != SPAN_NONE) {
		name = span_sub(text, 0, bracket);
		options = span_skip(text, bracket);
	}
	name = span_trim(name);
	if (span_ends(name, SPAN(".conf")))
		name.n -= 5;
	if (name.n == 0 || name.n > 255)
		return false;
	*found_dir = xstrdup(dir != NULL ? dir : config_default_dir());
	slash = span_find_last(name, SPAN("/filter.d/"));
	if (slash != SPAN_NONE) {
		free(*found_dir);
		*found_dir = span_dup(span_sub(name, 0, slash));
		name = span_skip(name, slash + 10);
	}
	if (span_chr(name, '/') == SPAN_NONE &&
	    (is_filter_in(*found_dir, name) ||
	    is_filter_in(share != NULL ? share : GAOL_SHARE, name))) {
		buf_add_span(&whole, name);
		buf_add_span(&whole, options);
		*entry = buf_take(&whole);
		return true;
	}
	free(*found_dir);
	*found_dir = NULL;
	return false;
}
