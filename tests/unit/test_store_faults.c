/*
 * Killed writers, damaged files and failing disks: what was acknowledged is
 * there, and the store goes on by itself.
 */
#include "store_scene.h"

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

/* The child says when the barrier was reached, and is killed right there. */
static void
write_and_wait_for_death(struct scene *sc, int ready)
{
	char id[32];
	int i;

	sc->base = event_base_new();
	open_store(sc);
	store_start(sc->store);
	for (i = 0; i < 300; i++) {
		snprintf(id, sizeof(id), "192.0.%d.%d", i / 100, i % 100);
		ban(sc, "sshd", id, NOW, 600);
	}
	if (sync_store(sc) == 0)
		(void)!write(ready, "", 1);
	for (;;)
		ban(sc, "sshd", "198.51.100.1", NOW, 600);
}

static void
a_killed_writer_loses_nothing_acknowledged(void **state)
{
	struct scene *sc = *state;
	int fds[2], status;
	char byte;
	pid_t pid;

	assert_int_equal(pipe(fds), 0);
	pid = fork();
	if (pid == 0)
		write_and_wait_for_death(sc, fds[1]);
	close(fds[1]);
	assert_int_equal(read(fds[0], &byte, 1), 1);
	kill(pid, SIGKILL);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	close(fds[0]);
	open_store(sc);
	assert_null(store_error(sc->store));
	assert_true(load(sc, "sshd") >= 300);
	assert_answer(sc, "PRAGMA integrity_check", "ok");
}

static size_t
files_aside(struct scene *sc)
{
	struct dirent *e;
	size_t n = 0;
	DIR *d = opendir(sc->dir);

	assert_non_null(d);
	while ((e = readdir(d)) != NULL)
		n += strstr(e->d_name, ".corrupt-") != NULL &&
		    strstr(e->d_name, "-wal") == NULL;
	closedir(d);
	return n;
}

static void
spoil(struct scene *sc)
{
	FILE *f = fopen(sc->path, "w");
	int i;

	for (i = 0; i < 5000; i++)
		fputs("this is no database ", f);
	fclose(f);
}

static void
damaged_files_go_aside_and_two_are_kept(void **state)
{
	struct scene *sc = *state;
	struct buf name = { 0 };
	int i;

	for (i = 0; i < 4; i++) {
		spoil(sc);
		clock_freeze(wall_from_seconds(NOW + i), (struct boot){ 0 });
		open_store(sc);
		assert_null(store_error(sc->store));
		ban(sc, "sshd", "192.0.2.1", NOW, 600);
		close_store(sc);
		assert_answer(sc, "SELECT count(*) FROM bips", "1");
	}
	clock_thaw();
	assert_int_equal(files_aside(sc), 2);
	buf_addf(&name, "%s.corrupt-20231114-221323", sc->path);
	assert_int_equal(access(name.p, F_OK), 0);
	buf_fini(&name);
}

/* Only pages behind the first are broken: opening does not notice. */
static void
damage_found_while_reading(void **state)
{
	struct scene *sc = *state;
	char garbage[4096], id[32];
	off_t at;
	int fd, i;

	open_store(sc);
	for (i = 0; i < 2000; i++) {
		snprintf(id, sizeof(id), "192.0.%d.%d", i / 100, i % 100);
		ban(sc, "sshd", id, NOW, 600);
	}
	close_store(sc);
	memset(garbage, 0x5a, sizeof(garbage));
	fd = open(sc->path, O_RDWR);
	for (at = 40 * 4096; at < lseek(fd, 0, SEEK_END); at += 4096)
		assert_int_equal(pwrite(fd, garbage, sizeof(garbage), at),
		    sizeof(garbage));
	close(fd);
	open_store(sc);
	assert_int_equal(load(sc, "sshd"), SIZE_MAX);
	assert_int_equal(files_aside(sc), 1);
	assert_int_equal(sc->files, 1);
	assert_int_equal(store_file(sc->store), 1);
	assert_null(store_error(sc->store));
	ban(sc, "sshd", "192.0.2.1", NOW, 600);
	close_store(sc);
	open_store(sc);
	assert_int_equal(load(sc, "sshd"), 1);
}

static void
wait_for(struct scene *sc, const unsigned *count, unsigned n)
{
	while (*count < n)
		event_base_loop(sc->base, EVLOOP_ONCE);
}

