/* A temporary configuration directory for a unit test. */
#ifndef GAOL_TEST_TREE_H
#define GAOL_TEST_TREE_H

#include <errno.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct tree {
	char dir[64];
};

static inline void
tree_make(struct tree *t)
{
	snprintf(t->dir, sizeof(t->dir), "/tmp/gaol-unit.XXXXXX");
	assert_non_null(mkdtemp(t->dir));
}

static inline char *
tree_path(const struct tree *t, const char *name)
{
	static char path[4096];

	snprintf(path, sizeof(path), "%s/%s", t->dir, name);
	return path;
}

/* Makes the folders on the way. */
static inline void
tree_write(const struct tree *t, const char *name, const char *text)
{
	char *path = tree_path(t, name);
	FILE *f;

	for (char *c = strchr(path + 1, '/'); c != NULL; c = strchr(c + 1, '/')) {
		*c = '\0';
		assert_true(mkdir(path, 0755) == 0 || errno == EEXIST);
		*c = '/';
	}
	f = fopen(path, "w");
	assert_non_null(f);
	assert_int_equal(fputs(text, f) < 0, 0);
	assert_int_equal(fclose(f), 0);
	assert_int_equal(chmod(path, 0644), 0);
}

static inline int
tree_remove_one(const char *path, const struct stat *st, int type,
    struct FTW *ftw)
{
	(void)st, (void)type, (void)ftw;
	return remove(path);
}

static inline void
tree_remove(const struct tree *t)
{
	nftw(t->dir, tree_remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

#endif
