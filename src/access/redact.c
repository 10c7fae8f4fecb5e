#include "access/redact.h"

#include <pthread.h>

#include "match/scan.h"

/*
 * How the secret behind a word ends. Better too much taken away than a part
 * of a password left: what may hold blanks goes up to the end of its bracket
 * or of the line.
 */
enum extent {
	WORD_ONLY,      /* up to a blank, quote, bracket or separator */
	BRACKET,        /* up to the last ')' of the line, or its end */
	QUOTED,         /* up to the next unescaped '"' */
	PARAMETER,      /* up to '&', '#', a blank or a quote: of a URL */
	REST,           /* the rest of the line */
	EXTENTS
};

struct secret {
	struct span word;       /* lower case */
	enum extent extent;
};

/* Longer words before those they begin with. */
static const struct secret secrets[] = {
	{ { "given password: ", 16 }, BRACKET },
	{ { "auth plain ", 11 }, WORD_ONLY },
	{ { "auth login ", 11 }, WORD_ONLY },
	{ { "auth xoauth2 ", 13 }, WORD_ONLY },
	{ { "auth oauthbearer ", 17 }, WORD_ONLY },
	{ { "authenticate plain ", 19 }, WORD_ONLY },
	{ { "authenticate login ", 19 }, WORD_ONLY },
	{ { "authorization: basic ", 21 }, WORD_ONLY },
	{ { "authorization: bearer ", 22 }, WORD_ONLY },
	{ { "\"password\":\"", 12 }, QUOTED },
	{ { "\"password\": \"", 13 }, QUOTED },
	{ { "\"pass\":\"", 8 }, QUOTED },
	{ { "\"passwd\":\"", 10 }, QUOTED },
	{ { "\"secret\":\"", 10 }, QUOTED },
	{ { "password=", 9 }, PARAMETER },
	{ { "(pass: '", 8 }, BRACKET },
	{ { "passwd=\"", 8 }, REST },
	{ { "passwd=", 7 }, PARAMETER },
	{ { "_pass=", 6 }, PARAMETER },
	{ { " pass=", 6 }, PARAMETER },
	{ { "&pass=", 6 }, PARAMETER },
	{ { "?pass=", 6 }, PARAMETER },
	{ { "secretkey=", 10 }, PARAMETER },
	{ { "> pass ", 7 }, REST },
	{ { "\"pass ", 6 }, QUOTED },
};

#define SECRETS (sizeof(secrets) / sizeof(secrets[0]))

static bool
is_one_of(char c, const char *set)
{
	return c != '\0' && strchr(set, c) != NULL;
}

static size_t
until(struct span s, const char *set)
{
	size_t i;

	for (i = 0; i < s.n && !is_one_of(s.p[i], set); i++)
		;
	return i;
}

static size_t
until_quote(struct span s)
{
	size_t i;

	for (i = 0; i < s.n && s.p[i] != '"'; i++)
		if (s.p[i] == '\\' && i + 1 < s.n)
			i++;
	return i < s.n ? i : s.n;
}

/* Bytes of the secret that s begins with. */
static size_t
length(struct span s, enum extent extent)
{
	size_t at;

	switch (extent) {
	case WORD_ONLY:
		return until(s, " \t\"'()<>,;");
	case PARAMETER:
		return until(s, " \t\"'&#");
	case QUOTED:
		return until_quote(s);
	case BRACKET:
		at = span_find_last(s, SPAN(")"));
		return at != SPAN_NONE ? at : s.n;
	case REST:
	case EXTENTS:
		break;
	}
	return s.n;
}

static char
lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

static const struct secret *
begins(struct span s)
{
	for (size_t i = 0; i < SECRETS; i++)
		if (s.n > secrets[i].word.n &&
		    lower(s.p[0]) == secrets[i].word.p[0] &&
		    span_eq_nocase(span_sub(s, 0, secrets[i].word.n),
			secrets[i].word))
			return &secrets[i];
	return NULL;
}

/* --- is there any? -------------------------------------------------------- */

/*
 * Nearly all lines have none: a scan for these, of which every word above
 * holds one, says so. Eight of them, for the scanner has as many buckets.
 */
static const struct literal parts[] = {
	{ 4, true, "pass" }, { 11, true, "auth plain " },
	{ 11, true, "auth login " }, { 13, true, "auth xoauth2 " },
	{ 17, true, "auth oauthbearer " }, { 13, true, "authenticate " },
	{ 15, true, "authorization: " }, { 6, true, "secret" },
};

