/*
 * What the sign-ins and failures of one account at one service come to in one
 * day: as much as it takes to add up days as if each event had been told.
 */
#ifndef GAOL_BASE_ACCESS_SUM_H
#define GAOL_BASE_ACCESS_SUM_H

#include <stdint.h>

#include "base/clock.h"
#include "base/event.h"
#include "base/span.h"

#define ACCESS_SUM_DAY (86400 * CLOCK_SECOND)   /* UTC: no leaps */
#define ACCESS_SUM_CODE 3   /* bytes of a country, padded with spaces */

struct access_sum {
	int64_t number;                  /* rising by when it was first told */
	struct span user;
	enum event_service service;
	int64_t logins, failures;        /* attempts */
	int64_t told;                    /* events, of either kind */
	struct wall first, last;         /* of the sign-ins; us 0: none */
	/* Sign-ins without TLS from beyond the LAN: */
	int64_t insecure;
	struct wall insecure_first, insecure_last;
	struct wall secure_after;        /* the first with TLS behind these */
	struct wall secure_first;        /* … of the day */
	struct span countries;           /* of sign-ins, the first seen first;
	                                  * ACCESS_SUM_CODE bytes each */
};

#endif
