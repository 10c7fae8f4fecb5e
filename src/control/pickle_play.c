#include "control/pickle_play.h"

#include <string.h>

#define FRAME_MIN 4              /* shorter ones have no header */
#define FRAME_HEADER 9
#define NO_FRAME 0               /* a pickle's first bytes are in none */

size_t
pickle_op_number(char out[9], enum pickle_op op, uint64_t value, size_t n)
{
	out[0] = (char)op;
	for (size_t i = 0; i < n; i++)
		out[1 + i] = (char)(value >> 8 * i);
	return n + 1;
}

/* --- frames --------------------------------------------------------------- */

static void
end_frame(struct draft_player *p)
{
	char *frame;
	size_t body;

	if (p->frame == NO_FRAME)
		return;
	frame = p->out->p + p->frame;
	body = p->out->n - p->frame - FRAME_HEADER;
	if (body >= FRAME_MIN) {
		pickle_op_number(frame, OP_FRAME, body, 8);
	} else {
		memmove(frame, frame + FRAME_HEADER, body);
		p->out->n -= FRAME_HEADER;
	}
	p->frame = NO_FRAME;
}

static void
begin_value(struct draft_player *p)
{
	if (p->frame != NO_FRAME &&
	    p->out->n - p->frame - FRAME_HEADER >= PICKLE_FRAME_FULL)
		end_frame(p);
}

static void
put(struct draft_player *p, const void *data, size_t n)
{
	if (n == 0)
		return;
	if (p->frame == NO_FRAME) {
		p->frame = p->out->n;
		buf_add(p->out, "         ", FRAME_HEADER);
	}
	buf_add(p->out, data, n);
}

static void
put_op(struct draft_player *p, enum pickle_op op)
{
	const char byte = (char)op;

	put(p, &byte, 1);
}

/* --- lists ---------------------------------------------------------------- */

static void
put_text(struct draft_player *p, struct span text)
{
	bool is_short = text.n < 256, is_bare = text.n >= PICKLE_FRAME_FULL;
	char head[9];
	size_t n = pickle_op_number(head, is_short ? OP_SHORT_TEXT : OP_TEXT,
	    text.n, is_short ? 1 : 4);

	begin_value(p);
	if (is_bare) {
		end_frame(p);
		buf_add(p->out, head, n);
		buf_add_span(p->out, text);
	} else {
		put(p, head, n);
		put(p, text.p, text.n);
	}
	put_op(p, OP_MEMOIZE);
}

static void
put_item(struct draft_player *p, const struct roll *roll)
{
	size_t i = p->place.i, count = roll_count(roll);

	if (count > 1 && i % PICKLE_BATCH == 0)
		put_op(p, OP_MARK);
	put_text(p, roll_next(roll, &p->place).text);
	if (count == 1)
		put_op(p, OP_APPEND);
	else if (i % PICKLE_BATCH == PICKLE_BATCH - 1 || i == count - 1)
		put_op(p, OP_APPENDS);
}

/* Returns what is left of n; 0: perhaps there is more. */
static size_t
play_roll(struct draft_player *p, const struct roll *roll, size_t n)
{
	if (p->place.i == 0) {
		begin_value(p);
		put_op(p, OP_LIST);
		put_op(p, OP_MEMOIZE);
	}
	for (; p->place.i < roll_count(roll); n--) {
		if (n == 0)
			return 0;
		put_item(p, roll);
	}
	p->place = (struct roll_place){ 0 };
	p->piece++;
	return n;
}

/* --- pieces --------------------------------------------------------------- */

static void
play_bytes(struct draft_player *p, enum draft_kind kind)
{
	struct span bytes = draft_next(p);

	if (kind == DRAFT_VALUE)
		begin_value(p);
	if (kind == DRAFT_BARE) {
		end_frame(p);
		buf_add_span(p->out, bytes);
	} else {
		put(p, bytes.p, bytes.n);
	}
}

bool
pickle_play(struct draft_player *p, size_t n)
{
	while (p->piece < p->draft->n) {
		const struct draft_piece *piece = &p->draft->pieces[p->piece];

		if (n == 0)
			return true;
		if (piece->kind == DRAFT_ROLL)
			n = play_roll(p, piece->roll, n);
		else
			play_bytes(p, piece->kind);
	}
	end_frame(p);
	return false;
}
