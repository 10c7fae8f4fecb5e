#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/strings.h"
#include "tools/f2b_client.h"

/*
 * Words as a shell would take them, as far as commands need it: blanks
 * separate, '…' and "…" keep together, a backslash outside '…' takes the next
 * byte as it is. 0, or -1 when a quote is not closed.
 */
static int
split_words(const char *p, struct strings *words)
{
	struct buf word = { 0 };
	bool any = false;
	char quote = 0;

	for (; *p != '\0'; p++) {
		if (quote == 0 && isspace((unsigned char)*p)) {
			if (any)
				strings_add(words, buf_span(&word));
			buf_clear(&word);
			any = false;
			continue;
		}
		any = true;
		if (quote == 0 && (*p == '\'' || *p == '"'))
			quote = *p;
		else if (quote != 0 && *p == quote)
			quote = 0;
		else if (*p == '\\' && quote != '\'' && p[1] != '\0')
			buf_addc(&word, *++p);
		else
			buf_addc(&word, *p);
	}
	if (any && quote == 0)
		strings_add(words, buf_span(&word));
	buf_fini(&word);
	return quote == 0 ? 0 : -1;
}

/* False: leave. */
static bool
run(const struct f2b *f, const char *text)
{
	struct strings words = { 0 };
	bool go_on = true;

	if (split_words(text, &words) == -1)
		log_error("fail2ban", "No closing quotation");
	else if (words.n > 0 && (strcmp(words.v[0], "exit") == 0 ||
	    strcmp(words.v[0], "quit") == 0))
		go_on = false;
	else if (words.n > 0)
		f2b_command(f, words.n, (const char *const *)words.v);
	strings_fini(&words);
	return go_on;
}

bool
f2b_shell(const struct f2b *f)
{
	char *text = NULL;
	size_t cap = 0;
	bool left = false;

	while (!left) {
		fputs("fail2ban> ", stdout);
		fflush(stdout);
		if (getline(&text, &cap, stdin) == -1)
			break;
		left = !run(f, text);
	}
	if (!left)
		putchar('\n');
	free(text);
	return left;
}