static void
a_full_disk_is_told_once_and_recovers(void **state)
{
	struct scene *sc = *state;
	struct rlimit before, small;
	struct store_counters n;
	int i;

	open_store(sc);
	store_start(sc->store);
	ban(sc, "sshd", "192.0.2.1", NOW, 600);
	assert_int_equal(sync_store(sc), 0);
	signal(SIGXFSZ, SIG_IGN);
	getrlimit(RLIMIT_FSIZE, &before);
	small = before;
	small.rlim_cur = 4096;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
	for (i = 0; i < 20; i++)
		ban(sc, "sshd", "192.0.2.2", NOW + i, 600);
	wait_for(sc, &sc->failed, 1);
	assert_non_null(store_error(sc->store));
	/* More than one attempt fails meanwhile; that is no news. */
	ban(sc, "sshd", "192.0.2.3", NOW, 600);
	usleep(300000);
	event_base_loop(sc->base, EVLOOP_NONBLOCK);
	assert_int_equal(sc->failed, 1);
	store_counters(sc->store, &n);
	assert_int_equal(n.waiting, 21);
	setrlimit(RLIMIT_FSIZE, &before);
	wait_for(sc, &sc->recovered, 1);
	assert_null(store_error(sc->store));
	assert_int_equal(sync_store(sc), 0);
	assert_int_equal(sc->failed, 1);
	store_counters(sc->store, &n);
	assert_int_equal(n.lost, 0);
	assert_answer(sc, "SELECT count(*) FROM bans", "22");
}

static void
a_missing_directory_is_waited_for(void **state)
{
	struct scene *sc = *state;
	char *sub, *path;

	assert_true(asprintf(&sub, "%s/later", sc->dir) > 0);
	assert_true(asprintf(&path, "%s/f2b.sqlite3", sub) > 0);
	open_with(sc, path, 100);
	assert_string_equal(store_error(sc->store),
	    "No such file or directory");
	assert_int_equal(load(sc, "sshd"), SIZE_MAX);
	assert_int_equal(store_start(sc->store), 0);
	ban(sc, "sshd", "192.0.2.1", NOW, 600);
	assert_int_equal(mkdir(sub, 0700), 0);
	wait_for(sc, &sc->recovered, 1);
	assert_int_equal(sync_store(sc), 0);
	assert_null(store_error(sc->store));
	close_store(sc);
	open_with(sc, path, 100);
	assert_int_equal(load(sc, "sshd"), 1);
	free(path);
	free(sub);
}

/* Root may write anywhere, so this runs as somebody else. */
static int
try_read_only(struct scene *sc)
{
	const char *error;

	if (geteuid() == 0 && setuid(65534) == -1)
		return 10;
	sc->base = event_base_new();
	open_store(sc);
	error = store_error(sc->store);
	if (error == NULL || strstr(error, "denied") == NULL)
		return 11;
	ban(sc, "sshd", "192.0.2.2", NOW, 600);
	store_start(sc->store);
	/* Closing tries once more, and gives up. */
	store_close(sc->store);
	return 0;
}

static void
a_read_only_directory_is_an_error_not_an_end(void **state)
{
	struct scene *sc = *state;
	int status;
	pid_t pid;

	assert_int_equal(chmod(sc->dir, 0555), 0);
	pid = fork();
	if (pid == 0)
		_exit(try_read_only(sc));
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
	assert_int_equal(chmod(sc->dir, 0755), 0);
}

/* --- a disk that fails ---------------------------------------------------- */

static int bad_write, bad_sync, bad_read;   /* results, 0: works */
static const sqlite3_io_methods *disk;

static int
disk_write(sqlite3_file *f, const void *p, int n, sqlite3_int64 at)
{
	return bad_write != 0 ? bad_write : disk->xWrite(f, p, n, at);
}

static int
disk_sync(sqlite3_file *f, int flags)
{
	return bad_sync != 0 ? bad_sync : disk->xSync(f, flags);
}

static int
disk_read(sqlite3_file *f, void *p, int n, sqlite3_int64 at)
{
	return bad_read != 0 ? bad_read : disk->xRead(f, p, n, at);
}

/* sqlite's own file system, but for three calls. */
static int
disk_open(sqlite3_vfs *vfs, const char *name, sqlite3_file *f, int flags,
    int *out)
{
	/* The log has methods of its own, without locks. */
	static sqlite3_io_methods both[2];
	sqlite3_io_methods *failing =
	    &both[(flags & SQLITE_OPEN_MAIN_DB) != 0];
	sqlite3_vfs *real = vfs->pAppData;
	int rc = real->xOpen(real, name, f, flags, out);

	if (rc == SQLITE_OK && f->pMethods != NULL) {
		disk = f->pMethods;
		*failing = *disk;
		failing->xWrite = disk_write;
		failing->xSync = disk_sync;
		failing->xRead = disk_read;
		f->pMethods = failing;
	}
	return rc;
}

