#include "control/draft.h"

#include <stdlib.h>

#include "base/xalloc.h"

void
draft_begin(struct draft *d, enum draft_kind kind)
{
	if (d->n == d->cap) {
		d->cap = d->cap > 0 ? d->cap * 2 : 16;
		d->pieces = xreallocarray(d->pieces, d->cap,
		    sizeof(*d->pieces));
	}
	d->pieces[d->n++] = (struct draft_piece){ .kind = kind,
		.end = d->bytes.n };
}

void
draft_put(struct draft *d, const void *data, size_t n)
{
	if (d->n == 0 || d->pieces[d->n - 1].kind == DRAFT_ROLL)
		draft_begin(d, DRAFT_MORE);
	buf_add(&d->bytes, data, n);
	d->pieces[d->n - 1].end = d->bytes.n;
}

void
draft_roll(struct draft *d, const struct roll *roll)
{
	draft_begin(d, DRAFT_ROLL);
	d->pieces[d->n - 1].roll = roll;
}

void
draft_fini(struct draft *d)
{
	buf_fini(&d->bytes);
	free(d->pieces);
	*d = (struct draft){ 0 };
}

struct span
draft_next(struct draft_player *p)
{
	const struct draft_piece *piece = &p->draft->pieces[p->piece++];
	struct span bytes = { "", 0 };

	if (piece->end > p->at)
		bytes = span_from(p->draft->bytes.p + p->at,
		    piece->end - p->at);
	p->at = piece->end;
	return bytes;
}
