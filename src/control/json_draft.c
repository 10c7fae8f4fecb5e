#include "control/json_draft.h"

#include "base/log.h"

static int
add_piece(const char *p, size_t n, void *arg)
{
	draft_put(arg, p, n);
	return 0;
}

static int
add_bytes(const char *p, size_t n, void *arg)
{
	buf_add(arg, p, n);
	return 0;
}

static void
dump(const json_t *value, json_dump_callback_t add, void *arg)
{
	if (json_dump_callback(value, add, arg,
	    JSON_COMPACT | JSON_ENCODE_ANY) == -1)
		log_fatal("gaol.control", "out of memory");
}

/* --- draft ---------------------------------------------------------------- */

/* Most of a payload holds none, and is left to jansson. */
static bool
has_roll(const json_t *value, const struct rolls *rolls)
{
	const char *key;
	json_t *member;
	size_t i;

	if (rolls_find(rolls, value) != NULL)
		return true;
	json_array_foreach(value, i, member)
		if (has_roll(member, rolls))
			return true;
	json_object_foreach((json_t *)(uintptr_t)value, key, member)
		if (has_roll(member, rolls))
			return true;
	return false;
}

static void
add_key(struct draft *d, const char *key)
{
	json_t *text = json_string(key);

	dump(text, add_piece, d);
	draft_put(d, ":", 1);
	json_decref(text);
}

static void
add_array(struct draft *d, const json_t *array, const struct rolls *rolls)
{
	json_t *member;
	size_t i;

	draft_put(d, "[", 1);
	json_array_foreach(array, i, member) {
		draft_put(d, ",", i > 0);
		json_draft(d, member, rolls);
	}
	draft_put(d, "]", 1);
}

static void
add_object(struct draft *d, const json_t *object, const struct rolls *rolls)
{
	const char *key;
	json_t *member;
	bool first = true;

	draft_put(d, "{", 1);
	json_object_foreach((json_t *)(uintptr_t)object, key, member) {
		draft_put(d, ",", !first);
		first = false;
		add_key(d, key);
		json_draft(d, member, rolls);
	}
	draft_put(d, "}", 1);
}

void
json_draft(struct draft *d, const json_t *value, const struct rolls *rolls)
{
	const struct roll *roll = rolls_find(rolls, value);

	if (roll != NULL)
		draft_roll(d, roll);
	else if (!has_roll(value, rolls))
		dump(value, add_piece, d);
	else if (json_is_array(value))
		add_array(d, value, rolls);
	else
		add_object(d, value, rolls);
}

/* --- play ----------------------------------------------------------------- */

static void
add_text(struct buf *out, const struct roll_text *t)
{
	json_t *text;

	if (t->plain) {
		buf_addc(out, '"');
		buf_add_span(out, t->text);
		buf_addc(out, '"');
		return;
	}
	text = json_stringn(t->text.p, t->text.n);
	dump(text, add_bytes, out);
	json_decref(text);
}

/* Returns what is left of n; 0: perhaps there is more. */
static size_t
play_roll(struct draft_player *p, const struct roll *roll, size_t n)
{
	if (p->place.i == 0)
		buf_addc(p->out, '[');
	for (; p->place.i < roll_count(roll); n--) {
		struct roll_text text;

		if (n == 0)
			return 0;
		if (p->place.i > 0)
			buf_addc(p->out, ',');
		text = roll_next(roll, &p->place);
		add_text(p->out, &text);
	}
	buf_addc(p->out, ']');
	p->place = (struct roll_place){ 0 };
	p->piece++;
	return n;
}

bool
json_play(struct draft_player *p, size_t n)
{
	while (p->piece < p->draft->n) {
		const struct draft_piece *piece = &p->draft->pieces[p->piece];

		if (n == 0)
			return true;
		if (piece->kind == DRAFT_ROLL)
			n = play_roll(p, piece->roll, n);
		else
			buf_add_span(p->out, draft_next(p));
	}
	return false;
}
