/* Pid lock, run directories, control socket and log target of a start. */
#include "process/pidlock.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/log.h"
#include "process/listener.h"
#include "process/logtarget.h"
#include "process/notify.h"
#include "process/rundir.h"

static char dir[64];
static char path[108];
static int null_fd;

static const char *
in_dir(const char *name)
{
	snprintf(path, sizeof(path), "%s/%s", dir, name);
	return path;
}

static int
setup(void **state)
{
	(void)state;
	snprintf(dir, sizeof(dir), "/tmp/gaol-pidlock-XXXXXX");
	null_fd = open("/dev/null", O_WRONLY | O_CLOEXEC);
	log_set_fd(null_fd);   /* the refusals below are meant */
	return mkdtemp(dir) == NULL || null_fd == -1 ? -1 : 0;
}

static int
teardown(void **state)
{
	char command[128];

	(void)state;
	close(null_fd);
	snprintf(command, sizeof(command), "rm -rf '%s'", dir);
	return system(command);
}

static void
spit(const char *file, const char *text)
{
	FILE *f = fopen(file, "w");

	assert_non_null(f);
	fputs(text, f);
	fclose(f);
}

static void
slurp(const char *file, char *out, int size)
{
	FILE *f = fopen(file, "r");

	assert_non_null(f);
	assert_non_null(fgets(out, size, f));
	fclose(f);
}

static mode_t
mode_of(const char *file)
{
	struct stat st;

	assert_int_equal(lstat(file, &st), 0);
	return st.st_mode & 07777;
}

/* --- pid lock ----------------------------------------------------------- */

static void
a_second_instance_is_refused(void **state)
{
	const char *file = in_dir("run/gaol.pid");
	char text[32], expected[32];
	int fd = pidlock_take(file);

	(void)state;
	assert_true(fd >= 0);
	assert_int_equal(mode_of(in_dir("run")), 0755);
	file = in_dir("run/gaol.pid");
	assert_int_equal(pidlock_write(fd), 0);
	slurp(file, text, sizeof(text));
	snprintf(expected, sizeof(expected), "%d\n", (int)getpid());
	assert_string_equal(text, expected);
	/* flock(2) is of the open file: a second open is another owner */
	errno = 0;
	assert_int_equal(pidlock_take(file), -1);
	assert_int_equal(errno, EWOULDBLOCK);
	pidlock_release(fd, file);
	assert_int_equal(access(file, F_OK), -1);
	fd = pidlock_take(file);
	assert_true(fd >= 0);
	pidlock_release(fd, file);
}

static void
the_lock_ends_with_its_process(void **state)
{
	const char *file = in_dir("killed.pid");
	int ends[2], fd;
	char byte;
	pid_t pid;

	(void)state;
	assert_int_equal(pipe(ends), 0);
	pid = fork();
	if (pid == 0) {
		fd = pidlock_take(file);
		if (fd == -1 || pidlock_write(fd) == -1 ||
		    write(ends[1], "", 1) != 1)
			_exit(1);
		for (;;)
			pause();
	}
	assert_int_equal(read(ends[0], &byte, 1), 1);
	assert_int_equal(pidlock_take(file), -1);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	fd = pidlock_take(file);
	assert_true(fd >= 0);
	pidlock_release(fd, file);
	close(ends[0]);
	close(ends[1]);
}

/* Another program's number stays until we know that we may start. */
static void
a_foreign_number_stays_until_written(void **state)
{
	const char *file = in_dir("foreign.pid");
	char text[32];
	int fd;

	(void)state;
	spit(file, "12345678\n");
	fd = pidlock_take(file);
	assert_true(fd >= 0);
	slurp(file, text, sizeof(text));
	assert_string_equal(text, "12345678\n");
	pidlock_release(fd, file);         /* refused: not ours to remove */
	slurp(file, text, sizeof(text));
	assert_string_equal(text, "12345678\n");
	fd = pidlock_take(file);
	assert_true(fd >= 0);
	assert_int_equal(pidlock_write(fd), 0);
	slurp(file, text, sizeof(text));
	assert_int_equal(atoi(text), (int)getpid());
	pidlock_release(fd, file);
}

static void
links_and_pipes_are_no_pid_file(void **state)
{
	char target[128];

	(void)state;
	snprintf(target, sizeof(target), "%s", in_dir("precious"));
	spit(target, "keep\n");
	assert_int_equal(symlink(target, in_dir("link.pid")), 0);
	assert_int_equal(pidlock_take(path), -1);
	assert_int_equal(mkfifo(in_dir("fifo.pid"), 0600), 0);
	assert_int_equal(pidlock_take(path), -1);
	slurp(target, path, sizeof(path));
	assert_string_equal(path, "keep\n");
}

static void
release_leaves_another_ones_file(void **state)
{
	const char *file = in_dir("replaced.pid");
	int fd = pidlock_take(file);

	(void)state;
	assert_true(fd >= 0);
	assert_int_equal(unlink(file), 0);
	spit(file, "1\n");
	pidlock_release(fd, file);
	assert_int_equal(access(file, F_OK), 0);
}

/* --- control socket ----------------------------------------------------- */

