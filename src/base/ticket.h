/*
 * A ticket: a ban that was decided. Owned by the jail's ban list; other rooms
 * borrow it during a call and copy what they keep.
 */
#ifndef GAOL_BASE_TICKET_H
#define GAOL_BASE_TICKET_H

#include <stdbool.h>
#include <stdint.h>

#include "base/clock.h"
#include "base/id.h"
#include "base/strings.h"

enum ticket_state {
	TICKET_PENDING,      /* asked for, the kernel has not answered */
	TICKET_CONFIRMED,    /* every native action confirmed it */
	TICKET_FAILED,       /* refused; see error; retried */
};
#define TICKET_STATES 3

struct engine_ask;

struct ticket {
	struct id id;              /* owned */
	struct wall time;          /* of the ban (upstream's timeofban) */
	int64_t bantime;           /* seconds; meaningless when permanent */
	unsigned file;             /* of the database that has its row */
	unsigned bancount;
	unsigned failures;
	struct strings matches;    /* last maxmatches lines, raw bytes as UTF-8 */
	char *data;                /* upstream's JSON data column; may be NULL */
	enum ticket_state state;
	unsigned asked;            /* native actions that have not answered */
	struct engine_ask *asks;   /* what was asked: see engine_ask.c */
	bool permanent;
	bool restored;             /* came from the store or the kernel */
	bool announced;            /* the Ban line was logged */
	uint8_t tries;             /* refusals behind each other */
	uint8_t skip;              /* retries that are left out */
	uint32_t settled;          /* with the kernel: see engine_sync.c */
	uint32_t looked;           /* … and what `seen` is of */
	uint32_t seen;             /* native actions the kernel has it in */
	int error;                 /* errno of the last refusal */
	uint32_t run_told;         /* shell actions: see engine_run.h */
	uint32_t run_sent;
	uint32_t run_held;
	uint32_t run_number;       /* this ban's, among all told to them */
};

#endif
