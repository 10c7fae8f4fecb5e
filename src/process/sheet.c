#include "process/sheet.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define SHEET_SEALS (F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_SEAL)

static int
write_all(int fd, struct span text)
{
	while (text.n > 0) {
		ssize_t n = write(fd, text.p, text.n);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -1;
		text = span_skip(text, (size_t)n);
	}
	return 0;
}

int
sheet_new(struct span text)
{
	int fd = memfd_create("gaol-sheet", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	int saved;

	if (fd == -1)
		return -1;
	if (write_all(fd, text) == 0 && fcntl(fd, F_ADD_SEALS, SHEET_SEALS) == 0)
		return fd;
	saved = errno;
	close(fd);
	errno = saved;
	return -1;
}

int
sheet_read(int fd, struct buf *out)
{
	return sheet_read_most(fd, SHEET_MAX, out);
}

int
sheet_read_most(int fd, size_t max, struct buf *out)
{
	struct stat st;
	off_t at = 0;
	int seals = fcntl(fd, F_GET_SEALS);

	if (seals == -1)
		return -1;
	if ((seals & SHEET_SEALS) != SHEET_SEALS) {
		errno = EPERM;
		return -1;
	}
	if (fstat(fd, &st) == -1)
		return -1;
	if (st.st_size < 0 || (size_t)st.st_size > max) {
		errno = EFBIG;
		return -1;
	}
	buf_reserve(out, 1);   /* also of an empty one: room for the NUL */
	while (at < st.st_size) {
		size_t want = (size_t)(st.st_size - at);
		ssize_t n = pread(fd, buf_reserve(out, want), want, at);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -1;
		if (n == 0)
			break;
		out->n += (size_t)n;
		at += n;
	}
	out->p[out->n] = '\0';
	return 0;
}
