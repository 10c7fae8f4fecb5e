/*
 * The sandbox, from the inside: each test forks a child that gives up its
 * rights and then tries what it must and what it must not be able to do.
 */
#include "process/sandbox.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#define PCRE2_CODE_UNIT_WIDTH 8
#include <errno.h>
#include <event2/event.h>
#include <fcntl.h>
#include <iconv.h>
#include <grp.h>
#include <linux/capability.h>
#include <linux/netlink.h>
#include <netinet/in.h>
#include <pcre2.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/log.h"
#include "process/lookup.h"
#include "process/sandbox_local.h"

#define NOBODY 61235

static char dir[64];          /* holds state/ (the engine's) and other/ */
static char state[128];
static char outside[128];     /* a file anybody may write */

static int
setup(void **unused)
{
	int fd;

	(void)unused;
	snprintf(dir, sizeof(dir), "/tmp/gaol-sandbox-XXXXXX");
	if (mkdtemp(dir) == NULL || chmod(dir, 0777) == -1)
		return -1;
	snprintf(state, sizeof(state), "%s/state", dir);
	snprintf(outside, sizeof(outside), "%s/outside", dir);
	if (mkdir(state, 0777) == -1 || chmod(state, 0777) == -1)
		return -1;
	fd = open(outside, O_CREAT | O_WRONLY, 0666);
	return fd == -1 || fchmod(fd, 0666) == -1 || close(fd) == -1 ? -1 : 0;
}

static int
teardown(void **unused)
{
	char command[128];

	(void)unused;
	snprintf(command, sizeof(command), "rm -rf '%s'", dir);
	return system(command);
}

/* --- the scaffold ------------------------------------------------------- */

/* In a child: what went wrong, named by its line, is its exit status. */
#define MUST(cond) do { \
	if (!(cond)) { \
		fprintf(stderr, "%s:%d: %s (errno %d)\n", __FILE__, \
		    __LINE__, #cond, errno); \
		_exit(99); \
	} } while (0)
#define FAILS(call, error) MUST((call) == -1 && errno == (error))

/* Runs fn in a child; its wait status. */
static int
in_child(void (*fn)(void))
{
	int status;
	pid_t pid = fork();

	if (pid == 0) {
		fn();
		_exit(0);
	}
	assert_true(pid > 0);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return status;
}

static void
assert_works(void (*fn)(void))
{
	int status = in_child(fn);

	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
}

static bool
skipped(bool able, const char *test, const char *why)
{
	if (!able)
		printf("ok - %s # SKIP %s\n", test, why);
	return !able;
}

#define NEEDS_ROOT() \
	if (skipped(geteuid() == 0, __func__, "needs root")) return
