/* Verbs of gaol that need no daemon: each reads its own options. */
#ifndef GAOL_TOOLS_TOOL_H
#define GAOL_TOOLS_TOOL_H

/* argv[0] is the verb; the exit status is 0, 1 (failure) or 2 (misuse). */
int tool_check(int argc, char **argv);
int tool_dump(int argc, char **argv);
int tool_events(int argc, char **argv);
int tool_lint(int argc, char **argv);
int tool_logins(int argc, char **argv);
int tool_options(int argc, char **argv);
int tool_report(int argc, char **argv);
int tool_sessions(int argc, char **argv);
int tool_timeline(int argc, char **argv);
/* Also by the name fail2ban-regex, with that program's exit status. */
int tool_regex(int argc, char **argv);

#endif
