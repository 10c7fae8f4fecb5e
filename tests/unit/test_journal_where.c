/* Which journal a backend means, and which files there are of it. */
#include "source/journal_where.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <fcntl.h>
#include <sys/stat.h>

#include "journal_scene.h"

#define ID1 "0123456789abcdef0123456789abcdef"
#define ID2 "ffffffffffffffffffffffffffffffff"
#define NOW 1790000000

/* --- the backend --------------------------------------------------------- */

static void
parse(struct journal_where *w, const char *backend)
{
	struct buf why = { 0 };

	assert_int_equal(journal_where_parse(w, backend, &why), 0);
	assert_int_equal(why.n, 0);
}

static void
test_backend(void **state)
{
	struct journal_where w;

	(void)state;
	parse(&w, "systemd");
	assert_int_equal(w.flags, JOURNAL_SYSTEM);
	assert_null(w.path);
	journal_where_fini(&w);
	parse(&w, "systemd[journalpath=/a, namespace=\"+web\", rotated=on]");
	assert_int_equal(w.flags, 0);
	assert_string_equal(w.path, "/a");
	assert_string_equal(w.name_space, "+web");
	journal_where_fini(&w);
	parse(&w, "systemd[journalfiles='/a/*.journal, /b/x.journal', "
	    "journalflags=9]");
	assert_int_equal(w.flags, 9);
	assert_int_equal(w.globs.n, 2);
	assert_string_equal(w.globs.v[1], "/b/x.journal");
	journal_where_fini(&w);
}

static void
test_bad_backends(void **state)
{
	static const char *const v[] = {
		"systemd[journalflags=16]", "systemd[journalflags=x]",
		"systemd[journalflags=]", "systemd[color=red]",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(v) / sizeof(v[0]); i++) {
		struct journal_where w;
		struct buf why = { 0 };

		assert_int_equal(journal_where_parse(&w, v[i], &why), -1);
		assert_true(span_find(buf_span(&why), SPAN("accepted: ")) !=
		    SPAN_NONE);
		buf_fini(&why);
	}
}

/* --- the files -------------------------------------------------------------- */

static void
make(const char *name, int64_t mtime)
{
	struct timespec times[2] = { { .tv_sec = mtime }, { .tv_sec = mtime } };
	char path[200], *slash;
	int fd;

	snprintf(path, sizeof(path), "%s/%s", scene_dir, name);
	slash = strrchr(path, '/');
	*slash = '\0';
	mkdir(path, 0755);
	*slash = '/';
	fd = open(path, O_WRONLY | O_CREAT, 0644);
	assert_int_not_equal(fd, -1);
	assert_int_equal(futimens(fd, times), 0);
	close(fd);
}

static void
populate(void)
{
	make("top.journal", NOW - 10);
	make(ID1 "/system.journal", NOW);
	make(ID1 "/system@a.journal", NOW - 100);
	make(ID1 "/system@b.journal", NOW - 9000);
	make(ID1 "/system.journal~", NOW - 200);
	make(ID1 "/systemx.journal", NOW - 1);
	make(ID1 "/user-0.journal", NOW - 2);
	make(ID1 "/user-1000.journal", NOW - 3);
	make(ID1 "/notes.txt", NOW);
	make(ID1 ".web/system.journal", NOW - 4);
	make(ID2 "/system.journal", NOW - 5);
	make("remote/system.journal", NOW);
}

/* The names found, newest first, each with a blank behind it. */
static void
found_are(const char *options, int64_t since, const char *names)
{
	struct journal_where w;
	struct journal_files files;
	struct buf backend = { 0 }, text = { 0 };

	buf_addf(&backend, "systemd[journalpath=%s%s]", scene_dir, options);
	parse(&w, backend.p);
	journal_files_find(&files, &w, wall_from_seconds(since));
	for (size_t i = 0; i < files.n; i++)
		buf_addf(&text, "%s ", files.v[i].path + strlen(scene_dir) + 1);
	assert_string_equal(text.p != NULL ? text.p : "", names);
	assert_int_not_equal(journal_files_signature(&files), 0);
	journal_files_fini(&files);
	journal_where_fini(&w);
	buf_fini(&backend);
	buf_fini(&text);
}

