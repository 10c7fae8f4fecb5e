#include "match/encoding.h"

#include <errno.h>
#include <iconv.h>
#include <stdint.h>
#include <stdlib.h>

#include "base/xalloc.h"

#define NAME_MAX_BYTES 64
#define NO_CONVERTER ((iconv_t)-1)

struct encoding {
	iconv_t cd;
	size_t unit;         /* bytes of the smallest character */
	bool big_endian;     /* … when that is more than one */
	bool has_ascii;
};

/* Python's names (lower case, '_' as '-') that iconv has other words for. */
static const struct alias {
	const char *python, *iconv;
} aliases[] = {
	{ "646", "ASCII" }, { "l1", "LATIN1" }, { "latin", "LATIN1" },
	{ "latin-1", "LATIN1" }, { "8859", "LATIN1" }, { "l9", "ISO-8859-15" },
	{ "iso8859", "LATIN1" }, { "latin9", "ISO-8859-15" },
	{ "latin2", "ISO-8859-2" }, { "latin5", "ISO-8859-9" },
	{ "utf-16-le", "UTF-16LE" }, { "utf-16-be", "UTF-16BE" },
	{ "utf-32-le", "UTF-32LE" }, { "utf-32-be", "UTF-32BE" },
	{ "u16", "UTF-16LE" }, { "utf16", "UTF-16LE" },
	{ "utf-16", "UTF-16LE" }, { "u32", "UTF-32LE" },
	{ "utf32", "UTF-32LE" }, { "utf-32", "UTF-32LE" },
	{ "mac-roman", "MACINTOSH" }, { "macroman", "MACINTOSH" },
	{ "big5hkscs", "BIG5-HKSCS" }, { "ms932", "CP932" },
	{ "ms949", "UHC" }, { "cp949", "UHC" }, { "ms936", "GBK" },
	{ "ms1361", "JOHAB" }, { "kz1048", "RK1048" },
	{ "s-jis", "SJIS" }, { "shiftjis", "SJIS" },
	{ "shift-jis", "SJIS" }, { "iso2022-jp", "ISO-2022-JP" },
	{ "iso2022-kr", "ISO-2022-KR" },
};

static const char *const utf8_names[] = {
	"", "auto", "utf-8", "utf8", "u8", "utf", "cp65001", "utf-8-sig",
};

/* The short forms of what is there: "iso8859-15", "windows-1252". */
static struct span
plain_name(struct span s, char *out)
{
	static const struct span dashed = { "iso8859-", 8 };
	static const struct span windows = { "windows-", 8 };
	struct buf made = { 0 };
	size_t n;

	if (span_starts(s, dashed))
		buf_adds(&made, "iso-8859-");
	else if (span_starts(s, windows))
		buf_adds(&made, "cp");
	else
		return s;
	buf_add_span(&made, span_skip(s, 8));
	for (n = 0; n < made.n && n < NAME_MAX_BYTES; n++)
		out[n] = made.p[n];
	buf_fini(&made);
	return span_from(out, n);
}

static const char *
iconv_name(struct span s)
{
	size_t i;

	for (i = 0; i < sizeof(aliases) / sizeof(aliases[0]); i++)
		if (span_eq(s, span_of(aliases[i].python)))
			return aliases[i].iconv;
	return NULL;
}

static iconv_t
find_any(struct span name)
{
	char *copy = span_dup(name);
	iconv_t cd = iconv_open("UTF-8", copy);

	free(copy);
	return cd;
}

/* Every byte below 0x80 in one go: shift sequences show, too. */
static bool
keeps_ascii(struct encoding *e)
{
	struct buf out = { 0 };
	char all[0x80];
	bool same;
	size_t i;

	for (i = 0; i < sizeof(all); i++)
		all[i] = (char)i;
	encoding_decode(e, span_from(all, sizeof(all)), &out);
	same = span_eq(buf_span(&out), span_from(all, sizeof(all)));
	buf_fini(&out);
	return same;
}

