#include "config/present.h"

#include <sys/stat.h>

bool
present(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0;
}