#define NEEDS_LANDLOCK(abi) \
	if (skipped(sandbox_landlock_abi() >= (abi), __func__, \
	    "this kernel's Landlock is older than ABI " #abi)) return

/* --- dropping rights ---------------------------------------------------- */

/* The kernel's own account, not that of the code under test. */
static void
status_is(const char *key, const char *value)
{
	char line[256];
	size_t n = strlen(key);
	FILE *f = fopen("/proc/self/status", "r");

	MUST(f != NULL);
	while (fgets(line, sizeof(line), f) != NULL)
		if (strncmp(line, key, n) == 0 && line[n] == ':') {
			line[strcspn(line, "\n")] = '\0';
			if (strcmp(line + n + 1 + strspn(line + n + 1, "\t "),
			    value) != 0) {
				fprintf(stderr, "%s, not %s\n", line, value);
				_exit(98);
			}
			fclose(f);
			return;
		}
	fprintf(stderr, "no %s in /proc/self/status\n", key);
	_exit(97);
}

static void
have_only(const char *caps)
{
	status_is("Uid", "61235\t61235\t61235\t61235");
	status_is("Gid", "61235\t61235\t61235\t61235");
	status_is("Groups", "");
	status_is("CapInh", "0000000000000000");
	status_is("CapPrm", caps);
	status_is("CapEff", caps);
	status_is("CapBnd", "0000000000000000");
	status_is("CapAmb", "0000000000000000");
	status_is("NoNewPrivs", "1");
}

static void
root_is_gone(void)
{
	int signal_at_death = 0;

	FAILS(setuid(0), EPERM);
	FAILS(setresuid(0, 0, 0), EPERM);
	FAILS(seteuid(0), EPERM);
	FAILS(setgid(0), EPERM);
	FAILS(setgroups(0, NULL), EPERM);
	FAILS(prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, CAP_NET_ADMIN, 0, 0),
	    EPERM);
	MUST(prctl(PR_GET_DUMPABLE, 0, 0, 0, 0) == 0);
	MUST(prctl(PR_GET_PDEATHSIG, &signal_at_death, 0, 0, 0) == 0);
	MUST(signal_at_death == SIGKILL);
}

static void
as_engine(void)
{
	const gid_t groups[] = { 4, 27 };

	MUST(setgroups(2, groups) == 0);
	MUST(sandbox_drop(NOBODY, NOBODY, NULL, 0) == 0);
	have_only("0000000000000000");
	root_is_gone();
	FAILS(open("/etc/shadow", O_RDONLY), EACCES);
}

static void
as_warden(void)
{
	static const int caps[] = { CAP_NET_ADMIN, CAP_DAC_READ_SEARCH };

	MUST(sandbox_drop(NOBODY, NOBODY, caps, 2) == 0);
	have_only("0000000000001004");   /* 1 << 12 | 1 << 2 */
	root_is_gone();
	MUST(open("/etc/shadow", O_RDONLY) >= 0);
	FAILS(open("/etc/shadow", O_WRONLY), EACCES);
	FAILS(chown(outside, NOBODY, NOBODY), EPERM);
}

static void
to_root(void)
{
	FAILS(sandbox_drop(0, NOBODY, NULL, 0), EINVAL);
	FAILS(sandbox_drop(NOBODY, 0, NULL, 0), EINVAL);
}

static void
without_rights(void)
{
	MUST(setresuid(NOBODY, NOBODY, NOBODY) == 0);
	MUST(sandbox_drop(NOBODY + 1, NOBODY + 1, NULL, 0) == -1);
}

static void
rights_are_dropped_exactly(void **unused)
{
	(void)unused;
	NEEDS_ROOT();
	assert_works(as_engine);
	assert_works(as_warden);
}

static void
a_drop_that_is_none_fails(void **unused)
{
	(void)unused;
	assert_works(to_root);
	NEEDS_ROOT();
	assert_works(without_rights);
}

/* --- Landlock ----------------------------------------------------------- */

static const char *
in_state(const char *name)
{
	static char path[160];

	snprintf(path, sizeof(path), "%s/%s", state, name);
	return path;
}

static void
no_tcp(void)
{
	struct sockaddr_in sin = { .sin_family = AF_INET };
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	MUST(fd >= 0);
	sin.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	sin.sin_port = htons(9);
	FAILS(connect(fd, (const void *)&sin, sizeof(sin)), EACCES);
	FAILS(bind(fd, (const void *)&sin, sizeof(sin)), EACCES);
}

static void
engine_files(void)
{
	char moved[176];
	int fd;

	MUST(sandbox_landlock_engine(state) == 0);
	fd = open(in_state("db"), O_RDWR | O_CREAT, 0600);
	MUST(fd >= 0 && write(fd, "x", 1) == 1 && ftruncate(fd, 0) == 0);
	snprintf(moved, sizeof(moved), "%s.old", in_state("db"));
	MUST(rename(in_state("db"), moved) == 0 && unlink(moved) == 0);
	FAILS(open(outside, O_RDONLY), EACCES);
	FAILS(open(outside, O_WRONLY), EACCES);
	FAILS(open("/etc/passwd", O_RDONLY), EACCES);
	FAILS(open("/dev/null", O_WRONLY), EACCES);
	FAILS(open("/tmp", O_RDONLY | O_DIRECTORY), EACCES);
	FAILS(unlink(outside), EACCES);
	FAILS(mkdir(in_state("sub"), 0700), EACCES);
	FAILS(symlink(outside, in_state("link")), EACCES);
	FAILS(mkfifo(in_state("fifo"), 0600), EACCES);
	MUST(open("/usr/share/zoneinfo/UTC", O_RDONLY) >= 0 ||
	    errno == ENOENT);
	/* logencoding: converters are loaded when a jail wants them. */
	MUST(iconv_open("UTF-8", "CP1251") != (iconv_t)-1);
	MUST(iconv_open("UTF-8", "EUC-JP") != (iconv_t)-1);
	FAILS(execl("/bin/true", "true", NULL), EACCES);
}

static void
engine_without_state(void)
{
	MUST(sandbox_landlock_engine(NULL) == 0);
	FAILS(open(in_state("db"), O_RDWR | O_CREAT, 0600), EACCES);
	FAILS(open("/etc/passwd", O_RDONLY), EACCES);
}

/* A directory that is not there must not leave the door open. */
static void
engine_with_lost_state(void)
{
	MUST(sandbox_landlock_engine("/no/such/state") == 0);
	FAILS(open(in_state("db"), O_RDWR | O_CREAT, 0600), EACCES);
	FAILS(open("/etc/passwd", O_RDONLY), EACCES);
}

static void
warden_files(void)
{
	MUST(sandbox_landlock_warden() == 0);
	MUST(open("/etc/passwd", O_RDONLY) >= 0);
	MUST(open("/etc", O_RDONLY | O_DIRECTORY) >= 0);
	MUST(open(outside, O_RDONLY) >= 0);
	FAILS(open(outside, O_WRONLY), EACCES);
	FAILS(open(outside, O_RDWR), EACCES);
	FAILS(open(in_state("new"), O_WRONLY | O_CREAT, 0600), EACCES);
	FAILS(unlink(outside), EACCES);
	FAILS(execl("/bin/true", "true", NULL), EACCES);
}

static void
engine_truncates(void)
{
	MUST(sandbox_landlock_engine(state) == 0);
	FAILS(truncate(outside, 0), EACCES);
}

static void
engine_net(void)
{
	MUST(sandbox_landlock_engine(state) == 0);
	no_tcp();
}

static void
warden_net(void)
{
	MUST(sandbox_landlock_warden() == 0);
	no_tcp();
	MUST(socket(AF_NETLINK, SOCK_RAW, NETLINK_NETFILTER) >= 0);
}

/* Name servers only, for what is too long for a datagram. */
static void
resolver_net(void)
{
	struct sockaddr_in sin = { .sin_family = AF_INET };
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	MUST(sandbox_landlock_resolver() == 0);
	no_tcp();
	sin.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	sin.sin_port = htons(53);
	MUST(connect(fd, (const void *)&sin, sizeof(sin)) == 0 ||
	    errno == ECONNREFUSED);
	FAILS(bind(fd, (const void *)&sin, sizeof(sin)), EACCES);
}

static void
resolver_files(void)
{
	MUST(sandbox_landlock_resolver() == 0);
	MUST(open("/etc/hosts", O_RDONLY) >= 0 || errno == ENOENT);
	FAILS(open("/etc/hosts", O_RDWR), EACCES);
	FAILS(open("/etc/passwd", O_RDONLY), EACCES);
	FAILS(open("/etc", O_RDONLY | O_DIRECTORY), EACCES);
	FAILS(open(outside, O_RDONLY), EACCES);
	FAILS(open(in_state("db"), O_RDWR | O_CREAT, 0600), EACCES);
	FAILS(unlink(outside), EACCES);
	FAILS(execl("/bin/true", "true", NULL), EACCES);
}

static void
engine_signals(void)
{
	MUST(kill(getppid(), 0) == 0);
	MUST(sandbox_landlock_engine(state) == 0);
	FAILS(kill(getppid(), 0), EPERM);
	MUST(kill(getpid(), 0) == 0);
}

static void
files_are_closed_off(void **unused)
{
	(void)unused;
	NEEDS_LANDLOCK(1);
	assert_works(engine_files);
	assert_works(engine_without_state);
	assert_works(engine_with_lost_state);
	assert_works(warden_files);
	assert_works(resolver_files);
}

static void
truncating_is_closed_off(void **unused)
{
	(void)unused;
	NEEDS_LANDLOCK(3);
	assert_works(engine_truncates);
}

static void
tcp_is_closed_off(void **unused)
{
	(void)unused;
	NEEDS_LANDLOCK(4);
	assert_works(engine_net);
	assert_works(warden_net);
	assert_works(resolver_net);
}

static void
signals_are_closed_off(void **unused)
{
	(void)unused;
	NEEDS_LANDLOCK(6);
	assert_works(engine_signals);
}

/* --- system calls ------------------------------------------------------- */

static enum sandbox_role role;
static long forbidden[7];     /* number and arguments of the next attempt */

static void
try_forbidden(void)
{
	MUST(sandbox_seccomp(role) == 0);
	syscall(forbidden[0], forbidden[1], forbidden[2], forbidden[3],
	    forbidden[4], forbidden[5], forbidden[6]);
}

static void
assert_kills(const char *name, long number, long a, long b)
{
	int status;

	memset(forbidden, 0, sizeof(forbidden));
	forbidden[0] = number;
	forbidden[1] = a;
	forbidden[2] = b;
	status = in_child(try_forbidden);
	if (!WIFSIGNALED(status) || WTERMSIG(status) != SIGSYS)
		fail_msg("%s as %s: status %#x", name,
		    role == SANDBOX_ENGINE ? "engine" :
		    role == SANDBOX_WARDEN ? "warden" : "resolver",
		    (unsigned)status);
}

#define KILLS(call) assert_kills(#call, SYS_##call, 0, 0)

static void
both_die_of(void)
{
	KILLS(execve);
	KILLS(execveat);
	KILLS(ptrace);
	KILLS(process_vm_readv);
	KILLS(process_vm_writev);
	KILLS(setuid);
	KILLS(setresuid);
	KILLS(setgroups);
	KILLS(capset);
	KILLS(unshare);
	KILLS(setns);
	KILLS(mount);
	KILLS(chroot);
	KILLS(bpf);
	KILLS(perf_event_open);
	KILLS(io_uring_setup);
	KILLS(userfaultfd);
	KILLS(keyctl);
	KILLS(add_key);
	KILLS(open_by_handle_at);
	KILLS(init_module);
	KILLS(kexec_load);
	KILLS(reboot);
	KILLS(personality);
	KILLS(seccomp);
	KILLS(fchmodat);
	KILLS(fchownat);
	KILLS(mkdirat);
	KILLS(symlinkat);
	KILLS(linkat);
	KILLS(mknodat);
	KILLS(pidfd_getfd);
	assert_kills("kill the parent", SYS_kill, getpid(), 0);
	assert_kills("tgkill the parent", SYS_tgkill, getpid(), getpid());
	assert_kills("fork by clone", SYS_clone, SIGCHLD, 0);
#ifdef __x86_64__
	KILLS(fork);
	KILLS(vfork);
	assert_kills("an x32 call", 0x40000000 + SYS_getpid, 0, 0);
#endif
}

static void
engine_calls_are_listed(void **unused)
{
	(void)unused;
	role = SANDBOX_ENGINE;
	both_die_of();
	KILLS(connect);
	KILLS(bind);
	KILLS(inotify_init1);
	KILLS(inotify_add_watch);
	assert_kills("a thread in a new user namespace", SYS_clone,
	    0x3d0f00 | 0x10000000, 0);
}

static void
warden_calls_are_listed(void **unused)
{
	(void)unused;
	role = SANDBOX_WARDEN;
	both_die_of();
	KILLS(connect);
	KILLS(accept4);
	KILLS(listen);
	KILLS(unlinkat);
	KILLS(renameat2);
	KILLS(clone3);
	assert_kills("a thread", SYS_clone, 0x3d0f00, 0);
}

static void
resolver_calls_are_listed(void **unused)
{
	(void)unused;
	role = SANDBOX_RESOLVER;
	both_die_of();
	KILLS(bind);
	KILLS(accept4);
	KILLS(listen);
	KILLS(unlinkat);
	KILLS(renameat2);
	KILLS(inotify_init1);
	KILLS(inotify_add_watch);
	assert_kills("a thread in a new user namespace", SYS_clone,
	    0x3d0f00 | 0x10000000, 0);
}

static void
refusals(void)
{
	struct rlimit limit = { 10, 10 };
	int ends[2];

	FAILS(socket(AF_INET, SOCK_STREAM, 0), EACCES);
	FAILS(socket(AF_INET6, SOCK_DGRAM, 0), EACCES);
	FAILS(socket(AF_UNIX, SOCK_STREAM, 0), EACCES);
	FAILS(socket(AF_PACKET, SOCK_RAW, 0), EACCES);
	FAILS(socketpair(AF_UNIX, SOCK_DGRAM, 0, ends), EACCES);
	FAILS(prctl(PR_SET_DUMPABLE, 1, 0, 0, 0), EPERM);
	FAILS(setrlimit(RLIMIT_NOFILE, &limit), EPERM);
	MUST(getrlimit(RLIMIT_NOFILE, &limit) == 0);
	MUST(prctl(PR_SET_NAME, "engine", 0, 0, 0) == 0);
	MUST(isatty(0) == 0);
}

static void
engine_refusals(void)
{
	MUST(sandbox_seccomp(SANDBOX_ENGINE) == 0);
	refusals();
	FAILS(socket(AF_NETLINK, SOCK_RAW, NETLINK_NETFILTER), EACCES);
}

static void
warden_refusals(void)
{
	MUST(sandbox_seccomp(SANDBOX_WARDEN) == 0);
	refusals();
	/* the upper half of a register is not a family */
	MUST(syscall(SYS_socket, UINT64_C(0x100000000) | AF_NETLINK,
	    SOCK_RAW, NETLINK_ROUTE) >= 0);
	FAILS(syscall(SYS_socket, UINT64_C(0x1000000000) | AF_INET,
	    SOCK_STREAM, 0), EACCES);
}

static void
resolver_refusals(void)
{
	int ends[2];

	MUST(sandbox_seccomp(SANDBOX_RESOLVER) == 0);
	MUST(socket(AF_INET, SOCK_DGRAM, 0) >= 0);
	MUST(socket(AF_INET6, SOCK_STREAM, 0) >= 0);
	FAILS(socket(AF_UNIX, SOCK_STREAM, 0), EACCES);
	FAILS(socket(AF_NETLINK, SOCK_RAW, NETLINK_ROUTE), EACCES);
	FAILS(socket(AF_PACKET, SOCK_RAW, 0), EACCES);
	FAILS(socketpair(AF_UNIX, SOCK_DGRAM, 0, ends), EACCES);
	FAILS(prctl(PR_SET_DUMPABLE, 1, 0, 0, 0), EPERM);
}

static void
what_libraries_try_is_refused(void **unused)
{
	(void)unused;
	assert_works(resolver_refusals);
	assert_works(engine_refusals);
	assert_works(warden_refusals);
}

static void
trapped(void)
{
	setenv("GAOL_SECCOMP", "trap", 1);
	MUST(sandbox_seccomp(SANDBOX_ENGINE) == 0);
	syscall(SYS_ptrace, 0, 0, 0, 0);
}

static int stderr_pipe[2];

static void
trapped_aside(void)
{
	MUST(dup2(stderr_pipe[1], STDERR_FILENO) != -1);
	trapped();
}

static void
a_trap_names_the_call(void **unused)
{
	char text[128] = "", expected[64];
	int status;

	(void)unused;
	assert_int_equal(pipe(stderr_pipe), 0);
	status = in_child(trapped_aside);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 128 + SIGSYS);
	assert_true(read(stderr_pipe[0], text, sizeof(text) - 1) > 0);
	snprintf(expected, sizeof(expected),
	    "gaold: forbidden system call %d\n", SYS_ptrace);
	assert_string_equal(text, expected);
	close(stderr_pipe[0]);
	close(stderr_pipe[1]);
}

