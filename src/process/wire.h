/*
 * Every message between two processes of gaol. Fixed structs, exact sizes
 * (base/port.h checks them against wire_*_rules); a variable part is an array
 * of fixed records. Bulk text travels as a sealed memfd beside a message.
 *
 *	parent <-> all		descriptors, ready, stop, log target
 *	warden <-> engine	configuration, logs, firewall; the parent does
 *				not relay
 *	engine <-> runner	which command, and its ticket
 *	engine <-> resolver	a name, and its addresses
 */
#ifndef GAOL_PROCESS_WIRE_H
#define GAOL_PROCESS_WIRE_H

#include <stdint.h>

#include "base/addr.h"
#include "base/log.h"
#include "base/port.h"
#include "process/logtarget.h"

enum wire_type {
	/* parent -> child: one descriptor each */
	WIRE_GIVE = 1,        /* wire_give + fd */
	/* child -> parent */
	WIRE_READY,           /* wire_ready: the child is up and sandboxed */
	WIRE_REOPEN_LOG,      /* wire_plain: open the log target again */
	WIRE_RELOAD_START,    /* wire_config: look at fail2ban.conf again */
	WIRE_STOPPED,         /* wire_stopped: orderly end follows */
	WIRE_WANT_RUNNER,     /* wire_plain: a jail has shell commands */
	WIRE_WANT_RESOLVER,   /* wire_plain: there is a name to look up */
	WIRE_SET_LEVEL,       /* wire_level, of the engine: `set loglevel` */
	WIRE_SET_TARGET,      /* wire_target, of the engine: `set logtarget` */
	/* parent -> child */
	WIRE_STOP,            /* wire_plain */
	WIRE_FLUSHLOGS,       /* wire_plain: USR1 */
	WIRE_LEVEL,           /* wire_level: log with it; not to the engine */
	WIRE_TARGET_SET,      /* wire_target_set: the answer to SET_TARGET */

	/* warden -> engine */
	WIRE_CONFIG = 32,     /* wire_config + memfd (DUMP_ENGINE text) */
	WIRE_CONFIG_FAILED,   /* wire_config + memfd (problems, one a line) */
	WIRE_LOG_FD,          /* wire_log + fd */
	WIRE_LOG_ERROR,       /* wire_log, no fd: error says why */
	WIRE_LOG_FOUND,       /* wire_found + memfd: one more log, its path */
	WIRE_LOG_ADDED,       /* wire_log_added: the answer to LOG_ADD */
	WIRE_JOURNAL_ADDED,   /* wire_journal_added, to JOURNAL_ADD */
	WIRE_WATCH_FD,        /* wire_plain + fd: inotify instance */
	WIRE_OWN_ADDR,        /* wire_own + records of struct addr */
	WIRE_FW_DONE,         /* wire_fw + records of wire_fw_done */
	WIRE_FW_LOST,         /* wire_fw_lost */
	WIRE_FW_STATE,        /* wire_fw_state */
	WIRE_FW_ELEMENTS,     /* wire_fw + records of wire_fw_element */
	WIRE_FW_DUMPED,       /* wire_plain: all elements were sent */
	WIRE_SANDBOX,         /* wire_sandbox: what the warden gave up */
	WIRE_FW_REMOVED,      /* wire_removed: the answer to FW_REMOVE */
	WIRE_JOURNAL_WATCH,   /* wire_plain + fd: inotify of the journals */
	WIRE_JOURNAL_FILE,    /* wire_journal + fd: one of its files */
	WIRE_JOURNAL_END,     /* wire_journal + records of wire_wd: all sent */
	WIRE_IGNORE_FD,       /* wire_ignore + fd: a file of ignoreip */
	WIRE_IGNORE_ERROR,    /* wire_ignore, no fd: error says why */
	/* engine -> warden */
	WIRE_LOG_OPEN = 64,   /* wire_log */
	WIRE_FW_ADD,          /* wire_fw + records of wire_fw_record */
	WIRE_FW_DELETE,       /* the same */
	WIRE_FW_DUMP,         /* wire_plain */
	WIRE_JOURNAL_OPEN,    /* wire_journal */
	WIRE_RELOAD,          /* wire_reload */
	WIRE_CONFIG_OK,       /* wire_config */
	WIRE_CONFIG_BAD,      /* wire_config */
	WIRE_FW_REMOVE,       /* wire_plain: stop --flush */
	WIRE_LOG_ADD,         /* wire_log_add: addlogpath */
	WIRE_JOURNAL_ADD,     /* wire_journal_add: add JAIL systemd */
	WIRE_LOG_CLOSE,       /* wire_log: it is not read any more */

