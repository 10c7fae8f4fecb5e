/*
 * The control socket's pickles for a test in Python, one line each:
 *
 *	pickle_rw read    hex of a request -> its words as JSON, or "! why"
 *	pickle_rw write   [tuple levels, value] in JSON -> hex
 *	pickle_rw fail    [type, message] in JSON -> hex of the reply
 */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/number.h"
#include "control/payload.h"
#include "control/pickle_read.h"
#include "control/pickle_write.h"

static void
read_one(struct span hex)
{
	struct strings argv = { 0 };
	struct buf bytes = { 0 };
	const char *why;
	uint64_t byte;

	for (; number_parse_hex(span_sub(hex, 0, 2), &byte) == 0 &&
	    hex.n >= 2; hex = span_skip(hex, 2))
		buf_addc(&bytes, (char)byte);
	if (pickle_read(buf_span(&bytes), &argv, &why) == -1) {
		printf("! %s\n", why);
	} else {
		json_t *words = payload_texts(&argv);
		char *text = json_dumps(words, JSON_COMPACT);

		puts(text);
		free(text);
		json_decref(words);
	}
	strings_fini(&argv);
	buf_fini(&bytes);
}

static void
write_one(const char *line, bool fail)
{
	json_t *pair = json_loads(line, 0, NULL);
	const json_t *a = json_array_get(pair, 0), *b = json_array_get(pair, 1);
	struct buf out = { 0 };

	if (fail)
		pickle_write_error(&out, json_string_value(a),
		    json_string_value(b));
	else
		pickle_write(&out, b, (uint32_t)json_integer_value(a));
	for (size_t i = 0; i < out.n; i++)
		printf("%02x", (unsigned char)out.p[i]);
	putchar('\n');
	json_decref(pair);
	buf_fini(&out);
}

int
main(int argc, char **argv)
{
	char *line = NULL;
	size_t cap = 0;
	ssize_t n;

	if (argc != 2)
		return 2;
	while ((n = getline(&line, &cap, stdin)) > 0) {
		if (strcmp(argv[1], "read") == 0)
			read_one(span_trim(span_from(line, (size_t)n)));
		else
			write_one(line, strcmp(argv[1], "fail") == 0);
		fflush(stdout);
	}
	free(line);
	return 0;
}
