#include "process/command_rows.h"

#include <stdlib.h>

#include "base/xalloc.h"

struct row {
	int64_t end;
	size_t at;
};

/*
 * A merge sort from below: runs of `width` rows are in order in `from`, and
 * two of them at a time become one in `to`.
 */
struct rows {
	struct roll *roll;
	struct row *from, *to;
	size_t n, cap;
	size_t width;            /* 0: nothing is sorted yet */
	size_t left, right;      /* the next of both runs */
	size_t put;              /* rows in `to` */
	bool is_over;            /* the list has them */
};

struct rows *
rows_new(struct roll *roll, size_t n)
{
	struct rows *rows = xcalloc(1, sizeof(*rows));

	rows->roll = roll;
	rows->cap = n + 1;
	rows->from = xreallocarray(NULL, rows->cap, sizeof(*rows->from));
	return rows;
}

void
rows_add(struct rows *r, int64_t end, size_t at)
{
	if (r->n == r->cap) {
		r->cap *= 2;
		r->from = xreallocarray(r->from, r->cap, sizeof(*r->from));
	}
	r->from[r->n++] = (struct row){ end, at };
}

static size_t
least(size_t a, size_t b)
{
	return a < b ? a : b;
}

/* The runs behind what is put, if there are any. */
static void
next_runs(struct rows *r)
{
	if (r->put == r->n) {
		struct row *was = r->from;

		r->from = r->to;
		r->to = was;
		r->width *= 2;
		r->put = 0;
	}
	r->left = r->put;
	r->right = least(r->put + r->width, r->n);
}

static void
merge_one(struct rows *r)
{
	size_t run = r->put - r->put % (r->width * 2);
	size_t mid = least(run + r->width, r->n);
	size_t end = least(run + r->width * 2, r->n);
	bool left = r->left < mid && (r->right == end ||
	    r->from[r->left].end <= r->from[r->right].end);

	r->to[r->put++] = r->from[left ? r->left++ : r->right++];
	if (r->put == end)
		next_runs(r);
}

static size_t
order_of(const void *arg, size_t i)
{
	const struct row *rows = arg;

	return rows[i].at;
}

bool
rows_sort(struct rows *r, size_t n)
{
	if (r->is_over)
		return false;
	if (r->width == 0) {
		r->to = xreallocarray(NULL, r->n + 1, sizeof(*r->to));
		r->width = 1;
		next_runs(r);
	}
	for (; r->width < r->n; n--) {
		if (n == 0)
			return true;
		merge_one(r);
	}
	if (r->from != NULL)
		roll_sort(r->roll, order_of, r->from);
	r->from = NULL;
	r->is_over = true;
	return false;
}

void
rows_free(struct rows *r)
{
	if (r == NULL)
		return;
	free(r->from);
	free(r->to);
	free(r);
}
