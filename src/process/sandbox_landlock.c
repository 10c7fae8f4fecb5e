#include "process/sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <stdint.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "access/place.h"
#include "process/sandbox_local.h"

/*
 * Called by number and with constants of our own: the headers of a stable
 * distribution are years behind the kernels it runs on, and the rights that
 * matter most here (truncate, net, scope) are the newer ones. The numbers are
 * the same on every architecture.
 */
#define SYS_RULESET_CREATE 444
#define SYS_RULE_ADD 445
#define SYS_RESTRICT_SELF 446

#define CREATE_VERSION 1u
#define RULE_PATH_BENEATH 1
#define RULE_NET_PORT 2

/* Rights of the file system, by the ABI that brought them. */
#define FS_EXECUTE     (UINT64_C(1) << 0)
#define FS_WRITE_FILE  (UINT64_C(1) << 1)
#define FS_READ_FILE   (UINT64_C(1) << 2)
#define FS_READ_DIR    (UINT64_C(1) << 3)
#define FS_REMOVE_FILE (UINT64_C(1) << 5)
#define FS_MAKE_REG    (UINT64_C(1) << 8)
#define FS_ABI1        ((UINT64_C(1) << 13) - 1)
#define FS_REFER       (UINT64_C(1) << 13)   /* 2 */
#define FS_TRUNCATE    (UINT64_C(1) << 14)   /* 3 */
#define FS_IOCTL_DEV   (UINT64_C(1) << 15)   /* 5 */
#define NET_CONNECT    UINT64_C(2)           /* 4 */
#define NET_ALL        UINT64_C(3)           /* bind, connect */
#define DNS_PORT       53
#define SCOPE_ALL      UINT64_C(3)           /* 6: abstract sockets, signals */

#define ABI_KNOWN 6

struct ruleset {
	uint64_t fs;
	uint64_t net;
	uint64_t scope;
};

struct path_beneath {
	uint64_t allowed;
	int32_t fd;
} __attribute__((packed));

struct net_port {
	uint64_t allowed;
	uint64_t port;
};

int
sandbox_landlock_abi(void)
{
	long abi = syscall(SYS_RULESET_CREATE, NULL, (size_t)0,
	    CREATE_VERSION);

	if (abi < 1)
		return 0;
	return abi < ABI_KNOWN ? (int)abi : ABI_KNOWN;
}

/* Handles, which is to say forbids, everything this kernel can forbid. */
static int
ruleset_new(int abi, struct ruleset *set)
{
	size_t size = sizeof(set->fs);

	*set = (struct ruleset){ .fs = FS_ABI1 };
	if (abi >= 2)
		set->fs |= FS_REFER;
	if (abi >= 3)
		set->fs |= FS_TRUNCATE;
	if (abi >= 5)
		set->fs |= FS_IOCTL_DEV;
	if (abi >= 4) {
		set->net = NET_ALL;
		size += sizeof(set->net);
	}
	if (abi >= 6) {
		set->scope = SCOPE_ALL;
		size += sizeof(set->scope);
	}
	return (int)syscall(SYS_RULESET_CREATE, set, size, 0u);
}

/* What cannot be allowed, a path that is not there above all, stays closed. */
static void
allow(int ruleset, const struct ruleset *set, const char *path,
    uint64_t rights)
{
	struct path_beneath rule = { 0 };
	struct stat st;

	rule.fd = open(path, O_PATH | O_CLOEXEC);
	if (rule.fd == -1)
		return;
	if (fstat(rule.fd, &st) == 0) {
		/* The kernel refuses rights of directories on a file. */
		if (!S_ISDIR(st.st_mode))
			rights &= FS_READ_FILE | FS_WRITE_FILE | FS_TRUNCATE;
		rule.allowed = rights & set->fs;
		syscall(SYS_RULE_ADD, ruleset, RULE_PATH_BENEATH, &rule, 0u);
	}
	close(rule.fd);
}

/* Closes the ruleset. */
static int
enforce(int ruleset)
{
	long rc = -1;
	int saved;

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0)
		rc = syscall(SYS_RESTRICT_SELF, ruleset, 0u);
	saved = errno;
	close(ruleset);
	errno = saved;
	return rc == -1 ? -1 : 0;
}

static int
open_ruleset(struct ruleset *set)
{
	int abi = sandbox_landlock_abi();

	/* errno is that of the question: ENOSYS, EOPNOTSUPP */
	return abi == 0 ? -1 : ruleset_new(abi, set);
}

/*
 * Where the C library keeps its converters: iconv(3) loads the one that a
 * jail's logencoding names. (All of them beforehand were 1.5 MB.)
 */
static void
allow_converters(int ruleset, const struct ruleset *set)
{
	static const char *const places[] = {
		"/usr/lib/gconv", "/usr/lib64/gconv", "/usr/lib/*/gconv"
	};
	glob_t found;

	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		if (glob(places[i], GLOB_NOSORT, NULL, &found) != 0)
			continue;
		for (size_t k = 0; k < found.gl_pathc; k++)
			allow(ruleset, set, found.gl_pathv[k],
			    FS_READ_FILE | FS_READ_DIR);
		globfree(&found);
	}
}

int
sandbox_landlock_engine(const char *state_dir)
{
	struct ruleset set;
	int fd = open_ruleset(&set);

	if (fd == -1)
		return -1;
	if (state_dir != NULL)
		allow(fd, &set, state_dir, FS_READ_FILE | FS_READ_DIR |
		    FS_WRITE_FILE | FS_TRUNCATE | FS_REMOVE_FILE | FS_MAKE_REG);
	/*
	 * localtime(3) looks at the zone again and again, and a jail may name
	 * one: without these the log would turn to UTC.
	 */
	allow(fd, &set, "/etc/localtime", FS_READ_FILE);
	allow(fd, &set, "/usr/share/zoneinfo", FS_READ_FILE | FS_READ_DIR);
	allow_converters(fd, &set);
	/* Where addresses are: databases that are no secret. */
	for (size_t i = 0; place_directories[i] != NULL; i++)
		allow(fd, &set, place_directories[i],
		    FS_READ_FILE | FS_READ_DIR);
	return enforce(fd);
}

int
sandbox_landlock_warden(void)
{
	struct ruleset set;
	int fd = open_ruleset(&set);

	if (fd == -1)
		return -1;
	allow(fd, &set, "/", FS_READ_FILE | FS_READ_DIR);
	return enforce(fd);
}

int
sandbox_landlock_resolver(void)
{
	static const char *const files[] = {
		"/etc/resolv.conf", "/etc/hosts", "/etc/host.conf",
		"/etc/gai.conf", "/etc/services", "/etc/localtime",
	};
	const struct net_port dns = { NET_CONNECT, DNS_PORT };
	struct ruleset set;
	int fd = open_ruleset(&set);

	if (fd == -1)
		return -1;
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++)
		allow(fd, &set, files[i], FS_READ_FILE);
	/* Replies that are too long for a datagram. */
	if (set.net != 0)
		syscall(SYS_RULE_ADD, fd, RULE_NET_PORT, &dns, 0u);
	return enforce(fd);
}