static void
test_files(void **state)
{
	(void)state;
	populate();
	/* an hour's grace: what is 9000 s old is not asked for */
	found_are(",journalflags=4", NOW - 1000, ID1 "/system.journal "
	    ID2 "/system.journal " ID1 "/system@a.journal "
	    ID1 "/system.journal~ ");
	found_are(",journalflags=4", NOW - 8000, ID1 "/system.journal "
	    ID2 "/system.journal " ID1 "/system@a.journal "
	    ID1 "/system.journal~ " ID1 "/system@b.journal ");
	found_are(",journalflags=8", NOW, ID1 "/user-0.journal ");
	found_are("", NOW, ID1 "/system.journal " ID1 "/systemx.journal "
	    ID1 "/user-0.journal " ID1 "/user-1000.journal "
	    ID2 "/system.journal top.journal " ID1 "/system@a.journal "
	    ID1 "/system.journal~ ");
	found_are(",namespace=web", NOW, ID1 ".web/system.journal "
	    "top.journal ");
	found_are(",namespace=+web,journalflags=4", NOW,
	    ID1 "/system.journal " ID1 ".web/system.journal "
	    ID2 "/system.journal " ID1 "/system@a.journal "
	    ID1 "/system.journal~ ");
	found_are(",namespace=none,journalflags=4", NOW, "");
	found_are("/nowhere", NOW, "");
}

static void
find_globs(struct journal_files *files, const char *globs)
{
	struct journal_where w;
	struct buf backend = { 0 };

	buf_addf(&backend, "systemd[journalfiles='%s']", globs);
	parse(&w, backend.p);
	journal_files_find(files, &w, wall_from_seconds(NOW));
	journal_where_fini(&w);
	buf_fini(&backend);
}

static void
test_named_files(void **state)
{
	struct journal_files files;
	struct buf globs = { 0 };
	uint64_t before;

	(void)state;
	populate();
	buf_addf(&globs, "%s/" ID1 "/system*.journal %s/" ID1 "/*.journal "
	    "%s/none", scene_dir, scene_dir, scene_dir);
	find_globs(&files, globs.p);
	/* each once, in spite of two patterns; the old one left out */
	assert_int_equal(files.n, 5);
	assert_int_equal(files.dirs.n, 2);
	before = journal_files_signature(&files);
	journal_files_fini(&files);
	make(ID1 "/user-1001.journal", NOW);
	find_globs(&files, globs.p);
	assert_int_equal(files.n, 6);
	assert_int_not_equal(journal_files_signature(&files), before);
	journal_files_fini(&files);
	buf_fini(&globs);
}

static void
test_directories_and_bounds(void **state)
{
	struct journal_where w;
	struct journal_files files;
	struct buf text = { 0 };

	(void)state;
	for (int i = 0; i < JOURNAL_FILES_MAX + 10; i++) {
		buf_clear(&text);
		buf_addf(&text, ID1 "/system@%d.journal", i);
		make(text.p, NOW + i);
	}
	buf_clear(&text);
	buf_addf(&text, "systemd[journalpath=%s]", scene_dir);
	parse(&w, text.p);
	journal_files_find(&files, &w, wall_from_seconds(NOW));
	assert_int_equal(files.n, JOURNAL_FILES_MAX);
	assert_int_equal(files.left_out, 10);
	assert_int_equal(files.v[0].mtime, NOW + JOURNAL_FILES_MAX + 9);
	assert_int_equal(files.dirs.n, 2);
	assert_string_equal(files.dirs.v[0], scene_dir);
	journal_files_fini(&files);
	journal_where_fini(&w);
	buf_fini(&text);
}

int
main(void)
{
#define CASE(f) cmocka_unit_test_setup_teardown(f, scene_setup, scene_teardown)
	const struct CMUnitTest tests[] = {
		CASE(test_backend),
		CASE(test_bad_backends),
		CASE(test_files),
		CASE(test_named_files),
		CASE(test_directories_and_bounds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