	/* engine -> runner */
	WIRE_RUN_CONFIG = 96, /* wire_config + records of wire_digest */
	WIRE_RUN_RESUME,      /* wire_run_resume: before an action's first */
	WIRE_RUN,             /* wire_run: a command of no ticket */
	WIRE_RUN_TICKET,      /* wire_run + memfd (values_pack) */
	WIRE_RUN_FORGET,      /* wire_config: no number of an older one */
	WIRE_RUN_GIVEN,       /* wire_given + memfd: a jail's commands that
	                       * are in no file; before RUN_CONFIG */
	WIRE_RUN_CACHE,       /* wire_run_cache: after RUN_CONFIG */
	WIRE_RUN_IPV6,        /* wire_run_ipv6: before RUN_CONFIG, and alone */
	/* runner -> engine */
	WIRE_RUN_STATE = 112, /* wire_run_state: answers to RUN_CONFIG */
	WIRE_RUN_DONE,        /* wire_run_done: the answer to RUN… */

	/* engine -> resolver */
	WIRE_NAME_ASK = 120,  /* wire_name_ask */
	/* resolver -> engine: one of these for each */
	WIRE_NAME_FOUND,      /* wire_name + records of struct addr */
	WIRE_NAME_TEXT,       /* wire_name_text */
	WIRE_NAME_NOT,        /* wire_name: error says why */
};

struct wire_plain { uint32_t type; uint32_t zero; };

#define WIRE_NAME_MAX 252

/* Every file is read again; with a name, only that jail is taken over. */
struct wire_reload { uint32_t type; char jail[WIRE_NAME_MAX]; };

enum wire_gift {
	GIFT_LOG = 1,        /* log target, append */
	GIFT_SOCKET,         /* listening control socket (engine) */
	GIFT_PEER,           /* the link to the engine, its to the warden */
	GIFT_RUNNER,         /* the link to a runner (engine) */
	GIFT_RESOLVER,       /* the link to a resolver (engine) */
	GIFT_SIGNINS,        /* the file of sign-ins, append (engine) */
};

struct wire_give {
	uint32_t type;
	uint32_t gift;
	struct log_layout layout;   /* of GIFT_LOG */
};

struct wire_ready { uint32_t type; uint32_t pid; };

/* One that was set: until the configuration after `generation`. */
struct wire_level {
	uint32_t type;
	uint32_t generation;
	uint32_t level;       /* enum log_level */
};

struct wire_target {
	uint32_t type;
	uint32_t generation;
	struct logtarget target;
};

/* One for each SET_TARGET, in their order; a new GIFT_LOG came before it. */
struct wire_target_set {
	uint32_t type;
	int32_t error;        /* errno: EPERM nobody allows it; 0: it is set */
};

struct wire_stopped { uint32_t type; uint32_t status; };

/* generation counts reloads; an answer names the one it means. */
struct wire_config { uint32_t type; uint32_t generation; };

struct wire_log {
	uint32_t type;
	uint32_t generation;
	uint32_t log;         /* number in the configuration's order */
	int32_t wd_file;      /* inotify watches; -1 none */
	int32_t wd_dir;
	int32_t error;        /* errno, 0 */
};

