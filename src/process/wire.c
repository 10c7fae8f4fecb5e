#include "process/wire.h"

#include <stdbool.h>
#include <stddef.h>

/* type, struct of the head, descriptor */
#define PLAIN(t, head_, fd_) \
	{ .type = (t), .head = sizeof(struct head_), .fd = (fd_), .name = #t }
/* … and a struct of which 1..WIRE_RECORDS_MAX follow */
#define RECORDS(t, head_, record_) \
	{ .type = (t), .head = sizeof(struct head_), \
	  .record = sizeof(struct record_), .max = WIRE_RECORDS_MAX, \
	  .name = #t }

/* The largest message a table allows must fit into one of a port. */
#define FITS(head_, record_) \
	_Static_assert(sizeof(struct head_) + WIRE_RECORDS_MAX * \
	    sizeof(struct record_) <= PORT_MESSAGE_MAX, #record_)
FITS(wire_journal, wire_wd);
FITS(wire_own, addr);
FITS(wire_fw, wire_fw_record);
FITS(wire_fw, wire_fw_done);
FITS(wire_fw, wire_fw_element);

/* No padding: every byte that leaves a process was written on purpose. */
_Static_assert(sizeof(struct addr) == 18, "addr");
_Static_assert(sizeof(struct wire_reload) == 256, "wire_reload");
_Static_assert(sizeof(struct wire_level) == 12, "wire_level");
_Static_assert(sizeof(struct wire_target) == 8 + 4 +
    sizeof(struct log_layout) + LOGTARGET_PATH_MAX + LOGTARGET_SOCKET_MAX,
    "wire_target");
_Static_assert(sizeof(struct wire_target_set) == 8, "wire_target_set");
_Static_assert(sizeof(struct wire_log) == 24, "wire_log");
_Static_assert(sizeof(struct wire_found) == 16, "wire_found");
_Static_assert(sizeof(struct wire_log_add) == 1036, "wire_log_add");
_Static_assert(sizeof(struct wire_log_added) == 20, "wire_log_added");
_Static_assert(sizeof(struct wire_journal) == 32, "wire_journal");
_Static_assert(sizeof(struct wire_ignore) == 16, "wire_ignore");
_Static_assert(sizeof(struct wire_fw) == 8, "wire_fw");
_Static_assert(sizeof(struct wire_fw_done) == 16, "wire_fw_done");
_Static_assert(sizeof(struct wire_fw_lost) == 104, "wire_fw_lost");
_Static_assert(sizeof(struct wire_sandbox) == 16, "wire_sandbox");
_Static_assert(sizeof(struct wire_fw_state) == 136, "wire_fw_state");
_Static_assert(sizeof(struct wire_config) + WIRE_DIGESTS_MAX *
    sizeof(struct wire_digest) <= PORT_MESSAGE_MAX, "wire_digest");
_Static_assert(sizeof(struct wire_given) == 16, "wire_given");
_Static_assert(sizeof(struct wire_run_cache) == 536, "wire_run_cache");
_Static_assert(sizeof(struct wire_run) == 32, "wire_run");
_Static_assert(sizeof(struct wire_run_resume) == 28, "wire_run_resume");
_Static_assert(sizeof(struct wire_run_state) == 148, "wire_run_state");
_Static_assert(sizeof(struct wire_run_done) == 32, "wire_run_done");
_Static_assert(sizeof(struct wire_name_ask) == 272, "wire_name_ask");
_Static_assert(sizeof(struct wire_name) == 16, "wire_name");
_Static_assert(sizeof(struct wire_name_text) == 1040, "wire_name_text");

const struct port_rule wire_to_parent[] = {
	PLAIN(WIRE_READY, wire_ready, false),
	PLAIN(WIRE_REOPEN_LOG, wire_plain, false),
	PLAIN(WIRE_RELOAD_START, wire_config, false),
	PLAIN(WIRE_STOPPED, wire_stopped, false),
	PLAIN(WIRE_WANT_RUNNER, wire_plain, false),
	PLAIN(WIRE_WANT_RESOLVER, wire_plain, false),
	PLAIN(WIRE_SET_LEVEL, wire_level, false),
	PLAIN(WIRE_SET_TARGET, wire_target, false),
	{ 0 }
};

const struct port_rule wire_to_child[] = {
	PLAIN(WIRE_GIVE, wire_give, true),
	PLAIN(WIRE_STOP, wire_plain, false),
	PLAIN(WIRE_FLUSHLOGS, wire_plain, false),
	PLAIN(WIRE_LEVEL, wire_level, false),
	PLAIN(WIRE_TARGET_SET, wire_target_set, false),
	{ 0 }
};

const struct port_rule wire_to_engine[] = {
	PLAIN(WIRE_CONFIG, wire_config, true),
	PLAIN(WIRE_CONFIG_FAILED, wire_config, true),
	PLAIN(WIRE_LOG_FD, wire_log, true),
	PLAIN(WIRE_LOG_ERROR, wire_log, false),
	PLAIN(WIRE_LOG_FOUND, wire_found, true),
	PLAIN(WIRE_LOG_ADDED, wire_log_added, false),
	PLAIN(WIRE_JOURNAL_ADDED, wire_journal_added, false),
	PLAIN(WIRE_WATCH_FD, wire_plain, true),
	PLAIN(WIRE_JOURNAL_WATCH, wire_plain, true),
	PLAIN(WIRE_JOURNAL_FILE, wire_journal, true),
	RECORDS(WIRE_JOURNAL_END, wire_journal, wire_wd),
	PLAIN(WIRE_IGNORE_FD, wire_ignore, true),
	PLAIN(WIRE_IGNORE_ERROR, wire_ignore, false),
	RECORDS(WIRE_OWN_ADDR, wire_own, addr),
	RECORDS(WIRE_FW_DONE, wire_fw, wire_fw_done),
	PLAIN(WIRE_FW_LOST, wire_fw_lost, false),
	PLAIN(WIRE_FW_STATE, wire_fw_state, false),
	RECORDS(WIRE_FW_ELEMENTS, wire_fw, wire_fw_element),
	PLAIN(WIRE_FW_DUMPED, wire_plain, false),
	PLAIN(WIRE_SANDBOX, wire_sandbox, false),
	PLAIN(WIRE_FW_REMOVED, wire_removed, false),
	{ 0 }
};

const struct port_rule wire_to_warden[] = {
	PLAIN(WIRE_LOG_OPEN, wire_log, false),
	PLAIN(WIRE_JOURNAL_OPEN, wire_journal, false),
	RECORDS(WIRE_FW_ADD, wire_fw, wire_fw_record),
	RECORDS(WIRE_FW_DELETE, wire_fw, wire_fw_record),
	PLAIN(WIRE_FW_DUMP, wire_plain, false),
	PLAIN(WIRE_RELOAD, wire_reload, false),
	PLAIN(WIRE_CONFIG_OK, wire_config, false),
	PLAIN(WIRE_CONFIG_BAD, wire_config, false),
	PLAIN(WIRE_FW_REMOVE, wire_plain, false),
	PLAIN(WIRE_LOG_ADD, wire_log_add, false),
	PLAIN(WIRE_JOURNAL_ADD, wire_journal_add, false),
	PLAIN(WIRE_LOG_CLOSE, wire_log, false),
	{ 0 }
};

const struct port_rule wire_to_runner[] = {
	{ .type = WIRE_RUN_CONFIG, .head = sizeof(struct wire_config),
	  .record = sizeof(struct wire_digest), .max = WIRE_DIGESTS_MAX,
	  .name = "WIRE_RUN_CONFIG" },
	PLAIN(WIRE_RUN_RESUME, wire_run_resume, false),
	PLAIN(WIRE_RUN, wire_run, false),
	PLAIN(WIRE_RUN_TICKET, wire_run, true),
	PLAIN(WIRE_RUN_FORGET, wire_config, false),
	PLAIN(WIRE_RUN_GIVEN, wire_given, true),
	PLAIN(WIRE_RUN_CACHE, wire_run_cache, false),
	PLAIN(WIRE_RUN_IPV6, wire_run_ipv6, false),
	{ 0 }
};

const struct port_rule wire_of_runner[] = {
	PLAIN(WIRE_RUN_STATE, wire_run_state, false),
	PLAIN(WIRE_RUN_DONE, wire_run_done, false),
	{ 0 }
};

const struct port_rule wire_to_resolver[] = {
	PLAIN(WIRE_NAME_ASK, wire_name_ask, false),
	{ 0 }
};

const struct port_rule wire_of_resolver[] = {
	RECORDS(WIRE_NAME_FOUND, wire_name, addr),
	PLAIN(WIRE_NAME_TEXT, wire_name_text, false),
	PLAIN(WIRE_NAME_NOT, wire_name, false),
	{ 0 }
};