static struct encoding *
encoding_new(iconv_t cd, struct span name)
{
	struct encoding *e = xcalloc(1, sizeof(*e));

	e->cd = cd;
	e->unit = 1;
	if (span_eq_nocase(span_sub(name, 0, 6), SPAN("utf-16")))
		e->unit = 2;
	else if (span_eq_nocase(span_sub(name, 0, 6), SPAN("utf-32")))
		e->unit = 4;
	e->big_endian = name.n > 2 &&
	    span_eq_nocase(span_skip(name, name.n - 2), SPAN("be"));
	e->has_ascii = e->unit == 1 && keeps_ascii(e);
	return e;
}

int
encoding_open(const char *name, struct encoding **e)
{
	struct span s = span_of(name);
	char lower[NAME_MAX_BYTES], plain[NAME_MAX_BYTES];
	iconv_t cd;
	size_t i;

	*e = NULL;
	if (s.n > NAME_MAX_BYTES || span_chr(s, '/') != SPAN_NONE)
		goto unknown;
	for (i = 0; i < s.n; i++)
		lower[i] = s.p[i] == '_' || s.p[i] == ' ' ? '-' :
		    s.p[i] >= 'A' && s.p[i] <= 'Z' ?
		    (char)(s.p[i] + ('a' - 'A')) : s.p[i];
	s = span_from(lower, s.n);
	for (i = 0; i < sizeof(utf8_names) / sizeof(utf8_names[0]); i++)
		if (span_eq(s, span_of(utf8_names[i])))
			return 0;
	s = iconv_name(s) != NULL ? span_of(iconv_name(s)) :
	    plain_name(s, plain);
	cd = find_any(s);
	if (cd == NO_CONVERTER)
		goto unknown;
	*e = encoding_new(cd, s);
	return 0;
unknown:
	errno = EINVAL;
	return -1;
}

void
encoding_close(struct encoding *e)
{
	if (e == NULL)
		return;
	iconv_close(e->cd);
	free(e);
}

bool
encoding_has_ascii(const struct encoding *e)
{
	return e->has_ascii;
}

/*
 * Lines are cut at the byte of a newline; where characters have two or four
 * bytes, the zeros of that newline stay behind, on one side or the other.
 */
static struct span
drop_zeros(const struct encoding *e, struct span s)
{
	while (s.n % e->unit != 0 && s.n > 0) {
		if (e->big_endian && s.p[s.n - 1] == '\0')
			s.n--;
		else if (!e->big_endian && s.p[0] == '\0')
			s = span_skip(s, 1);
		else
			break;
	}
	return s;
}

static struct span
drop_mark(const struct encoding *e, struct span s)
{
	static const struct span marks[] = {
		{ "\xff\xfe", 2 }, { "\xfe\xff", 2 },
		{ "\xff\xfe\0\0", 4 }, { "\0\0\xfe\xff", 4 },
	};
	const struct span *mark = &marks[e->unit / 4 * 2 + e->big_endian];

	return e->unit > 1 && span_starts(s, *mark) ?
	    span_skip(s, mark->n) : s;
}

void
encoding_decode(struct encoding *e, struct span line, struct buf *out)
{
	size_t room, left, skip;
	char *in, *to;

	line = drop_mark(e, drop_zeros(e, line));
	buf_clear(out);
	iconv(e->cd, NULL, NULL, NULL, NULL);
	while (line.n > 0) {
		in = (char *)(uintptr_t)line.p;
		left = line.n;
		room = left * 3 + 16;
		to = buf_reserve(out, room);
		if (iconv(e->cd, &in, &left, &to, &room) == (size_t)-1 &&
		    errno == E2BIG)
			skip = 0;
		else
			skip = left == 0 ? 0 : left < e->unit ? left : e->unit;
		out->n = (size_t)(to - out->p);
		if (skip > 0)
			buf_adds(out, "\xef\xbf\xbd");
		line = span_from(in + skip, left - skip);
	}
	/* Some hold a letter back, for an accent may follow. */
	room = 16;
	to = buf_reserve(out, room);
	iconv(e->cd, NULL, NULL, &to, &room);
	out->n = (size_t)(to - out->p);
	buf_adds(out, "");
}
