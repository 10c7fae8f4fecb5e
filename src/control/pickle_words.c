#include "control/pickle_value.h"

#include <inttypes.h>
#include <math.h>

#include "base/buf.h"
#include "control/pickle_read.h"
#include "control/printable.h"

static bool
refuse(struct pickle_words *w, const char *why)
{
	w->why = why;
	return false;
}

static void
add_quoted(struct buf *out, struct span text)
{
	buf_addc(out, '"');
	for (size_t i = 0; i < text.n; i++) {
		unsigned char c = (unsigned char)text.p[i];

		if (c < 0x20)
			buf_addf(out, "\\u%04x", c);
		else if (c == '"' || c == '\\')
			buf_addf(out, "\\%c", c);
		else
			buf_addc(out, (char)c);
	}
	buf_addc(out, '"');
}

static bool
is_scalar(const struct pickle_value *v)
{
	return v->kind <= PICKLE_TEXT;
}

/* As Python's str(); of a text, the text. */
static void
add_scalar(struct buf *out, const struct pickle_value *v)
{
	if (v->kind == PICKLE_NONE)
		buf_adds(out, "None");
	else if (v->kind == PICKLE_BOOL)
		buf_adds(out, v->number != 0 ? "True" : "False");
	else if (v->kind == PICKLE_INT)
		buf_addf(out, "%" PRId64, v->number);
	else if (v->kind == PICKLE_REAL)
		printable_add_real(out, v->real);
	else
		buf_add_span(out, v->text);
}

static bool
add_json_scalar(struct pickle_words *w, const struct pickle_value *v)
{
	if (v->kind == PICKLE_NONE)
		buf_adds(&w->out, "null");
	else if (v->kind == PICKLE_BOOL)
		buf_adds(&w->out, v->number != 0 ? "true" : "false");
	else if (v->kind == PICKLE_REAL && !isfinite(v->real))
		return refuse(w, "a float has no JSON form");
	else if (v->kind == PICKLE_TEXT)
		add_quoted(&w->out, v->text);
	else
		add_scalar(&w->out, v);
	return true;
}

static bool
add_key(struct pickle_words *w, const struct pickle_value *v)
{
	if (!is_scalar(v))
		return refuse(w, "a dict's key is no scalar");
	if (v->kind == PICKLE_TEXT) {
		add_quoted(&w->out, v->text);
		return true;
	}
	buf_addc(&w->out, '"');
	add_scalar(&w->out, v);
	buf_addc(&w->out, '"');
	return true;
}

static bool
add_json(struct pickle_words *w, uint32_t index, unsigned depth)
{
	const struct pickle_value *v = &w->heap->values[index];
	bool dict = v->kind == PICKLE_DICT;
	uint32_t n = 0;

	/* Every value writes a byte: this bounds the time, too. */
	if (w->out.n > w->room)
		return refuse(w, "a request is too long");
	if (is_scalar(v))
		return add_json_scalar(w, v);
	if (v->kind == PICKLE_STR)
		return refuse(w, "a class is no word");
	if (depth >= PICKLE_DEPTH_MAX)
		return refuse(w, "a request is nested too deeply");
	buf_addc(&w->out, dict ? '{' : '[');
	for (uint32_t c = v->items.first; c != 0; n++) {
		const struct pickle_cell *cell = &w->heap->cells[c];
		bool key = dict && n % 2 == 0;

		if (n > 0)
			buf_addc(&w->out, dict && !key ? ':' : ',');
		if (key ? !add_key(w, &w->heap->values[cell->value]) :
		    !add_json(w, cell->value, depth + 1))
			return false;
		c = cell->next;
	}
	buf_addc(&w->out, dict ? '}' : ']');
	return true;
}

static bool
add_word(struct pickle_words *w, uint32_t index, struct strings *argv)
{
	const struct pickle_value *v = &w->heap->values[index];

	buf_clear(&w->out);
	if (is_scalar(v))
		add_scalar(&w->out, v);
	else if (!add_json(w, index, 1))
		return false;
	/* One for the NUL: a word costs, even when it is empty. */
	if (w->out.n + 1 > w->room)
		return refuse(w, "a request is too long");
	w->room -= w->out.n + 1;
	strings_add(argv, buf_span(&w->out));
	return true;
}

void
pickle_words_begin(struct pickle_words *w, const struct pickle_heap *heap,
    uint32_t root, size_t room)
{
	const struct pickle_value *v = &heap->values[root];

	*w = (struct pickle_words){ .heap = heap,
		.room = room < PICKLE_TEXT_MAX ? room : PICKLE_TEXT_MAX };
	if (v->kind != PICKLE_LIST && v->kind != PICKLE_TUPLE)
		w->why = "a request is a list";
	else
		w->next = v->items.first;
}

bool
pickle_words_some(struct pickle_words *w, struct strings *argv, size_t n)
{
	while (w->why == NULL && w->next != 0 && n-- > 0) {
		const struct pickle_cell *cell = &w->heap->cells[w->next];

		if (add_word(w, cell->value, argv))
			w->next = cell->next;
	}
	return w->why == NULL && w->next != 0;
}

void
pickle_words_fini(struct pickle_words *w)
{
	buf_fini(&w->out);
}