static struct scan *words;

/* Of what mail servers write most: three bytes of a word that are in none of
 * it are what it is looked for by. */
static const char sample[] =
    "Nov 28 11:10:02 mail dovecot: imap-login: Login: user=<alice@example.com>,"
    " method=PLAIN, rip=192.0.2.7, lip=192.0.2.1, mpid=300, TLS, session=<x>\n"
    "imap(alice@example.com)<300><x>: Disconnected: Logged out in=10 out=793 "
    "deleted=0 expunged=0 trashed=0 hdr_count=0 hdr_bytes=0 body_count=1\n"
    "2026-11-28 11:10:05 1rGabc-000000000-0000 <= alice@example.com H=(laptop) "
    "[192.0.2.7] P=esmtpsa X=TLS1.3:ECDHE_X25519__ECDSA_SECP256R1_SHA256__"
    "AES_256_GCM:256 CV=no A=plain_server:alice@example.com S=1024 id=x\n"
    "login_server authenticator failed for (User) [192.0.2.7]: 535 Incorrect "
    "authentication data (set_id=alice@example.com)\n"
    "postfix/submission/smtpd[300]: 4F0: client=unknown[192.0.2.7], "
    "sasl_method=PLAIN, sasl_username=alice@example.com\n"
    "postfix/smtp[901]: 4F0: to=<info@example.net>, relay=mx.example.net"
    "[192.0.2.25]:25, delay=0.5, dsn=2.0.0, status=sent (250 2.0.0 Ok)\n";

static void
make_words(void)
{
	words = scan_new(parts, sizeof(parts) / sizeof(parts[0]), SCAN_BEST,
	    SPAN(sample));
}

static size_t
on_word(unsigned literal, size_t start, void *arg)
{
	(void)literal;
	*(size_t *)arg = start;
	return SPAN_NONE;
}

/* No word begins before this place; SPAN_NONE: there is none. */
static size_t
first_word(struct span line)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	size_t start = SPAN_NONE;

	pthread_once(&once, make_words);
	scan_each(words, line, on_word, &start);
	/* Within a line it tells of them in any order. */
	if (start == SPAN_NONE || start < LITERAL_MAX)
		return start == SPAN_NONE ? start : 0;
	return start - LITERAL_MAX;
}

/* --- taking them out ------------------------------------------------------ */

/*
 * Where the secret that begins at i ends, with those of the words that begin
 * in it: a user's name may look like a word, and be taken for the begin of
 * one. No kind of extent is measured twice from within what it spanned, so a
 * line of nothing but words costs no more than its length.
 */
static size_t
secret_end(struct span line, size_t i, enum extent extent)
{
	size_t ends[EXTENTS] = { 0 }, end, from;
	const struct secret *s;

	end = ends[extent] = i + length(span_skip(line, i), extent);
	for (; i < end && end < line.n; i++) {
		s = begins(span_skip(line, i));
		if (s == NULL)
			continue;
		from = i + s->word.n;
		if (ends[s->extent] < from)
			ends[s->extent] = from + length(span_skip(line, from),
			    s->extent);
		if (ends[s->extent] > from && ends[s->extent] > end)
			end = ends[s->extent];
	}
	return end;
}

static void
take_out(struct span line, size_t i, struct buf *out)
{
	size_t from = 0, end;

	while (i < line.n) {
		const struct secret *s = begins(span_skip(line, i));

		if (s == NULL) {
			i++;
			continue;
		}
		i += s->word.n;
		end = secret_end(line, i, s->extent);
		if (end == i)
			continue;
		buf_add_span(out, span_sub(line, from, i - from));
		buf_adds(out, "***");
		from = i = end;
	}
	buf_add_span(out, span_skip(line, from));
}

struct span
redact(struct span line, struct buf *scratch)
{
	size_t first = first_word(line);

	if (first == SPAN_NONE)
		return line;
	buf_clear(scratch);
	take_out(line, first, scratch);
	return buf_span(scratch);
}

static bool
is_part(struct span part, struct span of)
{
	return of.n >= part.n && part.p >= of.p &&
	    part.p + part.n <= of.p + of.n;
}

void
redact_event(struct access_event *e, struct buf *line, struct buf *detail)
{
	struct span *said = &e->texts[EVENT_DETAIL], whole = e->line;

	e->line = redact(whole, line);
	/* A part of a line without any has none. */
	if (said->n > 0 && (e->line.p != whole.p || !is_part(*said, whole)))
		*said = redact(*said, detail);
}