static int
dial(const char *file)
{
	struct sockaddr_un sun = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM, 0), rc;

	snprintf(sun.sun_path, sizeof(sun.sun_path), "%s", file);
	rc = connect(fd, (const void *)&sun, sizeof(sun));
	close(fd);
	return rc;
}

static void
a_live_socket_is_left_a_stale_one_taken(void **state)
{
	const char *file = in_dir("sub/gaol.sock");
	int fd = listener_open(file, 0), second;

	(void)state;
	assert_true(fd >= 0);
	assert_int_equal(mode_of(file), 0660);
	assert_int_equal(dial(file), 0);
	errno = 0;
	assert_int_equal(listener_open(file, 0), -1);
	assert_int_equal(errno, EADDRINUSE);
	assert_int_equal(dial(file), 0);   /* untouched by the refusal */
	close(fd);                         /* now nobody answers */
	assert_int_equal(dial(file), -1);
	second = listener_open(file, 0);
	assert_true(second >= 0);
	assert_int_equal(dial(file), 0);
	listener_close(second, file);
	assert_int_equal(access(file, F_OK), -1);
}

/* A server too busy to accept is a server. */
static void
a_full_backlog_is_an_answer(void **state)
{
	struct sockaddr_un sun = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);
	int clients[8];

	(void)state;
	snprintf(sun.sun_path, sizeof(sun.sun_path), "%s", in_dir("busy"));
	assert_int_equal(bind(fd, (const void *)&sun, sizeof(sun)), 0);
	assert_int_equal(listen(fd, 0), 0);
	for (int i = 0; i < 8; i++) {
		clients[i] = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);
		connect(clients[i], (const void *)&sun, sizeof(sun));
	}
	errno = 0;
	assert_int_equal(listener_open(path, 0), -1);
	assert_int_equal(errno, EADDRINUSE);
	for (int i = 0; i < 8; i++)
		close(clients[i]);
	close(fd);
}

static void
what_is_no_socket_is_never_removed(void **state)
{
	const char *file = in_dir("mistake");

	(void)state;
	spit(file, "data\n");
	assert_int_equal(listener_open(file, 0), -1);
	assert_int_equal(access(file, F_OK), 0);
	assert_int_equal(listener_open("/no/such/place/s", 0), -1);
}

/* --- log target --------------------------------------------------------- */

static int
open_log(const char *file)
{
	struct logtarget p = { .kind = LOGTARGET_FILE };

	snprintf(p.file, sizeof(p.file), "%s", file);
	return logtarget_open(&p);
}

static void
the_log_is_a_regular_file_for_appending(void **state)
{
	const char *file = in_dir("gaol.log");
	char text[32];
	int fd;

	(void)state;
	spit(file, "first\n");
	fd = open_log(file);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, "second\n", 7), 7);
	close(fd);
	slurp(file, text, sizeof(text));
	assert_string_equal(text, "first\n");
	unlink(file);
	fd = open_log(file);
	assert_true(fd >= 0);
	assert_int_equal(mode_of(file) & 0137, 0);
	close(fd);
	assert_int_equal(symlink(file, in_dir("link.log")), 0);
	assert_int_equal(open_log(path), -1);
	assert_int_equal(mkfifo(in_dir("fifo.log"), 0600), 0);
	assert_int_equal(open_log(path), -1);
	assert_int_equal(open_log(dir), -1);
	assert_int_equal(open_log("/no/such/dir/x.log"), -1);
}

/* A restarted syslog daemon has a new socket under the old name. */
static void
a_restarted_syslog_is_found_again(void **state)
{
	struct logtarget p = { .kind = LOGTARGET_SYSLOG };
	struct sockaddr_un sun = { .sun_family = AF_UNIX };
	char text[8];
	int server, fd;

	(void)state;
	snprintf(sun.sun_path, sizeof(sun.sun_path), "%s", in_dir("log"));
	snprintf(p.syslog_socket, sizeof(p.syslog_socket), "%s", path);
	server = socket(AF_UNIX, SOCK_DGRAM, 0);
	assert_int_equal(bind(server, (const void *)&sun, sizeof(sun)), 0);
	fd = logtarget_open(&p);
	assert_true(fd >= 0);
	close(server);
	unlink(sun.sun_path);
	assert_int_equal(send(fd, "x", 1, MSG_NOSIGNAL), -1);
	logtarget_refresh(&p, fd);   /* nobody: no harm */
	server = socket(AF_UNIX, SOCK_DGRAM, 0);
	assert_int_equal(bind(server, (const void *)&sun, sizeof(sun)), 0);
	logtarget_refresh(&p, fd);
	assert_int_equal(send(fd, "x", 1, MSG_NOSIGNAL), 1);
	assert_int_equal(recv(server, text, sizeof(text), 0), 1);
	close(fd);
	close(server);
}

/* --- state directory ---------------------------------------------------- */

#define SOMEBODY 61234

static uid_t
owner_of(const char *file)
{
	struct stat st;

	assert_int_equal(lstat(file, &st), 0);
	return st.st_uid;
}