/* --- work under both ---------------------------------------------------- */

static void
use_regex(void)
{
	static const char subject[] = "Failed password for root from 192.0.2.7";
	size_t at;
	int error;
	pcre2_match_data *match;
	pcre2_code *code = pcre2_compile((PCRE2_SPTR)"from ([0-9.]+)$",
	    PCRE2_ZERO_TERMINATED, 0, &error, &at, NULL);

	MUST(code != NULL);
	/* machine code, made after the sandbox as at a reload */
	MUST(pcre2_jit_compile(code, PCRE2_JIT_COMPLETE) == 0);
	match = pcre2_match_data_create_from_pattern(code, NULL);
	MUST(pcre2_match(code, (PCRE2_SPTR)subject, sizeof(subject) - 1, 0, 0,
	    match, NULL) == 2);
	pcre2_match_data_free(match);
	pcre2_code_free(code);
}

static void *
use_sqlite(void *error)
{
	sqlite3 *db = NULL;
	char sql[128];
	int *rc = error;

	prctl(PR_SET_NAME, "store", 0, 0, 0);
	*rc = sqlite3_open(in_state("gaol.sqlite3"), &db);
	if (*rc == SQLITE_OK)
		*rc = sqlite3_exec(db, "PRAGMA journal_mode=WAL;"
		    "PRAGMA synchronous=FULL;"
		    "CREATE TABLE bans(ip TEXT PRIMARY KEY, n INTEGER);"
		    "BEGIN;", NULL, NULL, NULL);
	for (int i = 0; i < 2000 && *rc == SQLITE_OK; i++) {
		snprintf(sql, sizeof(sql),
		    "INSERT INTO bans VALUES('192.0.2.%d', %d)", i, i % 7);
		*rc = sqlite3_exec(db, sql, NULL, NULL, NULL);
	}
	if (*rc == SQLITE_OK)
		*rc = sqlite3_exec(db, "COMMIT;"
		    "DELETE FROM bans WHERE n = 3; VACUUM;"
		    "SELECT n, count(*) FROM bans GROUP BY n ORDER BY 2;"
		    "PRAGMA wal_checkpoint(TRUNCATE); PRAGMA journal_mode=DELETE;"
		    "UPDATE bans SET n = 1;", NULL, NULL, NULL);
	if (*rc != SQLITE_OK)
		fprintf(stderr, "sqlite: %s\n", sqlite3_errmsg(db));
	sqlite3_close(db);
	return NULL;
}

