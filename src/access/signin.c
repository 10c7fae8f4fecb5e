#include "access/signin.h"

#include <stdio.h>
#include <time.h>

#include "access/country.h"
#include "access/proxied.h"
#include "config/utf8.h"

static const char *
security(enum event_tls tls)
{
	switch (tls) {
	case EVENT_TLS_NONE:
		return "UNSECURE";
	case EVENT_TLS_UNKNOWN:
		return "UNKNOWN";
	default:
		/* From where the server trusts, nothing was in the clear. */
		return "SECURE";
	}
}

static const char *
place_name(const struct place *p)
{
	const char *name = country_name(p->country);

	if (p->lan)
		return "LAN";
	return name != NULL ? name : "Unknown";
}

static void
add_name(struct span text, struct buf *out)
{
	uint32_t code;
	size_t n;

	while (text.n > 0) {
		n = utf8_char(text, &code);
		if (n == 0 || code < 0x20 || (code >= 0x7f && code < 0xa0)) {
			buf_addf(out, "\\x%02x", (unsigned char)text.p[0]);
			n = 1;
		} else {
			buf_add(out, text.p, n);
		}
		text = span_skip(text, n);
	}
}

static void
add_time(struct wall time, struct buf *out)
{
	int64_t seconds = wall_seconds(time);
	time_t t = (time_t)seconds;
	char text[32] = "";
	struct tm tm;

	if (localtime_r(&t, &tm) != NULL)
		strftime(text, sizeof(text), "%Y-%m-%d %H:%M:%S", &tm);
	buf_addf(out, "%s,%03d", text,
	    (int)((time.us - seconds * CLOCK_SECOND) / 1000));
}

void
signin_line(const struct access_event *e, struct buf *out)
{
	char address[ADDR_STRLEN] = "-";

	if (e->ip.family != ADDR_NONE)
		addr_format(&e->ip, address);
	add_time(e->time, out);
	buf_adds(out, " - [");
	for (const char *c = event_service_name(e->service); *c != '\0'; c++)
		buf_addc(out, *c >= 'a' && *c <= 'z' ?
		    (char)(*c - 'a' + 'A') : *c);
	buf_addf(out, "] {%s} - ", security(proxied_tls(e)));
	add_name(e->texts[EVENT_USER], out);
	buf_addf(out, " - %s (%s)\n", address, place_name(&e->place));
}
