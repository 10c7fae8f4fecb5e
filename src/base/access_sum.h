/*
 * What the sign-ins and failures of one account at one service come to in some
 * time: as much as it takes to add up times as if each event had been told.
 */
#ifndef GAOL_BASE_ACCESS_SUM_H
#define GAOL_BASE_ACCESS_SUM_H

#include <stdint.h>

#include "base/access_event.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/event.h"
#include "base/span.h"

#define ACCESS_SUM_DAY (86400 * CLOCK_SECOND)   /* UTC: no leaps */
#define ACCESS_SUM_DAYS 64  /* that are added up in one go, at most */
#define ACCESS_SUM_CODE 3   /* bytes of a country, padded with spaces */

struct access_sum {
	struct span user;
	enum event_service service;
	int64_t logins, failures;        /* attempts */
	struct wall first, last;         /* of the sign-ins; us 0: none */
	/* Sign-ins without TLS from beyond the LAN: */
	int64_t insecure;
	struct wall insecure_first, insecure_last;
	struct wall secure_after;        /* the first with TLS behind these */
	struct wall secure_first;        /* … of all */
	struct span countries;           /* of sign-ins, the first seen first;
	                                  * ACCESS_SUM_CODE bytes each */
};

/*
 * Of one sign-in or failure, by the TLS that counts for it. Texts are the
 * event's; its country goes to `code`, which must stay as long.
 */
struct access_sum access_sum_of(const struct access_event *e,
    enum event_tls tls, char code[ACCESS_SUM_CODE]);
/*
 * Adds what comes behind it in time, of the same account and service. The
 * countries of `sum` are those of `countries`, before and after.
 */
void access_sum_add(struct access_sum *sum, const struct access_sum *more,
    struct buf *countries);

#endif
