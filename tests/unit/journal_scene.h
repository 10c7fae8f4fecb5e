/* Journal files of a test's own, made by the distribution's own tool. */
#ifndef GAOL_TESTS_JOURNAL_SCENE_H
#define GAOL_TESTS_JOURNAL_SCENE_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define JOURNAL_REMOTE "/usr/lib/systemd/systemd-journal-remote"
#define BOOT "0123456789abcdef0123456789abcdef"

static char scene_dir[64];

static inline int
scene_setup(void **state)
{
	(void)state;
	snprintf(scene_dir, sizeof(scene_dir), "/tmp/gaol-journal-XXXXXX");
	return mkdtemp(scene_dir) == NULL ? -1 : 0;
}

static inline int
scene_teardown(void **state)
{
	char command[96];

	(void)state;
	snprintf(command, sizeof(command), "rm -rf '%s'", scene_dir);
	return system(command);
}

static inline int
scene_can_write(const char *test)
{
	if (access(JOURNAL_REMOTE, X_OK) == 0)
		return 1;
	printf("ok - %s # SKIP no systemd-journal-remote\n", test);
	return 0;
}

/*
 * Appends entries in the export format to DIR/name: blocks of FIELD=value
 * lines, each closed by an empty one.
 */
static inline void
scene_write(const char *name, const char *entries, size_t n)
{
	char command[320];
	FILE *to;

	snprintf(command, sizeof(command), "%s -o '%s/%s' - >/dev/null 2>&1",
	    JOURNAL_REMOTE, scene_dir, name);
	to = popen(command, "w");
	if (to == NULL || fwrite(entries, 1, n, to) != n || pclose(to) != 0)
		abort();
}

/* One sshd entry at `us`, with a message. */
static inline void
scene_entry(const char *name, unsigned long long us, const char *unit,
    const char *message)
{
	char text[4096];
	int n = snprintf(text, sizeof(text), "__REALTIME_TIMESTAMP=%llu\n"
	    "__MONOTONIC_TIMESTAMP=%llu\n_BOOT_ID=" BOOT "\n"
	    "_HOSTNAME=mail\nSYSLOG_IDENTIFIER=sshd\n_PID=42\n"
	    "_SYSTEMD_UNIT=%s\nMESSAGE=%s\n\n", us, us % 1000000000, unit,
	    message);

	scene_write(name, text, (size_t)n);
}

#endif
