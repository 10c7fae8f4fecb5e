#include "process/rundir.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"
#include "base/xalloc.h"

#define LOGGER "gaol.parent"

static int
make(const char *dir, mode_t mode)
{
	if (mkdir(dir, mode) == 0 || errno == EEXIST)
		return 0;
	log_error(LOGGER, "cannot make the directory '%s': %s", dir,
	    strerror(errno));
	return -1;
}

int
rundir_make(const char *path)
{
	const char *slash = strrchr(path, '/');
	char *dir;
	int rc;

	if (slash == NULL || slash == path)
		return 0;
	dir = xmemdup0(path, (size_t)(slash - path));
	rc = make(dir, 0755);
	free(dir);
	return rc;
}

/* Is everything in the directory the database's, by its name? */
static bool
holds_only(int fd, const char *name)
{
	const size_t n = strlen(name);
	struct dirent *entry;
	bool only = true;
	DIR *d;
	int copy = fcntl(fd, F_DUPFD_CLOEXEC, 0);

	d = copy != -1 ? fdopendir(copy) : NULL;
	if (d == NULL) {
		if (copy != -1)
			close(copy);
		return false;
	}
	while (only && (entry = readdir(d)) != NULL)
		only = strcmp(entry->d_name, ".") == 0 ||
		    strcmp(entry->d_name, "..") == 0 ||
		    strncmp(entry->d_name, name, n) == 0;
	closedir(d);
	return only;
}

/*
 * Only a regular file with one name: whoever may write in the directory could
 * have put a link to somebody else's file there.
 */
static int
give_file(int dir, const char *name, uid_t uid, gid_t gid)
{
	struct stat st;
	int fd = openat(dir, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK |
	    O_NOCTTY | O_CLOEXEC);
	int rc = -1;

	if (fd == -1)
		return errno == ENOENT ? 0 : -1;
	if (fstat(fd, &st) == 0) {
		if (st.st_uid == uid)
			rc = 0;
		else if (S_ISREG(st.st_mode) && st.st_nlink == 1)
			rc = fchown(fd, uid, gid);
		else
			errno = EPERM;
	}
	close(fd);
	return rc;
}

static void
give_files(int dir, const char *name, uid_t uid, gid_t gid)
{
	static const char *const suffixes[] = { "", "-wal", "-shm", "-journal" };
	char file[NAME_MAX + 16];

	for (size_t i = 0; i < sizeof(suffixes) / sizeof(suffixes[0]); i++) {
		int n = snprintf(file, sizeof(file), "%s%s", name,
		    suffixes[i]);

		if (n < 0 || (size_t)n >= sizeof(file))
			errno = ENAMETOOLONG;
		else if (give_file(dir, file, uid, gid) == 0)
			continue;
		log_warning(LOGGER, "cannot hand the database file '%s%s' to "
		    "uid %u: %s", name, suffixes[i], (unsigned)uid,
		    strerror(errno));
	}
}

/* 0 also when the directory is left alone. */
static int
give_dir(int fd, const char *dir, const char *name, uid_t uid, gid_t gid)
{
	struct stat st;

	if (fstat(fd, &st) == -1)
		return -1;
	if (st.st_uid == uid)
		return 0;
	if (!holds_only(fd, name)) {
		log_warning(LOGGER, "dbfile: '%s' holds other files too and "
		    "stays its owner's; uid %u may be unable to write there: "
		    "give the database a directory of its own", dir,
		    (unsigned)uid);
		return 0;
	}
	return fchown(fd, uid, gid);
}

int
rundir_state(const char *dir, const char *name, uid_t uid, gid_t gid)
{
	int fd, rc = -1;

	if (make(dir, 0700) == -1)
		return -1;
	if (uid == 0)
		return 0;
	fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd != -1)
		rc = give_dir(fd, dir, name, uid, gid);
	if (rc == -1)
		log_error(LOGGER, "cannot hand the state directory '%s' to "
		    "uid %u: %s", dir, (unsigned)uid, strerror(errno));
	else
		give_files(fd, name, uid, gid);
	if (fd != -1)
		close(fd);
	return rc;
}
