/*
 * Random numbers for property tests. The seed is printed as a TAP comment;
 * SEED=n in the environment repeats a run.
 */
#ifndef GAOL_TESTS_UNIT_RANDOM_H
#define GAOL_TESTS_UNIT_RANDOM_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static uint64_t random_state;

static inline void
random_start(void)
{
	const char *given = getenv("SEED");

	random_state = given != NULL ? strtoull(given, NULL, 10) :
	    (uint64_t)time(NULL);
	printf("# seed %llu\n", (unsigned long long)random_state);
}

/* splitmix64 */
static inline uint64_t
random_next(void)
{
	uint64_t z = random_state += UINT64_C(0x9e3779b97f4a7c15);

	z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
	return z ^ z >> 31;
}

static inline size_t
random_below(size_t n)
{
	return (size_t)(random_next() % n);
}

#endif
