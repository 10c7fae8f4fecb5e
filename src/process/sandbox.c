#include "process/sandbox.h"

#include <errno.h>
#include <grp.h>
#include <linux/capability.h>
#include <signal.h>
#include <stdint.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/log.h"
#include "process/sandbox_local.h"

#define LOGGER "gaol.sandbox"

/* A bound for loops over capability numbers; the kernel has fewer. */
#define CAPS_MAX 64

static struct sandbox_report report;

/* The kernel's two words of one set. */
struct capset {
	uint32_t word[2];
};

static struct capset
capset_of(const int *caps, size_t n)
{
	struct capset set = { { 0, 0 } };

	for (size_t i = 0; i < n; i++)
		set.word[caps[i] / 32] |= UINT32_C(1) << (caps[i] % 32);
	return set;
}

/* Raw system calls: they act on the calling thread, there is no other yet. */
static int
caps_set(const struct capset *set)
{
	struct __user_cap_header_struct head = {
		.version = _LINUX_CAPABILITY_VERSION_3
	};
	struct __user_cap_data_struct data[2];

	for (int i = 0; i < 2; i++) {
		data[i].effective = set->word[i];
		data[i].permitted = set->word[i];
		data[i].inheritable = 0;
	}
	return (int)syscall(SYS_capset, &head, data);
}

static int
caps_are(const struct capset *set)
{
	struct __user_cap_header_struct head = {
		.version = _LINUX_CAPABILITY_VERSION_3
	};
	struct __user_cap_data_struct data[2];

	memset(data, 0xff, sizeof(data));
	if (syscall(SYS_capget, &head, data) == -1)
		return -1;
	for (int i = 0; i < 2; i++)
		if (data[i].effective != set->word[i] ||
		    data[i].permitted != set->word[i] ||
		    data[i].inheritable != 0)
			goto different;
	return 0;
different:
	errno = ENOTRECOVERABLE;
	return -1;
}

/* PR_CAPBSET_READ says EINVAL behind the kernel's last capability. */
static int
bounding_clear(void)
{
	for (unsigned long c = 0; c < CAPS_MAX; c++) {
		if (prctl(PR_CAPBSET_READ, c, 0, 0, 0) == -1)
			break;
		if (prctl(PR_CAPBSET_DROP, c, 0, 0, 0) == -1)
			return -1;
	}
	return 0;
}

static bool
bounding_is_clear(void)
{
	for (unsigned long c = 0; c < CAPS_MAX; c++)
		if (prctl(PR_CAPBSET_READ, c, 0, 0, 0) == 1)
			return false;
	return true;
}

static bool
ids_are(uid_t uid, gid_t gid)
{
	uid_t ru, eu, su;
	gid_t rg, eg, sg;

	return getresuid(&ru, &eu, &su) == 0 && ru == uid && eu == uid &&
	    su == uid && getresgid(&rg, &eg, &sg) == 0 && rg == gid &&
	    eg == gid && sg == gid && getgroups(0, NULL) == 0;
}

static bool
root_comes_back(void)
{
	const uid_t same = (uid_t)-1;

	return setresuid(0, 0, 0) == 0 || setresuid(same, 0, same) == 0 ||
	    setresgid(0, 0, 0) == 0 || setgroups(0, NULL) == 0;
}

static int
verify(uid_t uid, gid_t gid, const struct capset *set)
{
	if (caps_are(set) == -1)
		return -1;
	if (!ids_are(uid, gid) || !bounding_is_clear() ||
	    prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) != 1 ||
	    prctl(PR_GET_DUMPABLE, 0, 0, 0, 0) != 0 || root_comes_back()) {
		errno = ENOTRECOVERABLE;
		return -1;
	}
	return 0;
}

int
sandbox_drop(uid_t uid, gid_t gid, const int *caps, size_t n)
{
	const struct capset set = capset_of(caps, n);

	if (uid == 0 || gid == 0) {
		errno = EINVAL;
		return -1;
	}
	if (bounding_clear() == -1 || setgroups(0, NULL) == -1 ||
	    setresgid(gid, gid, gid) == -1)
		return -1;
	if (prctl(PR_SET_KEEPCAPS, n > 0 ? 1 : 0, 0, 0, 0) == -1 ||
	    setresuid(uid, uid, uid) == -1 || caps_set(&set) == -1 ||
	    prctl(PR_SET_KEEPCAPS, 0, 0, 0, 0) == -1)
		return -1;
	if (prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0) == -1 ||
	    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == -1 ||
	    prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) == -1)
		return -1;
	/* The change of uid has cleared it. */
	if (prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) == -1 ||
	    verify(uid, gid, &set) == -1)
		return -1;
	report.uid = uid;
	report.dropped = true;
	return 0;
}

static void
enter_landlock(enum sandbox_role role, const char *state_dir)
{
	int rc = role == SANDBOX_ENGINE ? sandbox_landlock_engine(state_dir) :
	    role == SANDBOX_WARDEN ? sandbox_landlock_warden() :
	    sandbox_landlock_resolver();

	if (rc == 0)
		report.landlock = sandbox_landlock_abi();
	else
		log_warning(LOGGER, "the file system is not closed off by "
		    "Landlock: %s", strerror(errno));
}

/* Is it ours to keep? */
static bool
cap_permitted(int cap)
{
	struct __user_cap_header_struct head = {
		.version = _LINUX_CAPABILITY_VERSION_3
	};
	struct __user_cap_data_struct data[2] = { { 0 } };

	return syscall(SYS_capget, &head, data) == 0 &&
	    (data[cap / 32].permitted >> (cap % 32) & 1) != 0;
}

/*
 * The warden's capabilities, as far as root has them here: a container may
 * withhold one. Without it something does not work and says so; that is no
 * reason to refuse the rest.
 */
static size_t
warden_caps(int caps[2])
{
	static const struct { int cap; const char *name; } wanted[] = {
		{ CAP_NET_ADMIN, "CAP_NET_ADMIN (no firewall)" },
		{ CAP_DAC_READ_SEARCH,
		    "CAP_DAC_READ_SEARCH (logs must be readable)" },
	};
	size_t n = 0;

	for (size_t i = 0; i < 2; i++) {
		if (cap_permitted(wanted[i].cap))
			caps[n++] = wanted[i].cap;
		else
			log_warning(LOGGER, "this root lacks %s",
			    wanted[i].name);
	}
	return n;
}

void
sandbox_enter(enum sandbox_role role, const struct sandbox_options *o)
{
	int caps[2] = { 0 };
	const size_t n = role == SANDBOX_WARDEN ? warden_caps(caps) : 0;

	if (sandbox_drop(o->uid, o->gid, caps, n) == -1)
		log_fatal(LOGGER, "cannot drop rights to uid %u, gid %u: %s",
		    (unsigned)o->uid, (unsigned)o->gid, strerror(errno));
	enter_landlock(role, o->state_dir);
	if (sandbox_seccomp(role) == 0)
		report.seccomp = true;
	else
		log_warning(LOGGER, "system calls are not filtered: %s",
		    strerror(errno));
}

void
sandbox_get_report(struct sandbox_report *out)
{
	*out = report;
	if (!report.dropped)
		out->uid = geteuid();
}
