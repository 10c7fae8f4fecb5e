#include "action/values.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/id.h"
#include "base/xalloc.h"

#define NAME_MAX_LEN 64u
#define GROUP_MAX (4u << 10)     /* bytes of a group's value */
#define LIST_MAX (96u << 10)     /* bytes of the lines of one list */
#define VERSION 1u
#define ABSENT UINT32_MAX        /* length of a NULL */

static char *
dup_or_null(const char *s)
{
	return s != NULL ? xstrdup(s) : NULL;
}

void
values_copy(struct values *to, const struct values *from)
{
	*to = *from;
	to->fid = dup_or_null(from->fid);
	to->ip = dup_or_null(from->ip);
	to->matches = to->ipmatches = to->ipjailmatches =
	    (struct strings){ 0 };
	strings_copy(&to->matches, &from->matches);
	strings_copy(&to->ipmatches, &from->ipmatches);
	strings_copy(&to->ipjailmatches, &from->ipjailmatches);
	to->groups = NULL;
	to->groups_n = 0;
	for (size_t i = 0; i < from->groups_n; i++)
		values_add_group(to, span_of(from->groups[i].name),
		    span_of(from->groups[i].value));
}

void
values_fini(struct values *v)
{
	free(v->fid);
	free(v->ip);
	strings_fini(&v->matches);
	strings_fini(&v->ipmatches);
	strings_fini(&v->ipjailmatches);
	for (size_t i = 0; i < v->groups_n; i++) {
		free(v->groups[i].name);
		free(v->groups[i].value);
	}
	free(v->groups);
	*v = (struct values){ 0 };
}

static size_t
list_size(const struct strings *l)
{
	size_t n = 0;

	for (size_t i = 0; i < l->n; i++)
		n += strlen(l->v[i]) + sizeof(char *);
	return n;
}

size_t
values_size(const struct values *v)
{
	size_t n = sizeof(*v) + list_size(&v->matches) +
	    list_size(&v->ipmatches) + list_size(&v->ipjailmatches);

	n += v->fid != NULL ? strlen(v->fid) : 0;
	n += v->ip != NULL ? strlen(v->ip) : 0;
	for (size_t i = 0; i < v->groups_n; i++)
		n += strlen(v->groups[i].name) + strlen(v->groups[i].value);
	return n;
}

static bool
is_group_name(struct span name)
{
	if (name.n == 0 || name.n > NAME_MAX_LEN)
		return false;
	for (size_t i = 0; i < name.n; i++) {
		char c = name.p[i];

		if (!(c >= 'a' && c <= 'z') && !(c >= '0' && c <= '9') &&
		    c != '_')
			return false;
	}
	return true;
}

void
values_add_group(struct values *v, struct span name, struct span value)
{
	if (v->groups_n == VALUES_GROUPS_MAX || !is_group_name(name))
		return;
	if (v->groups == NULL)
		v->groups = xcalloc(VALUES_GROUPS_MAX, sizeof(*v->groups));
	v->groups[v->groups_n++] =
	    (struct values_group){ span_dup(name), span_dup(value) };
}

const char *
values_group(const struct values *v, const char *name)
{
	for (size_t i = 0; i < v->groups_n; i++)
		if (strcmp(v->groups[i].name, name) == 0)
			return v->groups[i].value;
	return NULL;
}

/* Not through the middle of a character. */
static struct span
cut(const char *s, size_t max)
{
	size_t n = strlen(s);

	if (n > max)
		for (n = max; n > 0 && (s[n] & 0xc0) == 0x80; n--)
			;
	return span_from(s, n);
}

static void
put_u32(struct buf *out, uint32_t n)
{
	buf_add(out, &n, sizeof(n));
}

static void
put_u64(struct buf *out, uint64_t n)
{
	buf_add(out, &n, sizeof(n));
}

static void
put_text(struct buf *out, const char *s, size_t max)
{
	struct span text;

	if (s == NULL) {
		put_u32(out, ABSENT);
		return;
	}
	text = cut(s, max);
	put_u32(out, (uint32_t)text.n);
	buf_add_span(out, text);
}

/* The newest lines: they say what led to the ban. */
static void
put_list(struct buf *out, const struct strings *l)
{
	size_t first = l->n, bytes = 0;

	while (first > 0 && l->n - first < VALUES_LINES_MAX) {
		bytes += cut(l->v[first - 1], VALUES_TEXT_MAX).n;
		if (bytes > LIST_MAX)
			break;
		first--;
	}
	put_u32(out, (uint32_t)(l->n - first));
	for (size_t i = first; i < l->n; i++)
		put_text(out, l->v[i], VALUES_TEXT_MAX);
}

static uint32_t
flags(const struct values *v)
{
	return (v->time_whole ? 1u : 0) | (v->restored ? 2u : 0) |
	    (v->merged ? 4u : 0);
}

