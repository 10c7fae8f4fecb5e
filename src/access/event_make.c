#include "access/event_make.h"

#include <pthread.h>
#include <string.h>

#include "base/base64.h"
#include "base/number.h"
#include "config/duration.h"
#include "config/utf8.h"

/* --- words ------------------------------------------------------------ */

enum event_service
event_service_of(struct span word)
{
	static const struct {
		struct span word;
		enum event_service service;
	} known[] = {
		{ { "imap", 4 }, SERVICE_IMAP },
		{ { "pop3", 4 }, SERVICE_POP3 },
		{ { "pop", 3 }, SERVICE_POP3 },
		{ { "managesieve", 11 }, SERVICE_SIEVE },
		{ { "sieve", 5 }, SERVICE_SIEVE },
		{ { "timsieve", 8 }, SERVICE_SIEVE },
		{ { "submission", 10 }, SERVICE_SMTP },
		{ { "smtp", 4 }, SERVICE_SMTP },
		{ { "esmtp", 5 }, SERVICE_SMTP },
		{ { "asmtp", 5 }, SERVICE_SMTP },
		{ { "postfix", 7 }, SERVICE_SMTP },
		{ { "lmtp", 4 }, SERVICE_LMTP },
		{ { "http", 4 }, SERVICE_HTTP },
		{ { "jmap", 4 }, SERVICE_JMAP },
		{ { "webdav", 6 }, SERVICE_DAV },
		{ { "dav", 3 }, SERVICE_DAV },
		{ { "eas", 3 }, SERVICE_EAS },
		{ { "admin", 5 }, SERVICE_ADMIN },
		{ { "doveadm", 7 }, SERVICE_ADMIN },
	};
	char first = word.n > 0 ? (char)(word.p[0] | 0x20) : '\0';

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (known[i].word.p[0] == first && span_eq_nocase(span_sub(
			word, 0, known[i].word.n), known[i].word))
			return known[i].service;
	return SERVICE_UNKNOWN;
}

enum event_tls
event_tls_of(struct span word)
{
	enum event_tls tls;

	if (event_tls_parse(word, &tls) == 0)
		return tls;
	/* Dovecot 2.4.0 to 2.4.4 have the letters in another order. */
	if (span_eq_nocase(span_sub(word, 0, 3), SPAN("tls")) ||
	    span_eq(word, SPAN("TSL")) ||
	    span_eq_nocase(span_sub(word, 0, 3), SPAN("ssl")))
		return EVENT_TLS_YES;
	if (span_eq_nocase(word, SPAN("secured")) ||
	    span_eq_nocase(word, SPAN("trusted")))
		return EVENT_TLS_LOCAL;
	if (span_eq_nocase(word, SPAN("plaintext")) ||
	    span_eq_nocase(word, SPAN("insecure")))
		return EVENT_TLS_NONE;
	return EVENT_TLS_UNKNOWN;
}

/* --- groups ----------------------------------------------------------- */

static void
take_text(struct access_event *out, unsigned i, struct span value)
{
	if (out->texts[i].n == 0)
		out->texts[i] = value;
}

static int64_t
number_max(unsigned i)
{
	switch (i) {
	case EVENT_PORT:
	case EVENT_LOCAL_PORT:
		return UINT16_MAX;
	case EVENT_ATTEMPTS:
	case EVENT_RECIPIENTS:
		return 1000000;
	default:
		return INT64_MAX;
	}
}

static void
take_number(struct access_event *out, unsigned i, struct span value)
{
	if (out->numbers[i] == EVENT_NUMBER_UNKNOWN)
		number_parse(value, 0, number_max(i), &out->numbers[i]);
}

/* "0.755s", "1m3s". */
static void
take_duration(struct access_event *out, unsigned i, struct span value)
{
	double seconds;

	if (out->numbers[i] == EVENT_NUMBER_UNKNOWN &&
	    duration_parse(value, &seconds) == 0 && seconds >= 0)
		out->numbers[i] = (int64_t)(seconds * 1000 + 0.5);
}

static void
take_microseconds(struct access_event *out, unsigned i, struct span value)
{
	int64_t us;

	if (out->numbers[i] == EVENT_NUMBER_UNKNOWN &&
	    number_parse(value, 0, INT64_MAX, &us) == 0)
		out->numbers[i] = us / 1000;
}

