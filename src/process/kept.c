#include "process/kept.h"

#include <stdlib.h>

#include "base/buf.h"
#include "base/xalloc.h"
#include "control/command.h"

/* Bytes of all that are kept: a thousand of the longest lines. */
#define KEPT_BYTES_MAX ((size_t)64 << 20)

static size_t bytes;

bool
kept_has_room(void)
{
	return bytes < KEPT_BYTES_MAX;
}

static struct span
keep(struct buf *b, struct span s)
{
	struct span kept = { b->p + b->n, s.n };

	buf_add_span(b, s);
	return kept;
}

static size_t
size_of(const struct failure *f)
{
	size_t n = 1;

	for (size_t i = 0; i < f->groups_n; i++)
		n += f->groups[i].name.n + f->groups[i].value.n;
	for (size_t i = 0; i < f->lines_n; i++)
		n += f->lines[i].n;
	for (size_t i = 0; i < f->users_n; i++)
		n += f->users[i].n;
	return n;
}

/* All its texts in one block, which does not move: its size is known. */
static char *
keep_texts(struct failure *f)
{
	struct buf b = { 0 };

	buf_reserve(&b, size_of(f));
	for (size_t i = 0; i < f->groups_n; i++) {
		f->groups[i].name = keep(&b, f->groups[i].name);
		f->groups[i].value = keep(&b, f->groups[i].value);
	}
	for (size_t i = 0; i < f->lines_n; i++)
		f->lines[i] = keep(&b, f->lines[i]);
	for (size_t i = 0; i < f->users_n; i++)
		f->users[i] = keep(&b, f->users[i]);
	return b.p;
}

struct kept *
kept_new(const struct failure *f)
{
	struct kept *k = xcalloc(1, sizeof(*k));

	k->failure = *f;
	k->id = id_copy(&f->id);
	k->failure.id = k->id;
	k->size = size_of(f) + k->id.raw.n;
	bytes += k->size;
	k->text = keep_texts(&k->failure);
	return k;
}

void
kept_told(struct kept *k)
{
	k->failure.told = NULL;
}

void
kept_free(struct kept *k)
{
	if (k == NULL)
		return;
	if (k->failure.told != NULL)
		request_fail(k->failure.told, "Exception",
		    "the jail has gone meanwhile");
	bytes -= k->size;
	id_fini(&k->id);
	free(k->text);
	free(k);
}
