/*
 * System calls of the roles, as lists of what is allowed, in plain BPF. A call
 * that is on no list kills the process: nothing in a working daemon makes one.
 * What a library tries and can do without (a connection to nscd, a faster
 * clone) is refused with an errno instead.
 */
#include "process/sandbox.h"

#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/netlink.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#if defined(__x86_64__)
#define ARCH AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define ARCH AUDIT_ARCH_AARCH64
#endif

#ifdef ARCH

#define FILTER_MAX 1024

/* What every role does, the frequent first: the filter is read downwards. */
static const int common_calls[] = {
	/* the loop */
	SYS_epoll_pwait, SYS_epoll_ctl, SYS_epoll_create1, SYS_ppoll,
	SYS_eventfd2, SYS_pipe2, SYS_timerfd_create, SYS_timerfd_settime,
	/* reading and writing what is open */
	SYS_read, SYS_pread64, SYS_write, SYS_pwrite64, SYS_readv, SYS_writev,
	SYS_lseek, SYS_fstat, SYS_fcntl, SYS_close, SYS_close_range, SYS_dup,
	SYS_dup3, SYS_fadvise64, SYS_ftruncate,
	/* links between our processes, with descriptors */
	SYS_recvmsg, SYS_sendmsg, SYS_recvfrom, SYS_sendto, SYS_shutdown,
	SYS_getsockopt, SYS_setsockopt, SYS_getsockname, SYS_getpeername,
	/* memory; executable too: PCRE2 compiles to machine code at reload */
	SYS_mmap, SYS_munmap, SYS_mprotect, SYS_mremap, SYS_madvise, SYS_brk,
	SYS_memfd_create,
	/* clocks, where the vDSO cannot answer */
	SYS_clock_gettime, SYS_clock_getres, SYS_clock_nanosleep,
	SYS_gettimeofday, SYS_nanosleep,
	/* looking at files; what may be opened is Landlock's matter */
	SYS_openat, SYS_newfstatat, SYS_statx, SYS_faccessat, SYS_readlinkat,
	SYS_getdents64, SYS_fstatfs, SYS_statfs, SYS_getcwd, SYS_umask,
	SYS_inotify_rm_watch,
#ifdef SYS_faccessat2
	SYS_faccessat2,
#endif
	/* oneself */
	SYS_getpid, SYS_getppid, SYS_gettid, SYS_getuid, SYS_geteuid,
	SYS_getgid, SYS_getegid, SYS_getgroups, SYS_getrusage, SYS_uname,
	SYS_sysinfo, SYS_getrandom, SYS_sched_yield, SYS_sched_getaffinity,
	SYS_futex, SYS_restart_syscall, SYS_rt_sigaction, SYS_rt_sigprocmask,
	SYS_rt_sigreturn, SYS_sigaltstack, SYS_exit, SYS_exit_group,
#ifdef __x86_64__
	/* older names, which newer architectures do not have */
	SYS_epoll_wait, SYS_poll, SYS_open, SYS_stat, SYS_lstat, SYS_access,
	SYS_readlink, SYS_dup2, SYS_pipe, SYS_time,
#endif
};

static const int engine_calls[] = {
	/* clients of the control socket, which the parent has bound */
	SYS_accept4, SYS_accept, SYS_listen,
	/* the database and its journal */
	SYS_fsync, SYS_fdatasync, SYS_fallocate, SYS_unlinkat, SYS_renameat,
	SYS_renameat2, SYS_fchmod, SYS_flock,
	/* the thread that writes it; how it is made: engine_checks */
	SYS_set_robust_list, SYS_rseq,
#ifdef __x86_64__
	SYS_unlink, SYS_rename,
#endif
};

static const int resolver_calls[] = {
	/* name servers; which sockets: resolver_checks */
	SYS_connect, SYS_sendmmsg,
	/* threads that wait for them; how they are made: resolver_checks */
	SYS_set_robust_list, SYS_rseq,
};

