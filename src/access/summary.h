/*
 * What a period's events come to, by account and service: sign-ins, failures,
 * where from, how. Fed one event after the other; what lies before the period
 * is only remembered, to tell what is new in it, and may come behind it.
 */
#ifndef GAOL_ACCESS_SUMMARY_H
#define GAOL_ACCESS_SUMMARY_H

#include "base/access_event.h"
#include "base/access_sum.h"

#define SUMMARY_COUNTRIES 16   /* of one account; more are counted only */

struct summary;

struct summary_country {
	char code[3];
	bool is_new;                     /* none before the period */
};

/* One account at one service. */
struct summary_row {
	struct span user;
	enum event_service service;
	uint64_t logins, failures;       /* in the period; attempts */
	struct wall first, last;         /* of its sign-ins in the period */
	/* Sign-ins without TLS from beyond the LAN: */
	uint64_t insecure;
	struct wall insecure_first, insecure_last;
	struct wall secure_after;        /* the first with TLS behind the last
	                                  * without; us 0: none yet */
	/* Of sign-ins in the period, the first seen first. */
	size_t countries_n;              /* may exceed SUMMARY_COUNTRIES */
	const struct summary_country *countries;   /* … of which there are */
};

/*
 * Of more than `max` rows the first are kept, in the order of summary_rows():
 * summary_next(). once: it can be told once only; then rows beyond `max` are
 * not made, and their events counted.
 */
struct summary *summary_new(size_t max, bool once);
void summary_free(struct summary *s);
/* As if nothing had been told, of the same rows. */
void summary_clear(struct summary *s);
/*
 * True: there are more rows than were kept. All is to be told again, of which
 * the next ones are kept.
 */
bool summary_next(struct summary *s);
/* Nobody before this account is meant; n 0: all are. */
struct span summary_from(const struct summary *s);
/* That account is behind the rows that are kept, as are all behind it. */
bool summary_ends_before(const struct summary *s, struct span user);
/* in_period: counted; else it only says what is known already. */
void summary_add(struct summary *s, const struct access_event *e,
    bool in_period);

/* As if each of the events had been told; later ones come behind it. */
void summary_add_sum(struct summary *s, const struct access_sum *sum,
    bool in_period);

/*
 * All of the period was told: of what comes now, from before it, only what its
 * accounts' countries need is kept.
 */
void summary_counted(struct summary *s);
/* Is there a country of which no earlier sign-in is known yet? */
bool summary_has_news(const struct summary *s);

/* Rows by user, then service; valid until the next summary_add(). */
const struct summary_row *const *summary_rows(struct summary *s, size_t *n);
uint64_t summary_left_out(const struct summary *s);

#endif
