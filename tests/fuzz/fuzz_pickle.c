/*
 * A request as fail2ban's clients pickle it. What is taken as words is written
 * as a pickle, which must be read as the same words.
 */
#include <jansson.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "config/utf8.h"
#include "control/payload.h"
#include "control/pickle_read.h"
#include "control/pickle_write.h"

#define MUST(x) ((x) ? (void)0 : abort())

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
read_again(const struct strings *words)
{
	struct strings again = { 0 };
	struct buf pickle = { 0 };
	json_t *list = payload_texts(words);
	const char *why;

	for (uint32_t tuples = 0; tuples < 2; tuples++) {
		buf_clear(&pickle);
		pickle_write(&pickle, list, tuples);
		MUST(pickle_read(buf_span(&pickle), &again, &why) == 0);
		MUST(strings_eq(words, &again));
		strings_fini(&again);
	}
	json_decref(list);
	buf_fini(&pickle);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct strings argv = { 0 };
	size_t total = 0;
	const char *why = NULL;

	if (pickle_read(span_from(data, size), &argv, &why) == -1) {
		MUST(why != NULL && argv.n == 0);
		return 0;
	}
	for (size_t i = 0; i < argv.n; i++) {
		MUST(utf8_broken_at(span_of(argv.v[i])) == SPAN_NONE);
		total += strlen(argv.v[i]) + 1;
	}
	MUST(total <= PICKLE_TEXT_MAX);
	read_again(&argv);
	strings_fini(&argv);
	return 0;
}
