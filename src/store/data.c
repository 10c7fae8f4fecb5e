#include "store/data.h"

#include <jansson.h>
#include <stdlib.h>

#include "base/xalloc.h"

/* The column must not be NULL: upstream's reader would fail on that. */
static char *
made_up(const struct ticket *t)
{
	struct buf b = { 0 };

	buf_addf(&b, "{\"matches\": [], \"failures\": %u}", t->failures);
	return buf_take(&b);
}

static void
drop_first(json_t *lines, size_t keep)
{
	size_t n = json_array_size(lines);

	while (n-- > keep)
		json_array_remove(lines, 0);
}

char *
data_column(const struct ticket *t, int64_t matches_max)
{
	size_t keep = matches_max > 0 ? (size_t)matches_max : 0;
	json_t *root, *lines;
	char *text;

	if (t->data == NULL)
		return made_up(t);
	/* Mostly the jail kept fewer than we may: nothing to parse. */
	if (t->matches.n <= keep && !t->restored)
		return xstrdup(t->data);
	root = json_loads(t->data, 0, NULL);
	lines = json_object_get(root, "matches");
	if (keep == 0)
		json_object_del(root, "matches");
	else
		drop_first(lines, keep);
	text = root != NULL ? json_dumps(root, JSON_COMPACT) : NULL;
	json_decref(root);
	return text != NULL ? text : made_up(t);
}