static void
on_timer(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	++*(int *)arg;
}

static void
use_loop(int flags)
{
	struct timeval soon = { 0, 1000 };
	struct event_config *config = event_config_new();
	struct event_base *base;
	struct event *timer;
	int fired = 0;

	MUST(config != NULL && event_config_set_flag(config, flags) == 0);
	base = event_base_new_with_config(config);
	MUST(base != NULL);
	timer = evtimer_new(base, on_timer, &fired);
	MUST(timer != NULL && event_add(timer, &soon) == 0);
	MUST(event_base_dispatch(base) == 1 && fired == 1);
	event_free(timer);
	event_base_free(base);
	event_config_free(config);
}

static void
use_time(void)
{
	time_t now = time(NULL);
	struct tm tm;

	tzset();
	MUST(localtime_r(&now, &tm) != NULL);
	MUST(setenv("TZ", "Europe/Berlin", 1) == 0);
	tzset();
	MUST(localtime_r(&now, &tm) != NULL);
	MUST(access("/usr/share/zoneinfo/Europe/Berlin", F_OK) != 0 ||
	    tm.tm_gmtoff >= 3600);
}

static void
engine_works(void)
{
	const struct sandbox_options o = { NOBODY, NOBODY, state };
	struct sandbox_report report;
	pthread_t thread;
	int rc = -1;
	const int abi = sandbox_landlock_abi();

	sandbox_enter(SANDBOX_ENGINE, &o);
	sandbox_get_report(&report);
	MUST(report.uid == NOBODY && report.dropped && report.seccomp);
	MUST(report.landlock == abi);
	use_regex();
	MUST(pthread_create(&thread, NULL, use_sqlite, &rc) == 0);
	MUST(pthread_join(thread, NULL) == 0);
	MUST(rc == SQLITE_OK);
	use_loop(0);
	use_loop(EVENT_BASE_FLAG_PRECISE_TIMER);
	use_time();
	MUST(memfd_create("x", MFD_ALLOW_SEALING) >= 0);
}

