/*
 * A sheet is sealed: its reader takes nothing that the sender could still
 * change, and gives back every byte.
 */
#include "process/sheet.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "random.h"

static void
test_every_byte_comes_back(void **state)
{
	static const size_t sizes[] = { 0, 1, 4095, 4096, 4097, 3000000 };

	(void)state;
	random_start();
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		struct buf text = { 0 }, back = { 0 };
		int fd;

		for (size_t k = 0; k < sizes[i]; k++)
			buf_addc(&text, (char)random_below(256));
		fd = sheet_new(buf_span(&text));
		assert_int_not_equal(fd, -1);
		/* Behind what is there, and as often as one likes. */
		buf_adds(&back, "before");
		assert_int_equal(sheet_read(fd, &back), 0);
		assert_int_equal(back.n, 6 + sizes[i]);
		assert_memory_equal(back.p, "before", 6);
		if (sizes[i] > 0)
			assert_memory_equal(back.p + 6, text.p, sizes[i]);
		buf_clear(&back);
		assert_int_equal(sheet_read(fd, &back), 0);
		assert_int_equal(back.n, sizes[i]);
		close(fd);
		buf_fini(&text);
		buf_fini(&back);
	}
}

static void
test_nobody_can_change_it(void **state)
{
	int fd = sheet_new(SPAN("text"));

	(void)state;
	assert_int_equal(pwrite(fd, "x", 1, 0), -1);
	assert_int_equal(errno, EPERM);
	assert_int_equal(ftruncate(fd, 0), -1);
	assert_int_equal(ftruncate(fd, 100), -1);
	assert_ptr_equal(mmap(NULL, 4, PROT_READ | PROT_WRITE, MAP_SHARED, fd,
	    0), MAP_FAILED);
	/* Nor take a seal off, or add one that hurts the reader. */
	assert_int_equal(fcntl(fd, F_ADD_SEALS, F_SEAL_FUTURE_WRITE), -1);
	assert_true(fcntl(fd, F_GETFD) & FD_CLOEXEC);
	close(fd);
}

static void
test_what_is_not_sealed_is_refused(void **state)
{
	static const int seals[] = { 0, F_SEAL_WRITE,
		F_SEAL_WRITE | F_SEAL_GROW, F_SEAL_WRITE | F_SEAL_SHRINK,
		F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL,
		F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE };
	struct buf out = { 0 };

	(void)state;
	for (size_t i = 0; i < sizeof(seals) / sizeof(seals[0]); i++) {
		int fd = memfd_create("test", MFD_ALLOW_SEALING);

		assert_int_equal(write(fd, "text", 4), 4);
		if (seals[i] != 0)
			assert_int_equal(fcntl(fd, F_ADD_SEALS, seals[i]), 0);
		assert_int_equal(sheet_read(fd, &out), -1);
		assert_int_equal(errno, EPERM);
		close(fd);
	}
	assert_int_equal(out.n, 0);
	buf_fini(&out);
}

static void
test_what_is_no_memfd(void **state)
{
	struct buf out = { 0 };
	int ends[2], null = open("/dev/null", O_RDONLY);

	(void)state;
	assert_int_equal(pipe(ends), 0);
	assert_int_equal(sheet_read(ends[0], &out), -1);
	assert_int_equal(sheet_read(null, &out), -1);
	assert_int_equal(sheet_read(-1, &out), -1);
	assert_int_equal(errno, EBADF);
	close(ends[0]);
	close(ends[1]);
	close(null);
	buf_fini(&out);
}

/* Holes cost the sender nothing. */
static void
test_what_is_too_large(void **state)
{
	struct buf out = { 0 };
	int fd = memfd_create("test", MFD_ALLOW_SEALING);

	(void)state;
	assert_int_equal(ftruncate(fd, (off_t)SHEET_MAX + 1), 0);
	assert_int_equal(fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW |
	    F_SEAL_WRITE | F_SEAL_SEAL), 0);
	assert_int_equal(sheet_read(fd, &out), -1);
	assert_int_equal(errno, EFBIG);
	assert_int_equal(out.n, 0);
	close(fd);
	buf_fini(&out);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_byte_comes_back),
		cmocka_unit_test(test_nobody_can_change_it),
		cmocka_unit_test(test_what_is_not_sealed_is_refused),
		cmocka_unit_test(test_what_is_no_memfd),
		cmocka_unit_test(test_what_is_too_large),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