/* A pattern of a jail means one more file by now. */
struct wire_found {
	uint32_t type;
	uint32_t generation;
	uint32_t log;         /* its number: the first that is free */
	uint32_t jail;        /* number in the configuration's order */
};

#define WIRE_PATH_MAX 1024

/*
 * A log that the plan does not have: one that a jail of the configuration
 * names or matches; any other with runtime_logs = true only.
 */
struct wire_log_add {
	uint32_t type;
	uint32_t generation;
	uint32_t cookie;
	char path[WIRE_PATH_MAX];   /* ends in it */
};

struct wire_log_added {
	uint32_t type;
	uint32_t generation;
	uint32_t cookie;
	uint32_t log;         /* its number: the first that is free */
	int32_t error;        /* errno: EPERM no jail names it; 0: it is one */
};

/*
 * A journal by its backend, `systemd[journalpath=…]`: one that a jail of the
 * configuration reads; any other with runtime_logs = true only.
 */
struct wire_journal_add {
	uint32_t type;
	uint32_t generation;
	uint32_t cookie;
	char backend[WIRE_PATH_MAX];   /* ends in it */
};

struct wire_journal_added {
	uint32_t type;
	uint32_t generation;
	uint32_t cookie;
	uint32_t journal;     /* its number: a known one, or the next free */
	int32_t error;        /* errno: EPERM no jail reads it; 0: it is one */
};

/* Files written to since `since`; EALREADY: they are those of `signature`. */
struct wire_journal {
	uint32_t type;
	uint32_t generation;
	uint32_t journal;     /* number in the configuration's order */
	int32_t error;        /* errno, 0 */
	uint64_t signature;   /* of the set of files; 0: there is none */
	int64_t since;        /* wall clock, microseconds */
};

/* One directory of it that is watched; the first record is none: -1. */
struct wire_wd { int32_t wd; };

/* A file of ignoreip is new, or another one. */
struct wire_ignore {
	uint32_t type;
	uint32_t generation;
	uint32_t file;        /* number in the configuration's order */
	int32_t error;        /* errno, 0 */
};

#define WIRE_IGNORE_FILE_MAX (1 << 20)   /* bytes */

struct wire_own { uint32_t type; uint32_t zero; };

struct wire_fw { uint32_t type; uint32_t generation; };

/* One element of one request. */
struct wire_fw_record {
	uint64_t cookie;
	int64_t seconds;      /* < 0: no timeout */
	uint32_t rule;        /* number of the native action */
	struct addr addr;     /* 18 bytes */
	uint8_t zero[10];
};
_Static_assert(sizeof(struct wire_fw_record) == 48, "wire_fw_record");

struct wire_fw_done {
	uint64_t cookie;
	int32_t error;
	uint32_t refused;     /* 1: by the warden's rules, for good */
};

struct wire_fw_element {
	int64_t timeout;      /* seconds given; -1 none */
	int64_t end;          /* by the boot clock, microseconds */
	uint32_t rule;
	struct addr addr;
	uint8_t zero[10];
};
_Static_assert(sizeof(struct wire_fw_element) == 48, "wire_fw_element");

struct wire_fw_lost {
	uint32_t type;
	int32_t pid;          /* 0: unknown */
	char name[32];        /* program that did it; not NUL-safe: check */
	char what[64];
};

struct wire_removed { uint32_t type; int32_t error; };

/* struct sandbox_report, for `status`. */
struct wire_sandbox {
	uint32_t type;
	uint32_t uid;
	int32_t landlock;
	uint8_t seccomp;
	uint8_t dropped;
	uint8_t zero[2];
};

struct wire_fw_state {
	uint32_t type;
	int32_t error;        /* 0: works */
	char text[128];
};

/*
 * The runner reads the configuration itself: what travels is which command of
 * which jail, by number, and before that a digest of the commands of each jail
 * (run_plan.h), so that both number the same text.
 */
#define WIRE_DIGEST 40   /* SHA-1 in hexadecimal digits */
#define WIRE_DIGESTS_MAX 1500