static const int warden_calls[] = {
	/* logs */
	SYS_inotify_init1, SYS_inotify_add_watch,
	/* netlink; which sockets: warden_checks */
	SYS_bind,
};

/* A call that depends on one argument: (argument & mask) == value. */
struct check {
	int call;
	unsigned arg;
	uint64_t mask;
	uint64_t value;
	int error;          /* errno of the others; 0: they kill */
};

#define ALL_BITS UINT64_MAX
/* The kernel looks at the lower half of an int or unsigned argument only. */
#define INT_BITS UINT64_C(0xffffffff)
#define NEVER(call, error) { (call), 0, 0, 1, (error) }

#define THREAD_FLAGS (CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | \
    CLONE_THREAD | CLONE_SYSVSEM | CLONE_SETTLS | CLONE_PARENT_SETTID | \
    CLONE_CHILD_CLEARTID)
#define THREAD_MASK (INT_BITS & ~(uint64_t)CLONE_DETACHED)

static const struct check common_checks[] = {
	/* a fresh datagram pair could be turned to any socket with a path */
	NEVER(SYS_socketpair, EACCES),
	/* is it a terminal? how much is there to read? neither matters */
	NEVER(SYS_ioctl, ENOTTY),
	/* limits may be read, not set */
	{ SYS_prlimit64, 2, ALL_BITS, 0, EPERM },
	{ SYS_prctl, 0, INT_BITS, PR_SET_NAME, EPERM },
};

static const struct check engine_checks[] = {
	/* name services try; they do without */
	NEVER(SYS_socket, EACCES),
	/* its flags are in memory, out of sight: threads fall back to clone */
	NEVER(SYS_clone3, ENOSYS),
	{ SYS_clone, 0, THREAD_MASK, THREAD_FLAGS, 0 },
	/* sqlite as root only */
	NEVER(SYS_fchown, EPERM),
};

static const struct check resolver_checks[] = {
	/* AF_INET, AF_INET6; what else is tried can be done without */
	{ SYS_socket, 0, INT_BITS & ~(uint64_t)(AF_INET ^ AF_INET6),
	    AF_INET & AF_INET6, EACCES },
	NEVER(SYS_clone3, ENOSYS),
	{ SYS_clone, 0, THREAD_MASK, THREAD_FLAGS, 0 },
};

static const struct check warden_checks[] = {
	/* name services try others; they do without */
	{ SYS_socket, 0, INT_BITS, AF_NETLINK, EACCES },
};

struct program {
	struct sock_filter v[FILTER_MAX];
	unsigned short n;
};

static void
add(struct program *p, struct sock_filter f)
{
	/* A table that outgrows the array is our bug, seen by every test. */
	if (p->n == FILTER_MAX)
		abort();
	p->v[p->n++] = f;
}

static void
load(struct program *p, size_t offset)
{
	add(p, (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
	    (uint32_t)offset));
}

static void
ret(struct program *p, uint32_t action)
{
	add(p, (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, action));
}

/* Goes on behind the next `skip` instructions unless A == value. */
static void
unless_equal(struct program *p, uint32_t value, uint8_t skip)
{
	add(p, (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, value,
	    0, skip));
}

static void
add_calls(struct program *p, const int *calls, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		unless_equal(p, (uint32_t)calls[i], 1);
		ret(p, SECCOMP_RET_ALLOW);
	}
}

/* Of the check's argument: the half at `offset`, masked, compared. */
static void
add_half(struct program *p, size_t offset, uint32_t mask, uint32_t value,
    uint8_t skip)
{
	load(p, offset);
	add(p, (struct sock_filter)BPF_STMT(BPF_ALU | BPF_AND | BPF_K, mask));
	unless_equal(p, value, skip);
}

