#include "config/logpath.h"

#include <glob.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "base/xalloc.h"
#include "config/present.h"

/* "PATTERN head|tail": the last word behind a blank is always the mode. */
static int
split_mode(struct span line, struct span *pattern, bool *tail, struct buf *why)
{
	size_t blank = span_find_last(line, SPAN(" "));
	struct span mode = SPAN("head");

	*pattern = line;
	if (blank != SPAN_NONE) {
		mode = span_skip(line, blank + 1);
		*pattern = span_sub(line, 0, blank);
	}
	*tail = span_eq_nocase(mode, SPAN("tail"));
	if (*tail || span_eq_nocase(mode, SPAN("head")))
		return 0;
	buf_addf(why, "logpath: '%.*s' behind '%.*s' is no mode; accepted: "
	    "head, tail (needed when the path has a blank)", SPAN_FMT(mode),
	    SPAN_FMT(*pattern));
	return -1;
}

void
logpath_add(struct log_path **v, size_t *n, const char *path, bool tail)
{
	*v = xreallocarray(*v, *n + 1, sizeof(**v));
	(*v)[(*n)++] = (struct log_path){ xstrdup(path), tail };
}

static int
add_found(struct jail_config *jail, const glob_t *found, bool tail,
    struct report *report, struct buf *why)
{
	for (size_t i = 0; i < found->gl_pathc; i++) {
		const char *path = found->gl_pathv[i];

		if (!present(path)) {
			report_add(report, PROBLEM_WARNING, jail->name, NULL, 0,
			    "logpath: %s is a link that leads nowhere", path);
			continue;
		}
		if (jail->logs_n == LOGPATH_FILES_MAX) {
			buf_addf(why, "logpath: too many files; accepted: %d",
			    LOGPATH_FILES_MAX);
			return -1;
		}
		logpath_add(&jail->logs, &jail->logs_n, path, tail);
	}
	return 0;
}

static int
expand_line(struct jail_config *jail, struct span line, struct report *report,
    struct buf *why)
{
	struct span pattern;
	size_t before = jail->logs_n;
	glob_t found = { 0 };
	char *text;
	bool tail;
	int result;

	if (split_mode(line, &pattern, &tail, why) != 0)
		return -1;
	text = span_dup(pattern);
	if (strpbrk(text, "*?[") != NULL)
		logpath_add(&jail->globs, &jail->globs_n, text, tail);
	/* Python's patterns know no backslash. */
	result = glob(text, GLOB_NOESCAPE, NULL, &found) == 0 ?
	    add_found(jail, &found, tail, report, why) : 0;
	globfree(&found);
	if (result == 0 && jail->logs_n == before) {
		strings_add(&jail->logs_missing, pattern);
		report_add(report, PROBLEM_WARNING, jail->name, NULL, 0,
		    "logpath: no file for '%s' yet; the jail waits for it",
		    text);
	}
	free(text);
	return result;
}

int
logpath_expand(struct jail_config *jail, const char *text,
    struct report *report, struct buf *why)
{
	struct span rest = span_of(text), line;

	while (span_cut(&rest, '\n', &line)) {
		line = span_trim(line);
		if (line.n > 0 && expand_line(jail, line, report, why) != 0)
			return -1;
	}
	return 0;
}

static bool
has_log(const struct jail_config *jail, const char *path)
{
	for (size_t i = 0; i < jail->logs_n; i++)
		if (strcmp(jail->logs[i].path, path) == 0)
			return true;
	return false;
}

void
logpath_again(struct jail_config *jail)
{
	for (size_t i = 0; i < jail->globs_n; i++) {
		glob_t found = { 0 };

		if (glob(jail->globs[i].path, GLOB_NOESCAPE, NULL,
			&found) != 0)
			found.gl_pathc = 0;
		for (size_t k = 0; k < found.gl_pathc; k++) {
			const char *path = found.gl_pathv[k];

			if (jail->logs_n < LOGPATH_FILES_MAX &&
			    !has_log(jail, path) && access(path, F_OK) == 0)
				logpath_add(&jail->logs, &jail->logs_n, path,
				    jail->globs[i].tail);
		}
		globfree(&found);
	}
}

bool
logpath_any(const char *text)
{
	struct span rest = span_of(text), line, pattern;
	struct buf why = { 0 };
	bool any = false, tail;

	while (!any && span_cut(&rest, '\n', &line)) {
		glob_t found = { 0 };
		char *name;

		line = span_trim(line);
		if (line.n == 0 || split_mode(line, &pattern, &tail, &why) != 0)
			continue;
		name = span_dup(pattern);
		if (glob(name, GLOB_NOESCAPE, NULL, &found) == 0)
			for (size_t i = 0; !any && i < found.gl_pathc; i++)
				any = access(found.gl_pathv[i], F_OK) == 0;
		globfree(&found);
		free(name);
	}
	buf_fini(&why);
	return any;
}
