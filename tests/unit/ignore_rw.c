/*
 * ignoreip from a shell, for tests that run another program beside it.
 * Commands on standard input, one a line:
 *
 *	list ENTRY…           a new list
 *	name NAME ADDRESS…    what a name of it means
 *	file PATH TEXT…       what a file of it says
 *	ask ID                prints no, ip, dns or file
 */
#include "jail/ignore.h"

#include <stdio.h>
#include <stdlib.h>

#define ADDRESSES_MAX 100

static struct ignore *
make(struct span rest)
{
	struct jail_config config = { 0 };
	struct span word;
	struct ignore *g;

	while (span_word(&rest, " ", &word))
		strings_add(&config.ignoreip, word);
	g = ignore_new(&config);
	strings_fini(&config.ignoreip);
	return g;
}

static void
set_name(struct ignore *g, struct span rest)
{
	struct addr v[ADDRESSES_MAX];
	struct span name, word;
	char *text;
	size_t n = 0;

	span_word(&rest, " ", &name);
	while (n < ADDRESSES_MAX && span_word(&rest, " ", &word))
		if (addr_parse(word, &v[n]) == 0)
			n++;
	text = span_dup(name);
	ignore_set_name(g, text, v, n);
	free(text);
}

static void
set_file(struct ignore *g, struct span rest)
{
	struct ignore_list *list;
	struct span path;
	char *text;
	size_t left;

	span_word(&rest, " ", &path);
	list = ignore_list_read(rest, &left);
	text = span_dup(path);
	ignore_set_file(g, text, list);
	free(text);
	ignore_list_free(list);
}

static const char *
verdict(const struct ignore *g, struct span text)
{
	struct id id = id_from_span(text);

	switch (ignore_check(g, &id, NULL)) {
	case IGNORE_IP: return "ip";
	case IGNORE_DNS: return "dns";
	case IGNORE_FILE: return "file";
	default: return "no";
	}
}

int
main(void)
{
	struct ignore *g = make(SPAN(""));
	char *line = NULL;
	size_t cap = 0;
	ssize_t n;

	while ((n = getline(&line, &cap, stdin)) > 0) {
		struct span rest = span_trim(span_from(line, (size_t)n));
		struct span what = { 0 };

		span_word(&rest, " ", &what);
		rest = span_trim(rest);
		if (span_eq(what, SPAN("list"))) {
			ignore_free(g);
			g = make(rest);
		} else if (span_eq(what, SPAN("name"))) {
			set_name(g, rest);
		} else if (span_eq(what, SPAN("file"))) {
			set_file(g, rest);
		} else if (span_eq(what, SPAN("ask"))) {
			puts(verdict(g, rest));
		}
	}
	free(line);
	ignore_free(g);
	return 0;
}
