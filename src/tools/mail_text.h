/* Mail accesses and sessions as lines for people. */
#ifndef GAOL_TOOLS_MAIL_TEXT_H
#define GAOL_TOOLS_MAIL_TEXT_H

#include <jansson.h>

#include "access/mail_session.h"
#include "base/buf.h"
#include "base/access_event.h"

/* "2026-11-21 22:05:51", local time. */
void mail_text_time(struct wall time, struct buf *out);
/* "192.0.2.7 (Germany, EXAMPLE-AS)", "(LAN)", or "-". */
void mail_text_place(const struct access_event *e, struct buf *out);
/* One line with its newline; foreign text escaped. */
void mail_text_event(const struct access_event *e, struct buf *out);
void mail_text_session(const struct mail_session *s, struct buf *out);
/* "1d 2h", "3m 5s", "250ms"; "-" when it is unknown (< 0). */
void mail_text_duration(int64_t ms, struct buf *out);
/* "1.4 kB"; "-" when it is unknown (< 0). */
void mail_text_bytes(int64_t n, struct buf *out);
/* As an event that has begin, end and duration; the caller's. */
json_t *mail_text_session_json(const struct mail_session *s);
/* Prints one compact line; takes the value over. */
void mail_text_json(json_t *value);

#endif