static void
take_service(struct access_event *out, unsigned i, struct span value)
{
	(void)i;
	if (out->service == SERVICE_UNKNOWN)
		out->service = event_service_of(value);
}

static void
take_reason(struct access_event *out, unsigned i, struct span value)
{
	(void)i;
	if (out->reason == REASON_NONE)
		event_reason_parse(value, &out->reason);
}

static void
take_tls(struct access_event *out, unsigned i, struct span value)
{
	(void)i;
	if (out->tls == EVENT_TLS_UNKNOWN)
		out->tls = event_tls_of(value);
}

static void
take_ip(struct access_event *out, unsigned i, struct span value)
{
	(void)i;
	if (out->ip.family == ADDR_NONE)
		addr_parse(value, &out->ip);
}

static void
take_local_ip(struct access_event *out, unsigned i, struct span value)
{
	(void)i;
	addr_parse(value, &out->local_ip);
}

static void
take_proxy_ip(struct access_event *out, unsigned i, struct span value)
{
	(void)i;
	addr_parse(value, &out->proxy_ip);
}

static void
take_forwarded(struct access_event *out, unsigned i, struct span value)
{
	(void)i;
	out->forwarded = value;
}

/* --- names of groups --------------------------------------------------- */

#define NAMES 256u   /* several times as many as there are */

/* What a group's value is for, by the group's name: a line has a dozen. */
struct taker {
	struct span name;
	void (*take)(struct access_event *out, unsigned i, struct span value);
	unsigned i;          /* enum event_text, event_number */
};

static struct taker takers[NAMES];

static unsigned
place_of(struct span name)
{
	unsigned char first = (unsigned char)name.p[0];
	unsigned char last = (unsigned char)name.p[name.n - 1];

	return ((unsigned)name.n * 37 + first * 7u + last) % NAMES;
}

static void
add_taker(struct taker taker)
{
	unsigned at;

	/* Some fields of an event are never a group of a line. */
	if (taker.name.n == 0)
		return;
	for (at = place_of(taker.name); takers[at].take != NULL;
	    at = (at + 1) % NAMES)
		;
	takers[at] = taker;
}

static void
add_takers(void)
{
	static const struct taker words[] = {
		{ { "service", 7 }, take_service, 0 },
		{ { "reason", 6 }, take_reason, 0 },
		{ { "tls", 3 }, take_tls, 0 },
		{ { "duration", 8 }, take_duration, EVENT_DURATION_MS },
		{ { "duration_us", 11 }, take_microseconds,
		    EVENT_DURATION_MS },
		{ { "ip", 2 }, take_ip, 0 },
		{ { "ip4", 3 }, take_ip, 0 },
		{ { "ip6", 3 }, take_ip, 0 },
		{ { "local_ip", 8 }, take_local_ip, 0 },
		{ { "proxy_ip", 8 }, take_proxy_ip, 0 },
		{ { "forwarded", 9 }, take_forwarded, 0 },
		{ { "realm", 5 }, take_text, EVENT_DOMAIN },
	};

	for (unsigned i = 0; i < EVENT_TEXTS; i++)
		add_taker((struct taker){ event_texts[i].group, take_text,
		    i });
	for (unsigned i = 0; i < EVENT_NUMBERS; i++)
		add_taker((struct taker){ event_numbers[i].group,
		    take_number, i });
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		add_taker(words[i]);
}

static void
take(struct access_event *out, const struct failure_group *g)
{
	unsigned at;

	if (g->name.n == 0)
		return;
	for (at = place_of(g->name); takers[at].take != NULL;
	    at = (at + 1) % NAMES)
		if (span_eq(takers[at].name, g->name)) {
			takers[at].take(out, takers[at].i, g->value);
			return;
		}
}

/* --- accounts --------------------------------------------------------- */

static bool
is_name(struct span s)
{
	for (size_t i = 0; i < s.n; i++)
		if ((unsigned char)s.p[i] < ' ' || s.p[i] == 0x7f)
			return false;
	return s.n > 0 && s.n <= USER_NAME_MAX && utf8_broken_at(s) == SPAN_NONE;
}

/* One of logfmt's escapes, behind its backslash: \n, \x{1b}. A character that
 * is no byte (\x{202e}) stays as it is written. */
