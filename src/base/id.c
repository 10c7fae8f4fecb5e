#include "base/id.h"

#include <stdlib.h>

#include "base/table.h"

struct id
id_from_span(struct span text)
{
	struct id id = { 0 };

	if (addr_parse_net(text, &id.addr) == -1)
		id.raw = span_sub(text, 0, ID_RAW_MAX);
	return id;
}

struct id
id_from_addr(const struct addr *a)
{
	return (struct id){ .addr = *a };
}

bool
id_eq(const struct id *a, const struct id *b)
{
	if (a->addr.family != b->addr.family)
		return false;
	if (a->addr.family != ADDR_NONE)
		return addr_eq(&a->addr, &b->addr);
	return span_eq(a->raw, b->raw);
}

uint64_t
id_hash(const struct id *id)
{
	if (id->addr.family != ADDR_NONE)
		return table_hash(&id->addr, sizeof(id->addr));
	return table_hash(id->raw.p, id->raw.n);
}

struct id
id_copy(const struct id *id)
{
	struct id copy = *id;

	copy.raw = (struct span){ 0 };
	if (id->addr.family == ADDR_NONE)
		copy.raw = span_from(span_dup(id->raw), id->raw.n);
	return copy;
}

void
id_fini(struct id *id)
{
	free((char *)id->raw.p);
	*id = (struct id){ 0 };
}

void
id_format(const struct id *id, struct buf *out)
{
	char text[ADDR_STRLEN];

	if (id->addr.family == ADDR_NONE)
		buf_add_span(out, id->raw);
	else
		buf_add(out, text, addr_format(&id->addr, text));
}
