#include "control/roll.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/log.h"
#include "base/xalloc.h"
#include "control/payload.h"

#define PLAIN (UINT32_C(1) << 31)   /* in a text's head, above its length */

struct roll {
	struct buf bytes;          /* a head of four bytes before each text */
	size_t n;
	json_t *mark;              /* an array with its number among `rolls` */
	size_t (*order)(const void *arg, size_t i);
	void *order_arg;
};

struct roll *
rolls_add(struct rolls *rolls)
{
	struct roll *roll = xcalloc(1, sizeof(*roll));

	roll->mark = json_pack("[I]", (json_int_t)rolls->n);
	if (roll->mark == NULL)
		log_fatal("gaol.control", "out of memory");
	rolls->v = xreallocarray(rolls->v, rolls->n + 1, sizeof(roll));
	rolls->v[rolls->n++] = roll;
	return roll;
}

size_t
rolls_bytes(const struct rolls *rolls)
{
	size_t n = 0;

	for (size_t i = 0; i < rolls->n; i++)
		n += rolls->v[i]->bytes.n;
	return n;
}

size_t
rolls_texts(const struct rolls *rolls)
{
	size_t n = 0;

	for (size_t i = 0; i < rolls->n; i++)
		n += rolls->v[i]->n;
	return n;
}

/* The number says where to look; only the very same array is the mark. */
const struct roll *
rolls_find(const struct rolls *rolls, const json_t *value)
{
	const json_t *number = json_array_size(value) == 1 ?
	    json_array_get(value, 0) : NULL;
	json_int_t i = json_is_integer(number) ?
	    json_integer_value(number) : -1;

	if (rolls == NULL || i < 0 || (size_t)i >= rolls->n ||
	    rolls->v[i]->mark != value)
		return NULL;
	return rolls->v[i];
}

void
rolls_fini(struct rolls *rolls)
{
	for (size_t i = 0; i < rolls->n; i++) {
		buf_fini(&rolls->v[i]->bytes);
		json_decref(rolls->v[i]->mark);
		free(rolls->v[i]->order_arg);
		free(rolls->v[i]);
	}
	free(rolls->v);
	*rolls = (struct rolls){ 0 };
}

static bool
is_plain(struct span text)
{
	for (size_t i = 0; i < text.n; i++) {
		unsigned char c = (unsigned char)text.p[i];

		if (c < ' ' || c > '~' || c == '"' || c == '\\')
			return false;
	}
	return true;
}

static void
add(struct roll *roll, struct span text, uint32_t flags)
{
	uint32_t head = (uint32_t)text.n | flags;

	buf_add(&roll->bytes, &head, sizeof(head));
	if (text.n > 0)
		buf_add_span(&roll->bytes, text);
	roll->n++;
}

void
roll_reserve(struct roll *roll, size_t texts, size_t bytes_each)
{
	buf_reserve(&roll->bytes, texts * (bytes_each + sizeof(uint32_t)));
}

size_t
roll_add(struct roll *roll, struct span text)
{
	size_t at = roll->bytes.n;
	json_t *clean;

	if (is_plain(text)) {
		add(roll, text, PLAIN);
		return at;
	}
	clean = payload_text(text);
	add(roll, span_from(json_string_value(clean),
	    json_string_length(clean)), 0);
	json_decref(clean);
	return at;
}

size_t
roll_count(const struct roll *roll)
{
	return roll->n;
}

json_t *
roll_mark(const struct roll *roll)
{
	return json_incref(roll->mark);
}

void
roll_sort(struct roll *roll, size_t (*order)(const void *arg, size_t i),
    void *arg)
{
	roll->order = order;
	roll->order_arg = arg;
}

struct roll_text
roll_next(const struct roll *roll, struct roll_place *place)
{
	size_t at = roll->order != NULL ?
	    roll->order(roll->order_arg, place->i) : place->at;
	struct roll_text found;
	uint32_t head;

	memcpy(&head, roll->bytes.p + at, sizeof(head));
	at += sizeof(head);
	found.text = span_from(roll->bytes.p + at, head & ~PLAIN);
	found.plain = (head & PLAIN) != 0;
	place->at = at + found.text.n;
	place->i++;
	return found;
}
