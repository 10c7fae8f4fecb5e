/* gaol under the name fail2ban-client: its options, texts, exit status. */
#ifndef GAOL_TOOLS_F2B_CLIENT_H
#define GAOL_TOOLS_F2B_CLIENT_H

#include <stdbool.h>
#include <stddef.h>

#include "tools/target.h"

/* The exit status: 0 or 255. */
int f2b_client(int argc, char **argv);

/* What one command needs to know of the command line. */
struct f2b {
	struct target target;
	bool foreground;
	const char *const *extra;   /* more options for gaold, NULL behind */
};

/* One command; false when it failed (which has been said). */
bool f2b_command(const struct f2b *f, size_t argc, const char *const *argv);
/* Reads commands from standard input until its end, `exit` or `quit`. */
bool f2b_shell(const struct f2b *f);

#endif