static void
warden_works(void)
{
	const struct sandbox_options o = { NOBODY, NOBODY, NULL };
	struct sockaddr_nl nl = { .nl_family = AF_NETLINK };
	struct sandbox_report report;
	int fd;

	sandbox_enter(SANDBOX_WARDEN, &o);
	sandbox_get_report(&report);
	MUST(report.uid == NOBODY && report.dropped && report.seccomp);
	fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_NETFILTER);
	MUST(fd >= 0 && bind(fd, (const void *)&nl, sizeof(nl)) == 0);
	fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
	MUST(fd >= 0 && bind(fd, (const void *)&nl, sizeof(nl)) == 0);
	MUST(open("/etc/shadow", O_RDONLY) >= 0);
	FAILS(open(outside, O_WRONLY), EACCES);
	fd = inotify_init1(IN_CLOEXEC);
	MUST(fd >= 0 && inotify_add_watch(fd, "/etc", IN_MODIFY) >= 0);
	fd = memfd_create("plan", MFD_ALLOW_SEALING | MFD_CLOEXEC);
	MUST(fd >= 0 && write(fd, "x", 1) == 1);
	MUST(fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE) == 0);
	use_loop(0);
	use_time();
}

static void
a_sandboxed_engine_works(void **unused)
{
	(void)unused;
	NEEDS_ROOT();
	assert_works(engine_works);
}

