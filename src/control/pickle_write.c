#include "control/pickle_write.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/number.h"
#include "control/pickle_play.h"

/* Where values go: pickle_play.c puts frames around them. */
struct pickler {
	struct draft *out;
	const struct rolls *rolls;
	uint32_t tuples;
};

static void
put_little_endian(char *to, uint64_t value, size_t n)
{
	for (size_t i = 0; i < n; i++)
		to[i] = (char)(value >> 8 * i);
}

static void
put(struct pickler *p, const void *data, size_t n)
{
	draft_put(p->out, data, n);
}

static void
put_op(struct pickler *p, enum pickle_op op)
{
	const char byte = (char)op;

	put(p, &byte, 1);
}

/* An opcode and a number of n bytes behind it, in one piece. */
static void
put_op_number(struct pickler *p, enum pickle_op op, uint64_t value, size_t n)
{
	char bytes[9];

	put(p, bytes, pickle_op_number(bytes, op, value, n));
}

static void
begin(struct pickler *p)
{
	const char head[] = { (char)OP_PROTOCOL, 5 };

	draft_begin(p->out, DRAFT_BARE);
	put(p, head, sizeof(head));
	draft_begin(p->out, DRAFT_MORE);
}

/* Before each value. */
static void
begin_value(struct pickler *p)
{
	draft_begin(p->out, DRAFT_VALUE);
}

/* --- scalars ------------------------------------------------------------- */

static void
put_text(struct pickler *p, struct span text)
{
	begin_value(p);
	if (text.n >= PICKLE_FRAME_FULL) {
		draft_begin(p->out, DRAFT_BARE);
		put_op_number(p, OP_TEXT, text.n, 4);
		put(p, text.p, text.n);
		draft_begin(p->out, DRAFT_MORE);
	} else {
		put_op_number(p, text.n < 256 ? OP_SHORT_TEXT : OP_TEXT,
		    text.n, text.n < 256 ? 1 : 4);
		if (text.n > 0)
			put(p, text.p, text.n);
	}
	put_op(p, OP_MEMOIZE);
}

static void
put_integer(struct pickler *p, int64_t n)
{
	uint64_t bits = (uint64_t)n;
	char bytes[10] = { (char)OP_LONG1, 8 };

	if (n >= 0 && n <= UINT8_MAX) {
		put_op_number(p, OP_BININT1, bits, 1);
	} else if (n >= 0 && n <= UINT16_MAX) {
		put_op_number(p, OP_BININT2, bits, 2);
	} else if (n >= INT32_MIN && n <= INT32_MAX) {
		put_op_number(p, OP_BININT, bits, 4);
	} else {
		/* Without bytes that only repeat the sign. */
		while (bytes[1] > 1) {
			unsigned shift = (unsigned)bytes[1] * 8 - 9;
			int64_t rest = n >> shift;

			if (rest != 0 && rest != -1)
				break;
			bytes[1]--;
		}
		put_little_endian(bytes + 2, bits, (size_t)bytes[1]);
		put(p, bytes, (size_t)bytes[1] + 2);
	}
}

static void
put_real(struct pickler *p, double real)
{
	char bytes[9] = { (char)OP_BINFLOAT };
	uint64_t bits;

	memcpy(&bits, &real, sizeof(bits));
	for (size_t i = 0; i < 8; i++)
		bytes[1 + i] = (char)(bits >> (56 - 8 * i));
	put(p, bytes, sizeof(bytes));
}

/* --- containers ------------------------------------------------------------ */

static void put_value(struct pickler *p, const json_t *value, unsigned depth);

static void
put_tuple(struct pickler *p, const json_t *array, unsigned depth)
{
	size_t n = json_array_size(array);

	if (n == 0) {
		put_op(p, OP_EMPTY_TUPLE);
		return;
	}
	if (n > 3)
		put_op(p, OP_MARK);
	for (size_t i = 0; i < n; i++)
		put_value(p, json_array_get(array, i), depth + 1);
	put_op(p, n > 3 ? OP_TUPLE : OP_TUPLE1 + (enum pickle_op)(n - 1));
	put_op(p, OP_MEMOIZE);
}

static void
put_list(struct pickler *p, const json_t *array, unsigned depth)
{
	size_t n = json_array_size(array);

	put_op(p, OP_LIST);
	put_op(p, OP_MEMOIZE);
	for (size_t i = 0; i < n; i++) {
		if (n > 1 && i % PICKLE_BATCH == 0)
			put_op(p, OP_MARK);
		put_value(p, json_array_get(array, i), depth + 1);
		if (n == 1)
			put_op(p, OP_APPEND);
		else if (i % PICKLE_BATCH == PICKLE_BATCH - 1 || i == n - 1)
			put_op(p, OP_APPENDS);
	}
}

/* Python ends a batch before it knows that no item is left. */
static void
put_dict(struct pickler *p, const json_t *object, unsigned depth)
{
	size_t n = json_object_size(object), i = 0;
	const char *key;
	json_t *value;

	put_op(p, OP_DICT);
	put_op(p, OP_MEMOIZE);
	if (n > 1)
		put_op(p, OP_MARK);
	json_object_foreach((json_t *)(uintptr_t)object, key, value) {
		put_text(p, span_of(key));
		put_value(p, value, depth + 1);
		if (n > 1 && ++i % PICKLE_BATCH == 0) {
			put_op(p, OP_SETITEMS);
			put_op(p, OP_MARK);
		}
	}
	if (n > 0)
		put_op(p, n == 1 ? OP_SETITEM : OP_SETITEMS);
}

