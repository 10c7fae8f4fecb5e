/*
 * RFC 5424, "<PRI>1 TIME HOST APP PROCID MSGID [SD] MSG", made into the line
 * that syslog daemons write, "HOST APP[PROCID]: MSG", with its time known. Of
 * RFC 3164 and of files with another stamp ("2026-11-21T22:05:51.467051+00:00
 * HOST …") what no filter expects is taken off: "<PRI>" in front, and behind
 * the stamp "<mail.notice>".
 */
#include "source/envelope_local.h"

#include "base/number.h"
#include "base/stamp.h"

#define PRI_MAX 191
#define BSD_STAMP 15          /* "Nov 21 22:05:51" */

static bool
cut_pri(struct span *s)
{
	size_t end = span_chr(span_sub(*s, 0, 5), '>');
	int64_t pri;

	if (!span_starts(*s, SPAN("<")) || end == SPAN_NONE || end < 2 ||
	    s->p[1] == '+' ||
	    number_parse(span_sub(*s, 1, end - 1), 0, PRI_MAX, &pri) == -1)
		return false;
	*s = span_skip(*s, end + 1);
	return true;
}

/* Up to the next blank; "-" is nothing. */
static bool
cut_word(struct span *s, struct span *word)
{
	size_t n = span_chr(*s, ' ');

	if (n == 0 || n == SPAN_NONE)
		return false;
	*word = span_sub(*s, 0, n);
	*s = span_skip(*s, n + 1);
	if (span_eq(*word, SPAN("-")))
		word->n = 0;
	return true;
}

/* --- RFC 5424 ------------------------------------------------------------------ */

/* One [ID NAME="VALUE" …]; ] " \ of a value stand behind a backslash. */
static bool
cut_element(struct span *s)
{
	bool quoted = false;

	for (size_t i = 1; i < s->n; i++) {
		if (quoted && s->p[i] == '\\') {
			i++;
		} else if (s->p[i] == '"') {
			quoted = !quoted;
		} else if (!quoted && s->p[i] == ']') {
			*s = span_skip(*s, i + 1);
			return true;
		}
	}
	return false;
}

static bool
cut_data(struct span *s)
{
	if (!span_cut_prefix(s, SPAN("-"))) {
		if (!span_starts(*s, SPAN("[")))
			return false;
		while (span_starts(*s, SPAN("[")))
			if (!cut_element(s))
				return false;
	}
	return s->n == 0 || span_cut_prefix(s, SPAN(" "));
}

/* Only what daemons write there: nothing in it ends the name, or begins the
 * message. */
static void
add_name(struct buf *to, struct span name)
{
	static const char more[] = "._-/@+";
	char c;

	for (size_t i = 0; i < name.n; i++) {
		c = name.p[i];
		buf_addc(to, (c >= '0' && c <= '9') ||
		    (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
		    (c != '\0' && memchr(more, c, sizeof(more) - 1) != NULL) ?
		    c : '_');
	}
}

static void
add_host(struct buf *to, struct span host)
{
	struct span part;

	/* An IPv6 address. */
	while (span_cut(&host, ':', &part)) {
		add_name(to, part);
		if (host.n > 0)
			buf_addc(to, ':');
	}
}

static void
compose(struct buf *to, struct span host, struct span app, struct span pid,
    struct span message)
{
	buf_clear(to);
	if (host.n > 0) {
		add_host(to, host);
		buf_addc(to, ' ');
	}
	if (app.n > 0) {
		add_name(to, app);
		if (pid.n > 0) {
			buf_addc(to, '[');
			add_name(to, pid);
			buf_addc(to, ']');
		}
		buf_adds(to, ": ");
	}
	buf_add_span(to, message);
}

/* Behind "<PRI>1 ". */
static bool
open_5424(struct envelope *e, struct span s, struct enveloped *out)
{
	struct span time, host, app, pid, id;

	if (!cut_word(&s, &time) || !cut_word(&s, &host) ||
	    !cut_word(&s, &app) || !cut_word(&s, &pid) ||
	    !cut_word(&s, &id) || !cut_data(&s))
		return false;
	if (time.n == 0)
		out->time = clock_wall();
	else if (stamp_iso(time, &out->time) == -1)
		return false;
	span_cut_prefix(&s, SPAN("\xef\xbb\xbf"));
	compose(&e->text, host, app, pid, s);
	out->text = buf_span(&e->text);
	return true;
}

/* --- RFC 3164, and files ------------------------------------------------------- */

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* Bytes of the stamp and the blank behind it; 0: there is none. */
static size_t
stamp_length(struct span s)
{
	struct wall ignored;
	size_t blank;

	if (s.n > BSD_STAMP && s.p[3] == ' ' && s.p[6] == ' ' &&
	    s.p[9] == ':' && s.p[12] == ':' && s.p[15] == ' ' &&
	    is_digit(s.p[5]) && is_digit(s.p[14]))
		return BSD_STAMP + 1;
	blank = span_chr(s, ' ');
	if (blank == SPAN_NONE ||
	    stamp_iso(span_sub(s, 0, blank), &ignored) == -1)
		return 0;
	return blank + 1;
}

/* "<mail.notice> ", "<22> ". */
static size_t
tag_length(struct span s)
{
	size_t i;

	if (!span_starts(s, SPAN("<")))
		return 0;
	for (i = 1; i < s.n && i < 24 && (is_digit(s.p[i]) ||
	    s.p[i] == '.' || (s.p[i] >= 'a' && s.p[i] <= 'z')); i++)
		;
	return i > 1 && span_starts(span_skip(s, i), SPAN("> ")) ? i + 2 : 0;
}

enum envelope_what
envelope_syslog(struct envelope *e, struct span line, struct enveloped *out)
{
	struct span rest = line, s;
	size_t stamp, tag;

	if (cut_pri(&rest)) {
		s = rest;
		if (span_cut_prefix(&s, SPAN("1 ")) && open_5424(e, s, out))
			return ENVELOPE_MESSAGE;
	}
	out->text = rest;
	stamp = stamp_length(rest);
	tag = stamp > 0 ? tag_length(span_skip(rest, stamp)) : 0;
	if (tag > 0) {
		buf_clear(&e->text);
		buf_add_span(&e->text, span_sub(rest, 0, stamp));
		buf_add_span(&e->text, span_skip(rest, stamp + tag));
		out->text = buf_span(&e->text);
	}
	return ENVELOPE_PLAIN;
}

bool
envelope_is_syslog(struct span line)
{
	struct span time;

	if (!cut_pri(&line))
		return false;
	if (stamp_length(line) > 0)
		return true;
	return span_cut_prefix(&line, SPAN("1 ")) && cut_word(&line, &time) &&
	    (time.n == 0 || stamp_length(span_from(time.p, time.n + 1)) > 0);
}