/* Only root can give files away. */
static bool
have_root(const char *test)
{
	if (geteuid() == 0)
		return true;
	printf("ok - %s # SKIP needs root\n", test);
	return false;
}

static void
a_database_changes_hands(void **state)
{
	char own[128], secret[128];

	(void)state;
	if (!have_root(__func__))
		return;
	snprintf(own, sizeof(own), "%s", in_dir("state"));
	assert_int_equal(rundir_state(own, "db", SOMEBODY, SOMEBODY), 0);
	assert_int_equal(owner_of(own), SOMEBODY);
	assert_int_equal(mode_of(own), 0700);
	spit(in_dir("state/db"), "x");
	spit(in_dir("state/db-wal"), "x");
	snprintf(secret, sizeof(secret), "%s", in_dir("secret"));
	spit(secret, "x");
	/* as an engine gone bad could leave them */
	assert_int_equal(symlink(secret, in_dir("state/db-shm")), 0);
	assert_int_equal(link(secret, in_dir("state/db-journal")), 0);
	assert_int_equal(rundir_state(own, "db", SOMEBODY, SOMEBODY), 0);
	assert_int_equal(owner_of(in_dir("state/db")), SOMEBODY);
	assert_int_equal(owner_of(in_dir("state/db-wal")), SOMEBODY);
	assert_int_equal(owner_of(secret), 0);
}

static void
a_shared_directory_stays_its_owners(void **state)
{
	char own[128];

	(void)state;
	if (!have_root(__func__))
		return;
	snprintf(own, sizeof(own), "%s", in_dir("shared"));
	assert_int_equal(mkdir(own, 0755), 0);
	spit(in_dir("shared/db"), "x");
	spit(in_dir("shared/other"), "x");
	assert_int_equal(rundir_state(own, "db", SOMEBODY, SOMEBODY), 0);
	assert_int_equal(owner_of(own), 0);
	assert_int_equal(owner_of(in_dir("shared/other")), 0);
	assert_int_equal(owner_of(in_dir("shared/db")), SOMEBODY);
	/* without the stranger it is the database's own */
	unlink(in_dir("shared/other"));
	assert_int_equal(rundir_state(own, "db", SOMEBODY, SOMEBODY), 0);
	assert_int_equal(owner_of(own), SOMEBODY);
}

/* --- supervisor --------------------------------------------------------- */

static void
assert_notified(const char *name, const struct sockaddr_un *sun, socklen_t n)
{
	int server = socket(AF_UNIX, SOCK_DGRAM, 0);
	char text[128];
	ssize_t got;

	assert_int_equal(bind(server, (const void *)sun, n), 0);
	setenv("NOTIFY_SOCKET", name, 1);
	notify_ready("running");
	got = recv(server, text, sizeof(text) - 1, MSG_DONTWAIT);
	assert_true(got > 0);
	text[got] = '\0';
	assert_memory_equal(text, "READY=1\nMAINPID=", 16);
	assert_int_equal(atoi(text + 16), (int)getpid());
	notify_send("STOPPING=1");
	got = recv(server, text, sizeof(text), MSG_DONTWAIT);
	assert_int_equal(got, 10);
	assert_memory_equal(text, "STOPPING=1", 10);
	unsetenv("NOTIFY_SOCKET");
	close(server);
}

static void
the_supervisor_hears_of_it(void **state)
{
	struct sockaddr_un sun = { .sun_family = AF_UNIX };
	char name[64];

	(void)state;
	snprintf(sun.sun_path, sizeof(sun.sun_path), "%s", in_dir("notify"));
	assert_notified(sun.sun_path, &sun, sizeof(sun));
	snprintf(name, sizeof(name), "@gaol-test-%d", (int)getpid());
	memset(sun.sun_path, 0, sizeof(sun.sun_path));
	memcpy(sun.sun_path + 1, name + 1, strlen(name + 1));
	assert_notified(name, &sun, (socklen_t)(offsetof(struct sockaddr_un,
	    sun_path) + strlen(name)));
	/* nobody there, no name, a wrong one: nothing happens */
	setenv("NOTIFY_SOCKET", "/no/such/socket", 1);
	notify_send("READY=1");
	setenv("NOTIFY_SOCKET", "relative", 1);
	notify_send("READY=1");
	unsetenv("NOTIFY_SOCKET");
	notify_send("READY=1");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_second_instance_is_refused),
		cmocka_unit_test(the_lock_ends_with_its_process),
		cmocka_unit_test(a_foreign_number_stays_until_written),
		cmocka_unit_test(links_and_pipes_are_no_pid_file),
		cmocka_unit_test(release_leaves_another_ones_file),
		cmocka_unit_test(a_live_socket_is_left_a_stale_one_taken),
		cmocka_unit_test(a_full_backlog_is_an_answer),
		cmocka_unit_test(what_is_no_socket_is_never_removed),
		cmocka_unit_test(the_log_is_a_regular_file_for_appending),
		cmocka_unit_test(a_restarted_syslog_is_found_again),
		cmocka_unit_test(a_database_changes_hands),
		cmocka_unit_test(a_shared_directory_stays_its_owners),
		cmocka_unit_test(the_supervisor_hears_of_it),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