static void
put_value(struct pickler *p, const json_t *value, unsigned depth)
{
	const struct roll *roll = rolls_find(p->rolls, value);

	if (roll != NULL) {
		draft_roll(p->out, roll);
		return;
	}
	if (json_is_string(value)) {
		put_text(p, span_from(json_string_value(value),
		    json_string_length(value)));
		return;
	}
	begin_value(p);
	if (json_is_array(value) && depth < 32 && p->tuples >> depth & 1)
		put_tuple(p, value, depth);
	else if (json_is_array(value))
		put_list(p, value, depth);
	else if (json_is_object(value))
		put_dict(p, value, depth);
	else if (json_is_integer(value))
		put_integer(p, json_integer_value(value));
	else if (json_is_real(value))
		put_real(p, json_real_value(value));
	else
		put_op(p, json_is_true(value) ? OP_TRUE :
		    json_is_false(value) ? OP_FALSE : OP_NONE);
}

static void
end(struct pickler *p)
{
	put_op(p, OP_STOP);
}

/* The whole draft; it is freed. */
static void
play(struct draft *d, struct buf *out)
{
	struct draft_player player = { .draft = d, .out = out };

	pickle_play(&player, SIZE_MAX);
	draft_fini(d);
}

void
pickle_write(struct buf *out, const json_t *value, uint32_t tuples)
{
	struct draft draft = { 0 };
	struct pickler p = { .out = &draft, .tuples = tuples };

	begin(&p);
	put_value(&p, value, 0);
	end(&p);
	play(&draft, out);
}

void
pickle_draft_ok(struct draft *d, const json_t *payload, uint32_t tuples,
    const struct rolls *rolls)
{
	struct pickler p = { .out = d, .tuples = tuples, .rolls = rolls };

	begin(&p);
	begin_value(&p);
	put_integer(&p, 0);
	put_value(&p, payload, 0);
	put_op(&p, OP_TUPLE1 + 1);
	put_op(&p, OP_MEMOIZE);
	end(&p);
}

void
pickle_write_ok(struct buf *out, const json_t *payload, uint32_t tuples)
{
	struct draft draft = { 0 };

	pickle_draft_ok(&draft, payload, tuples, NULL);
	play(&draft, out);
}

/* --- exceptions -------------------------------------------------------------- */

/* Modules of the classes; what is in none of the rows is an Exception. */
static const struct {
	const char *module, *classes;   /* each between blanks */
} modules[] = {
	{ "fail2ban.exceptions",
	    " UnknownJailException DuplicateJailException " },
	{ "fail2ban.server.failregex", " RegexException " },
	{ "builtins", " ArithmeticError AttributeError ConnectionError"
	    " FileExistsError FileNotFoundError ImportError IndexError"
	    " InterruptedError IsADirectoryError KeyError LookupError"
	    " NameError NotADirectoryError NotImplementedError OSError"
	    " OverflowError PermissionError RecursionError RuntimeError"
	    " SyntaxError TimeoutError TypeError ValueError"
	    " ZeroDivisionError " },
};

static const char *
module_of(const char *type)
{
	for (size_t i = 0; i < sizeof(modules) / sizeof(modules[0]); i++) {
		const char *at = strstr(modules[i].classes, type);

		if (at != NULL && type[0] != '\0' && at[-1] == ' ' &&
		    at[strlen(type)] == ' ')
			return modules[i].module;
	}
	return NULL;
}

bool
pickle_write_errno(struct span message, int64_t *number, struct span *text,
    struct span *path)
{
	static const char lead[] = "[Errno ";
	size_t digits, colon;

	if (!span_starts(message, span_of(lead)))
		return false;
	message = span_skip(message, sizeof(lead) - 1);
	digits = span_chr(message, ']');
	colon = span_find(message, SPAN(": '"));
	if (digits == SPAN_NONE || colon == SPAN_NONE || colon < digits + 2 ||
	    message.p[message.n - 1] != '\'' || message.n < colon + 4 ||
	    number_parse(span_sub(message, 0, digits), 0, INT32_MAX,
	    number) == -1)
		return false;
	*text = span_sub(message, digits + 2, colon - digits - 2);
	*path = span_sub(message, colon + 3, message.n - colon - 4);
	return true;
}

static void
put_arguments(struct pickler *p, struct span message)
{
	struct span text, path;
	int64_t number;

	begin_value(p);
	if (pickle_write_errno(message, &number, &text, &path)) {
		begin_value(p);
		put_integer(p, number);
		put_text(p, text);
		put_text(p, path);
		put_op(p, OP_TUPLE1 + 2);
	} else {
		put_text(p, message);
		put_op(p, OP_TUPLE1);
	}
	put_op(p, OP_MEMOIZE);
}

void
pickle_write_error(struct buf *out, const char *type, const char *message)
{
	struct draft draft = { 0 };
	struct pickler p = { .out = &draft };
	const char *module = module_of(type);

	begin(&p);
	begin_value(&p);
	put_integer(&p, 1);
	put_text(&p, span_of(module != NULL ? module : "builtins"));
	put_text(&p, span_of(module != NULL ? type : "Exception"));
	put_op(&p, OP_STACK_GLOBAL);
	put_op(&p, OP_MEMOIZE);
	put_arguments(&p, span_of(message));
	put_op(&p, OP_REDUCE);
	put_op(&p, OP_MEMOIZE);
	put_op(&p, OP_TUPLE1 + 1);
	put_op(&p, OP_MEMOIZE);
	end(&p);
	play(&draft, out);
}
