#include "control/pickle_read.h"

#include <stdlib.h>

#include "base/number.h"
#include "base/xalloc.h"
#include "control/unpickle.h"

/* An opcode's work; `with` is its argument's size, or a kind. */
struct opcode {
	bool (*run)(struct unpickle *m, size_t with);
	size_t with;
};

/* --- containers ------------------------------------------------------ */

static bool
op_mark(struct unpickle *m, size_t unused)
{
	(void)unused;
	if (m->marks.n >= PICKLE_VALUES_MAX)
		return unpickle_refuse(m, "too many values");
	unpickle_add_index(&m->marks, (uint32_t)m->stack.n);
	return true;
}

static bool
op_empty(struct unpickle *m, size_t kind)
{
	return unpickle_push_new(m, (struct pickle_value){ (enum pickle_kind)kind,
	    .items = { 0, 0, 0 } });
}

/* A container of what lies above `from`. */
static bool
push_filled(struct unpickle *m, enum pickle_kind kind, size_t from)
{
	uint32_t container;

	if (!op_empty(m, kind) || !unpickle_pop(m, &container) ||
	    !unpickle_put_all(m, container, from))
		return false;
	return unpickle_push(m, container);
}

static bool
op_since_mark(struct unpickle *m, size_t kind)
{
	size_t from;

	return unpickle_pop_mark(m, &from) &&
	    push_filled(m, (enum pickle_kind)kind, from);
}

static bool
op_tuple(struct unpickle *m, size_t n)
{
	if (m->stack.n < unpickle_floor(m) + n)
		return unpickle_refuse(m, "unexpected MARK or stack underflow");
	return push_filled(m, PICKLE_TUPLE, m->stack.n - n);
}

/* What lies above `from` into the container right below. */
static bool
extend(struct unpickle *m, size_t from, enum pickle_kind kind)
{
	if (from <= unpickle_floor(m))
		return unpickle_refuse(m, "unexpected MARK or stack underflow");
	if (m->heap.values[m->stack.v[from - 1]].kind != kind)
		return unpickle_refuse(m, "items for what cannot hold them");
	return unpickle_put_all(m, m->stack.v[from - 1], from);
}

static bool
op_append(struct unpickle *m, size_t n)
{
	if (m->stack.n < n)
		return unpickle_refuse(m, "unexpected MARK or stack underflow");
	return extend(m, m->stack.n - n, n == 1 ? PICKLE_LIST : PICKLE_DICT);
}

static bool
op_extend(struct unpickle *m, size_t kind)
{
	size_t from;

	return unpickle_pop_mark(m, &from) &&
	    extend(m, from, (enum pickle_kind)kind);
}

static bool
op_pop(struct unpickle *m, size_t unused)
{
	uint32_t index;

	(void)unused;
	/* On a mark it takes the mark. */
	if (m->marks.n > 0 && m->stack.n == unpickle_floor(m)) {
		m->marks.n--;
		return true;
	}
	return unpickle_pop(m, &index);
}

static bool
op_pop_mark(struct unpickle *m, size_t unused)
{
	(void)unused;
	return unpickle_pop_mark(m, &m->stack.n);
}

static bool
op_dup(struct unpickle *m, size_t unused)
{
	uint32_t index;

	(void)unused;
	return unpickle_top(m, &index) && unpickle_push(m, index);
}

/* --- memo ------------------------------------------------------------------ */

static bool
put(struct unpickle *m, uint64_t at)
{
	uint32_t index;

	if (!unpickle_top(m, &index))
		return false;
	if (at >= PICKLE_VALUES_MAX)
		return unpickle_refuse(m, "a memo index is too large");
	while (m->memo.n <= at)
		unpickle_add_index(&m->memo, 0);
	m->memo.v[at] = index + 1;
	return true;
}

static bool
get(struct unpickle *m, uint64_t at)
{
	if (at >= m->memo.n || m->memo.v[at] == 0)
		return unpickle_refuse(m, "memo value not found");
	return unpickle_push(m, m->memo.v[at] - 1);
}

static bool
op_put(struct unpickle *m, size_t width)
{
	uint64_t at;

	return unpickle_take_number(m, width, &at) && put(m, at);
}

static bool
op_get(struct unpickle *m, size_t width)
{
	uint64_t at;

	return unpickle_take_number(m, width, &at) && get(m, at);
}

static bool
take_index(struct unpickle *m, uint64_t *out)
{
	struct span line;
	int64_t at;

	if (!unpickle_take_line(m, &line))
		return false;
	if (number_parse(line, 0, UINT32_MAX, &at) == -1)
		return unpickle_refuse(m, "a memo index is none");
	*out = (uint64_t)at;
	return true;
}