static void
add_checks(struct program *p, const struct check *v, size_t n,
    uint32_t refuse)
{
	for (size_t i = 0; i < n; i++) {
		const struct check *c = &v[i];
		/* both architectures are little-endian */
		const size_t low = offsetof(struct seccomp_data, args) +
		    c->arg * sizeof(uint64_t);

		unless_equal(p, (uint32_t)c->call, 8);
		add_half(p, low, (uint32_t)c->mask, (uint32_t)c->value, 4);
		add_half(p, low + 4, (uint32_t)(c->mask >> 32),
		    (uint32_t)(c->value >> 32), 1);
		ret(p, SECCOMP_RET_ALLOW);
		ret(p, c->error != 0 ? SECCOMP_RET_ERRNO |
		    ((uint32_t)c->error & SECCOMP_RET_DATA) : refuse);
	}
}

/* raise(3) and abort(3), on oneself only. */
static void
add_own_signals(struct program *p, uint32_t refuse)
{
	const struct check own = {
		SYS_tgkill, 0, INT_BITS, (uint64_t)getpid(), 0
	};

	add_checks(p, &own, 1, refuse);
}

#define COUNT(v) (sizeof(v) / sizeof((v)[0]))

static void
build(struct program *p, enum sandbox_role role, uint32_t refuse)
{
	p->n = 0;
	load(p, offsetof(struct seccomp_data, arch));
	unless_equal(p, ARCH, 1);
	add(p, (struct sock_filter)BPF_STMT(BPF_JMP | BPF_JA, 1));
	ret(p, SECCOMP_RET_KILL_PROCESS);
	load(p, offsetof(struct seccomp_data, nr));
	/* x32 calls have numbers of their own: on no list */
	add_calls(p, common_calls, COUNT(common_calls));
	if (role == SANDBOX_ENGINE) {
		add_calls(p, engine_calls, COUNT(engine_calls));
		add_checks(p, engine_checks, COUNT(engine_checks), refuse);
	} else if (role == SANDBOX_RESOLVER) {
		add_calls(p, resolver_calls, COUNT(resolver_calls));
		add_checks(p, resolver_checks, COUNT(resolver_checks), refuse);
	} else {
		add_calls(p, warden_calls, COUNT(warden_calls));
		add_checks(p, warden_checks, COUNT(warden_checks), refuse);
	}
	add_checks(p, common_checks, COUNT(common_checks), refuse);
	add_own_signals(p, refuse);
	ret(p, refuse);
}

/* For development: says which call it was, then dies as it would have. */
static void
on_forbidden(int sig, siginfo_t *info, void *context)
{
	char text[64];
	int n;

	(void)context;
	n = snprintf(text, sizeof(text), "gaold: forbidden system call %d\n",
	    info->si_syscall);
	if (n > 0 && write(STDERR_FILENO, text, (size_t)n) != n)
		_exit(128 + sig);
	_exit(128 + sig);
}

static bool
trap_wanted(void)
{
	const char *mode = getenv("GAOL_SECCOMP");
	struct sigaction sa = { 0 };

	if (mode == NULL || strcmp(mode, "trap") != 0)
		return false;
	sa.sa_sigaction = on_forbidden;
	sa.sa_flags = SA_SIGINFO;
	return sigaction(SIGSYS, &sa, NULL) == 0;
}

int
sandbox_seccomp(enum sandbox_role role)
{
	struct program p;
	struct sock_fprog prog;

	build(&p, role, trap_wanted() ? SECCOMP_RET_TRAP :
	    SECCOMP_RET_KILL_PROCESS);
	prog.len = p.n;
	prog.filter = p.v;
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == -1)
		return -1;
	/* 0, -1, or the id of a thread that could not follow. */
	if (syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER,
	    SECCOMP_FILTER_FLAG_TSYNC, &prog) != 0)
		return -1;
	return 0;
}

#else

int
sandbox_seccomp(enum sandbox_role role)
{
	(void)role;
	errno = ENOSYS;
	return -1;
}

#endif