void
values_pack(const struct values *v, struct buf *out)
{
	put_u32(out, VERSION);
	put_u32(out, flags(v));
	put_u64(out, (uint64_t)v->time.us);
	put_u64(out, (uint64_t)v->bantime);
	put_u32(out, v->bancount);
	put_u32(out, v->failures);
	put_u32(out, v->ipfailures);
	put_u32(out, v->ipjailfailures);
	put_u64(out, v->jail_banned);
	put_u64(out, v->jail_banned_total);
	put_u64(out, v->jail_found);
	put_u64(out, v->jail_found_total);
	put_text(out, v->fid, ID_RAW_MAX);
	put_text(out, v->ip, ID_RAW_MAX);
	put_list(out, &v->matches);
	put_list(out, &v->ipmatches);
	put_list(out, &v->ipjailmatches);
	put_u32(out, (uint32_t)v->groups_n);
	for (size_t i = 0; i < v->groups_n; i++) {
		put_text(out, v->groups[i].name, NAME_MAX_LEN);
		put_text(out, v->groups[i].value, GROUP_MAX);
	}
}

/* A cursor that cannot pass the end: what is missing marks it as bad. */
struct reader {
	struct span rest;
	bool bad;
};

static void
get(struct reader *r, void *to, size_t n)
{
	if (r->bad || r->rest.n < n) {
		r->bad = true;
		memset(to, 0, n);
		return;
	}
	memcpy(to, r->rest.p, n);
	r->rest = span_skip(r->rest, n);
}

static uint32_t
get_u32(struct reader *r)
{
	uint32_t n;

	get(r, &n, sizeof(n));
	return n;
}

static uint64_t
get_u64(struct reader *r)
{
	uint64_t n;

	get(r, &n, sizeof(n));
	return n;
}

/* A number of things, each of which takes 4 bytes at the least. */
static uint32_t
get_count(struct reader *r, uint32_t max)
{
	uint32_t n = get_u32(r);

	if (n > max || n > r->rest.n / 4) {
		r->bad = true;
		return 0;
	}
	return n;
}

/* False: absent, or bad. */
static bool
get_span(struct reader *r, size_t max, struct span *text)
{
	uint32_t n = get_u32(r);

	if (r->bad || n == ABSENT)
		return false;
	if (n > max || n > r->rest.n ||
	    memchr(r->rest.p, '\0', n) != NULL) {
		r->bad = true;
		return false;
	}
	*text = span_sub(r->rest, 0, n);
	r->rest = span_skip(r->rest, n);
	return true;
}

static char *
get_text(struct reader *r, size_t max)
{
	struct span text;

	return get_span(r, max, &text) ? span_dup(text) : NULL;
}

static void
get_list(struct reader *r, struct strings *l)
{
	uint32_t n = get_count(r, VALUES_LINES_MAX);
	struct span text;

	while (n-- > 0 && !r->bad) {
		if (get_span(r, VALUES_TEXT_MAX, &text))
			strings_add(l, text);
		else
			r->bad = true;
	}
}

static void
get_groups(struct reader *r, struct values *v)
{
	uint32_t n = get_count(r, VALUES_GROUPS_MAX);
	struct span name, value;

	while (n-- > 0 && !r->bad) {
		if (get_span(r, NAME_MAX_LEN, &name) && is_group_name(name) &&
		    get_span(r, GROUP_MAX, &value))
			values_add_group(v, name, value);
		else
			r->bad = true;
	}
}

static void
get_numbers(struct reader *r, struct values *v)
{
	uint32_t bits;

	r->bad |= get_u32(r) != VERSION;
	bits = get_u32(r);
	r->bad |= bits > 7;
	v->time_whole = (bits & 1) != 0;
	v->restored = (bits & 2) != 0;
	v->merged = (bits & 4) != 0;
	v->time.us = (int64_t)get_u64(r);
	v->bantime = (int64_t)get_u64(r);
	r->bad |= v->bantime < -1;
	v->bancount = get_u32(r);
	v->failures = get_u32(r);
	v->ipfailures = get_u32(r);
	v->ipjailfailures = get_u32(r);
	v->jail_banned = get_u64(r);
	v->jail_banned_total = get_u64(r);
	v->jail_found = get_u64(r);
	v->jail_found_total = get_u64(r);
}

int
values_unpack(struct span packed, struct values *v)
{
	struct reader r = { packed, packed.n > VALUES_PACKED_MAX };

	*v = (struct values){ 0 };
	get_numbers(&r, v);
	v->fid = get_text(&r, ID_RAW_MAX);
	v->ip = get_text(&r, ID_RAW_MAX);
	get_list(&r, &v->matches);
	get_list(&r, &v->ipmatches);
	get_list(&r, &v->ipjailmatches);
	get_groups(&r, v);
	if (!r.bad && r.rest.n == 0)
		return 0;
	values_fini(v);
	errno = EBADMSG;
	return -1;
}
