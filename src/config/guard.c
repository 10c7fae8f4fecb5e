#include "config/guard.h"

#include <sys/stat.h>
#include <unistd.h>

/* Only root, or who runs us, may write what root will execute. */
int
guard_check(int fd, const char *path, struct report *report)
{
	struct stat st;

	if (fstat(fd, &st) != 0)
		return -1;
	if (st.st_uid != 0 && st.st_uid != geteuid()) {
		report_add(report, PROBLEM_ERROR, NULL, path, 0,
		    "refused: it may hold commands and belongs to uid %lu; "
		    "accepted: root's (chown root)", (unsigned long)st.st_uid);
		return -1;
	}
	if ((st.st_mode & S_IWOTH) != 0 ||
	    ((st.st_mode & S_IWGRP) != 0 && st.st_gid != 0)) {
		report_add(report, PROBLEM_ERROR, NULL, path, 0,
		    "refused: it may hold commands and others may write it "
		    "(mode %04o); accepted: writable by its owner only "
		    "(chmod go-w)", (unsigned)st.st_mode & 07777);
		return -1;
	}
	return 0;
}