static void
a_sandboxed_warden_works(void **unused)
{
	(void)unused;
	NEEDS_ROOT();
	assert_works(warden_works);
}

static void
enters_as_root(void)
{
	const struct sandbox_options o = { 0, 0, NULL };
	int null = open("/dev/null", O_WRONLY);

	log_set_fd(null);
	sandbox_enter(SANDBOX_ENGINE, &o);
}

static void *
look_up(void *count)
{
	struct lookup_addresses found;
	char text[LOOKUP_TEXT_MAX + 1];

	if (lookup_own(&found) == LOOKUP_FOUND)
		*(size_t *)count = found.n;
	/* nobody answers here, and nothing may be killed for asking */
	(void)lookup_addresses("gaol.invalid", &found);
	(void)lookup_text("gaol.invalid", text);
	return NULL;
}

static void
resolver_works(void)
{
	const struct sandbox_options own = { .uid = NOBODY, .gid = NOBODY };
	struct sandbox_report report;
	pthread_t thread;
	size_t count = 0;

	/* no name server is asked from a unit test */
	MUST(unshare(CLONE_NEWNET) == 0);
	setenv("RES_OPTIONS", "timeout:1 attempts:1", 1);
	lookup_confine();
	sandbox_enter(SANDBOX_RESOLVER, &own);
	sandbox_get_report(&report);
	MUST(report.uid == NOBODY && report.dropped && report.seccomp);
	MUST(pthread_create(&thread, NULL, look_up, &count) == 0);
	MUST(pthread_join(thread, NULL) == 0);
	MUST(count > 0);
}

static void
a_sandboxed_resolver_works(void **unused)
{
	(void)unused;
	NEEDS_ROOT();
	assert_works(resolver_works);
}

static void
a_failed_drop_is_fatal(void **unused)
{
	int status = in_child(enters_as_root);

	(void)unused;
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rights_are_dropped_exactly),
		cmocka_unit_test(a_drop_that_is_none_fails),
		cmocka_unit_test(files_are_closed_off),
		cmocka_unit_test(truncating_is_closed_off),
		cmocka_unit_test(tcp_is_closed_off),
		cmocka_unit_test(signals_are_closed_off),
		cmocka_unit_test(engine_calls_are_listed),
		cmocka_unit_test(warden_calls_are_listed),
		cmocka_unit_test(resolver_calls_are_listed),
		cmocka_unit_test(what_libraries_try_is_refused),
		cmocka_unit_test(a_trap_names_the_call),
		cmocka_unit_test(a_sandboxed_engine_works),
		cmocka_unit_test(a_sandboxed_warden_works),
		cmocka_unit_test(a_sandboxed_resolver_works),
		cmocka_unit_test(a_failed_drop_is_fatal),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
