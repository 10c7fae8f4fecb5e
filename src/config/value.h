/* Texts of options as Python's int() and fail2ban's bool take them. */
#ifndef GAOL_CONFIG_VALUE_H
#define GAOL_CONFIG_VALUE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/strings.h"

/* "1 on true yes", any case, are true; every other text is false. */
bool value_bool(const char *text);
/* Is it one of the words people mean by true or false? */
bool value_is_bool(const char *text);
/* Blanks around it are fine. 0, or -1 with errno as number_parse(). */
int value_int(const char *text, int64_t min, int64_t max, int64_t *out);
/* Words between blanks, newlines and commas. */
void value_words(const char *text, struct strings *words);
/* Words of one line as a POSIX shell quotes them. 0, -1: quote not closed. */
int value_shell_words(const char *text, struct strings *words);
/* Adds the words to out so that value_shell_words() reads them back. */
void value_shell_join(const struct strings *words, struct buf *out);

#endif