struct wire_digest { char hex[WIRE_DIGEST]; };

/*
 * Commands that came over the control socket. The runner takes them for as
 * long as gaol.conf, as it reads it, has runtime_commands = true.
 */
struct wire_given { uint32_t type; uint32_t zero; int64_t bantime; };

/* Which command: numbers of the configuration. */
struct wire_run {
	uint32_t type;
	uint32_t generation;
	uint64_t seq;
	uint32_t jail;
	uint32_t action;      /* of the jail's; WIRE_RUN_IGNORE */
	uint32_t verb;        /* enum action_verb */
	uint32_t last;        /* of a flush: the stop follows */
};

#define WIRE_KEY_MAX 512

/*
 * `set JAIL ignorecache`: what answers of its ignorecommand are kept by, in
 * the place of what the files say. The key is a text with tags, no command.
 */
struct wire_run_cache {
	uint32_t type;
	uint32_t generation;
	uint32_t jail;
	uint32_t count;       /* 0: none are kept */
	int64_t ms;
	char key[WIRE_KEY_MAX];   /* ends in it */
};

/*
 * `set allowipv6`: whether actions that are not started yet start for IPv6,
 * too, in the place of what the files say. Alone it is never RUN_IPV6_FILES.
 */
enum wire_ipv6 { RUN_IPV6_FILES, RUN_IPV6_AUTO, RUN_IPV6_NO, RUN_IPV6_YES };

struct wire_run_ipv6 { uint32_t type; uint32_t mode; /* enum wire_ipv6 */ };

#define WIRE_RUN_IGNORE UINT32_MAX   /* the jail's ignorecommand */

/* struct action_state: what an action has started. */
struct wire_run_memory {
	uint8_t n;
	uint8_t family[4];
	uint8_t bits[4];
	uint8_t zero[3];
};

struct wire_run_resume {
	uint32_t type;
	uint32_t generation;
	uint32_t jail;
	uint32_t action;
	struct wire_run_memory memory;
};

/* One for each jail it cannot serve, then one of WIRE_RUN_ALL. */
struct wire_run_state {
	uint32_t type;
	uint32_t generation;
	uint32_t jail;
	int32_t error;
	uint32_t pid;
	char text[128];
};

#define WIRE_RUN_ALL UINT32_MAX

struct wire_run_done {
	uint32_t type;
	uint32_t outcome;     /* enum action_outcome, enum wire_ignored */
	uint64_t seq;
	uint32_t epoch;
	struct wire_run_memory memory;
};

enum wire_ignored { IGNORED_NO, IGNORED_YES, IGNORED_UNANSWERED };

/* What is asked of a name. */
enum wire_name_kind {
	NAME_ADDRESSES,
	NAME_OWN,            /* those of this machine's names; no name */
	NAME_TEXT,           /* its TXT records */
};

struct wire_name_ask {
	uint32_t type;
	uint32_t kind;
	uint64_t seq;
	char name[256];      /* NUL-terminated */
};

struct wire_name {
	uint32_t type;
	uint32_t result;     /* enum lookup_result */
	uint64_t seq;
};

struct wire_name_text {
	uint32_t type;
	uint32_t zero;
	uint64_t seq;
	char text[1024];     /* NUL-terminated; a line for each record */
};

#define WIRE_RECORDS_MAX 1000

/* What each side may receive. */
extern const struct port_rule wire_to_parent[];
extern const struct port_rule wire_to_child[];    /* from the parent */
extern const struct port_rule wire_to_engine[];   /* from the warden */
extern const struct port_rule wire_to_warden[];   /* from the engine */
extern const struct port_rule wire_to_runner[];   /* from the engine */
extern const struct port_rule wire_of_runner[];   /* to the engine */
extern const struct port_rule wire_to_resolver[]; /* from the engine */
extern const struct port_rule wire_of_resolver[]; /* to the engine */

#endif