static bool
op_put_line(struct unpickle *m, size_t unused)
{
	uint64_t at = 0;

	(void)unused;
	return take_index(m, &at) && put(m, at);
}

static bool
op_get_line(struct unpickle *m, size_t unused)
{
	uint64_t at = 0;

	(void)unused;
	return take_index(m, &at) && get(m, at);
}

/* PEP 3154: the next free index, which is how many there are. */
static bool
op_memoize(struct unpickle *m, size_t unused)
{
	(void)unused;
	return put(m, m->memo.n);
}

/* --- the one class, and what frames the rest ------------------------------------ */

/* Up to protocol 2 the class str goes by the name Python 2 has for it. */
static bool
push_class(struct unpickle *m, struct span module, struct span name)
{
	bool old = span_eq(module, SPAN("__builtin__"));

	if ((!old && !span_eq(module, SPAN("builtins"))) ||
	    (!span_eq(name, SPAN("str")) &&
	    !(old && span_eq(name, SPAN("unicode")))))
		return unpickle_refuse(m,
		    "a class or function is not accepted here");
	return unpickle_push_new(m, (struct pickle_value){ PICKLE_STR,
	    .number = 0 });
}

static bool
op_global(struct unpickle *m, size_t unused)
{
	struct span module, name;

	(void)unused;
	return unpickle_take_line(m, &module) &&
	    unpickle_take_line(m, &name) && push_class(m, module, name);
}

static bool
op_stack_global(struct unpickle *m, size_t unused)
{
	const struct pickle_value *module, *name;
	uint32_t a, b;

	(void)unused;
	if (!unpickle_pop(m, &b) || !unpickle_pop(m, &a))
		return false;
	module = &m->heap.values[a];
	name = &m->heap.values[b];
	if (module->kind != PICKLE_TEXT || name->kind != PICKLE_TEXT)
		return unpickle_refuse(m, "STACK_GLOBAL requires str");
	return push_class(m, module->text, name->text);
}

/* str() of one text is that text. */
static bool
op_reduce(struct unpickle *m, size_t unused)
{
	const struct pickle_heap *h = &m->heap;
	const struct pickle_value *args;
	uint32_t a, callable, only;

	(void)unused;
	if (!unpickle_pop(m, &a) || !unpickle_pop(m, &callable))
		return false;
	args = &h->values[a];
	if (h->values[callable].kind != PICKLE_STR ||
	    args->kind != PICKLE_TUPLE || args->items.n != 1)
		return unpickle_refuse(m, "a call is not accepted here");
	only = h->cells[args->items.first].value;
	if (h->values[only].kind != PICKLE_TEXT)
		return unpickle_refuse(m, "a call is not accepted here");
	return unpickle_push(m, only);
}

static bool
op_protocol(struct unpickle *m, size_t width)
{
	uint64_t version;

	if (!unpickle_take_number(m, width, &version))
		return false;
	return version <= 5 ||
	    unpickle_refuse(m, "unsupported pickle protocol");
}

/* A frame only says how much to read at once; all of it is here already. */
static bool
op_frame(struct unpickle *m, size_t width)
{
	uint64_t n;

	if (!unpickle_take_number(m, width, &n))
		return false;
	return n <= m->left.n ||
	    unpickle_refuse(m, "pickle exhausted before end of frame");
}

static bool
op_stop(struct unpickle *m, size_t unused)
{
	(void)unused;
	m->stopped = true;
	return true;
}