static size_t
unescape(struct span s, struct buf *out)
{
	static const char names[] = "nrt", means[] = "\n\r\t";
	const char *at;
	uint64_t byte;

	if (s.n == 0)
		return 0;
	at = memchr(names, s.p[0], sizeof(names) - 1);
	if (at != NULL) {
		buf_addc(out, means[at - names]);
		return 1;
	}
	if (s.n >= 5 && span_starts(s, SPAN("x{")) && s.p[4] == '}' &&
	    number_parse_hex(span_sub(s, 2, 2), &byte) == 0) {
		buf_addc(out, (char)byte);
		return 5;
	}
	if (s.p[0] != '"' && s.p[0] != '\\')
		buf_addc(out, '\\');
	buf_addc(out, s.p[0]);
	return 1;
}

static void
unquote(struct span s, struct buf *out)
{
	size_t n;

	buf_clear(out);
	while ((n = span_chr(s, '\\')) != SPAN_NONE) {
		buf_add_span(out, span_sub(s, 0, n));
		s = span_skip(s, n + 1);
		s = span_skip(s, unescape(s, out));
	}
	buf_add_span(out, s);
}

/*
 * <F-USER_BASE64>: a line of SASL's dialogue, as it was sent; it is no name if
 * it is none decoded. <F-USER_QUOTED>: from between logfmt's quotes; if it is
 * no name without its escapes, it is one with them.
 */
static void
decode_user(const struct event_line *line, struct buf *out)
{
	for (size_t i = 0; i < line->groups_n; i++) {
		const struct failure_group *g = &line->groups[i];

		if (span_eq(g->name, SPAN("user_base64")) &&
		    g->value.n <= 2 * USER_NAME_MAX &&
		    base64_decode(g->value, out) == 0 &&
		    !is_name(buf_span(out)))
			buf_clear(out);
		if (!span_eq(g->name, SPAN("user_quoted")))
			continue;
		unquote(span_sub(g->value, 0, 2 * USER_NAME_MAX), out);
		if (is_name(buf_span(out)))
			continue;
		buf_clear(out);
		buf_add_span(out, span_sub(g->value, 0, USER_NAME_MAX));
	}
}

/* <F-REALM>: what a line has apart of the account's name (saslauthd). */
static struct span
with_realm(struct span name, struct span realm, char whole[USER_NAME_MAX])
{
	if (name.n == 0 || realm.n == 0 ||
	    name.n + 1 + realm.n > USER_NAME_MAX)
		return name;
	memcpy(whole, name.p, name.n);
	whole[name.n] = '@';
	memcpy(whole + name.n + 1, realm.p, realm.n);
	return span_from(whole, name.n + 1 + realm.n);
}

/* The raw name, if it is not the line's own, stands in `user` before the
   other one. */
static void
take_user(const struct event_line *line, const struct user_rules *rules,
    struct buf *user, struct access_event *out)
{
	char decoded[USER_NAME_MAX], whole[USER_NAME_MAX];
	struct span raw = out->texts[EVENT_USER];
	size_t n;

	buf_clear(user);
	if (raw.n == 0)
		decode_user(line, user);
	n = user->n;
	if (n > 0) {
		memcpy(decoded, user->p, n);
		raw = span_from(decoded, n);
	}
	user_normalise(rules, with_realm(raw, out->texts[EVENT_DOMAIN], whole),
	    user);
	out->texts[EVENT_USER_RAW] = n > 0 ? span_sub(buf_span(user), 0, n) :
	    raw;
	out->texts[EVENT_USER] = span_skip(buf_span(user), n);
	out->texts[EVENT_DOMAIN] = user_domain(out->texts[EVENT_USER]);
}

void
event_make(const struct event_line *line, const struct user_rules *rules,
    struct buf *user, struct access_event *out)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;

	pthread_once(&once, add_takers);
	access_event_init(out);
	out->time = line->time;
	out->kind = line->kind;
	out->line = line->line;
	/* What the line says stands before what its filter says of all. */
	for (size_t i = 0; i < line->groups_n; i++)
		take(out, &line->groups[i]);
	out->total = out->numbers[EVENT_ATTEMPTS] > 0;
	if (!out->total)
		out->numbers[EVENT_ATTEMPTS] = 1;
	take_user(line, rules, user, out);
}