static void
use_failing_disk(sqlite3_vfs *vfs)
{
	*vfs = *sqlite3_vfs_find(NULL);
	vfs->pAppData = sqlite3_vfs_find(NULL);
	vfs->zName = "failing";
	vfs->xOpen = disk_open;
	assert_int_equal(sqlite3_vfs_register(vfs, 1), SQLITE_OK);
}

/* Once per kind of failure: told, kept, and written when it works again. */
static void
fail_and_recover(struct scene *sc, int *what, int result, unsigned times)
{
	char id[32];

	*what = result;
	snprintf(id, sizeof(id), "192.0.2.%u", 10 + times);
	ban(sc, "sshd", id, NOW, 600);
	wait_for(sc, &sc->failed, times);
	assert_non_null(strstr(store_error(sc->store), "I/O error"));
	*what = 0;
	wait_for(sc, &sc->recovered, times);
	assert_int_equal(sync_store(sc), 0);
}

static void
io_errors_are_told_and_survived(void **state)
{
	struct scene *sc = *state;
	struct store_counters n;
	sqlite3_vfs vfs;

	use_failing_disk(&vfs);
	open_store(sc);
	store_start(sc->store);
	ban(sc, "sshd", "192.0.2.1", NOW, 600);
	assert_int_equal(sync_store(sc), 0);
	fail_and_recover(sc, &bad_write, SQLITE_IOERR_WRITE, 1);
	fail_and_recover(sc, &bad_sync, SQLITE_IOERR_FSYNC, 2);
	store_counters(sc->store, &n);
	assert_int_equal(n.lost, 0);
	assert_int_equal(sc->files, 0);
	close_store(sc);
	bad_read = SQLITE_IOERR_READ;
	open_store(sc);
	assert_non_null(store_error(sc->store));
	assert_int_equal(load(sc, "sshd"), SIZE_MAX);
	assert_int_equal(store_start(sc->store), 0);
	bad_read = 0;
	ban(sc, "sshd", "192.0.2.2", NOW, 600);
	wait_for(sc, &sc->recovered, 3);
	assert_int_equal(sync_store(sc), 0);
	close_store(sc);
	sqlite3_vfs_unregister(&vfs);
	/* Nothing was taken for damage. */
	assert_int_equal(files_aside(sc), 0);
	assert_answer(sc, "SELECT group_concat(ip, ' ') FROM"
	    " (SELECT ip FROM bips ORDER BY timeofban, rowid)",
	    "192.0.2.1 192.0.2.11 192.0.2.12 192.0.2.2");
}

static void
a_locked_file_is_waited_for(void **state)
{
	struct scene *sc = *state;
	sqlite3 *db;

	open_store(sc);
	store_start(sc->store);
	assert_int_equal(sync_store(sc), 0);
	assert_int_equal(sqlite3_open(sc->path, &db), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db, "BEGIN IMMEDIATE", NULL, NULL,
	    NULL), SQLITE_OK);
	ban(sc, "sshd", "192.0.2.1", NOW, 600);
	wait_for(sc, &sc->failed, 1);
	sqlite3_close(db);
	wait_for(sc, &sc->recovered, 1);
	assert_int_equal(sync_store(sc), 0);
	assert_answer(sc, "SELECT count(*) FROM bips", "1");
}

static void
a_deleted_file_is_begun_anew(void **state)
{
	struct scene *sc = *state;

	open_store(sc);
	store_start(sc->store);
	ban(sc, "sshd", "192.0.2.1", NOW, 600);
	assert_int_equal(sync_store(sc), 0);
	assert_int_equal(unlink(sc->path), 0);
	assert_int_equal(store_file(sc->store), 0);
	ban(sc, "sshd", "192.0.2.2", NOW, 600);
	assert_int_equal(sync_store(sc), 0);
	assert_answer(sc, "SELECT group_concat(ip, ',') FROM bips",
	    "192.0.2.2");
	/* Whose rows were in the old one is to be told. */
	wait_for(sc, &sc->files, 1);
	assert_int_equal(store_file(sc->store), 1);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		SCENE(a_killed_writer_loses_nothing_acknowledged),
		SCENE(damaged_files_go_aside_and_two_are_kept),
		SCENE(damage_found_while_reading),
		SCENE(a_full_disk_is_told_once_and_recovers),
		SCENE(a_missing_directory_is_waited_for),
		SCENE(a_read_only_directory_is_an_error_not_an_end),
		SCENE(io_errors_are_told_and_survived),
		SCENE(a_locked_file_is_waited_for),
		SCENE(a_deleted_file_is_begun_anew),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