/* What is not here is refused: persistent ids, classes, extensions, buffers. */
static const struct opcode opcodes[256] = {
	['N'] = { unpickle_none, 0 },
	[0x88] = { unpickle_bool, 1 },
	[0x89] = { unpickle_bool, 0 },
	['K'] = { unpickle_int, 1 },
	['M'] = { unpickle_int, 2 },
	['J'] = { unpickle_int, 4 },
	[0x8a] = { unpickle_long, 1 },
	[0x8b] = { unpickle_long, 4 },
	['I'] = { unpickle_int_line, false },
	['L'] = { unpickle_int_line, true },
	['G'] = { unpickle_real, 8 },
	['F'] = { unpickle_real_line, 0 },
	['U'] = { unpickle_text, 1 },
	['T'] = { unpickle_text, 4 },
	['C'] = { unpickle_text, 1 },
	['B'] = { unpickle_text, 4 },
	[0x8e] = { unpickle_text, 8 },
	[0x96] = { unpickle_text, 8 },
	[0x8c] = { unpickle_text, 1 },
	['X'] = { unpickle_text, 4 },
	[0x8d] = { unpickle_text, 8 },
	['V'] = { unpickle_unicode_line, 0 },
	['S'] = { unpickle_string_line, 0 },
	['('] = { op_mark, 0 },
	[']'] = { op_empty, PICKLE_LIST },
	[')'] = { op_empty, PICKLE_TUPLE },
	['}'] = { op_empty, PICKLE_DICT },
	[0x8f] = { op_empty, PICKLE_SET },
	['l'] = { op_since_mark, PICKLE_LIST },
	['t'] = { op_since_mark, PICKLE_TUPLE },
	['d'] = { op_since_mark, PICKLE_DICT },
	[0x91] = { op_since_mark, PICKLE_SET },
	[0x85] = { op_tuple, 1 },
	[0x86] = { op_tuple, 2 },
	[0x87] = { op_tuple, 3 },
	['a'] = { op_append, 1 },
	['s'] = { op_append, 2 },
	['e'] = { op_extend, PICKLE_LIST },
	['u'] = { op_extend, PICKLE_DICT },
	[0x90] = { op_extend, PICKLE_SET },
	['0'] = { op_pop, 0 },
	['1'] = { op_pop_mark, 0 },
	['2'] = { op_dup, 0 },
	['p'] = { op_put_line, 0 },
	['q'] = { op_put, 1 },
	['r'] = { op_put, 4 },
	['g'] = { op_get_line, 0 },
	['h'] = { op_get, 1 },
	['j'] = { op_get, 4 },
	[0x94] = { op_memoize, 0 },
	['c'] = { op_global, 0 },
	[0x93] = { op_stack_global, 0 },
	['R'] = { op_reduce, 0 },
	[0x80] = { op_protocol, 1 },
	[0x95] = { op_frame, 8 },
	['.'] = { op_stop, 0 },
};

bool
pickle_read_starts(char first)
{
	return opcodes[(uint8_t)first].run != NULL;
}

/*
 * What is shared is written out each time. A stream of commands has three
 * times the bytes of its pickle; a bomb of a kilobyte has millions.
 */
#define ROOM(n) (65536 + 8 * (n))

/* --- in parts ------------------------------------------------------------- */

struct pickle_read {
	struct unpickle m;
	struct pickle_words words;
	struct strings argv;
	size_t room;          /* bytes of all words */
	bool has_words;       /* the pickle has stopped: its words are made */
};

static bool
run_one(struct unpickle *m)
{
	const struct opcode *op;
	struct span code;

	if (!unpickle_take(m, 1, &code))
		return false;
	op = &opcodes[(uint8_t)code.p[0]];
	if (op->run == NULL)
		return unpickle_refuse(m, "an opcode is not accepted here");
	return op->run(m, op->with);
}

struct pickle_read *
pickle_read_new(struct span text)
{
	struct pickle_read *r = xcalloc(1, sizeof(*r));

	r->m.left = text;
	r->room = ROOM(text.n);
	return r;
}

void
pickle_read_free(struct pickle_read *r)
{
	if (r == NULL)
		return;
	pickle_words_fini(&r->words);
	strings_fini(&r->argv);
	free(r->m.heap.values);
	free(r->m.heap.cells);
	free(r->m.stack.v);
	free(r->m.marks.v);
	free(r->m.memo.v);
	strings_fini(&r->m.owned);
	free(r);
}

bool
pickle_read_step(struct pickle_read *r, size_t n)
{
	uint32_t root;

	if (r->has_words)
		return pickle_words_some(&r->words, &r->argv, n);
	while (!r->m.stopped && n-- > 0)
		if (!run_one(&r->m))
			return false;
	if (!r->m.stopped)
		return true;
	if (!unpickle_pop(&r->m, &root))
		return false;
	pickle_words_begin(&r->words, &r->m.heap, root, r->room);
	r->has_words = true;
	return r->words.why == NULL;
}

int
pickle_read_end(struct pickle_read *r, struct strings *argv, const char **why)
{
	*why = r->m.why != NULL ? r->m.why : r->words.why;
	if (*why == NULL) {
		*argv = r->argv;
		r->argv = (struct strings){ 0 };
	}
	pickle_read_free(r);
	return *why == NULL ? 0 : -1;
}

int
pickle_read(struct span text, struct strings *argv, const char **why)
{
	struct pickle_read *r = pickle_read_new(text);

	while (pickle_read_step(r, SIZE_MAX))
		;
	return pickle_read_end(r, argv, why);
}
